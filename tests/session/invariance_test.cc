// The bits of the logits, and so every token, do not depend on how a sequence came into a session.
#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <random>
#include <string>
#include <tuple>
#include <vector>

#include "tests/session/test_model.h"

namespace gemma4 {
namespace {

constexpr char kGoldenPath[] = GEMMA4_TEST_DATA_DIR "/golden/text/e2b";

// A prompt longer than the sliding windows, and what follows it.
struct Outcome {
  std::vector<float> prompt_logits;
  std::vector<int32_t> ids;
  std::vector<float> last_logits;
};

class InvarianceTest : public testing::TestWithParam<std::tuple<const char*, Arithmetic>> {
 protected:
  static constexpr size_t kPromptTokens = 150;
  static constexpr size_t kNewTokens = 12;

  ModelPtr Load(size_t prefill_chunk_tokens) const {
    LoadOptions options;
    options.arithmetic = std::get<1>(GetParam());
    options.prefill_chunk_tokens = prefill_chunk_tokens;
    options.num_threads = 2;
    return LoadModel(std::get<0>(GetParam()), options);
  }

  std::vector<int32_t> Prompt(const LoadedModel& model) const {
    std::mt19937 generator(5);
    std::uniform_int_distribution<int32_t> any(0,
                                               static_cast<int32_t>(model.config().vocab_size) - 1);
    std::vector<int32_t> ids(kPromptTokens);
    for (int32_t& id : ids) id = any(generator);
    return ids;
  }

  // `put` brings the prompt into the session and runs it.
  Outcome RunOn(const ModelPtr& model,
                const std::function<void(Session&, const std::vector<int32_t>&)>& put) const {
    SessionOptions options;  // greedy, no stop tokens
    auto session = NewSession(model, options);
    put(*session, Prompt(*model));
    Outcome run;
    run.prompt_logits = LogitsOf(*session);
    run.ids = Generate(*session, kNewTokens).ids;
    run.last_logits = LogitsOf(*session);
    return run;
  }

  static void Same(const Outcome& a, const Outcome& b, const std::string& what) {
    EXPECT_EQ(a.prompt_logits, b.prompt_logits) << what;
    EXPECT_EQ(a.ids, b.ids) << what;
    EXPECT_EQ(a.last_logits, b.last_logits) << what;
  }
};

void AppendAndStep(Session& session, const std::vector<int32_t>& prompt) {
  ASSERT_TRUE(session.AppendIds(prompt).ok());
  Event event;
  do {
    ASSERT_TRUE(session.Step({}, &event).ok());
    ASSERT_EQ(event.kind, EventKind::kPrefill);
  } while (event.num_tokens_done < event.num_tokens_total);
}

TEST_P(InvarianceTest, EveryWayInGivesTheSameBits) {
  const ModelPtr model = Load(512);
  const Outcome whole = RunOn(model, AppendAndStep);
  EXPECT_EQ(whole.ids.size(), kNewTokens);

  const auto prefill = [](Session& session, const std::vector<int32_t>& prompt) {
    ASSERT_TRUE(session.Prefill(prompt).ok());
  };
  Same(RunOn(model, prefill), whole, "Prefill");

  const auto one_by_one = [](Session& session, const std::vector<int32_t>& prompt) {
    for (const int32_t& id : prompt) ASSERT_TRUE(session.Prefill({&id, 1}).ok());
  };
  Same(RunOn(model, one_by_one), whole, "single tokens");

  const auto all_logits = [&](Session& session, const std::vector<int32_t>& prompt) {
    const size_t vocab_size = model->config().vocab_size;
    std::vector<float> logits(prompt.size() * vocab_size);
    // The first 40 wait when the others come with a wish for logits.
    const auto ids = std::span(prompt);
    ASSERT_TRUE(session.AppendIds(ids.first(40)).ok());
    ASSERT_TRUE(session.PrefillLogits(ids.subspan(40), logits).ok());
    const auto last = std::span(logits).subspan((prompt.size() - 41) * vocab_size, vocab_size);
    EXPECT_TRUE(std::ranges::equal(last, whole.prompt_logits));
  };
  Same(RunOn(model, all_logits), whole, "PrefillLogits");

  const auto after_reset = [](Session& session, const std::vector<int32_t>& prompt) {
    ASSERT_TRUE(session.Prefill(std::span(prompt).subspan(7)).ok());
    Generate(session, 3);
    ASSERT_TRUE(session.Reset().ok());
    ASSERT_TRUE(session.Prefill(prompt).ok());
  };
  Same(RunOn(model, after_reset), whole, "after a reset");
}

TEST_P(InvarianceTest, ChunkSizesGiveTheSameBits) {
  const Outcome whole = RunOn(Load(512), AppendAndStep);
  for (size_t chunk : {1u, 3u, 16u}) {
    Same(RunOn(Load(chunk), AppendAndStep), whole, "chunks of " + std::to_string(chunk));
  }
}

INSTANTIATE_TEST_SUITE_P(
    Models, InvarianceTest,
    testing::Combine(testing::Values(kDemoModelPath, kGoldenPath),
                     testing::Values(Arithmetic::kExact, Arithmetic::kInt8)),
    [](const auto& test) {
      return std::string(std::get<0>(test.param) == kDemoModelPath ? "Demo" : "GoldenE2b") +
             (std::get<1>(test.param) == Arithmetic::kExact ? "Exact" : "Int8");
    });

}  // namespace
}  // namespace gemma4
