// include/gemma4/status.h
#include <gemma4/status.h>

#include <algorithm>
#include <cstring>

#include "lib/api/boundary.h"
#include "lib/base/status.h"

using gemma4::LastErrorText;
using gemma4::StatusCode;

const char* gemma4_status_name(gemma4_status status) {
  return gemma4::StatusCodeName(static_cast<StatusCode>(status));
}

const char* gemma4_last_error_message(void) { return LastErrorText(); }

size_t gemma4_last_error_copy(char* buffer, size_t capacity) {
  const char* text = LastErrorText();
  const size_t size = std::strlen(text);
  if (buffer != nullptr && capacity > 0) {
    size_t copied = std::min(size, capacity - 1);
    // 10xxxxxx continues a code point: do not cut before it.
    while (copied > 0 && (static_cast<unsigned char>(text[copied]) & 0xc0) == 0x80) --copied;
    std::memcpy(buffer, text, copied);
    buffer[copied] = '\0';
  }
  return size;
}
