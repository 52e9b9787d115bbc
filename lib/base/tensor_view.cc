#include "lib/base/tensor_view.h"

namespace gemma4 {

const char* DataTypeName(DataType type) {
  switch (type) {
    case DataType::kF32: return "F32";
    case DataType::kF16: return "F16";
    case DataType::kBF16: return "BF16";
    case DataType::kI64: return "I64";
    case DataType::kI32: return "I32";
    case DataType::kI8: return "I8";
    case DataType::kU8: return "U8";
  }
  return "unknown";
}

size_t DataTypeSizeBytes(DataType type) {
  switch (type) {
    case DataType::kI64: return 8;
    case DataType::kF32:
    case DataType::kI32: return 4;
    case DataType::kF16:
    case DataType::kBF16: return 2;
    case DataType::kI8:
    case DataType::kU8: return 1;
  }
  return 0;
}

size_t TensorView::num_elements() const {
  size_t count = 1;
  for (size_t dim : shape) count *= dim;
  return count;
}

std::string TensorView::ShapeText() const { return gemma4::ShapeText(shape); }

std::string ShapeText(std::span<const size_t> shape) {
  std::string text = "[";
  for (size_t i = 0; i < shape.size(); ++i) {
    if (i > 0) text += ", ";
    text += std::to_string(shape[i]);
  }
  return text + "]";
}

}  // namespace gemma4
