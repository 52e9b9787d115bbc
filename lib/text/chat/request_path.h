// RequestPath: where a value stands in a request, for messages.
#ifndef GEMMA4_LIB_TEXT_CHAT_REQUEST_PATH_H_
#define GEMMA4_LIB_TEXT_CHAT_REQUEST_PATH_H_

#include <cstddef>
#include <string>
#include <string_view>
#include <utility>

namespace gemma4 {

class RequestPath {
 public:
  explicit RequestPath(std::string text) : text_(std::move(text)) {}

  RequestPath Member(std::string_view key) const { return RequestPath(text_ + "." + Shown(key)); }
  RequestPath Element(size_t index) const {
    return RequestPath(text_ + "[" + std::to_string(index) + "]");
  }

  // "tools[0].function.parameters.properties.unit.enum"
  const std::string& Text() const { return text_; }

 private:
  // Keys are somebody's text: one line, and short.
  static std::string Shown(std::string_view key) {
    constexpr size_t kMaxBytes = 60;
    std::string shown(key);
    for (char& c : shown) {
      if (static_cast<unsigned char>(c) < 0x20 || c == 0x7F) c = '?';
    }
    if (shown.size() <= kMaxBytes) return shown;
    size_t end = kMaxBytes;
    while (end > 0 && (static_cast<unsigned char>(shown[end]) & 0xC0) == 0x80) --end;
    return shown.substr(0, end) + "...";
  }

  std::string text_;
};

}  // namespace gemma4

#endif  // GEMMA4_LIB_TEXT_CHAT_REQUEST_PATH_H_
