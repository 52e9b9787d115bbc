#include "lib/checkpoint/safetensors/generation_config_json.h"

#include <gtest/gtest.h>

#include "tests/checkpoint/file_set.h"

namespace gemma4 {
namespace {

StatusOr<GenerationConfig> Parse(const char* text) {
  return ParseGenerationConfigJson(BytesOf(text), {1, 106});
}

TEST(GenerationConfigJsonTest, ReadsThePublishedFile) {
  const GenerationConfig config =
      Parse(R"({"bos_token_id": 2, "do_sample": true, "eos_token_id": [1, 106, 50],
                "pad_token_id": 0, "suppress_tokens": [258883, 258882], "temperature": 0.7,
                "top_k": 40, "top_p": 0.9, "transformers_version": "5.5.0"})")
          .value();
  EXPECT_EQ(config.stop_token_ids, (std::vector<int32_t>{1, 106, 50}));
  EXPECT_EQ(config.suppress_token_ids, (std::vector<int32_t>{258883, 258882}));
  EXPECT_TRUE(config.do_sample);
  EXPECT_EQ(config.temperature, 0.7f);
  EXPECT_EQ(config.top_k, 40u);
  EXPECT_EQ(config.top_p, 0.9f);
}

TEST(GenerationConfigJsonTest, AbsentKeysLeaveTheDefaultsAndTheConfigsStopIds) {
  const GenerationConfig config = Parse("{}").value(), defaults;
  EXPECT_EQ(config.stop_token_ids, (std::vector<int32_t>{1, 106}));
  EXPECT_TRUE(config.suppress_token_ids.empty());
  EXPECT_EQ(config.do_sample, defaults.do_sample);
  EXPECT_EQ(config.temperature, defaults.temperature);
  EXPECT_EQ(config.top_k, defaults.top_k);
  EXPECT_EQ(config.top_p, defaults.top_p);
}

TEST(GenerationConfigJsonTest, TakesOneStopIdOrMany) {
  EXPECT_EQ(Parse(R"({"eos_token_id": 1})")->stop_token_ids, (std::vector<int32_t>{1}));
}

TEST(GenerationConfigJsonTest, NullSwitchesFiltersOff) {
  const GenerationConfig config = Parse(R"({"top_k": null, "top_p": null})").value();
  EXPECT_EQ(config.top_k, 0u);
  EXPECT_EQ(config.top_p, 1.0f);
}

TEST(GenerationConfigJsonTest, TemperatureZeroIsGreedy) {
  EXPECT_FALSE(Parse(R"({"do_sample": true, "temperature": 0})")->do_sample);
}

TEST(GenerationConfigJsonTest, RefusesValuesThatMakeNoSense) {
  const std::pair<const char*, const char*> refusals[] = {
      {R"({"temperature": -1})", "temperature is -1; it must be finite and not negative"},
      {R"({"top_p": 1.5})", "top_p is 1.5; 0 to 1 is allowed"},
      {R"({"top_k": -1})", "top_k is -1; a whole number from 0 to 2147483647 is expected"},
      {R"({"do_sample": 1})", "do_sample is 1; true or false is expected"},
      {R"({"eos_token_id": [1, null]})",
       "eos_token_id is null; a token id or a list of at most 4096 token ids is expected"},
      {"[]", "the document is a list; an object is expected"},
  };
  for (const auto& [text, message] : refusals) {
    EXPECT_EQ(Parse(text).status().message(), message);
  }
}

}  // namespace
}  // namespace gemma4
