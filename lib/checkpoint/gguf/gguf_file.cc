#include "lib/checkpoint/gguf/gguf_file.h"

#include <algorithm>
#include <bit>
#include <cstring>
#include <limits>
#include <set>

#include "lib/base/one_line.h"
#include "lib/checkpoint/no_overlap.h"

namespace gemma4 {
namespace {

constexpr size_t kMaxRank = 4;
// Far more than any model has; what is kept of each is larger than what a file must spend on it.
constexpr uint64_t kMaxValues = 32768;
constexpr uint64_t kMaxTensors = 32768;
constexpr uint64_t kDefaultAlignment = 32;

// Reads little-endian values in order; every read says what it was for when the file ends early.
class Reader {
 public:
  Reader(std::span<const std::byte> bytes, const std::string& name) : bytes_(bytes), name_(name) {}

  size_t position() const { return position_; }
  size_t remaining() const { return bytes_.size() - position_; }

  template <typename T>
  StatusOr<T> Read(const char* what) {
    GEMMA4_ASSIGN_OR_RETURN(std::span<const std::byte> bytes, Take(sizeof(T), what));
    T value;
    std::memcpy(&value, bytes.data(), sizeof(T));
    return value;
  }

  StatusOr<std::span<const std::byte>> Take(uint64_t size_bytes, const char* what) {
    if (size_bytes > remaining()) {
      return Status::Corrupt("%s: %s at byte %zu needs %llu bytes; the file has %zu left",
                             name_.c_str(), what, position_,
                             static_cast<unsigned long long>(size_bytes), remaining());
    }
    const auto taken = bytes_.subspan(position_, static_cast<size_t>(size_bytes));
    position_ += static_cast<size_t>(size_bytes);
    return taken;
  }

  StatusOr<std::string_view> ReadString(const char* what) {
    GEMMA4_ASSIGN_OR_RETURN(const uint64_t size, Read<uint64_t>(what));
    GEMMA4_ASSIGN_OR_RETURN(std::span<const std::byte> text, Take(size, what));
    return std::string_view(reinterpret_cast<const char*>(text.data()), text.size());
  }

 private:
  std::span<const std::byte> bytes_;
  const std::string& name_;
  size_t position_ = 0;
};

// Bytes of a scalar; 0 for strings and arrays, whose size is in the file.
size_t ScalarSizeBytes(GgufType type) {
  switch (type) {
    case GgufType::kU8:
    case GgufType::kI8:
    case GgufType::kBool: return 1;
    case GgufType::kU16:
    case GgufType::kI16: return 2;
    case GgufType::kU32:
    case GgufType::kI32:
    case GgufType::kF32: return 4;
    case GgufType::kU64:
    case GgufType::kI64:
    case GgufType::kF64: return 8;
    case GgufType::kString:
    case GgufType::kArray: return 0;
  }
  return 0;
}

bool IsInteger(GgufType type) {
  return type <= GgufType::kI32 || type == GgufType::kU64 || type == GgufType::kI64;
}

StatusOr<GgufType> ReadType(Reader& in, const std::string& name, std::string_view key) {
  GEMMA4_ASSIGN_OR_RETURN(const uint32_t type, in.Read<uint32_t>("a value's type"));
  if (type > static_cast<uint32_t>(GgufType::kF64)) {
    return Status::Corrupt("%s: the value of %s has type %u; at most 12 is known", name.c_str(),
                           CutToOneLine(key).c_str(), type);
  }
  return static_cast<GgufType>(type);
}

StatusOr<GgufValue> ReadValue(Reader& in, const std::string& name, std::string_view key) {
  GgufValue value;
  GEMMA4_ASSIGN_OR_RETURN(value.type, ReadType(in, name, key));
  if (value.type == GgufType::kArray) {
    value.is_array = true;
    GEMMA4_ASSIGN_OR_RETURN(value.type, ReadType(in, name, key));
    GEMMA4_ASSIGN_OR_RETURN(value.count, in.Read<uint64_t>("an array's size"));
    if (value.type == GgufType::kArray) {
      return Status::Unsupported("%s: the value of %s is an array of arrays", name.c_str(),
                                 CutToOneLine(key).c_str());
    }
    if (value.type != GgufType::kString) {
      const size_t size = ScalarSizeBytes(value.type);
      if (value.count > in.remaining() / size) {
        return Status::Corrupt("%s: %s has %llu elements; the file has %zu bytes left",
                               name.c_str(), CutToOneLine(key).c_str(),
                               static_cast<unsigned long long>(value.count), in.remaining());
      }
      GEMMA4_ASSIGN_OR_RETURN(value.bytes, in.Take(value.count * size, "an array"));
      return value;
    }
    Reader start = in;
    const size_t begin = in.position();
    for (uint64_t i = 0; i < value.count; ++i) {
      GEMMA4_RETURN_IF_ERROR(in.ReadString("a string of an array").status());
    }
    GEMMA4_ASSIGN_OR_RETURN(value.bytes, start.Take(in.position() - begin, "an array"));
    return value;
  }
  if (value.type == GgufType::kString) {
    GEMMA4_ASSIGN_OR_RETURN(const std::string_view text, in.ReadString("a string"));
    value.bytes = std::as_bytes(std::span(text));
    return value;
  }
  GEMMA4_ASSIGN_OR_RETURN(value.bytes, in.Take(ScalarSizeBytes(value.type), "a value"));
  return value;
}

// ggml's numbers of the formats that can be read.
std::optional<DataType> FromGgmlType(uint32_t type) {
  switch (type) {
    case 0: return DataType::kF32;
    case 1: return DataType::kF16;
    case 2: return DataType::kQ4_0;
    case 3: return DataType::kQ4_1;
    case 6: return DataType::kQ5_0;
    case 7: return DataType::kQ5_1;
    case 8: return DataType::kQ8_0;
    case 10: return DataType::kQ2_K;
    case 11: return DataType::kQ3_K;
    case 12: return DataType::kQ4_K;
    case 13: return DataType::kQ5_K;
    case 14: return DataType::kQ6_K;
    case 20: return DataType::kIQ4_NL;
    case 23: return DataType::kIQ4_XS;
    case 24: return DataType::kI8;
    case 26: return DataType::kI32;
    case 27: return DataType::kI64;
    case 30: return DataType::kBF16;
    case 39: return DataType::kMXFP4;
    default: return std::nullopt;
  }
}

// Names of formats that cannot be read, for the message; ggml's own.
const char* GgmlTypeName(uint32_t type) {
  switch (type) {
    case 9: return "Q8_1";
    case 15: return "Q8_K";
    case 16: return "IQ2_XXS";
    case 17: return "IQ2_XS";
    case 18: return "IQ3_XXS";
    case 19: return "IQ1_S";
    case 21: return "IQ3_S";
    case 22: return "IQ2_S";
    case 25: return "I16";
    case 28: return "F64";
    case 29: return "IQ1_M";
    case 34: return "TQ1_0";
    case 35: return "TQ2_0";
    case 40: return "NVFP4";
    default: return "unknown";
  }
}

struct TensorInfo {
  TensorView view;
  uint64_t offset = 0;  // from the start of the data section
};

StatusOr<TensorInfo> ReadTensorInfo(Reader& in, const std::string& name) {
  TensorInfo info;
  GEMMA4_ASSIGN_OR_RETURN(const std::string_view tensor_name, in.ReadString("a tensor's name"));
  info.view.name = CutToOneLine(tensor_name);
  const char* tensor = info.view.name.c_str();
  GEMMA4_ASSIGN_OR_RETURN(const uint32_t rank, in.Read<uint32_t>("a tensor's rank"));
  if (rank > kMaxRank) {
    return Status::Corrupt("%s: tensor %s has rank %u; at most %zu is allowed", name.c_str(),
                           tensor, rank, kMaxRank);
  }
  uint64_t num_elements = 1;
  for (uint32_t i = 0; i < rank; ++i) {
    GEMMA4_ASSIGN_OR_RETURN(const uint64_t dim, in.Read<uint64_t>("a tensor's shape"));
    if (dim == 0 || num_elements > (uint64_t{1} << 48) / dim) {
      return Status::Corrupt("%s: tensor %s has dimension %u of %llu", name.c_str(), tensor, i,
                             static_cast<unsigned long long>(dim));
    }
    num_elements *= dim;
    info.view.shape.insert(info.view.shape.begin(), static_cast<size_t>(dim));
  }
  GEMMA4_ASSIGN_OR_RETURN(const uint32_t type, in.Read<uint32_t>("a tensor's format"));
  const std::optional<DataType> data_type = FromGgmlType(type);
  if (!data_type.has_value()) {
    return Status::Unsupported("%s: tensor %s has format %s (%u), which cannot be read",
                               name.c_str(), tensor, GgmlTypeName(type), type);
  }
  info.view.type = *data_type;
  const DataTypeBlock block = BlockOf(info.view.type);
  const size_t row_size = info.view.shape.empty() ? 1 : info.view.shape.back();
  if (row_size % block.num_elements != 0) {
    return Status::Corrupt("%s: tensor %s has rows of %zu; %s comes in blocks of %zu", name.c_str(),
                           tensor, row_size, DataTypeName(info.view.type), block.num_elements);
  }
  GEMMA4_ASSIGN_OR_RETURN(info.offset, in.Read<uint64_t>("a tensor's offset"));
  return info;
}

template <typename T>
T As(std::span<const std::byte> bytes) {
  T value;
  std::memcpy(&value, bytes.data(), sizeof(T));
  return value;
}

int64_t ToInteger(GgufType type, std::span<const std::byte> bytes) {
  switch (type) {
    case GgufType::kU8:
    case GgufType::kBool: return As<uint8_t>(bytes);
    case GgufType::kI8: return As<int8_t>(bytes);
    case GgufType::kU16: return As<uint16_t>(bytes);
    case GgufType::kI16: return As<int16_t>(bytes);
    case GgufType::kU32: return As<uint32_t>(bytes);
    case GgufType::kI32: return As<int32_t>(bytes);
    case GgufType::kU64:  // beyond i64 stays out of every allowed range
      return static_cast<int64_t>(std::min<uint64_t>(
          As<uint64_t>(bytes), static_cast<uint64_t>(std::numeric_limits<int64_t>::max())));
    case GgufType::kI64: return As<int64_t>(bytes);
    default: return 0;
  }
}

}  // namespace

StatusOr<GgufFile> GgufFile::Parse(std::span<const std::byte> bytes, const std::string& name) {
  static_assert(std::endian::native == std::endian::little);
  Reader in(bytes, name);
  GEMMA4_ASSIGN_OR_RETURN(std::span<const std::byte> magic, in.Take(4, "the magic number"));
  if (std::memcmp(magic.data(), "GGUF", 4) != 0) {
    return Status::Corrupt("%s: not a GGUF file: it does not begin with \"GGUF\"", name.c_str());
  }
  GEMMA4_ASSIGN_OR_RETURN(const uint32_t version, in.Read<uint32_t>("the version"));
  if (version != 3) {
    return Status::Unsupported("%s: GGUF version %u; only version 3 can be read", name.c_str(),
                               version);
  }
  GEMMA4_ASSIGN_OR_RETURN(const uint64_t num_tensors, in.Read<uint64_t>("the tensor count"));
  GEMMA4_ASSIGN_OR_RETURN(const uint64_t num_values, in.Read<uint64_t>("the metadata count"));

  if (num_tensors > kMaxTensors || num_values > kMaxValues) {
    return Status::Corrupt("%s: %llu tensors and %llu metadata values; at most %llu are allowed",
                           name.c_str(), static_cast<unsigned long long>(num_tensors),
                           static_cast<unsigned long long>(num_values),
                           static_cast<unsigned long long>(kMaxTensors));
  }

  GgufFile file;
  file.name_ = name;
  for (uint64_t i = 0; i < num_values; ++i) {
    GEMMA4_ASSIGN_OR_RETURN(const std::string_view key, in.ReadString("a metadata key"));
    GEMMA4_ASSIGN_OR_RETURN(const GgufValue value, ReadValue(in, name, key));
    if (!file.values_.emplace(key, value).second) {
      return Status::Corrupt("%s: the key %s occurs twice", name.c_str(),
                             CutToOneLine(key).c_str());
    }
  }

  std::vector<TensorInfo> infos;
  std::set<std::string, std::less<>> names;
  for (uint64_t i = 0; i < num_tensors; ++i) {
    GEMMA4_ASSIGN_OR_RETURN(TensorInfo info, ReadTensorInfo(in, name));
    if (!names.insert(info.view.name).second) {
      return Status::Corrupt("%s: the tensor %s occurs twice", name.c_str(),
                             info.view.name.c_str());
    }
    infos.push_back(std::move(info));
  }

  GEMMA4_ASSIGN_OR_RETURN(const std::optional<int64_t> stated, file.Integer("general.alignment"));
  const uint64_t alignment =
      stated.has_value() ? static_cast<uint64_t>(*stated) : kDefaultAlignment;
  if (!std::has_single_bit(alignment) || alignment > (1u << 20)) {
    return Status::Corrupt("%s: general.alignment is %llu; a power of two up to 1048576 is allowed",
                           name.c_str(), static_cast<unsigned long long>(alignment));
  }
  const uint64_t data_begin = (in.position() + alignment - 1) / alignment * alignment;
  const uint64_t data_size = bytes.size() > data_begin ? bytes.size() - data_begin : 0;
  for (TensorInfo& info : infos) {
    const DataTypeBlock block = BlockOf(info.view.type);
    const uint64_t size = info.view.num_elements() / block.num_elements * block.size_bytes;
    if (info.offset % alignment != 0 || info.offset > data_size || size > data_size - info.offset) {
      return Status::Corrupt(
          "%s: tensor %s lies at offset %llu with %llu bytes; the data section has %llu bytes and "
          "is aligned to %llu",
          name.c_str(), info.view.name.c_str(), static_cast<unsigned long long>(info.offset),
          static_cast<unsigned long long>(size), static_cast<unsigned long long>(data_size),
          static_cast<unsigned long long>(alignment));
    }
    info.view.data =
        bytes.subspan(static_cast<size_t>(data_begin + info.offset), static_cast<size_t>(size));
    file.tensors_.push_back(std::move(info.view));
  }
  GEMMA4_RETURN_IF_ERROR(CheckNoOverlap(file.tensors_).WithPrefix(name));
  return file;
}

const GgufValue* GgufFile::Find(std::string_view key) const {
  const auto it = values_.find(key);
  return it == values_.end() ? nullptr : &it->second;
}

StatusOr<std::optional<int64_t>> GgufFile::Integer(std::string_view key) const {
  const GgufValue* value = Find(key);
  if (value == nullptr) return std::optional<int64_t>();
  if (value->is_array || !IsInteger(value->type)) {
    return Status::Corrupt("%s: %s is not an integer", name_.c_str(), CutToOneLine(key).c_str());
  }
  return std::optional<int64_t>(ToInteger(value->type, value->bytes));
}

StatusOr<std::optional<double>> GgufFile::Number(std::string_view key) const {
  const GgufValue* value = Find(key);
  if (value == nullptr) return std::optional<double>();
  if (!value->is_array && value->type == GgufType::kF32) {
    return std::optional<double>(As<float>(value->bytes));
  }
  if (!value->is_array && value->type == GgufType::kF64) {
    return std::optional<double>(As<double>(value->bytes));
  }
  if (!value->is_array && IsInteger(value->type)) {
    return std::optional<double>(static_cast<double>(ToInteger(value->type, value->bytes)));
  }
  return Status::Corrupt("%s: %s is not a number", name_.c_str(), CutToOneLine(key).c_str());
}

StatusOr<std::optional<bool>> GgufFile::Bool(std::string_view key) const {
  const GgufValue* value = Find(key);
  if (value == nullptr) return std::optional<bool>();
  if (value->is_array || value->type != GgufType::kBool) {
    return Status::Corrupt("%s: %s is not true or false", name_.c_str(), CutToOneLine(key).c_str());
  }
  return std::optional<bool>(As<uint8_t>(value->bytes) != 0);
}

StatusOr<std::optional<std::string_view>> GgufFile::String(std::string_view key) const {
  const GgufValue* value = Find(key);
  if (value == nullptr) return std::optional<std::string_view>();
  if (value->is_array || value->type != GgufType::kString) {
    return Status::Corrupt("%s: %s is not a string", name_.c_str(), CutToOneLine(key).c_str());
  }
  return std::optional<std::string_view>(
      std::string_view(reinterpret_cast<const char*>(value->bytes.data()), value->bytes.size()));
}

StatusOr<bool> GgufFile::ForEachInteger(std::string_view key,
                                        const std::function<Status(size_t, int64_t)>& visit) const {
  const GgufValue* value = Find(key);
  if (value == nullptr) return false;
  if (!value->is_array || !(IsInteger(value->type) || value->type == GgufType::kBool)) {
    return Status::Corrupt("%s: %s is not an array of integers", name_.c_str(),
                           CutToOneLine(key).c_str());
  }
  const size_t size = ScalarSizeBytes(value->type);
  for (size_t i = 0; i < value->count; ++i) {
    GEMMA4_RETURN_IF_ERROR(visit(i, ToInteger(value->type, value->bytes.subspan(i * size, size))));
  }
  return true;
}

StatusOr<bool> GgufFile::ForEachString(
    std::string_view key, const std::function<Status(size_t, std::string_view)>& visit) const {
  const GgufValue* value = Find(key);
  if (value == nullptr) return false;
  if (!value->is_array || value->type != GgufType::kString) {
    return Status::Corrupt("%s: %s is not an array of strings", name_.c_str(),
                           CutToOneLine(key).c_str());
  }
  Reader in(value->bytes, name_);
  for (size_t i = 0; i < value->count; ++i) {
    GEMMA4_ASSIGN_OR_RETURN(const std::string_view text, in.ReadString("a string of an array"));
    GEMMA4_RETURN_IF_ERROR(visit(i, text));
  }
  return true;
}

bool GgufFile::IsArray(std::string_view key) const {
  const GgufValue* value = Find(key);
  return value != nullptr && value->is_array;
}

uint64_t GgufFile::ArraySize(std::string_view key) const {
  const GgufValue* value = Find(key);
  return value != nullptr && value->is_array ? value->count : 0;
}

}  // namespace gemma4
