// Rewinding: what follows is as if the forgotten tokens had never been.
#include <gtest/gtest.h>

#include <vector>

#include "tests/session/test_model.h"

namespace gemma4 {
namespace {

// A tiny E2B whose sliding layers see few positions, in small chunks: rings are short.
ModelPtr ShortRings() {
  LoadOptions options;
  options.num_threads = 1;
  options.prefill_chunk_tokens = 4;
  return LoadModel(GEMMA4_TEST_DATA_DIR "/golden/text/e2b", options);
}

std::vector<int32_t> Ids(size_t count, int32_t seed) {
  std::vector<int32_t> ids(count);
  for (size_t i = 0; i < count; ++i) {
    ids[i] = static_cast<int32_t>((i * 37 + static_cast<size_t>(seed) * 11) % 200);
  }
  return ids;
}

std::vector<float> LogitsAfter(Session& session, const std::vector<int32_t>& ids) {
  EXPECT_TRUE(session.Prefill(ids).ok());
  return LogitsOf(session);
}

TEST(RewindTest, GoesOnAsIfTheForgottenTokensHadNeverBeen) {
  const ModelPtr model = ShortRings();
  const std::vector<int32_t> first = Ids(90, 1), second = Ids(9, 2);
  for (size_t kept : {0u, 1u, 40u, 83u, 86u, 89u, 90u}) {
    const auto fresh = NewSession(model);
    const std::vector<int32_t> prefix(first.begin(), first.begin() + static_cast<ptrdiff_t>(kept));
    ASSERT_TRUE(fresh->Prefill(prefix).ok());
    const std::vector<float> wanted = LogitsAfter(*fresh, second);

    const auto session = NewSession(model);
    ASSERT_TRUE(session->Prefill(first).ok());
    ASSERT_TRUE(session->Rewind(kept).ok());
    EXPECT_EQ(session->position(), kept);
    EXPECT_EQ(session->Logits().status().code(), StatusCode::kState);
    EXPECT_EQ(LogitsAfter(*session, second), wanted) << kept << " tokens kept";
    // And once more, over what the first rewind left behind.
    ASSERT_TRUE(session->Rewind(kept).ok());
    EXPECT_EQ(LogitsAfter(*session, second), wanted) << kept << " tokens kept twice";
  }
}

TEST(RewindTest, NearTheEndOnlyTheLastTokenRunsAgain) {
  const auto session = NewSession(ShortRings());
  ASSERT_TRUE(session->Prefill(Ids(90, 1)).ok());
  ASSERT_TRUE(session->Rewind(88).ok());
  Event event;
  ASSERT_TRUE(session->Step({}, &event).ok());
  EXPECT_EQ(event.kind, EventKind::kPrefill);
  EXPECT_EQ(event.num_tokens_total, 1u);
  ASSERT_TRUE(session->Rewind(30).ok());
  ASSERT_TRUE(session->Step({}, &event).ok());
  EXPECT_EQ(event.num_tokens_total, 30u);
}

TEST(RewindTest, TokensThatWaitAreDropped) {
  const auto session = NewSession(ShortRings());
  ASSERT_TRUE(session->Prefill(Ids(10, 1)).ok());
  ASSERT_TRUE(session->AppendIds(Ids(10, 2)).ok());
  ASSERT_TRUE(session->Rewind(15).ok());
  Event event;
  ASSERT_TRUE(session->Step({}, &event).ok());
  EXPECT_EQ(event.num_tokens_total, 5u);
}

TEST(RewindTest, BeyondTheEndIsRefused) {
  const auto session = NewSession(ShortRings());
  ASSERT_TRUE(session->Prefill(Ids(10, 1)).ok());
  const Status status = session->Rewind(11);
  EXPECT_EQ(status.code(), StatusCode::kInvalidArgument);
  EXPECT_NE(status.message().find("10 tokens"), std::string::npos) << status.message();
  EXPECT_TRUE(session->Logits().ok());
}

TEST(RewindTest, AGenerationIsMadeAgain) {
  const auto session = NewSession(DemoModel());
  ASSERT_TRUE(session->AddUserText("What is 2 + 3?").ok());
  const auto generate = [&] {
    std::string text;
    Event event;
    do {
      EXPECT_TRUE(session->Step({}, &event).ok());
      text += event.text;
    } while (event.kind != EventKind::kEnd);
    return text;
  };
  const size_t asked = session->position();
  const std::string first = generate();
  ASSERT_TRUE(session->Rewind(asked).ok());
  EXPECT_EQ(generate(), first);
  ASSERT_TRUE(session->AddUserText("What is 3 + 3?").ok());
  const std::string next = generate();
  ASSERT_TRUE(session->Rewind(asked).ok());
  ASSERT_TRUE(session->AddUserText("What is 3 + 3?").ok());  // in place of the first answer
  EXPECT_FALSE(generate().empty());
  EXPECT_FALSE(next.empty());
}

}  // namespace
}  // namespace gemma4
