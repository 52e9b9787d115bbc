// Reads JSON as a stream of events, so that memory never grows with what a file could expand to.
#ifndef GEMMA4_LIB_JSON_JSON_VISITOR_H_
#define GEMMA4_LIB_JSON_JSON_VISITOR_H_

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "lib/base/status.h"

namespace gemma4 {

// Deeper nesting than any file of a checkpoint has (tokenizer.json: 6).
inline constexpr size_t kMaxJsonDepth = 16;

// The parser copies what lies between the starts of two strings or numbers, several times over
// when it reports an error. Bounding that run bounds its memory; chat templates are 16 KiB.
inline constexpr size_t kMaxJsonTokenBytes = size_t{1} << 17;

// The keys that lead to a value, outermost first. An element of a list has the key "".
class JsonPath {
 public:
  size_t depth() const { return depth_; }
  std::string_view key(size_t level) const { return levels_[level].key; }
  bool is_element(size_t level) const { return levels_[level].is_element; }
  // Counts the elements of the list that this level is in.
  size_t index(size_t level) const { return levels_[level].index; }

 private:
  friend class JsonEvents;

  struct Level {
    std::string key;
    size_t index = 0;
    bool is_element = false;
  };
  std::vector<Level> levels_;  // never shrinks, so keys reuse their memory
  size_t depth_ = 0;
};

struct JsonScalar {
  enum class Kind : uint8_t { kNull, kBool, kInteger, kReal, kString };

  Kind kind = Kind::kNull;
  bool boolean = false;
  int64_t integer = 0;
  double real = 0.0;           // also set for kInteger
  std::string_view text = {};  // until the visitor returns

  bool is_string() const { return kind == Kind::kString; }
  bool is_integer() const { return kind == Kind::kInteger; }
};

// Receives a document in file order. A Status that is not Ok ends the reading.
class JsonVisitor {
 public:
  virtual ~JsonVisitor() = default;

  // Before all else. The document has at most `max_members` members of objects.
  virtual void OnStart(size_t /*max_members*/) {}
  virtual Status OnScalar(const JsonPath& path, const JsonScalar& value) = 0;
  // `path` leads to the object or list itself; the top one has depth 0.
  virtual Status OnBegin(const JsonPath& path, bool is_list) = 0;
  virtual Status OnEnd(const JsonPath& path) = 0;
};

// kCorrupt says where the text is not JSON; otherwise what the visitor returns. Beyond the
// visitor's own memory this takes less than 8 MiB.
Status VisitJson(std::span<const std::byte> bytes, JsonVisitor& visitor);

}  // namespace gemma4

#endif  // GEMMA4_LIB_JSON_JSON_VISITOR_H_
