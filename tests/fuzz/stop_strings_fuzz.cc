// Stop strings and a text in pieces. The first line holds the stop strings, between '|'; the rest
// is the text, cut at every '^'. What comes out must be what looking at the whole text finds.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "lib/base/utf8.h"
#include "lib/text/stop_strings.h"
#include "tests/fuzz/invariants.h"
#include "tests/text/stop_strings_reference.h"

namespace gemma4::fuzz {
namespace {

std::vector<std::string_view> Split(std::string_view text, char separator) {
  std::vector<std::string_view> parts;
  for (;;) {
    const size_t end = text.find(separator);
    parts.push_back(text.substr(0, end));
    if (end == text.npos) return parts;
    text.remove_prefix(end + 1);
  }
}

void CheckFilter(std::string_view input) {
  const std::string_view line = input.substr(0, input.find('\n'));
  const std::string_view rest = input.substr(std::min(input.size(), line.size() + 1));
  const std::vector<std::string_view> strings = Split(line, '|');
  auto made = StopStrings::Create(strings);
  RequireGoodStatus(made.status());
  if (!made.ok()) return;

  StopStringFilter filter(std::make_shared<const StopStrings>(std::move(made).value()));
  std::string fed, out;
  bool is_whole = true;  // every piece is of whole code points
  for (const std::string_view piece : Split(rest, '^')) {
    fed += piece;
    is_whole = is_whole && CheckUtf8(piece).ok();
    const std::optional<size_t> matched = filter.Feed(piece, &out);
    const StopStringsReference expected = FilterWholeText(strings, fed);
    Require(out == expected.out, "what comes out is what the whole text says", fed);
    Require(matched == expected.matched, "the stop string is the whole text's", fed);
    Require(matched || out + std::string(filter.held()) == fed, "what is not out is held", fed);
    Require(!is_whole || CheckUtf8(out).ok(), "no code point is cut", fed);
  }
  const bool is_stopped = FilterWholeText(strings, fed).matched.has_value();
  filter.Finish(&out);
  Require(is_stopped || out == fed, "all comes out at the end", fed);
}

}  // namespace
}  // namespace gemma4::fuzz

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size > 2000) return 0;  // the reference takes the square of it
  gemma4::fuzz::CheckFilter({reinterpret_cast<const char*>(data), size});
  return 0;
}
