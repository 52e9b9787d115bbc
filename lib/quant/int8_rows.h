// Weights as int8 rows: symmetric, one scale a row (an output channel of a linear layer).
#ifndef GEMMA4_LIB_QUANT_INT8_ROWS_H_
#define GEMMA4_LIB_QUANT_INT8_ROWS_H_

#include <cstdint>
#include <span>

namespace gemma4 {

// out[i] = round_half_even(row[i] / scale), scale = max |row[i]| / 127, returned. A row of zeros
// has scale 1. REQUIRES: out.size() == row.size().
float QuantizeInt8Row(std::span<const float> row, std::span<int8_t> out);

}  // namespace gemma4

#endif  // GEMMA4_LIB_QUANT_INT8_ROWS_H_
