// TokenIndex: a vocabulary's bytes as a tree, for grammars to be matched with.
#ifndef GEMMA4_LIB_CONSTRAINT_TOKEN_INDEX_H_
#define GEMMA4_LIB_CONSTRAINT_TOKEN_INDEX_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "lib/base/status.h"

namespace gemma4 {

// What a TokenIndex is made of.
struct TokenIndexSource {
  size_t vocab_size = 0;
  // The bytes that an id adds to the text; read while the index is made. Tokens without bytes are
  // never allowed.
  std::function<std::string_view(int32_t)> bytes;
  // Control tokens stand for no bytes, whatever `bytes` says.
  std::function<bool(int32_t)> is_control;
  // Allowed exactly where a grammar may end.
  std::vector<int32_t> end_ids;
  // Of FromTools grammars; -1 where the vocabulary has none.
  int32_t tool_call_begin_id = -1;  // <|tool_call>
  int32_t tool_call_end_id = -1;    // <tool_call|>
  int32_t quote_id = -1;            // <|"|>
};

// Immutable; any thread may use it. One a model is enough. Takes about 20 bytes a token of memory
// and 10 a node of its tree, 13 MB for Gemma 4's 262,144 tokens.
class TokenIndex {
 public:
  // A token of more bytes is never allowed.
  static constexpr size_t kMaxTokenBytes = 255;

  // kInvalidArgument names an id outside the vocabulary.
  static StatusOr<std::shared_ptr<const TokenIndex>> Create(const TokenIndexSource& source);

  size_t vocab_size() const { return vocab_size_; }
  // Of a mask: [(vocab_size + 63) / 64], id i is bit i % 64 of word i / 64.
  size_t num_mask_words() const { return (vocab_size_ + 63) / 64; }
  std::span<const int32_t> end_ids() const { return end_ids_; }
  bool IsEnd(int32_t id) const;
  // -1 where there is none. `control` is the number of a constraint::ControlToken.
  int32_t ControlId(size_t control) const { return control_ids_[control]; }
  // Empty for tokens that no text consists of.
  std::string_view Bytes(int32_t id) const {
    const size_t i = static_cast<size_t>(id);
    return std::string_view(bytes_).substr(bytes_begin_[i], bytes_begin_[i + 1] - bytes_begin_[i]);
  }
  size_t max_token_bytes() const { return max_token_bytes_; }
  size_t size_bytes() const;

  // ---- The tree ----
  // Node i is one byte longer than its parent; nodes stand in preorder, so those below node i are
  // i + 1 to subtree_end(i) - 1, and their tokens are ordered like them.
  //
  // Plain tokens have a tree of their own, which stands first: whole code points from U+0020 on
  // without quote and backslash, as most of a vocabulary is. Inside a string all of them are
  // allowed, and only the others, 1 in 20, need a look.

  uint32_t num_plain_nodes() const { return num_plain_nodes_; }
  uint32_t num_nodes() const { return static_cast<uint32_t>(node_bytes_.size()); }
  uint8_t node_byte(uint32_t node) const { return node_bytes_[node]; }
  // From 1 on.
  uint8_t node_depth(uint32_t node) const { return node_depths_[node]; }
  uint32_t subtree_end(uint32_t node) const { return subtree_ends_[node]; }
  // The tokens that end at the nodes [begin, end).
  std::span<const int32_t> TokensOf(uint32_t begin, uint32_t end) const {
    return std::span(token_ids_)
        .subspan(token_begins_[begin], token_begins_[end] - token_begins_[begin]);
  }
  bool HasTokens(uint32_t node) const { return token_begins_[node] != token_begins_[node + 1]; }

  std::span<const uint64_t> plain_mask() const { return plain_mask_; }
  // [number of plain tokens], in the order of TokensOf(0, num_plain_nodes()): code points.
  std::span<const uint8_t> plain_lengths() const { return plain_lengths_; }

 private:
  TokenIndex() = default;

  struct Entry;
  void CopyBytes(const TokenIndexSource& source, const std::vector<char>& has_text);
  std::vector<Entry> SortedEntries(bool plain) const;
  void AddTree(const std::vector<Entry>& entries);

  size_t vocab_size_ = 0;
  size_t max_token_bytes_ = 0;
  std::vector<int32_t> end_ids_;  // sorted
  std::array<int32_t, 3> control_ids_ = {-1, -1, -1};
  std::string bytes_;
  std::vector<uint32_t> bytes_begin_;  // [vocab_size + 1]

  uint32_t num_plain_nodes_ = 0;
  std::vector<uint8_t> node_bytes_;
  std::vector<uint8_t> node_depths_;
  std::vector<uint32_t> subtree_ends_;
  std::vector<uint32_t> token_begins_;  // [num_nodes + 1]
  std::vector<int32_t> token_ids_;
  std::vector<uint64_t> plain_mask_;
  std::vector<uint8_t> plain_lengths_;
};

}  // namespace gemma4

#endif  // GEMMA4_LIB_CONSTRAINT_TOKEN_INDEX_H_
