// The tokenizer of tests/golden/tokenizer, and its JSON-lines references.
#ifndef GEMMA4_TESTS_TEXT_TEST_TOKENIZER_H_
#define GEMMA4_TESTS_TEXT_TEST_TOKENIZER_H_

#include <gtest/gtest.h>

#include <fstream>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "lib/base/mapped_file.h"
#include "lib/checkpoint/tokenizer/tokenizer_json.h"
#include "lib/checkpoint/tokenizer/tokenizer_model.h"
#include "lib/text/tokenizer.h"

namespace gemma4 {

inline std::string TokenizerGolden(const std::string& file) {
  return std::string(GEMMA4_TEST_DATA_DIR) + "/golden/tokenizer/" + file;
}

// From tokenizer.json or tokenizer.model.
inline Tokenizer TestTokenizer(const std::string& file = "tokenizer.json") {
  const MappedFile bytes = MappedFile::Open(TokenizerGolden(file)).value();
  auto vocabulary = file == "tokenizer.json" ? ParseTokenizerJson(bytes.bytes())
                                             : ParseTokenizerModel(bytes.bytes());
  EXPECT_TRUE(vocabulary.ok()) << vocabulary.status().message();
  auto tokenizer = Tokenizer::Create(std::move(vocabulary).value());
  EXPECT_TRUE(tokenizer.ok()) << tokenizer.status().message();
  return std::move(tokenizer).value();
}

// Lines end at "\n" only: U+0085 and U+2028 may stand in strings.
inline std::vector<nlohmann::json> TokenizerCases(const std::string& file) {
  std::ifstream in(TokenizerGolden(file), std::ios::binary);
  std::vector<nlohmann::json> cases;
  for (std::string line; std::getline(in, line);) cases.push_back(nlohmann::json::parse(line));
  EXPECT_FALSE(cases.empty());
  return cases;
}

}  // namespace gemma4

#endif  // GEMMA4_TESTS_TEXT_TEST_TOKENIZER_H_
