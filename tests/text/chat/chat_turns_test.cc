#include "lib/text/chat/chat_turns.h"

#include <map>

#include "lib/base/utf8.h"
#include "lib/text/chat/value_text.h"
#include "tests/text/chat/golden_chat.h"
#include "tests/text/test_tokenizer.h"

namespace gemma4 {
namespace {

using nlohmann::json;

class ChatTurnsTest : public ::testing::Test {
 protected:
  ChatTurns Turns(ChatVariant variant = ChatVariant::kSmall) const {
    return ChatTurns::Create(tokenizer_, variant).value();
  }
  std::string Shown(const std::vector<int32_t>& ids) const {
    std::string text;
    for (const int32_t id : ids) text += tokenizer_.Bytes(id);
    return text;
  }
  std::string Response(ChatPlace place, const JsonValue& value) const {
    std::vector<int32_t> ids;
    EXPECT_TRUE(Turns().AppendToolResponse(place, "f", value, &ids).ok());
    return Shown(ids);
  }
  std::string GenerationPrompt(ChatPlace place, ChatVariant variant, bool enable_thinking) const {
    std::vector<int32_t> ids;
    EXPECT_TRUE(Turns(variant).AppendGenerationPrompt(place, enable_thinking, &ids).ok());
    return Shown(ids);
  }

  Tokenizer tokenizer_ = TestTokenizer();
};

// Spec 7.3, examples 7 and 15.
TEST_F(ChatTurnsTest, SystemAndUserTurnsAreTheTemplates) {
  const JsonValue tools =
      ParseJsonValue(R"([{"function": {"name": "now", "description": "Current time"}}])").value();
  std::vector<int32_t> ids;
  const SystemTurn system = {.text = " Be brief.\n", .tools = &tools, .enable_thinking = true};
  ASSERT_TRUE(Turns().AppendSystemTurn(system, &ids).ok());
  EXPECT_EQ(Shown(ids),
            "<bos><|turn>system\n<|think|>\nBe brief.<|tool>declaration:now{description:<|\"|>"
            "Current time<|\"|>}<tool|><turn|>\n");
  ids.clear();
  const std::vector<ChatPart> parts = {{.kind = ChatPart::Kind::kImage},
                                       {.text = " Describe. "},
                                       {.kind = ChatPart::Kind::kAudio},
                                       {.kind = ChatPart::Kind::kVideo}};
  ASSERT_TRUE(Turns().AppendUserTurn(ChatPlace::kTurnClosed, parts, &ids).ok());
  EXPECT_EQ(Shown(ids), "\n<|turn>user\n<|image|>Describe.<|audio|><|video|><turn|>\n");
}

TEST_F(ChatTurnsTest, TheFirstResponseUsesTheOpenerThatTheModelWrote) {
  const JsonValue text = JsonValue::String("15 C");
  EXPECT_EQ(Response(ChatPlace::kCallOpen, text),
            "response:f{value:<|\"|>15 C<|\"|>}<tool_response|>");
  EXPECT_EQ(Response(ChatPlace::kAfterResponse, ParseJsonValue(R"({"b":1.0,"a":[null]})").value()),
            "<|tool_response>response:f{a:[null],b:1.0}<tool_response|>");
  std::vector<int32_t> ids = {1};
  EXPECT_EQ(Turns().AppendToolResponse(ChatPlace::kAfterTurn, "f", text, &ids).code(),
            StatusCode::kInvalidArgument);
  EXPECT_EQ(ids, std::vector<int32_t>{1});
}

TEST_F(ChatTurnsTest, GenerationPromptsDependOnThePlace) {
  const auto kLarge = ChatVariant::kLarge, kSmall = ChatVariant::kSmall;
  EXPECT_EQ(GenerationPrompt(ChatPlace::kAfterTurn, kSmall, false), "<|turn>model\n");
  EXPECT_EQ(GenerationPrompt(ChatPlace::kTurnClosed, kLarge, false),
            "\n<|turn>model\n<|channel>thought\n<channel|>");
  EXPECT_EQ(GenerationPrompt(ChatPlace::kAfterTurn, kLarge, true), "<|turn>model\n");
  EXPECT_EQ(GenerationPrompt(ChatPlace::kAfterResponse, kLarge, false), "");
  EXPECT_EQ(GenerationPrompt(ChatPlace::kAfterResponse, kSmall, true), "<|channel>thought\n");
  EXPECT_EQ(GenerationPrompt(ChatPlace::kCallOpen, kLarge, false), "");
  EXPECT_EQ(GenerationPrompt(ChatPlace::kTurnOpen, kLarge, true), "");
  EXPECT_EQ(Turns(kLarge).StartAfterPrompt(ChatPlace::kAfterTurn, false), TurnStart::kAfterThought);
  EXPECT_EQ(Turns(kLarge).StartAfterPrompt(ChatPlace::kAfterTurn, true), TurnStart::kText);
  EXPECT_EQ(Turns(kSmall).StartAfterPrompt(ChatPlace::kAfterResponse, true), TurnStart::kInThought);
}

TEST_F(ChatTurnsTest, KnowsThePlaceFromTheIds) {
  const ChatTurns turns = Turns();
  const auto place = [&](std::string_view text) {
    std::vector<int32_t> ids;
    EXPECT_TRUE(tokenizer_.EncodeParsingSpecial(text, &ids).ok());
    return turns.PlaceAfter(ids);
  };
  EXPECT_EQ(place(""), ChatPlace::kStart);
  EXPECT_EQ(place("<bos><|turn>user\nHi<turn|>\n"), ChatPlace::kAfterTurn);
  EXPECT_EQ(place("<bos><|turn>model\nHi"), ChatPlace::kTurnOpen);
  EXPECT_EQ(place("<bos><|turn>model\nHi<turn|>"), ChatPlace::kTurnClosed);
  EXPECT_EQ(place("<bos><|turn>model\n<|tool_call>call:f{}<tool_call|><|tool_response>"),
            ChatPlace::kCallOpen);
  EXPECT_EQ(place("<|turn>model\n<|tool_response>response:f{}<tool_response|>"),
            ChatPlace::kAfterResponse);
}

TEST_F(ChatTurnsTest, ErrorsLeaveTheIdsAsTheyWere) {
  const ChatTurns turns = Turns();
  std::vector<int32_t> ids = {1, 2};
  const std::vector<ChatPart> parts = {{.text = "a"}, {.text = "\xFF"}};
  EXPECT_EQ(turns.AppendUserTurn(ChatPlace::kStart, parts, &ids).code(), StatusCode::kInvalidUtf8);
  EXPECT_EQ(turns.AppendModelTurn(ChatPlace::kStart, "\xFF", &ids).code(),
            StatusCode::kInvalidUtf8);
  EXPECT_EQ(turns.AppendSystemTurn({.text = "\xFF"}, &ids).code(), StatusCode::kInvalidUtf8);
  const JsonValue tools = ParseJsonValue("[{}]").value();
  EXPECT_EQ(turns.AppendSystemTurn({.tools = &tools}, &ids).code(), StatusCode::kInvalidArgument);
  EXPECT_EQ(ids, (std::vector<int32_t>{1, 2}));
}

// ---- Conversations, turn by turn ----------------------------------------------------------------

// A session that holds a golden conversation, appended turn by turn: the model's tokens are those
// that the reference shows for its messages.
class Conversation {
 public:
  Conversation(const Tokenizer& tokenizer, const GoldenChat& golden, bool replay)
      : tokenizer_(tokenizer),
        golden_(golden.fields),
        request_(ParseChatRequest(golden.line).value()),
        replay_(replay),
        thinking_(request_.enable_thinking),
        turns_(ChatTurns::Create(tokenizer, *request_.variant).value()),
        // The empty thought of the large template would stay in a session.
        turns_without_thought_(ChatTurns::Create(tokenizer, ChatVariant::kSmall).value()) {}

  // False where the conversation has something that a session keeps and the template drops, or
  // that is no conversation.
  bool Run();
  const std::vector<int32_t>& ids() const { return ids_; }

 private:
  const json& At(size_t i) const { return golden_["messages"][i]; }
  size_t size() const { return golden_["messages"].size(); }
  std::string RoleAt(size_t i) const { return i < size() ? At(i)["role"] : json(""); }
  void AppendToken(std::string_view name) { ids_.push_back(*tokenizer_.ControlId(name)); }
  void AppendText(std::string_view text) { EXPECT_TRUE(tokenizer_.Encode(text, &ids_).ok()); }

  bool RunSystem();
  bool RunUser(const json& message);
  bool RunModel(size_t& i);
  bool RunCalls(size_t& i);

  const Tokenizer& tokenizer_;
  const json& golden_;
  const ChatRequest request_;  // the same, with the order of keys
  const bool replay_;          // known answers by AppendModelTurn
  const bool thinking_;
  const ChatTurns turns_;
  const ChatTurns turns_without_thought_;
  std::vector<int32_t> ids_;
  ChatPlace place_ = ChatPlace::kStart;
};

bool Conversation::RunSystem() {
  const bool has_message = RoleAt(0) == "system" || RoleAt(0) == "developer";
  const JsonValue& tools = request_.tools;
  if (!has_message && !thinking_ && tools.items.empty()) return true;
  SystemTurn turn = {.tools = &tools, .enable_thinking = thinking_};
  std::string text;
  if (has_message) {
    if (!At(0).value("content", json()).is_string()) return false;
    text = At(0)["content"];
    turn.text = text;
  }
  EXPECT_TRUE(turns_.AppendSystemTurn(turn, &ids_).ok());
  place_ = ChatPlace::kAfterTurn;
  return true;
}

bool Conversation::RunUser(const json& message) {
  if (message.contains("tool_responses")) return false;
  std::vector<std::string> texts;
  std::vector<ChatPart::Kind> kinds;
  json content = message.value("content", json());
  if (content.is_string()) content = json::array({{{"type", "text"}, {"text", content}}});
  if (!content.is_array()) return false;
  for (const json& part : content) {
    const std::string type = part.value("type", "");
    if (type == "text" && !part.value("text", json()).is_string()) return false;
    texts.push_back(type == "text" ? part["text"].get<std::string>() : "");
    if (type == "text") {
      kinds.push_back(ChatPart::Kind::kText);
    } else if (type == "image") {
      kinds.push_back(ChatPart::Kind::kImage);
    } else if (type == "audio") {
      kinds.push_back(ChatPart::Kind::kAudio);
    } else if (type == "video") {
      kinds.push_back(ChatPart::Kind::kVideo);
    } else {
      return false;
    }
  }
  std::vector<ChatPart> parts;
  for (size_t i = 0; i < kinds.size(); ++i) parts.push_back({kinds[i], texts[i]});
  EXPECT_TRUE(turns_.AppendUserTurn(place_, parts, &ids_).ok());
  place_ = ChatPlace::kAfterTurn;
  return true;
}

bool Conversation::RunModel(size_t& i) {
  const json& message = At(i);
  for (const char* key : {"reasoning", "reasoning_content", "thinking", "tool_responses"}) {
    if (message.contains(key)) return false;
  }
  const json content = message.value("content", json());
  if (!content.is_null() && !content.is_string()) return false;
  const std::string text = content.is_string() ? content.get<std::string>() : "";
  const bool has_calls = !message.value("tool_calls", json()).empty();
  if (text.find("channel") != text.npos || (has_calls && !text.empty())) return false;
  // Behind an answered call a message continues the turn; two answers in a row are one turn there,
  // and two here. An unanswered call that an answer follows is no conversation.
  if (i > 0 && RoleAt(i - 1) == "assistant") return false;
  if (replay_ && !has_calls) {
    EXPECT_TRUE(turns_.AppendModelTurn(place_, text, &ids_).ok());
    place_ = ChatPlace::kAfterTurn;
    return true;
  }
  // With thinking on, a thought would begin behind a response, and stay.
  if (place_ != ChatPlace::kAfterResponse) {
    EXPECT_TRUE(turns_without_thought_.AppendGenerationPrompt(place_, thinking_, &ids_).ok());
  }
  if (has_calls) return RunCalls(i);
  AppendText(TrimWhitespace(text));
  AppendToken("<turn|>");
  place_ = ChatPlace::kTurnClosed;
  return true;
}

bool Conversation::RunCalls(size_t& i) {
  const json& calls = At(i)["tool_calls"];
  for (size_t c = 0; c < calls.size(); ++c) {
    const JsonValue* function =
        request_.messages.items[i].Find("tool_calls")->items[c].Find("function");
    ChatPrompt prompt;
    prompt.AddControl("<|tool_call>");
    prompt.AddTemplate("call:");
    prompt.AddContent(function->Find("name")->text);
    prompt.AddTemplate("{");
    AddMembers(*function->Find("arguments"), KeyStyle::kBare, &prompt);
    prompt.AddTemplate("}");
    prompt.AddControl("<tool_call|>");
    EXPECT_TRUE(prompt.Encode(tokenizer_, &ids_).ok());
  }
  AppendToken("<|tool_response>");
  place_ = ChatPlace::kCallOpen;
  for (; RoleAt(i + 1) == "tool"; ++i) {
    const json& result = At(i + 1);
    const json content = result.value("content", json());
    if (content.is_structured()) return false;
    std::string name = "unknown";
    for (const json& call : calls) {
      if (call.value("id", json()) == result.value("tool_call_id", json())) {
        name = call["function"]["name"];
      }
    }
    if (name == "unknown") return false;
    const JsonValue* value = request_.messages.items[i + 1].Find("content");
    EXPECT_TRUE(turns_.AppendToolResponse(place_, name, value ? *value : JsonValue(), &ids_).ok());
    place_ = ChatPlace::kAfterResponse;
  }
  return true;
}

bool Conversation::Run() {
  if (!RunSystem()) return false;
  const size_t first = RoleAt(0) == "system" || RoleAt(0) == "developer" ? 1 : 0;
  for (size_t i = first; i < size(); ++i) {
    const std::string role = RoleAt(i);
    if (role == "user" ? !RunUser(At(i)) : role == "assistant" ? !RunModel(i) : true) return false;
  }
  if (size() == first) return false;
  if (golden_["add_generation_prompt"]) {
    EXPECT_TRUE(turns_.AppendGenerationPrompt(place_, thinking_, &ids_).ok());
  } else if (place_ == ChatPlace::kTurnClosed) {
    AppendText("\n");
  }
  return true;
}

TEST_F(ChatTurnsTest, TurnByTurnGivesTheIdsOfTheWholeConversation) {
  std::map<std::string, size_t> num_compared;
  for (const GoldenChat& golden : GoldenChats("cases.jsonl")) {
    for (const bool replay : {false, true}) {
      Conversation conversation(tokenizer_, golden, replay);
      if (!conversation.Run()) continue;
      std::vector<int32_t> whole;
      ASSERT_TRUE(golden.Render()->Encode(tokenizer_, &whole).ok());
      EXPECT_EQ(Shown(conversation.ids()), Shown(whole)) << golden.name();
      EXPECT_EQ(conversation.ids(), whole) << golden.name();
      ++num_compared[golden.fields["area"]];
    }
  }
  size_t all = 0;
  for (const auto& [area, count] : num_compared) all += count;
  EXPECT_GE(num_compared["calls"], 4u);
  EXPECT_GE(num_compared["thinking"], 4u);
  EXPECT_GE(all, 100u);
}

}  // namespace
}  // namespace gemma4
