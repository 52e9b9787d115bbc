// What a game may do to characters: village_test CONTENT_FOLDER MODEL. Prints a line a check.
//
// Compiled as the engine compiles: no exceptions, no RTTI.
#include <cstdio>
#include <cstdlib>

#include "Gemma4CharacterComponent.h"
#include "Gemma4Model.h"
#include "Misc/Paths.h"

namespace {

int num_failed = 0;
std::vector<UGemma4CharacterComponent*> components;
std::vector<std::unique_ptr<UGemma4CharacterComponent>> all_components;  // the collector's

std::string Utf8(const FString& text) { return TCHAR_TO_UTF8(*text); }
FString Text(const std::string& utf8) { return FString(UTF8_TO_TCHAR(utf8.c_str())); }

void Check(bool condition, const std::string& what) {
  std::printf("%s: %s\n", condition ? "ok" : "FAILED", what.c_str());
  num_failed += !condition;
}

void Frame() {
  ++GFrameCounter;
  const auto ticking = components;  // who is destroyed meanwhile ticks no more
  for (UGemma4CharacterComponent* component : ticking) {
    if (std::find(components.begin(), components.end(), component) == components.end()) continue;
    component->TickComponent(0.016f, LEVELTICK_All, nullptr);
  }
}

template <typename Condition>
void RunUntil(Condition condition, const char* what) {
  const auto latest = std::chrono::steady_clock::now() + std::chrono::minutes(1);
  while (!condition()) {
    if (std::chrono::steady_clock::now() > latest) {
      std::printf("FAILED: never happened: %s\n", what);
      std::exit(1);
    }
    Frame();
  }
}

UGemma4CharacterComponent* Make(UGemma4Model* model) {
  all_components.push_back(std::make_unique<UGemma4CharacterComponent>());
  UGemma4CharacterComponent* character = all_components.back().get();
  character->Model = model;
  character->Temperature = 0.0f;
  components.push_back(character);
  return character;
}

// As UActorComponent::DestroyComponent; the collector frees the memory later.
void Destroy(UGemma4CharacterComponent* character) {
  std::erase(components, character);
  character->EndPlay(EEndPlayReason::Destroyed);
  character->BeginDestroy();
}

struct Answer {
  std::string text, reason;
};

Answer Ask(UGemma4CharacterComponent* character, const char* question) {
  auto answer = std::make_shared<std::vector<Answer>>();
  character->OnFinished.Listen([answer](const FString& text, const FString& reason) {
    answer->push_back({Utf8(text), Utf8(reason)});
  });
  character->Say(Text(question));
  RunUntil([&] { return !answer->empty(); }, question);
  return answer->front();
}

std::string Failure(UGemma4CharacterComponent* character, const char* question) {
  auto message = std::make_shared<std::string>();
  character->OnFailed.Listen([message](const FString& text) { *message = Utf8(text); });
  character->Say(Text(question));
  RunUntil([&] { return !message->empty(); }, question);
  return *message;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 3) return 2;
  FPaths::content_dir = Text(argv[1]);
  UGemma4Model model;
  model.Path = Text(argv[2]);
  Check(!model.IsReady() && model.GetError().IsEmpty(), "nothing is loaded before it is needed");

  UGemma4CharacterComponent* villager = Make(&model);
  std::string pieces;
  villager->OnToken.Listen([&](const FString& text) { pieces += Utf8(text); });
  const Answer first = Ask(villager, "What is the capital of France?");
  Check(first.text == "The capital of France is Paris." && first.reason == "stop", first.text);
  Check(pieces == first.text, "pieces make up the answer");
  Check(model.IsReady() && !villager->IsTalking(), "is ready, and silent afterwards");
  Check(Ask(villager, "What is 7 + 5?").text == "7 + 5 = 12", "goes on with the conversation");

  // Several at once, with a budget of nearly nothing: the same words, more frames.
  model.FrameBudgetMicroseconds = 1;
  std::vector<UGemma4CharacterComponent*> crowd;
  std::vector<std::string> answers(5);
  for (size_t i = 0; i < answers.size(); ++i) {
    crowd.push_back(Make(&model));
    crowd[i]->OnFinished.Listen([&answers, i](const FString& text, const FString&) {
      if (answers[i].empty()) answers[i] = Utf8(text);
    });
    const std::string number = std::to_string(i + 2);
    crowd[i]->Say(Text("What is " + number + " + " + number + "?"));
  }
  RunUntil(
      [&] {
        return std::none_of(answers.begin(), answers.end(), [](auto& a) { return a.empty(); });
      },
      "five answers");
  for (size_t i = 0; i < answers.size(); ++i) {
    const std::string number = std::to_string(i + 2);
    Check(answers[i] == number + " + " + number + " = " + std::to_string(2 * i + 4), answers[i]);
  }
  model.FrameBudgetMicroseconds = 4000;

  // Cancelled, destroyed while talking, destroyed by one who hears a word.
  std::string last_reason;
  villager->OnFinished.Listen(
      [&](const FString&, const FString& reason) { last_reason = Utf8(reason); });
  pieces.clear();
  villager->Say(Text("Tell me a story."));
  RunUntil([&] { return !pieces.empty(); }, "a word");
  villager->Cancel();
  Frame();
  Check(last_reason == "cancelled" && !villager->IsTalking(), "cancel ends an answer");
  Check(Ask(villager, "What is 7 + 5?").text == "7 + 5 = 12", "and the next one comes");
  crowd[0]->Say(Text("Tell me a story."));
  Frame();
  Destroy(crowd[0]);
  int num_words = 0;
  crowd[1]->OnToken.Listen([&](const FString&) {
    ++num_words;
    Destroy(crowd[1]);
  });
  crowd[1]->Say(Text("Tell me a story."));
  Check(Ask(crowd[2], "What is 4 + 4?").text == "4 + 4 = 8",
        "others talk on when one is destroyed");
  RunUntil([&] { return num_words > 0; }, "the last word");
  for (int i = 0; i < 5; ++i) Frame();
  Check(num_words == 1, "who was destroyed says no more");

  // Who the character is, thoughts, and tools, whose results may take their time.
  UGemma4CharacterComponent* fisher = Make(&model);
  fisher->SystemPrompt = Text("You are Nora, a fisher near the river.");
  const std::string goods = Ask(fisher, "What do you sell?").text;
  Check(goods.find("fish") != std::string::npos, "plays its part: " + goods);
  UGemma4CharacterComponent* thinker = Make(&model);
  thinker->bEnableThinking = true;
  std::string thought;
  thinker->OnThought.Listen([&](const FString& text) { thought += Utf8(text); });
  Check(Ask(thinker, "What is 8 * 7?").text == "8 * 7 = 56" &&
            thought.find("56") != std::string::npos,
        "thinks: " + thought);
  UGemma4CharacterComponent* herald = Make(&model);
  herald->ToolsJson = Text(
      R"([{"type":"function","function":{"name":"get_weather","description":"Gets the weather of a city.",)"
      R"("parameters":{"type":"object","properties":{"city":{"type":"string","description":"The city."}},)"
      R"("required":["city"]}}}])");
  std::string call, report;
  herald->OnToolCall.Listen([&](int32 id, const FString& name, const FString& json) {
    call = std::to_string(id) + " " + Utf8(name) + " " + Utf8(json);
  });
  herald->OnFinished.Listen([&](const FString& text, const FString&) { report = Utf8(text); });
  herald->Say(Text("What is the weather in Paris?"));
  RunUntil([&] { return !call.empty(); }, "a call");
  Check(call == R"(0 get_weather {"city":"Paris"})", "calls a tool: " + call);
  for (int i = 0; i < 5; ++i) Frame();
  Check(report.empty() && herald->IsTalking(), "waits for the tool");
  herald->AddToolResult(0, Text(R"({"sky": "sunny", "temperature": 21})"));
  RunUntil([&] { return !report.empty(); }, "a report");
  Check(report == "It is sunny in Paris and 21 degrees.", "uses its result: " + report);

  // Limits and mistakes.
  villager->ResetConversation();
  villager->MaxNewTokens = 3;
  Check(Ask(villager, "Tell me a story.").reason == "max_new_tokens", "an answer has a limit");
  villager->ResetConversation();
  villager->MaxContextTokens = 16;
  const std::string refused =
      Failure(villager, "What is the capital of France, of Italy and of Spain?");
  Check(refused.find("16") != std::string::npos, "what does not fit is told: " + refused);
  UGemma4Model nowhere;
  nowhere.Path = Text("no such model");
  Check(Failure(Make(&nowhere), "Hello?").find("no such model") != std::string::npos,
        "a model that is not there is told");
  Check(Failure(Make(nullptr), "Hello?").find("no model") != std::string::npos, "no model is told");

  // A model that is given up while it loads, while characters talk, and one that is replaced.
  UGemma4Model hasty;
  hasty.Path = model.Path;
  hasty.BeginLoad();
  hasty.BeginDestroy();
  crowd[3]->Say(Text("Tell me a story."));
  Frame();
  model.Unload();
  Frame();
  Check(!crowd[3]->IsTalking() && !model.IsReady(),
        "a model may be given up while characters talk");
  Check(Ask(crowd[3], "What is 2 + 2?").text == "2 + 2 = 4", "and loaded again");
  Check(Ask(crowd[2], "What is 3 + 3?").text == "3 + 3 = 6", "also by who was silent then");
  crowd[2]->Model = &hasty;
  Check(Ask(crowd[2], "What is 5 + 5?").text == "5 + 5 = 10", "another model may be set");

  while (!components.empty()) Destroy(components.back());
  model.BeginDestroy();
  hasty.BeginDestroy();
  nowhere.BeginDestroy();
  all_components.clear();
  std::printf("%d failed\n", num_failed);
  return num_failed > 0 ? 1 : 0;
}
