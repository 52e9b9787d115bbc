#include "lib/text/stream_decoder.h"

#include "lib/base/utf8.h"

namespace gemma4 {
namespace {

constexpr std::string_view kReplacement = "\xEF\xBF\xBD";  // U+FFFD

// The first two bytes of what would be a surrogate. They are ill-formed, but the reference
// (Python's incremental decoder) says so with the byte after them.
bool IsHalfSurrogate(std::string_view waiting) {
  return waiting.size() == 2 && waiting[0] == '\xED' && (waiting[1] & 0xE0) == 0xA0;
}

}  // namespace

// Moves what is decided about the waiting bytes into `text`. `at_end`: nothing follows them.
void StreamDecoder::Decide(bool at_end, std::string* text) {
  while (num_waiting_ > 0) {
    const std::string_view waiting(waiting_.data(), num_waiting_);
    const Utf8Prefix prefix = ClassifyUtf8(waiting);
    if (prefix.kind == Utf8Prefix::kIncomplete && !at_end) return;
    text->append(prefix.kind == Utf8Prefix::kComplete ? waiting.substr(0, prefix.size)
                                                      : kReplacement);
    // An ill-formed part ends before the byte that shows it: that byte then begins anew.
    for (size_t i = prefix.size; i < num_waiting_; ++i) waiting_[i - prefix.size] = waiting_[i];
    num_waiting_ -= prefix.size;
  }
}

void StreamDecoder::Feed(std::string_view bytes, std::string* text) {
  for (const char byte : bytes) {
    waiting_[num_waiting_++] = byte;
    if (!IsHalfSurrogate({waiting_.data(), num_waiting_})) Decide(/*at_end=*/false, text);
  }
}

void StreamDecoder::Finish(std::string* text) { Decide(/*at_end=*/true, text); }

}  // namespace gemma4
