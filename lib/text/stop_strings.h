// StopStrings: texts that end a generation; StopStringFilter keeps them out of what is streamed.
#ifndef GEMMA4_LIB_TEXT_STOP_STRINGS_H_
#define GEMMA4_LIB_TEXT_STOP_STRINGS_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "lib/base/status.h"

namespace gemma4 {

inline constexpr size_t kMaxStopStrings = 64;
inline constexpr size_t kMaxStopStringBytes = 1024;

// An automaton over bytes (Aho and Corasick 1975): a node stands for a text with which a stop
// string begins, or for a whole one, and is the longest such text that the bytes so far end in. So
// a node is all that a filter has to remember, what it holds back included. Immutable.
class StopStrings {
 public:
  using Node = uint32_t;
  static constexpr Node kRoot = 0;  // the empty text

  // None of them is fine. kInvalidArgument or kInvalidUtf8 names the one that is empty, too long,
  // or not UTF-8, or how many are too many.
  static StatusOr<StopStrings> Create(std::span<const std::string_view> strings);

  size_t size() const { return strings_.size(); }
  // In the order they were given. REQUIRES: index < size().
  const std::string& string(size_t index) const { return strings_[index]; }

  // The node after one more byte.
  Node Next(Node node, char byte) const;
  // What `node` stands for.
  std::string_view Text(Node node) const {
    return std::string_view(strings_[nodes_[node].string]).substr(0, nodes_[node].size_bytes);
  }
  // The longest stop string that the text ends in, of two that are the same the first one.
  std::optional<size_t> Match(Node node) const {
    if (nodes_[node].match < 0) return std::nullopt;
    return static_cast<size_t>(nodes_[node].match);
  }

 private:
  struct Edge {
    unsigned char byte;
    Node to;
  };
  struct NodeData {
    uint32_t string = 0;      // that begins with the node's text,
    uint32_t size_bytes = 0;  // of this many bytes
    Node fallback = kRoot;    // the longest node that the text ends in, itself apart
    int32_t match = -1;       // index of a stop string
    std::vector<Edge> edges;
  };

  StopStrings() : nodes_(1) {}
  std::optional<Node> Child(Node node, char byte) const;
  void Insert(size_t index);
  void LinkFallbacks();

  std::vector<std::string> strings_;
  std::vector<NodeData> nodes_;
};

// Text in, in pieces; out comes what can be streamed: text before the first stop string that is
// completed, and never a byte of it. What may be the beginning of one waits, and nothing else does.
//
// The first stop string that is completed ends it, wherever it began; of those completed by the
// same byte, the longest. Where the pieces are whole code points, so is all that comes out.
//
// Small; copy it to remember a place. Allocates nothing but what is appended to `out`.
class StopStringFilter {
 public:
  // Without stop strings: everything comes out at once.
  StopStringFilter() = default;
  explicit StopStringFilter(std::shared_ptr<const StopStrings> strings);

  // Appends to `out` what is decided. The index of the stop string that `text` completes, or of the
  // one that was completed before: then `text` is dropped.
  std::optional<size_t> Feed(std::string_view text, std::string* out);

  // No text follows: appends what waited, unless a stop string was completed, and begins anew.
  void Finish(std::string* out);

  // What waits, for a saved session: a new filter that is fed this is where this one is. Lives as
  // long as the stop strings.
  std::string_view held() const;

 private:
  std::shared_ptr<const StopStrings> strings_;  // null: none
  StopStrings::Node node_ = StopStrings::kRoot;
  std::optional<size_t> matched_;
};

}  // namespace gemma4

#endif  // GEMMA4_LIB_TEXT_STOP_STRINGS_H_
