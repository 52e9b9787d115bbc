// TensorView: type, shape and bytes of a tensor that somebody else owns.
#ifndef GEMMA4_LIB_BASE_TENSOR_VIEW_H_
#define GEMMA4_LIB_BASE_TENSOR_VIEW_H_

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace gemma4 {

// How a file stores one element, or one block of elements.
enum class DataType : uint8_t {
  kF32,
  kF16,
  kBF16,
  kI64,
  kI32,
  kI8,
  kU8,
  // GGUF's blocks of 32 or 256 elements with scales of their own; lib/quant/ggml_blocks.h.
  kQ4_0,
  kQ4_1,
  kQ5_0,
  kQ5_1,
  kQ8_0,
  kQ2_K,
  kQ3_K,
  kQ4_K,
  kQ5_K,
  kQ6_K,
  kIQ4_NL,
  kIQ4_XS,
  kMXFP4,
  // compressed-tensors' 4-bit groups of 32: nibbles (value + 8, the even one in the low bits), with
  // bf16 scales beside them in TensorView::scales.
  kW4G32,
};

// "BF16", as safetensors and GGUF spell it.
const char* DataTypeName(DataType type);

// Elements and bytes of one block; plain types are blocks of one element.
struct DataTypeBlock {
  size_t num_elements;
  size_t size_bytes;
};
DataTypeBlock BlockOf(DataType type);

// Bytes of one element of a plain type, of one block of the others.
inline size_t DataTypeSizeBytes(DataType type) { return BlockOf(type).size_bytes; }

// Shapes are outermost first: a linear layer's weight is [out, in]. A scalar has rank 0.
// `data` may be unaligned (safetensors promises nothing) and belongs to a MappedFile or a buffer
// that must outlive the view.
struct TensorView {
  std::string name;
  DataType type = DataType::kF32;
  std::vector<size_t> shape;
  std::span<const std::byte> data;
  std::span<const std::byte> scales = {};  // kW4G32 only: [rows, columns / 32] bf16

  size_t num_elements() const;
  // "[2048, 1536]"
  std::string ShapeText() const;
};

// "[2048, 1536]"
std::string ShapeText(std::span<const size_t> shape);

}  // namespace gemma4

#endif  // GEMMA4_LIB_BASE_TENSOR_VIEW_H_
