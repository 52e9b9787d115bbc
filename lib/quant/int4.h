// Weights as int4: two values a byte, the even one in the low bits, stored as value + 8.
#ifndef GEMMA4_LIB_QUANT_INT4_H_
#define GEMMA4_LIB_QUANT_INT4_H_

#include <cstddef>
#include <cstdint>
#include <span>

namespace gemma4 {

inline constexpr size_t kInt4Block = 32;

// Blocks of 32 with a scale each. A block on a grid (below) keeps it; others are rounded as GGUF's
// Q4_0 is: the element of largest magnitude becomes -8, so a scale may be negative.
// row: [in], in a multiple of 32. nibbles: [in / 2]. scales: [in / 32], bf16.
// A block of zeros has scale 1.
void QuantizeInt4Blocks(std::span<const float> row, std::span<uint8_t> nibbles,
                        std::span<uint16_t> scales);

// True if every block of 32 lies on a grid of at most 16 steps, -8 ... 7 of some scale, to within
// bf16's rounding: weights that were trained as Q4_0 and published as floats. QuantizeInt4Blocks
// finds their grid again, and so loses nothing.
bool IsOnInt4Grid(std::span<const float> row);

// A row that is stored as Q4_0, as it is: only the scales change, from f16 to bf16.
// stored: [in / 32] blocks of 18 bytes. False if a scale is not a finite number.
bool TranscodeQ4_0Row(const std::byte* stored, std::span<uint8_t> nibbles,
                      std::span<uint16_t> scales);

// One scale for the row, returned: max |x| / 7, values -7 ... 7, halves to even.
// row: [in], in even. nibbles: [in / 2]. A row of zeros has scale 1.
float QuantizeInt4Row(std::span<const float> row, std::span<uint8_t> nibbles);

}  // namespace gemma4

#endif  // GEMMA4_LIB_QUANT_INT4_H_
