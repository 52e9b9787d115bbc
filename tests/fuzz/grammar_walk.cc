#include "tests/fuzz/grammar_walk.h"

#include <chrono>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "lib/constraint/grammar_matcher.h"
#include "lib/constraint/token_index.h"
#include "tests/fuzz/invariants.h"

namespace gemma4::fuzz {
namespace {

constexpr int32_t kEnd = 256, kFirstControl = 257, kFirstPiece = 260;
constexpr int kMaxSteps = 24;

std::shared_ptr<const TokenIndex> MakeIndex() {
  std::vector<std::string> bytes;
  for (int byte = 0; byte < 256; ++byte) bytes.emplace_back(1, static_cast<char>(byte));
  for (int control = 0; control < 4; ++control) bytes.emplace_back("<>");
  for (const char* piece : {"\"",
                            "\":",
                            "\",",
                            "\": \"",
                            "{\"",
                            "\"}",
                            "}]",
                            "],[",
                            "aa",
                            "ab",
                            "a",
                            "null",
                            "1,2",
                            "12",
                            "\",\"",
                            "\"\":1,\"\":",
                            "\\u00",
                            "\xC3\xA9",
                            "\x9F\x98",
                            "))",
                            "((",
                            "+1",
                            "aaaaaaaaaaaaaaaa",
                            "\n  "}) {
    bytes.emplace_back(piece);
  }
  TokenIndexSource source;
  source.vocab_size = bytes.size();
  source.bytes = [&bytes](int32_t id) { return std::string_view(bytes[static_cast<size_t>(id)]); };
  source.is_control = [](int32_t id) { return id >= kEnd && id < kFirstPiece; };
  source.end_ids = {kEnd};
  source.tool_call_begin_id = kFirstControl;
  source.tool_call_end_id = kFirstControl + 1;
  source.quote_id = kFirstControl + 2;
  return TokenIndex::Create(source).value();
}

}  // namespace

void RequireGoodGrammar(const StatusOr<Grammar::Ptr>& grammar, std::span<const uint8_t> seed) {
  if (!grammar.ok()) {
    RequireGoodStatus(grammar.status());
    return;
  }
  // A walk tries many tokens at each step, which takes minutes with the largest grammars under the
  // sanitizers.
  constexpr size_t kMaxWalkedInstructions = 4000;
  if ((*grammar)->program().code.size() > kMaxWalkedInstructions) return;
  static const std::shared_ptr<const TokenIndex> index = MakeIndex();
  uint64_t random = 1;
  for (const uint8_t byte : seed) random = (random ^ byte) * 0x9E3779B97F4A7C15u;
  GrammarMatcher matcher = GrammarMatcher::Create(*grammar, index).value();
  // A step that is bounded takes up to a second or two here, which is for the fuzzer's own timeout
  // to judge; all of them together may not.
  const auto enough = std::chrono::steady_clock::now() + std::chrono::milliseconds(500);
  for (int step = 0; step < kMaxSteps && !matcher.has_ended(); ++step) {
    if (std::chrono::steady_clock::now() > enough) return;
    const std::span<const uint64_t> mask = matcher.AllowedTokens();
    std::vector<int32_t> allowed;
    const int32_t vocab_size = static_cast<int32_t>(index->vocab_size());
    for (int32_t id = 0; id < vocab_size; ++id) {
      const bool is_allowed = (mask[static_cast<size_t>(id) / 64] >> (id % 64) & 1) != 0;
      if (is_allowed) allowed.push_back(id);
      if ((id + step) % 16 != 0) continue;  // a look at some
      GrammarMatcher copy = matcher;
      const bool is_accepted = copy.Accept(id);
      Require(is_accepted == is_allowed ||
                  (is_accepted && matcher.has_single_bytes_only() && index->Bytes(id).size() > 1),
              "the mask is what can be accepted", index->Bytes(id));
    }
    Require(!allowed.empty(), "something is allowed before the end");
    Require(matcher.CanEnd() == (allowed.size() > 0 && mask[kEnd / 64] >> (kEnd % 64) & 1),
            "the end is allowed where the grammar may end");
    random = random * 6364136223846793005u + 1442695040888963407u;
    const int32_t id = allowed[(random >> 33) % allowed.size()];
    Require(matcher.Accept(id), "an allowed token is accepted", index->Bytes(id));
  }
}

}  // namespace gemma4::fuzz
