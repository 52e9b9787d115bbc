#include "lib/base/tensor_view.h"

#include <iterator>

namespace gemma4 {

namespace {

struct DataTypeRow {
  const char* name;
  DataTypeBlock block;
};

// Indexed by DataType.
constexpr DataTypeRow kDataTypes[] = {
    {"F32", {1, 4}},      {"F16", {1, 2}},      {"BF16", {1, 2}},       {"I64", {1, 8}},
    {"I32", {1, 4}},      {"I8", {1, 1}},       {"U8", {1, 1}},         {"Q4_0", {32, 18}},
    {"Q4_1", {32, 20}},   {"Q5_0", {32, 22}},   {"Q5_1", {32, 24}},     {"Q8_0", {32, 34}},
    {"Q2_K", {256, 84}},  {"Q3_K", {256, 110}}, {"Q4_K", {256, 144}},   {"Q5_K", {256, 176}},
    {"Q6_K", {256, 210}}, {"IQ4_NL", {32, 18}}, {"IQ4_XS", {256, 136}}, {"MXFP4", {32, 17}},
    {"W4G32", {32, 16}},
};
static_assert(std::size(kDataTypes) == static_cast<size_t>(DataType::kW4G32) + 1);

}  // namespace

const char* DataTypeName(DataType type) { return kDataTypes[static_cast<size_t>(type)].name; }

DataTypeBlock BlockOf(DataType type) { return kDataTypes[static_cast<size_t>(type)].block; }

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
