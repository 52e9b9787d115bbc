// The demo model's vocabulary as a TokenIndex.
#ifndef GEMMA4_TESTS_CONSTRAINT_DEMO_VOCABULARY_H_
#define GEMMA4_TESTS_CONSTRAINT_DEMO_VOCABULARY_H_

#include <gtest/gtest.h>

#include <memory>

#include "lib/base/mapped_file.h"
#include "lib/checkpoint/tokenizer/tokenizer_json.h"
#include "lib/constraint/token_index.h"
#include "lib/text/tokenizer.h"

namespace gemma4 {

inline std::shared_ptr<const TokenIndex> DemoIndex() {
  const MappedFile file =
      MappedFile::Open(GEMMA4_SOURCE_DIR "/tools/demo_model/tokenizer.json").value();
  const Tokenizer tokenizer = Tokenizer::Create(ParseTokenizerJson(file.bytes()).value()).value();
  TokenIndexSource source;
  source.vocab_size = tokenizer.vocab_size();
  source.bytes = [&](int32_t id) { return tokenizer.Bytes(id); };
  source.is_control = [&](int32_t id) { return tokenizer.IsControl(id); };
  source.end_ids = {1, tokenizer.ControlId("<turn|>").value()};
  auto index = TokenIndex::Create(source);
  EXPECT_TRUE(index.ok()) << index.status().message();
  return *index;
}

}  // namespace gemma4

#endif  // GEMMA4_TESTS_CONSTRAINT_DEMO_VOCABULARY_H_
