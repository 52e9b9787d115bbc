// What the tests of grammars share: a vocabulary of single bytes, and whether a grammar takes a
// text.
#ifndef GEMMA4_TESTS_CONSTRAINT_MATCHING_H_
#define GEMMA4_TESTS_CONSTRAINT_MATCHING_H_

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "lib/constraint/grammar.h"
#include "lib/constraint/grammar_matcher.h"
#include "lib/constraint/token_index.h"

namespace gemma4 {

// Ids 0 to 255 are bytes; then come an end, <|tool_call>, <tool_call|> and <|"|>; then `pieces`.
inline constexpr int32_t kEndId = 256, kToolCallId = 257, kToolCallEndId = 258, kQuoteId = 259;
inline constexpr size_t kFirstPieceId = 260;

inline std::shared_ptr<const TokenIndex> IndexOf(const std::vector<std::string>& pieces) {
  std::vector<std::string> bytes;
  for (int byte = 0; byte < 256; ++byte) bytes.emplace_back(1, static_cast<char>(byte));
  for (const char* control : {"<end>", "<|tool_call>", "<tool_call|>", "<|\"|>"}) {
    bytes.emplace_back(control);
  }
  bytes.insert(bytes.end(), pieces.begin(), pieces.end());
  TokenIndexSource source;
  source.vocab_size = bytes.size();
  source.bytes = [&bytes](int32_t id) { return std::string_view(bytes[static_cast<size_t>(id)]); };
  source.is_control = [](int32_t id) { return id >= kEndId && id <= kQuoteId; };
  source.end_ids = {kEndId};
  source.tool_call_begin_id = kToolCallId;
  source.tool_call_end_id = kToolCallEndId;
  source.quote_id = kQuoteId;
  auto index = TokenIndex::Create(source);
  EXPECT_TRUE(index.ok()) << index.status().message();
  return *index;
}

inline std::shared_ptr<const TokenIndex> ByteIndex() {
  static const std::shared_ptr<const TokenIndex> index = IndexOf({});
  return index;
}

inline GrammarMatcher MatcherOf(const Grammar::Ptr& grammar,
                                const std::shared_ptr<const TokenIndex>& index = ByteIndex()) {
  auto matcher = GrammarMatcher::Create(grammar, index);
  EXPECT_TRUE(matcher.ok()) << matcher.status().message();
  return std::move(matcher).value();
}

inline bool IsAllowed(std::span<const uint64_t> mask, int32_t id) {
  return (mask[static_cast<size_t>(id) / 64] >> (id % 64) & 1) != 0;
}

// Reads `text` byte by byte; control tokens where it spells one. Each must be in the mask before.
inline bool Accepts(GrammarMatcher matcher, std::string_view text) {
  static constexpr std::pair<std::string_view, int32_t> kControls[] = {
      {"<|tool_call>", kToolCallId}, {"<tool_call|>", kToolCallEndId}, {"<|\"|>", kQuoteId}};
  while (!text.empty()) {
    int32_t id = static_cast<uint8_t>(text[0]);
    size_t size = 1;
    for (const auto& [spelling, control] : kControls) {
      if (!text.starts_with(spelling)) continue;
      id = control;
      size = spelling.size();
    }
    const bool is_allowed = IsAllowed(matcher.AllowedTokens(), id);
    EXPECT_EQ(matcher.Accept(id), is_allowed) << "before " << text;
    if (!is_allowed) return false;
    text.remove_prefix(size);
  }
  return matcher.CanEnd();
}

inline Grammar::Ptr Compiled(const StatusOr<Grammar::Ptr>& grammar) {
  EXPECT_TRUE(grammar.ok()) << grammar.status().message();
  return grammar.ok() ? *grammar : nullptr;
}

// The grammar takes all of `good` and none of `bad`.
inline void ExpectTakes(const StatusOr<Grammar::Ptr>& grammar, const std::vector<std::string>& good,
                        const std::vector<std::string>& bad) {
  ASSERT_TRUE(grammar.ok()) << grammar.status().message();
  const GrammarMatcher matcher = MatcherOf(*grammar);
  for (const std::string& text : good) EXPECT_TRUE(Accepts(matcher, text)) << text;
  for (const std::string& text : bad) EXPECT_FALSE(Accepts(matcher, text)) << text;
}

inline void ExpectSchemaTakes(const std::string& schema, const std::vector<std::string>& good,
                              const std::vector<std::string>& bad) {
  SCOPED_TRACE(schema);
  ExpectTakes(Grammar::FromJsonSchema(schema), good, bad);
}

// The schema is refused by a message that has `words` in it.
inline void ExpectRefused(const StatusOr<Grammar::Ptr>& grammar, StatusCode code,
                          const std::string& words) {
  ASSERT_FALSE(grammar.ok()) << words;
  EXPECT_EQ(grammar.status().code(), code) << grammar.status().message();
  EXPECT_NE(grammar.status().message().find(words), std::string::npos)
      << grammar.status().message();
}

}  // namespace gemma4

#endif  // GEMMA4_TESTS_CONSTRAINT_MATCHING_H_
