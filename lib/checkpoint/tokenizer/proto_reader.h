// Reads the fields of one message in Protocol Buffers' wire format, bounded by the message's bytes.
#ifndef GEMMA4_LIB_CHECKPOINT_TOKENIZER_PROTO_READER_H_
#define GEMMA4_LIB_CHECKPOINT_TOKENIZER_PROTO_READER_H_

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include "lib/base/status.h"

namespace gemma4 {

// A field holds either a number or bytes; the other one is 0 or empty.
struct ProtoField {
  uint32_t number = 0;
  uint64_t value = 0;                     // varint, or the bits of a fixed32 or fixed64
  std::span<const std::byte> bytes = {};  // a string or a message

  std::string_view text() const {
    return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
  }
};

class ProtoReader {
 public:
  // `message` must outlive the reader and its fields.
  explicit ProtoReader(std::span<const std::byte> message) : rest_(message) {}

  bool AtEnd() const { return rest_.empty(); }

  // The next field. kCorrupt when the bytes end inside it or have no known wire type.
  // REQUIRES: !AtEnd().
  StatusOr<ProtoField> Next();

 private:
  StatusOr<uint64_t> ReadVarint();
  StatusOr<std::span<const std::byte>> ReadBytes(uint64_t size);
  StatusOr<uint64_t> ReadFixed(size_t size);

  std::span<const std::byte> rest_;
};

}  // namespace gemma4

#endif  // GEMMA4_LIB_CHECKPOINT_TOKENIZER_PROTO_READER_H_
