// How a model's linear layers compute.
#ifndef GEMMA4_LIB_TRANSFORMER_ARITHMETIC_H_
#define GEMMA4_LIB_TRANSFORMER_ARITHMETIC_H_

#include <cstdint>

namespace gemma4 {

// All but kExact have int8 activations, one scale a row.
enum class Arithmetic : uint8_t {
  kExact,       // weights dequantised to f32, f32 activations: the reference
  kInt8,        // int8 weights, one scale an output channel
  kInt4Rows,    // int4 weights, one scale an output channel
  kInt4Blocks,  // int4 weights, a scale for each 32 inputs
  kAuto,        // for each layer what loses nothing to speak of: linear_formats.h
};

// "int8", for messages.
inline const char* ArithmeticName(Arithmetic arithmetic) {
  switch (arithmetic) {
    case Arithmetic::kExact: return "exact";
    case Arithmetic::kInt8: return "int8";
    case Arithmetic::kInt4Rows: return "int4 rows";
    case Arithmetic::kInt4Blocks: return "int4";
    case Arithmetic::kAuto: return "auto";
  }
  return "unknown";
}

}  // namespace gemma4

#endif  // GEMMA4_LIB_TRANSFORMER_ARITHMETIC_H_
