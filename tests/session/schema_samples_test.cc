// Documents that the demo model draws, wildly, under random schemas: all are JSON, and valid for a
// validator that knows nothing of the library.
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <string>

#include "tests/constraint/random_schema.h"
#include "tests/constraint/schema_validator.h"
#include "tests/session/test_model.h"

namespace gemma4 {
namespace {

constexpr uint32_t kNumSchemas = 200;
constexpr int kNumSamples = 20;

TEST(SchemaSamplesTest, AllAreValid) {
  size_t num_complete = 0;
  for (uint32_t seed = 0; seed < kNumSchemas; ++seed) {
    const nlohmann::json schema = RandomSchema(seed).Make();
    SCOPED_TRACE(std::to_string(seed) + " " + schema.dump());
    SessionOptions options = Greedy(*DemoModel());
    options.sampler.temperature = 1.5f;
    options.sampler.seed = seed;
    options.constraint.json_schema = schema.dump();
    options.max_new_tokens = 100;
    auto session = Session::Create(DemoModel(), options);
    ASSERT_TRUE(session.ok()) << session.status().message();
    ASSERT_TRUE((*session)->AddUserText("Give me the capital of Kenya as JSON.").ok());
    const size_t position = (*session)->position();
    for (int sample = 0; sample < kNumSamples; ++sample) {
      const Reply reply = Generate(**session);
      ASSERT_TRUE((*session)->Rewind(position).ok());
      if (reply.reason == EndReason::kMaxTokens) continue;  // a text without a limit goes on and on
      ASSERT_EQ(reply.reason, EndReason::kStopToken);
      const auto document = nlohmann::json::parse(reply.text, nullptr, /*allow_exceptions=*/false);
      ASSERT_FALSE(document.is_discarded()) << reply.text;
      ASSERT_TRUE(IsValid(document, schema, schema)) << reply.text;
      ++num_complete;
    }
  }
  EXPECT_GT(num_complete, kNumSchemas * kNumSamples * 7 / 10);
  std::printf("%zu of %u documents were complete\n", num_complete, kNumSchemas * kNumSamples);
}

}  // namespace
}  // namespace gemma4
