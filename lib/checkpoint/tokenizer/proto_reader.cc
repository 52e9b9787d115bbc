#include "lib/checkpoint/tokenizer/proto_reader.h"

namespace gemma4 {

StatusOr<uint64_t> ProtoReader::ReadVarint() {
  uint64_t value = 0;
  for (size_t i = 0; i < 10; ++i) {  // 7 bits a byte
    if (i == rest_.size()) return Status::Corrupt("ends inside a number");
    const uint64_t byte = std::to_integer<uint64_t>(rest_[i]);
    value |= (byte & 0x7F) << (7 * i);
    if (byte < 0x80) {
      rest_ = rest_.subspan(i + 1);
      return value;
    }
  }
  return Status::Corrupt("holds a number of more than 64 bits");
}

StatusOr<std::span<const std::byte>> ProtoReader::ReadBytes(uint64_t size) {
  if (size > rest_.size()) {
    return Status::Corrupt("a field is to have %llu bytes, but only %zu follow",
                           static_cast<unsigned long long>(size), rest_.size());
  }
  const auto bytes = rest_.first(static_cast<size_t>(size));
  rest_ = rest_.subspan(bytes.size());
  return bytes;
}

StatusOr<uint64_t> ProtoReader::ReadFixed(size_t size) {
  GEMMA4_ASSIGN_OR_RETURN(const auto bytes, ReadBytes(size));
  uint64_t value = 0;
  for (size_t i = 0; i < size; ++i) value |= std::to_integer<uint64_t>(bytes[i]) << (8 * i);
  return value;
}

StatusOr<ProtoField> ProtoReader::Next() {
  GEMMA4_ASSIGN_OR_RETURN(const uint64_t tag, ReadVarint());
  ProtoField field;
  field.number = static_cast<uint32_t>(tag >> 3);
  if (tag >> 3 == 0 || tag >> 32 != 0) {
    return Status::Corrupt("holds a field with the number %llu",
                           static_cast<unsigned long long>(tag >> 3));
  }
  switch (tag & 7) {
    case 0: {
      GEMMA4_ASSIGN_OR_RETURN(field.value, ReadVarint());
      return field;
    }
    case 1: {
      GEMMA4_ASSIGN_OR_RETURN(field.value, ReadFixed(8));
      return field;
    }
    case 2: {
      GEMMA4_ASSIGN_OR_RETURN(const uint64_t size, ReadVarint());
      GEMMA4_ASSIGN_OR_RETURN(field.bytes, ReadBytes(size));
      return field;
    }
    case 5: {
      GEMMA4_ASSIGN_OR_RETURN(field.value, ReadFixed(4));
      return field;
    }
    default:
      return Status::Corrupt("holds a field of wire type %llu",
                             static_cast<unsigned long long>(tag & 7));
  }
}

}  // namespace gemma4
