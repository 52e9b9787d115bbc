#include "lib/text/chat/chat_turns.h"

#include <algorithm>
#include <string>

#include "lib/base/utf8.h"
#include "lib/text/chat/control_tokens.h"
#include "lib/text/chat/render_chat.h"
#include "lib/text/chat/tool_declaration.h"
#include "lib/text/chat/value_text.h"

namespace gemma4 {
namespace {

std::string_view PlaceholderOf(ChatPart::Kind kind) {
  switch (kind) {
    case ChatPart::Kind::kImage: return kImage;
    case ChatPart::Kind::kAudio: return kAudio;
    case ChatPart::Kind::kVideo: return kVideo;
    case ChatPart::Kind::kText: break;
  }
  return {};
}

}  // namespace

StatusOr<ChatTurns> ChatTurns::Create(const Tokenizer& tokenizer, ChatVariant variant) {
  ChatTurns turns;
  turns.tokenizer_ = &tokenizer;
  turns.variant_ = variant;
  for (const std::string_view name : {kBeginTurn, kEndTurn, kBeginChannel, kEndChannel}) {
    if (!tokenizer.ControlId(name).has_value()) {
      return Status::Unsupported(
          "the tokenizer has no control token %s: chat needs it, plain prompts work",
          std::string(name).c_str());
    }
  }
  turns.begin_turn_ = *tokenizer.ControlId(kBeginTurn);
  turns.end_turn_ = *tokenizer.ControlId(kEndTurn);
  turns.begin_tool_response_ = tokenizer.ControlId(kBeginToolResponse).value_or(-1);
  turns.end_tool_response_ = tokenizer.ControlId(kEndToolResponse).value_or(-1);
  return turns;
}

void ChatTurns::AddClosing(ChatPlace place, ChatPrompt* prompt) {
  switch (place) {
    case ChatPlace::kStart: prompt->AddControl(kBos); break;
    case ChatPlace::kTurnOpen:
    case ChatPlace::kAfterResponse:
      prompt->AddControl(kEndTurn);
      prompt->AddTemplate("\n");
      break;
    case ChatPlace::kTurnClosed: prompt->AddTemplate("\n"); break;
    case ChatPlace::kAfterTurn:
    case ChatPlace::kCallOpen: break;  // the template closes nothing behind an unanswered call
  }
}

Status ChatTurns::AppendSystemTurn(const SystemTurn& turn, std::vector<int32_t>* ids) const {
  GEMMA4_RETURN_IF_ERROR(CheckUtf8(turn.text));
  ChatPrompt prompt;
  prompt.AddControl(kBos);
  prompt.AddControl(kBeginTurn);
  prompt.AddTemplate("system\n");
  if (turn.enable_thinking) {
    prompt.AddControl(kThink);
    prompt.AddTemplate("\n");
  }
  prompt.AddContent(TrimWhitespace(turn.text));
  if (turn.tools != nullptr) {
    GEMMA4_RETURN_IF_ERROR(AddToolDeclarations(*turn.tools, &prompt));
  }
  prompt.AddControl(kEndTurn);
  prompt.AddTemplate("\n");
  return prompt.Encode(*tokenizer_, ids);
}

Status ChatTurns::AppendUserTurn(ChatPlace place, std::span<const ChatPart> parts,
                                 std::vector<int32_t>* ids) const {
  ChatPrompt prompt;
  AddClosing(place, &prompt);
  prompt.AddControl(kBeginTurn);
  prompt.AddTemplate("user\n");
  for (const ChatPart& part : parts) {
    if (part.kind != ChatPart::Kind::kText) {
      prompt.AddMedia(PlaceholderOf(part.kind));
      continue;
    }
    GEMMA4_RETURN_IF_ERROR(CheckUtf8(part.text));
    prompt.AddContent(TrimWhitespace(part.text));
  }
  prompt.AddControl(kEndTurn);
  prompt.AddTemplate("\n");
  return prompt.Encode(*tokenizer_, ids);
}

Status ChatTurns::AppendModelTurn(ChatPlace place, std::string_view text,
                                  std::vector<int32_t>* ids) const {
  GEMMA4_RETURN_IF_ERROR(CheckUtf8(text));
  ChatPrompt prompt;
  if (place != ChatPlace::kCallOpen && place != ChatPlace::kAfterResponse) {
    AddClosing(place, &prompt);
    prompt.AddControl(kBeginTurn);
    prompt.AddTemplate("model\n");
  }
  prompt.AddContent(WithoutThoughts(text));
  prompt.AddControl(kEndTurn);
  prompt.AddTemplate("\n");
  return prompt.Encode(*tokenizer_, ids);
}

Status ChatTurns::AppendToolResponse(ChatPlace place, std::string_view name, const JsonValue& value,
                                     std::vector<int32_t>* ids) const {
  GEMMA4_RETURN_IF_ERROR(CheckUtf8(name));
  ChatPrompt prompt;
  switch (place) {
    case ChatPlace::kCallOpen: break;
    case ChatPlace::kTurnOpen:
    case ChatPlace::kAfterResponse: prompt.AddControl(kBeginToolResponse); break;
    case ChatPlace::kStart:
    case ChatPlace::kTurnClosed:
    case ChatPlace::kAfterTurn:
      return Status::InvalidArgument(
          "a tool's response belongs in the model's open turn, behind its call; no turn is open");
  }
  AddToolResponse(name, value, &prompt);
  return prompt.Encode(*tokenizer_, ids);
}

Status ChatTurns::AppendGenerationPrompt(ChatPlace place, bool enable_thinking,
                                         std::vector<int32_t>* ids) const {
  ChatPrompt prompt;
  switch (place) {
    case ChatPlace::kTurnOpen:
    case ChatPlace::kCallOpen: break;
    case ChatPlace::kAfterResponse:
      if (!enable_thinking) break;
      prompt.AddControl(kBeginChannel);
      prompt.AddTemplate("thought\n");
      break;
    case ChatPlace::kStart:
    case ChatPlace::kTurnClosed:
    case ChatPlace::kAfterTurn:
      AddClosing(place, &prompt);
      prompt.AddControl(kBeginTurn);
      prompt.AddTemplate("model\n");
      if (variant_ == ChatVariant::kSmall || enable_thinking) break;
      prompt.AddControl(kBeginChannel);
      prompt.AddTemplate("thought\n");
      prompt.AddControl(kEndChannel);
      break;
  }
  return prompt.Encode(*tokenizer_, ids);
}

TurnStart ChatTurns::StartAfterPrompt(ChatPlace place, bool enable_thinking) const {
  if (place == ChatPlace::kTurnOpen || place == ChatPlace::kCallOpen) return TurnStart::kText;
  if (place == ChatPlace::kAfterResponse) {
    return enable_thinking ? TurnStart::kInThought : TurnStart::kText;
  }
  return variant_ == ChatVariant::kLarge && !enable_thinking ? TurnStart::kAfterThought
                                                             : TurnStart::kText;
}

ChatPlace ChatTurns::PlaceAfter(std::span<const int32_t> ids) const {
  if (ids.empty()) return ChatPlace::kStart;
  if (ids.back() == end_turn_) return ChatPlace::kTurnClosed;
  if (!LastTurnIsOpen(ids)) return ChatPlace::kAfterTurn;
  if (ids.back() == begin_tool_response_) return ChatPlace::kCallOpen;
  if (ids.back() == end_tool_response_) return ChatPlace::kAfterResponse;
  return ChatPlace::kTurnOpen;
}

bool ChatTurns::LastTurnIsOpen(std::span<const int32_t> ids) const {
  const auto begin = std::find(ids.rbegin(), ids.rend(), begin_turn_);
  if (begin == ids.rend()) return false;
  const auto end = std::find(ids.rbegin(), begin, end_turn_);
  return end == begin || end == ids.rbegin();
}

}  // namespace gemma4
