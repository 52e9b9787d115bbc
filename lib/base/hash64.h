// A 64-bit hash that finds accidents, not attackers.
#ifndef GEMMA4_LIB_BASE_HASH64_H_
#define GEMMA4_LIB_BASE_HASH64_H_

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>

namespace gemma4 {

// The same bytes give the same number however they are cut into calls of Add().
class Hash64 {
 public:
  void Add(std::span<const std::byte> bytes) {
    size_t i = 0;
    while (i < bytes.size() && num_bytes_ % 8 != 0) AddByte(bytes[i++]);
    for (; i + 8 <= bytes.size(); i += 8, num_bytes_ += 8) {
      uint64_t word;
      std::memcpy(&word, bytes.data() + i, 8);
      AddWord(word);
    }
    while (i < bytes.size()) AddByte(bytes[i++]);
  }

  template <typename T>
  void AddValue(const T& value) {
    Add(std::as_bytes(std::span(&value, 1)));
  }

  uint64_t Finish() const {
    Hash64 last = *this;
    last.AddWord(last.pending_);
    last.AddWord(num_bytes_);
    return last.state_;
  }

 private:
  // Multiplying spreads each bit upwards, shifting brings the spread ones down again.
  void AddWord(uint64_t word) {
    state_ = (state_ ^ word) * 0x9e3779b97f4a7c15u;
    state_ ^= state_ >> 29;
  }

  void AddByte(std::byte byte) {
    pending_ |= std::to_integer<uint64_t>(byte) << (8 * (num_bytes_ % 8));
    if (++num_bytes_ % 8 != 0) return;
    AddWord(pending_);
    pending_ = 0;
  }

  uint64_t state_ = 0x243f6a8885a308d3u;
  uint64_t pending_ = 0;  // bytes of a word that is not complete
  uint64_t num_bytes_ = 0;
};

inline uint64_t HashOf(std::span<const std::byte> bytes) {
  Hash64 hash;
  hash.Add(bytes);
  return hash.Finish();
}

}  // namespace gemma4

#endif  // GEMMA4_LIB_BASE_HASH64_H_
