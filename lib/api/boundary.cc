#include "lib/api/boundary.h"

#include <gemma4/tokenizer.h>

#include <algorithm>
#include <cstdint>
#include <cstring>

namespace gemma4 {
namespace {

// Longer messages (a list of missing tensors) are cut.
constexpr size_t kMaxTextBytes = 1023;
thread_local char last_error_text[kMaxTextBytes + 1] = "";

}  // namespace

const char* LastErrorText() { return last_error_text; }

void SetLastErrorText(std::string_view text) {
  size_t size = std::min(text.size(), kMaxTextBytes);
  if (size < text.size()) {
    // 10xxxxxx continues a code point: do not cut before it.
    while (size > 0 && (static_cast<unsigned char>(text[size]) & 0xc0) == 0x80) --size;
  }
  std::memcpy(last_error_text, text.data(), size);
  last_error_text[size] = '\0';
}

gemma4_status Report(const Status& status) {
  if (!status.ok()) SetLastErrorText(status.message());
  return static_cast<gemma4_status>(status.code());
}

StatusOr<std::string_view> TextArgument(const char* text, size_t size) {
  if (text == nullptr) {
    if (size == 0) return std::string_view("");
    return Status::InvalidArgument("text is NULL");
  }
  if (size == GEMMA4_NUL_TERMINATED) return std::string_view(text);
  if (size > PTRDIFF_MAX) {
    return Status::InvalidArgument("text_size is %zu; no object is larger than %td bytes", size,
                                   static_cast<ptrdiff_t>(PTRDIFF_MAX));
  }
  return std::string_view(text, size);
}

}  // namespace gemma4
