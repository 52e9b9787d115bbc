// Documents made of random allowed tokens, for random schemas, are valid by another validator.
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <optional>
#include <random>
#include <string>
#include <vector>

#include "tests/constraint/demo_vocabulary.h"
#include "tests/constraint/matching.h"
#include "tests/constraint/random_schema.h"
#include "tests/constraint/schema_validator.h"

namespace gemma4 {
namespace {

using Json = nlohmann::json;

std::vector<std::string> SmallPieces() {
  return {"\"",
          "\":",
          "\": ",
          "\",",
          "\"}",
          "{\"",
          "[",
          "]",
          "},",
          ",\"",
          ", ",
          "a",
          "ab",
          "name",
          "\":\"",
          "1",
          "12",
          "0.5",
          "true",
          "null",
          "-",
          "\\u00e9",
          "\\n",
          "\xC3\xA9",
          "  ",
          "]}",
          "}}",
          "ab\"",
          "\"a\":",
          "next\":null",
          "\"next\": null}",
          "e",
          "foo",
          "bar!",
          "99-x\"",
          "\"\":1,\"\":",
          "\",\"a\":1,\"a",
          "}]"};
}

// Random tokens; after a while, rather those that close something. Nothing where the document has
// no end by then: it may have begun things faster than it ends them.
std::optional<std::string> RandomDocument(GrammarMatcher matcher, const TokenIndex& index,
                                          std::mt19937& random) {
  std::string text;
  for (int step = 0; step < 150; ++step) {
    const std::span<const uint64_t> mask = matcher.AllowedTokens();
    std::vector<int32_t> allowed, closing;
    for (int32_t id = 0; id < static_cast<int32_t>(index.vocab_size()); ++id) {
      if (!IsAllowed(mask, id)) continue;
      allowed.push_back(id);
      const std::string_view bytes = index.Bytes(id);
      if (bytes == "\"" || bytes == "]" || bytes == "}" || bytes == "\"}" || bytes == "null") {
        closing.push_back(id);
      }
    }
    EXPECT_FALSE(allowed.empty()) << "nothing may follow " << text;
    if (allowed.empty()) return std::nullopt;
    const bool is_long = step > 20;
    if (matcher.CanEnd() && (is_long || random() % 4 == 0)) return text;
    const std::vector<int32_t>& from =
        is_long && !closing.empty() && random() % 8 != 0 ? closing : allowed;
    const int32_t id = from[random() % from.size()];
    if (index.IsEnd(id)) return text;
    EXPECT_TRUE(matcher.Accept(id)) << text << " and " << index.Bytes(id);
    text += index.Bytes(id);
  }
  return std::nullopt;
}

void CheckSchemas(const std::shared_ptr<const TokenIndex>& index, uint32_t first_seed,
                  uint32_t num_schemas, int num_documents) {
  size_t num_checked = 0;
  for (uint32_t seed = first_seed; seed < first_seed + num_schemas; ++seed) {
    const Json schema = RandomSchema(seed).Make();
    SCOPED_TRACE(std::to_string(seed) + " " + schema.dump());
    const auto grammar = Grammar::FromJsonSchema(schema.dump());
    ASSERT_TRUE(grammar.ok()) << grammar.status().message();
    const GrammarMatcher matcher = MatcherOf(*grammar, index);
    std::mt19937 random(seed);
    for (int d = 0; d < num_documents; ++d) {
      const std::optional<std::string> text = RandomDocument(matcher, *index, random);
      if (testing::Test::HasFailure()) return;
      if (!text.has_value()) continue;
      const Json document = Json::parse(*text, nullptr, /*allow_exceptions=*/false);
      ASSERT_FALSE(document.is_discarded()) << *text;
      ASSERT_TRUE(IsValid(document, schema, schema)) << *text;
      ASSERT_FALSE(HasNameTwice(*text)) << *text;
      ++num_checked;
    }
  }
  EXPECT_GT(num_checked, num_schemas * static_cast<size_t>(num_documents) * 7 / 10);
}

TEST(RandomDocumentsTest, AreValidInASmallVocabulary) {
  CheckSchemas(IndexOf(SmallPieces()), 1, 200, 20);
}

TEST(RandomDocumentsTest, AreValidInTheDemoModelsVocabulary) {
  CheckSchemas(DemoIndex(), 1000, 100, 20);
}

}  // namespace
}  // namespace gemma4
