#include "lib/checkpoint/safetensors/safetensors_header.h"

#include <algorithm>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "lib/base/one_line.h"
#include "lib/checkpoint/no_overlap.h"
#include "lib/json/json_visitor.h"

namespace gemma4 {
namespace {

constexpr size_t kLengthBytes = 8;
constexpr size_t kMaxRank = 8;  // of Gemma 4's tensors: 4 (a convolution)

std::optional<DataType> ParseDataType(std::string_view name) {
  for (DataType type : {DataType::kF32, DataType::kF16, DataType::kBF16, DataType::kI64,
                        DataType::kI32, DataType::kI8, DataType::kU8}) {
    if (name == DataTypeName(type)) return type;
  }
  return std::nullopt;
}

// Collects the tensors of a header whose data has `data.size()` bytes.
class HeaderVisitor : public JsonVisitor {
 public:
  explicit HeaderVisitor(std::span<const std::byte> data) : data_(data) {}

  std::vector<TensorView> tensors;

  Status OnBegin(const JsonPath& path, bool is_list) override {
    if (path.depth() == 0) {
      return is_list ? Status::Corrupt("the header is a list; an object is expected")
                     : Status::Ok();
    }
    if (path.key(0) == "__metadata__") return Status::Ok();
    if (path.depth() == 1 && !is_list) {
      if (tensors.size() == kMaxTensors) {
        return Status::Unsupported("more than %zu tensors", kMaxTensors);
      }
      tensor_ = TensorView();
      tensor_.name = path.key(0);
      has_type_ = has_shape_ = false;
      offsets_.clear();
      has_offsets_ = false;
      return Status::Ok();
    }
    if (path.depth() == 2 && is_list) {
      if (path.key(1) == "shape") return Once(path, has_shape_);
      if (path.key(1) == "data_offsets") return Once(path, has_offsets_);
    }
    return Unexpected(path);
  }

  Status OnScalar(const JsonPath& path, const JsonScalar& value) override {
    if (path.depth() == 0) return Status::Corrupt("the header is not an object");
    if (path.key(0) == "__metadata__") return Status::Ok();
    if (path.depth() == 2 && path.key(1) == "dtype" && value.is_string()) {
      GEMMA4_RETURN_IF_ERROR(Once(path, has_type_));
      const std::optional<DataType> type = ParseDataType(value.text);
      if (!type.has_value()) {
        return Status::Unsupported(
            "tensor %s has dtype \"%s\"; F32, F16, BF16, I64, I32, I8 and U8 are supported",
            Name().c_str(), CutToOneLine(value.text).c_str());
      }
      tensor_.type = *type;
      return Status::Ok();
    }
    if (path.depth() == 3 && value.is_integer() && value.integer >= 0) {
      const size_t number = static_cast<size_t>(value.integer);
      if (path.key(1) == "shape") {
        if (tensor_.shape.size() == kMaxRank) {
          return Status::Unsupported("tensor %s has more than %zu dimensions", Name().c_str(),
                                     kMaxRank);
        }
        tensor_.shape.push_back(number);
        return Status::Ok();
      }
      if (offsets_.size() < 2) {
        offsets_.push_back(number);
        return Status::Ok();
      }
    }
    return Unexpected(path);
  }

  Status OnEnd(const JsonPath& path) override {
    if (path.depth() != 1 || path.key(0) == "__metadata__") return Status::Ok();
    const char* missing = !has_type_      ? "dtype"
                          : !has_shape_   ? "shape"
                          : !has_offsets_ ? "data_offsets"
                                          : nullptr;
    if (missing != nullptr) {
      return Status::Corrupt("tensor %s has no %s", Name().c_str(), missing);
    }
    if (offsets_.size() != 2) {
      return Status::Corrupt("tensor %s has %zu data_offsets; 2 are expected", Name().c_str(),
                             offsets_.size());
    }
    GEMMA4_RETURN_IF_ERROR(PlaceData(offsets_[0], offsets_[1]));
    tensors.push_back(std::move(tensor_));
    return Status::Ok();
  }

 private:
  std::string Name() const { return CutToOneLine(tensor_.name); }

  Status Once(const JsonPath& path, bool& has) {
    if (has) {
      return Status::Corrupt("tensor %s has two entries %s", Name().c_str(),
                             CutToOneLine(path.key(1)).c_str());
    }
    has = true;
    return Status::Ok();
  }

  Status Unexpected(const JsonPath& path) {
    const std::string name = CutToOneLine(path.key(0));
    if (path.depth() == 1) {
      return Status::Corrupt("tensor %s is not an object", name.c_str());
    }
    return Status::Corrupt(
        "tensor %s: %s is not what a header may hold: dtype (a string), shape and data_offsets "
        "(lists of whole numbers)",
        name.c_str(), CutToOneLine(path.key(1)).c_str());
  }

  // Sets tensor_.data to bytes [begin, end) of the data.
  Status PlaceData(size_t begin, size_t end) {
    if (begin > end || end > data_.size()) {
      return Status::Corrupt(
          "tensor %s has data_offsets [%zu, %zu]; the file has %zu bytes of data", Name().c_str(),
          begin, end, data_.size());
    }
    size_t size_bytes = DataTypeSizeBytes(tensor_.type);
    bool overflows = false;
    for (size_t dim : tensor_.shape) {
      overflows = overflows || __builtin_mul_overflow(size_bytes, dim, &size_bytes);
    }
    if (overflows || size_bytes != end - begin) {
      return Status::Corrupt(
          "tensor %s, %s %s, has %zu bytes in the file; its shape needs %s", Name().c_str(),
          DataTypeName(tensor_.type), tensor_.ShapeText().c_str(), end - begin,
          overflows ? "more than there can be" : std::to_string(size_bytes).c_str());
    }
    tensor_.data = data_.subspan(begin, end - begin);
    return Status::Ok();
  }

  const std::span<const std::byte> data_;
  TensorView tensor_;  // the one being read
  bool has_type_ = false, has_shape_ = false, has_offsets_ = false;
  std::vector<size_t> offsets_;
};

}  // namespace

StatusOr<std::vector<TensorView>> ParseSafetensors(std::span<const std::byte> file) {
  if (file.size() < kLengthBytes) {
    return Status::Corrupt("has %zu bytes; a safetensors file has at least %zu", file.size(),
                           kLengthBytes);
  }
  uint64_t header_bytes = 0;
  for (size_t i = 0; i < kLengthBytes; ++i) {
    header_bytes |= std::to_integer<uint64_t>(file[i]) << (8 * i);
  }
  if (header_bytes > file.size() - kLengthBytes) {
    return Status::Corrupt(
        "the header is to have %llu bytes, but only %zu follow: the file is cut short, or is no "
        "safetensors file",
        static_cast<unsigned long long>(header_bytes), file.size() - kLengthBytes);
  }
  const auto header = file.subspan(kLengthBytes, static_cast<size_t>(header_bytes));
  HeaderVisitor visitor(file.subspan(kLengthBytes + header.size()));
  GEMMA4_RETURN_IF_ERROR(VisitJson(header, visitor).WithPrefix("header"));

  std::vector<TensorView> tensors = std::move(visitor.tensors);
  std::sort(tensors.begin(), tensors.end(),
            [](const TensorView& a, const TensorView& b) { return a.name < b.name; });
  for (size_t i = 1; i < tensors.size(); ++i) {
    if (tensors[i - 1].name == tensors[i].name) {
      return Status::Corrupt("header: tensor %s is listed twice",
                             CutToOneLine(tensors[i].name).c_str());
    }
  }
  GEMMA4_RETURN_IF_ERROR(CheckNoOverlap(tensors).WithPrefix("header"));
  return tensors;
}

}  // namespace gemma4
