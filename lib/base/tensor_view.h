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
enum class DataType : uint8_t { kF32, kF16, kBF16, kI64, kI32, kI8, kU8 };

// "BF16", as safetensors spells it.
const char* DataTypeName(DataType type);

// Bytes of one element.
size_t DataTypeSizeBytes(DataType type);

// Shapes are outermost first: a linear layer's weight is [out, in]. A scalar has rank 0.
// `data` may be unaligned (safetensors promises nothing) and belongs to a MappedFile or a buffer
// that must outlive the view.
struct TensorView {
  std::string name;
  DataType type = DataType::kF32;
  std::vector<size_t> shape;
  std::span<const std::byte> data;

  size_t num_elements() const;
  // "[2048, 1536]"
  std::string ShapeText() const;
};

// "[2048, 1536]"
std::string ShapeText(std::span<const size_t> shape);

}  // namespace gemma4

#endif  // GEMMA4_LIB_BASE_TENSOR_VIEW_H_
