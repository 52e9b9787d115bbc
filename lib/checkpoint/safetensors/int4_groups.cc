#include "lib/checkpoint/safetensors/int4_groups.h"

#include <cstdint>
#include <cstring>
#include <string_view>
#include <utility>

#include "lib/base/one_line.h"
#include "lib/quant/int4.h"

namespace gemma4 {
namespace {

constexpr size_t kNibblesPerWord = 8;

Status CheckIs(const TensorView& tensor, DataType type, const std::vector<size_t>& shape) {
  if (tensor.type == type && tensor.shape == shape) return Status::Ok();
  return Status::Corrupt("tensor %s is %s %s; %s %s is expected", CutToOneLine(tensor.name).c_str(),
                         DataTypeName(tensor.type), tensor.ShapeText().c_str(), DataTypeName(type),
                         ShapeText(shape).c_str());
}

}  // namespace

bool Int4Groups::Take(const TensorView& tensor) {
  const struct {
    std::string_view suffix;
    TensorView Parts::*part;
  } kinds[] = {{".weight_packed", &Parts::packed},
               {".weight_scale", &Parts::scale},
               {".weight_shape", &Parts::shape}};
  for (const auto& [suffix, part] : kinds) {
    if (!tensor.name.ends_with(suffix)) continue;
    const std::string module = tensor.name.substr(0, tensor.name.size() - suffix.size());
    parts_[module].*part = tensor;
    return true;
  }
  return false;
}

StatusOr<std::vector<TensorView>> Int4Groups::Join() const {
  std::vector<TensorView> joined;
  for (const auto& [module, parts] : parts_) {
    const std::string name = CutToOneLine(module);
    if (module.ends_with("embed_tokens") || module.ends_with("embed_tokens_per_layer")) {
      return Status::Unsupported("%s is in 4-bit groups; only linear layers can be", name.c_str());
    }
    if (parts.packed.name.empty() || parts.scale.name.empty() || parts.shape.name.empty()) {
      return Status::Corrupt(
          "of %s, weight_packed, weight_scale and weight_shape are not all there", name.c_str());
    }
    GEMMA4_RETURN_IF_ERROR(CheckIs(parts.shape, DataType::kI64, {2}));
    int64_t shape[2];
    std::memcpy(shape, parts.shape.data.data(), sizeof(shape));
    if (shape[0] < 1 || shape[1] < 1 || shape[0] > (int64_t{1} << 31) ||
        shape[1] > (int64_t{1} << 31) || shape[1] % static_cast<int64_t>(kInt4Block) != 0) {
      return Status::Corrupt("%s.weight_shape is [%lld, %lld]; the second is a multiple of 32",
                             name.c_str(), static_cast<long long>(shape[0]),
                             static_cast<long long>(shape[1]));
    }
    const size_t rows = static_cast<size_t>(shape[0]), columns = static_cast<size_t>(shape[1]);
    GEMMA4_RETURN_IF_ERROR(
        CheckIs(parts.packed, DataType::kI32, {rows, columns / kNibblesPerWord}));
    GEMMA4_RETURN_IF_ERROR(CheckIs(parts.scale, DataType::kBF16, {rows, columns / kInt4Block}));
    TensorView weight;
    weight.name = module + ".weight";
    weight.type = DataType::kW4G32;
    weight.shape = {rows, columns};
    weight.data = parts.packed.data;
    weight.scales = parts.scale.data;
    joined.push_back(std::move(weight));
  }
  return joined;
}

}  // namespace gemma4
