// What a session holds: contexts that slide, prompts that begin like what is there, numbers about
// given tokens.
#include <gtest/gtest.h>

#include <cmath>
#include <string>
#include <vector>

#include "lib/session/context_slide.h"
#include "tests/session/test_model.h"

namespace gemma4 {
namespace {

std::vector<int32_t> Ids(const char* text) { return Parse(*DemoModel(), text); }

constexpr char kSystem[] = "<bos><|turn>system\nBe brief.<turn|>\n";
constexpr char kTurnA[] = "<|turn>user\nWhat is 7 + 5?<turn|>\n<|turn>model\n7 + 5 = 12<turn|>\n";
constexpr char kTurnB[] = "<|turn>user\nHello!<turn|>\n<|turn>model\n";

TEST(ContextSlideTest, KeepsTheSystemTurnAndWholeTurns) {
  const std::vector<int32_t> ids =
      Ids((std::string(kSystem) + kTurnA + kTurnA + kTurnA + kTurnB).c_str());
  const size_t system = Ids(kSystem).size(), last = Ids(kTurnB).size();
  const auto slide = PlanContextSlide(ids, ids.size(), 1, DemoModel()->tokenizer());
  ASSERT_TRUE(slide.has_value());
  EXPECT_EQ(slide->begin, system);
  const size_t begin = slide->begin + slide->count;
  EXPECT_EQ(ids[begin], Ids("<|turn>")[0]);
  EXPECT_LE(system + ids.size() - begin, ids.size() / 2);
  EXPECT_GE(ids.size() - begin, last);
}

TEST(ContextSlideTest, CutsATurnThatIsLongerThanTheRoom) {
  std::vector<int32_t> ids = Ids(kSystem);
  const size_t system = ids.size();
  ids.insert(ids.end(), 100, 50);
  const auto slide = PlanContextSlide(ids, ids.size(), 1, DemoModel()->tokenizer());
  ASSERT_TRUE(slide.has_value());
  EXPECT_EQ(slide->begin, system);
  EXPECT_EQ(ids.size() - slide->count, ids.size() / 2);
  EXPECT_FALSE(
      PlanContextSlide(ids, ids.size(), ids.size() - system + 1, DemoModel()->tokenizer()));
  const auto without = PlanContextSlide(ids, ids.size(), 1, nullptr);
  ASSERT_TRUE(without.has_value());
  EXPECT_EQ(without->begin, 0u);
}

TEST(ContextTest, ASlidingSessionGoesOnForEverAsOneThatWasGivenWhatIsLeft) {
  SessionOptions options = Greedy(*DemoModel());
  options.max_context_tokens = 90;
  options.context_full = ContextFull::kSlide;
  const auto session = NewSession(DemoModel(), options);
  ASSERT_TRUE(session->AddSystemText("You are Nora, a fisher near the river.").ok());
  size_t num_slides = 0;
  for (int turn = 0; turn < 12; ++turn) {
    ASSERT_TRUE(session->AddUserText(turn % 2 == 0 ? "What do you sell?" : "What is 7 + 5?").ok());
    std::string text;
    Event event;
    do {
      ASSERT_TRUE(session->Step({}, &event).ok());
      if (event.kind == EventKind::kContextSlid) {
        ++num_slides;
        EXPECT_GT(event.num_tokens_dropped, 0u);
      }
      text += event.text;
    } while (event.kind != EventKind::kEnd);
    EXPECT_EQ(event.end_reason, EndReason::kStopToken);
    EXPECT_EQ(text, turn % 2 == 0 ? "I sell fish and nets." : "7 + 5 = 12") << turn;
  }
  EXPECT_GT(num_slides, 1u);
}

TEST(ContextTest, AGenerationThatFillsTheContextSlidesAndGoesOn) {
  SessionOptions options;
  options.max_context_tokens = 48;
  options.context_full = ContextFull::kSlide;
  options.max_new_tokens = 200;
  const auto session = NewSession(DemoModel(), options);
  ASSERT_TRUE(session->AppendIds(Ids("<bos><|turn>user\nWrite a haiku.<turn|>\n")).ok());
  size_t num_slides = 0, num_tokens = 0;
  Event event;
  do {
    ASSERT_TRUE(session->Step({}, &event).ok());
    num_slides += event.kind == EventKind::kContextSlid;
    num_tokens += event.kind == EventKind::kText && event.token_id >= 0;
  } while (event.kind != EventKind::kEnd);
  EXPECT_EQ(event.end_reason, EndReason::kMaxTokens);
  EXPECT_EQ(num_tokens, 200u);
  EXPECT_GE(num_slides, 5u);
}

TEST(ContextTest, APromptThatBeginsLikeTheLastRunsOnlyTheRest) {
  const auto session = NewSession(DemoModel());
  const std::vector<int32_t> first = Ids("<bos><|turn>user\nHello!<turn|>\n<|turn>model\n");
  std::vector<int32_t> second = first;
  const std::vector<int32_t> rest = Ids("Hi.<turn|>\n<|turn>user\nWhat is 2+2?<turn|>\n");
  second.insert(second.end(), rest.begin(), rest.end());
  ASSERT_TRUE(session->SetIds(first).ok());
  Generate(*session);
  ASSERT_TRUE(session->SetIds(second).ok());
  Event event;
  ASSERT_TRUE(session->Step({}, &event).ok());
  EXPECT_EQ(event.kind, EventKind::kPrefill);
  EXPECT_EQ(event.num_tokens_reused, first.size());
  EXPECT_EQ(event.num_tokens_done, rest.size());
  const auto fresh = NewSession(DemoModel());
  ASSERT_TRUE(fresh->Prefill(second).ok());
  EXPECT_EQ(LogitsOf(*session), LogitsOf(*fresh));
  // The same once more: the last token alone runs again.
  ASSERT_TRUE(session->SetIds(second).ok());
  ASSERT_TRUE(session->Step({}, &event).ok());
  EXPECT_EQ(event.num_tokens_total, 1u);
  EXPECT_EQ(LogitsOf(*session), LogitsOf(*fresh));
  ASSERT_TRUE(session->SetIds({}).ok());
  EXPECT_EQ(session->position(), 0u);
}

TEST(ContextTest, ScoresAreThoseOfTheLogits) {
  const std::vector<int32_t> prompt =
      Ids("<bos><|turn>user\nWhat is 7 + 5?<turn|>\n<|turn>model\n");
  const std::vector<int32_t> answer = Ids("7 + 5 = 12<turn|>");
  const auto session = NewSession(DemoModel());
  ASSERT_TRUE(session->AppendIds(prompt).ok());
  std::vector<float> scores(answer.size());
  ASSERT_TRUE(session->Score(answer, scores).ok());
  EXPECT_EQ(session->position(), prompt.size() + answer.size());

  const auto other = NewSession(DemoModel());
  ASSERT_TRUE(other->Prefill(prompt).ok());
  double sum = 0.0;
  for (size_t i = 0; i < answer.size(); ++i) {
    const std::vector<float> logits = LogitsOf(*other);
    double total = 0.0;
    for (float logit : logits) total += std::exp(static_cast<double>(logit));
    const double wanted =
        static_cast<double>(logits[static_cast<size_t>(answer[i])]) - std::log(total);
    EXPECT_NEAR(static_cast<double>(scores[i]), wanted, 1e-5) << i;
    sum += wanted;
    ASSERT_TRUE(other->Prefill({&answer[i], 1}).ok());
  }
  EXPECT_GT(sum, -0.5);  // it knows
  EXPECT_EQ(LogitsOf(*session), LogitsOf(*other));

  const auto empty = NewSession(DemoModel());
  EXPECT_EQ(empty->Score(answer, scores).code(), StatusCode::kState);
  EXPECT_EQ(empty->position(), 0u);
}

TEST(ContextTest, AScoreThatIsCancelledHasAppended) {
  const auto session = NewSession(DemoModel());
  const std::vector<int32_t> prompt = Ids("<bos>What is 7 + 5?"), answer = Ids("7 + 5 = 12");
  ASSERT_TRUE(session->AppendIds(prompt).ok());
  CancelFlag cancel;
  cancel.Set();
  std::vector<float> scores(answer.size());
  EXPECT_EQ(session->Score(answer, scores, &cancel).code(), StatusCode::kCancelled);
  EXPECT_EQ(session->position(), prompt.size() + answer.size());
  EXPECT_TRUE(session->Prefill({}).ok());
}

TEST(ContextTest, AGenerationGoesOnAfterHiddenStates) {
  const auto session = NewSession(DemoModel()), other = NewSession(DemoModel());
  const std::vector<int32_t> ids = Ids("<bos><|turn>user\nHello!<turn|>\n<|turn>model\n");
  std::vector<float> out(DemoModel()->config().hidden_size);
  ASSERT_TRUE(session->Embed(ids, Pooling::kLast, false, out).ok());
  ASSERT_TRUE(other->AppendIds(ids).ok());
  EXPECT_EQ(Generate(*session).ids, Generate(*other).ids);
}

TEST(ContextTest, AContextThatCannotSlideEnds) {
  SessionOptions options;
  options.max_context_tokens = 1;
  options.context_full = ContextFull::kSlide;
  const auto session = NewSession(DemoModel(), options);
  ASSERT_TRUE(session->AppendIds(std::vector<int32_t>{2}).ok());
  EXPECT_EQ(Generate(*session).reason, EndReason::kContextFull);
}

TEST(ContextTest, HiddenStatesOfAllAreTheMeanOfEach) {
  const std::vector<int32_t> ids = Ids("<bos>What is the capital of France?");
  const size_t hidden = DemoModel()->config().hidden_size;
  std::vector<double> mean(hidden);
  const auto steps = NewSession(DemoModel());
  std::vector<float> one(hidden), all(hidden), last(hidden), unit(hidden);
  for (int32_t id : ids) {
    ASSERT_TRUE(steps->Embed({&id, 1}, Pooling::kLast, false, one).ok());
    for (size_t i = 0; i < hidden; ++i) mean[i] += static_cast<double>(one[i]);
  }
  ASSERT_TRUE(NewSession(DemoModel())->Embed(ids, Pooling::kMean, false, all).ok());
  ASSERT_TRUE(NewSession(DemoModel())->Embed(ids, Pooling::kLast, false, last).ok());
  ASSERT_TRUE(NewSession(DemoModel())->Embed(ids, Pooling::kLast, true, unit).ok());
  EXPECT_EQ(last, one);
  double squares = 0.0;
  for (size_t i = 0; i < hidden; ++i) {
    EXPECT_NEAR(static_cast<double>(all[i]), mean[i] / static_cast<double>(ids.size()), 1e-5);
    squares += static_cast<double>(unit[i]) * static_cast<double>(unit[i]);
  }
  EXPECT_NEAR(squares, 1.0, 1e-5);
}

}  // namespace
}  // namespace gemma4
