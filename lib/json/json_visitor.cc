#include "lib/json/json_visitor.h"

#include <nlohmann/json.hpp>

#include "lib/base/one_line.h"

namespace gemma4 {

// Turns nlohmann's events into ours. It is told to go on or stop by bool; `status` says why.
class JsonEvents : public nlohmann::json_sax<nlohmann::json> {
 public:
  explicit JsonEvents(JsonVisitor& visitor) : visitor_(visitor) {}

  Status status;

  bool null() override { return Scalar({}); }
  bool boolean(bool value) override {
    return Scalar({.kind = JsonScalar::Kind::kBool, .boolean = value});
  }
  bool number_integer(number_integer_t value) override {
    return Scalar(
        {.kind = JsonScalar::Kind::kInteger, .integer = value, .real = static_cast<double>(value)});
  }
  bool number_unsigned(number_unsigned_t value) override {
    const double real = static_cast<double>(value);
    if (value > static_cast<number_unsigned_t>(INT64_MAX)) return number_float(real, {});
    return Scalar(
        {.kind = JsonScalar::Kind::kInteger, .integer = static_cast<int64_t>(value), .real = real});
  }
  bool number_float(number_float_t value, const string_t&) override {
    return Scalar({.kind = JsonScalar::Kind::kReal, .real = value});
  }
  bool string(string_t& value) override {
    return Scalar({.kind = JsonScalar::Kind::kString, .text = value});
  }
  bool binary(binary_t&) override { return false; }  // JSON text has none

  bool key(string_t& value) override {
    path_.levels_[path_.depth_ - 1].key = value;
    return true;
  }
  bool start_object(std::size_t) override { return Begin(/*is_list=*/false); }
  bool end_object() override { return End(); }
  bool start_array(std::size_t) override { return Begin(/*is_list=*/true); }
  bool end_array() override { return End(); }

  bool parse_error(std::size_t position, const std::string&,
                   const nlohmann::detail::exception& error) override {
    // "[json.exception.parse_error.101] parse error at line 1, column 2: …": the name of an
    // exception that nobody will catch is no use to the reader.
    std::string_view reason = error.what();
    if (reason.starts_with('['))
      reason.remove_prefix(std::min(reason.find(']') + 1, reason.size()));
    if (reason.starts_with(' ')) reason.remove_prefix(1);
    status = Status::Corrupt("not valid JSON at byte %zu: %s", position,
                             CutToOneLine(reason, /*max_bytes=*/200).c_str());
    return false;
  }

 private:
  // A level describes the value that comes next in the open object or list: its depth is one more
  // than that of the container around it.
  bool Begin(bool is_list) {
    if (!Report(visitor_.OnBegin(path_, is_list))) return false;
    if (path_.levels_.size() == path_.depth_) path_.levels_.emplace_back();
    JsonPath::Level& level = path_.levels_[path_.depth_++];
    level.key.clear();
    level.index = 0;
    level.is_element = is_list;
    return true;
  }
  bool End() {
    --path_.depth_;
    if (!Report(visitor_.OnEnd(path_))) return false;
    Advance();
    return true;
  }
  bool Scalar(const JsonScalar& value) {
    if (!Report(visitor_.OnScalar(path_, value))) return false;
    Advance();
    return true;
  }
  void Advance() {
    if (path_.depth_ > 0) ++path_.levels_[path_.depth_ - 1].index;
  }
  bool Report(Status result) {
    status = std::move(result);
    return status.ok();
  }

  JsonVisitor& visitor_;
  JsonPath path_;
};

namespace {

// Bounds on the text as a whole, found without parsing it. Agrees with the parser about what is a
// string up to the first byte that is not JSON, which is as far as the parser goes.
Status CheckBounds(std::string_view text, size_t& max_members) {
  size_t depth = 0, run_start = 0;
  bool in_string = false, in_number = false;
  max_members = 0;
  for (size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (in_string) {
      if (c == '\\') {
        ++i;
      } else if (c == '"') {
        in_string = false;
      }
    } else if (c == '"') {
      in_string = true;
      run_start = i;
    } else {
      const bool is_digit = (c >= '0' && c <= '9') || c == '-';
      if (is_digit && !in_number) run_start = i;
      in_number = is_digit || (in_number && (c == '.' || c == '+' || c == 'e' || c == 'E'));
      if (c == ':') ++max_members;
      if (c == '[' || c == '{') ++depth;
      if ((c == ']' || c == '}') && depth > 0) --depth;
    }
    if (depth > kMaxJsonDepth) {
      return Status::Corrupt("nested deeper than %zu levels at byte %zu", kMaxJsonDepth, i);
    }
    if (i - run_start > kMaxJsonTokenBytes) {
      return Status::Corrupt("more than %zu bytes without a new string or number after byte %zu",
                             kMaxJsonTokenBytes, run_start);
    }
  }
  return Status::Ok();
}

}  // namespace

Status VisitJson(std::span<const std::byte> bytes, JsonVisitor& visitor) {
  const std::string_view text(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  size_t max_members = 0;
  GEMMA4_RETURN_IF_ERROR(CheckBounds(text, max_members));
  visitor.OnStart(max_members);
  JsonEvents events(visitor);
  nlohmann::json::sax_parse(text.begin(), text.end(), &events);
  return events.status;
}

}  // namespace gemma4
