// Numbers and texts to bytes and back, little-endian, with every read checked.
#ifndef GEMMA4_LIB_CHECKPOINT_PACKED_BYTE_STREAM_H_
#define GEMMA4_LIB_CHECKPOINT_PACKED_BYTE_STREAM_H_

#include <bit>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include "lib/base/status.h"

namespace gemma4 {

static_assert(std::endian::native == std::endian::little);

// Both streams are called with fields in the same order: stream(value) writes it, or reads into it.
template <typename T>
concept Scalar = std::is_arithmetic_v<T> || std::is_enum_v<T>;

class ByteWriter {
 public:
  template <Scalar T>
  void operator()(const T& value) {
    const auto* bytes = reinterpret_cast<const std::byte*>(&value);
    bytes_.insert(bytes_.end(), bytes, bytes + sizeof(T));
  }
  void operator()(const std::string& text) {
    (*this)(static_cast<uint32_t>(text.size()));
    const auto* bytes = reinterpret_cast<const std::byte*>(text.data());
    bytes_.insert(bytes_.end(), bytes, bytes + text.size());
  }
  template <typename T, typename Visit>
  void List(const std::vector<T>& list, size_t /*min_bytes*/, Visit visit) {
    (*this)(static_cast<uint64_t>(list.size()));
    for (const T& element : list) visit(*this, const_cast<T&>(element));
  }

  std::span<const std::byte> bytes() const { return bytes_; }

 private:
  std::vector<std::byte> bytes_;
};

// After a read past the end, or of a value that cannot be, everything reads as zero and status() is
// kCorrupt: look at it once, at the end.
class ByteReader {
 public:
  explicit ByteReader(std::span<const std::byte> bytes) : rest_(bytes) {}

  template <Scalar T>
  void operator()(T& value) {
    value = T{};
    const auto bytes = Take(sizeof(T));
    if (bytes.size() != sizeof(T)) return;
    if constexpr (std::is_same_v<T, bool>) {
      value = bytes[0] != std::byte{0};
    } else {
      std::memcpy(&value, bytes.data(), sizeof(T));
    }
  }
  void operator()(std::string& text) {
    uint32_t size = 0;
    (*this)(size);
    const auto bytes = Take(size);
    text.assign(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  }
  // `min_bytes` of the stream are needed for each element, which bounds how many there can be.
  template <typename T, typename Visit>
  void List(std::vector<T>& list, size_t min_bytes, Visit visit) {
    uint64_t size = 0;
    (*this)(size);
    if (size > rest_.size() / min_bytes) {
      Fail();
      return;
    }
    list.resize(static_cast<size_t>(size));
    for (T& element : list) visit(*this, element);
  }

  // An enum value outside its range; the caller checks.
  void Fail() {
    ok_ = false;
    rest_ = {};
  }
  Status status() const {
    return ok_ && rest_.empty() ? Status::Ok() : Status::Corrupt("the index is damaged");
  }

 private:
  std::span<const std::byte> Take(size_t size) {
    if (size > rest_.size()) {
      Fail();
      return {};
    }
    const auto bytes = rest_.first(size);
    rest_ = rest_.subspan(size);
    return bytes;
  }

  std::span<const std::byte> rest_;
  bool ok_ = true;
};

}  // namespace gemma4

#endif  // GEMMA4_LIB_CHECKPOINT_PACKED_BYTE_STREAM_H_
