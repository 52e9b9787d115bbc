// Session: turns of a chat. What stands before a turn is read off the session's tokens.
#include <algorithm>
#include <utility>

#include "lib/session/session.h"
#include "lib/text/chat/chat_request.h"
#include "lib/text/chat/render_chat.h"

namespace gemma4 {

std::vector<int32_t> Session::TokensSoFar() const {
  std::vector<int32_t> ids(tokens_.token_ids().begin(), tokens_.token_ids().end());
  if (progress_.stop_token) ids.push_back(*progress_.stop_token);
  return ids;
}

// The model's turn may not have begun: then it opens after the new turn, too, and not before. It
// may have ended by its stop token, by a limit, or not at all. <turn|> closes it as the template
// does; after <|tool_response> it waits for a tool; any other stop token (<eos>) has no place in a
// chat and is dropped.
StatusOr<Session::Continuation> Session::WhereToContinue() const {
  GEMMA4_ASSIGN_OR_RETURN(const ChatTurns* chat, model_->RequireChat());
  Continuation from;
  std::vector<int32_t> ids = TokensSoFar();
  const size_t num_opening = progress_.num_opening_tokens;
  if (num_opening > 0 && HasPrompt() && tokens_.num_waiting() >= num_opening) {
    from.num_replaced = num_opening;
    ids.resize(ids.size() - num_opening);
  } else if (progress_.stop_token) {
    const ChatPlace place = chat->PlaceAfter(ids);
    if (place != ChatPlace::kTurnClosed && place != ChatPlace::kCallOpen) {
      from.stop_token = StopToken::kIsDropped;
      ids.pop_back();
    }
  }
  from.place = chat->PlaceAfter(ids);
  return from;
}

// Opens the model's turn after `ids`, behind which the place is `place`.
Status Session::AppendTurn(const Continuation& from, std::vector<int32_t> ids, ChatPlace place) {
  GEMMA4_ASSIGN_OR_RETURN(const ChatTurns* chat, model_->RequireChat());
  const size_t num_before = ids.size();
  GEMMA4_RETURN_IF_ERROR(chat->AppendGenerationPrompt(place, enable_thinking_, &ids));
  GEMMA4_RETURN_IF_ERROR(Append(ids, from.stop_token, from.num_replaced));
  is_chat_ = true;
  progress_.num_opening_tokens = ids.size() - num_before;
  return Status::Ok();
}

Status Session::ReplaceSystemTurn(std::string_view text, std::shared_ptr<const Tools> tools,
                                  bool enable_thinking) {
  GEMMA4_ASSIGN_OR_RETURN(const ChatTurns* chat, model_->RequireChat());
  if (!IsEmpty() && (num_system_tokens_ != tokens_.size() || !generated_.empty())) {
    return Status::State("the system turn comes first, and the session holds %zu tokens",
                         tokens_.size());
  }
  std::vector<int32_t> ids;
  if (!text.empty() || tools != nullptr || enable_thinking) {
    const SystemTurn turn{text, tools != nullptr ? &tools->value : nullptr, enable_thinking};
    GEMMA4_RETURN_IF_ERROR(chat->AppendSystemTurn(turn, &ids));
  }
  std::string kept_text(text);
  GEMMA4_RETURN_IF_ERROR(ReplaceTokens(ids));
  is_chat_ = true;
  progress_.num_reused = 0;
  num_system_tokens_ = ids.size();
  system_text_ = std::move(kept_text);
  tools_ = std::move(tools);
  enable_thinking_ = enable_thinking;
  return Status::Ok();
}

Status Session::AddSystemText(std::string_view text) {
  return Exclusively([&]() -> Status {
    if (!system_text_.empty()) return Status::State("the session has a system text already");
    return ReplaceSystemTurn(text, tools_, enable_thinking_);
  });
}

Status Session::SetToolsJson(std::string_view tools) {
  return Exclusively([&]() -> Status {
    std::shared_ptr<Tools> read;
    if (!tools.empty()) {
      read = std::make_shared<Tools>();
      read->json = tools;
      GEMMA4_ASSIGN_OR_RETURN(read->value, ParseJsonValue(tools));
      if (!read->value.is_list()) {
        return Status::InvalidArgument("tools are %s; they must be a list",
                                       DescribeJsonKind(&read->value));
      }
      if (read->value.items.empty()) read.reset();
    }
    return ReplaceSystemTurn(system_text_, std::move(read), enable_thinking_);
  });
}

Status Session::SetThinking(bool enable) {
  return Exclusively([&] { return ReplaceSystemTurn(system_text_, tools_, enable); });
}

Status Session::AddUserText(std::string_view text) {
  return Exclusively([&]() -> Status {
    GEMMA4_ASSIGN_OR_RETURN(const ChatTurns* chat, model_->RequireChat());
    GEMMA4_ASSIGN_OR_RETURN(const Continuation from, WhereToContinue());
    std::vector<int32_t> ids;
    const ChatPart part{ChatPart::Kind::kText, text};
    GEMMA4_RETURN_IF_ERROR(chat->AppendUserTurn(from.place, {&part, 1}, &ids));
    return AppendTurn(from, std::move(ids), ChatPlace::kAfterTurn);
  });
}

Status Session::AddModelText(std::string_view text) {
  return Exclusively([&]() -> Status {
    GEMMA4_ASSIGN_OR_RETURN(const ChatTurns* chat, model_->RequireChat());
    GEMMA4_ASSIGN_OR_RETURN(const Continuation from, WhereToContinue());
    if (from.place == ChatPlace::kStart) {
      return Status::State("the session is empty; a user's turn comes before the model's");
    }
    std::vector<int32_t> ids;
    GEMMA4_RETURN_IF_ERROR(chat->AppendModelTurn(from.place, text, &ids));
    GEMMA4_RETURN_IF_ERROR(Append(ids, from.stop_token, from.num_replaced));
    is_chat_ = true;
    return Status::Ok();
  });
}

Status Session::AddToolResult(int32_t tool_call_id, std::string_view result, bool is_json) {
  return Exclusively([&]() -> Status {
    GEMMA4_ASSIGN_OR_RETURN(const ChatTurns* chat, model_->RequireChat());
    const size_t index = static_cast<size_t>(tool_call_id);
    if (tool_call_id < 0 || index >= called_tools_.size()) {
      return Status::InvalidArgument("tool_call_id is %d; the model waits for %zu tools",
                                     tool_call_id, called_tools_.size());
    }
    JsonValue value = JsonValue::String(result);
    if (is_json) {
      GEMMA4_ASSIGN_OR_RETURN(value, ParseJsonValue(result));
    }
    GEMMA4_ASSIGN_OR_RETURN(const Continuation from, WhereToContinue());
    std::vector<int32_t> ids;
    GEMMA4_RETURN_IF_ERROR(chat->AppendToolResponse(from.place, called_tools_[index], value, &ids));
    return AppendTurn(from, std::move(ids), ChatPlace::kAfterResponse);
  });
}

Status Session::SetMessagesJson(std::string_view request) {
  return Exclusively([&]() -> Status {
    GEMMA4_ASSIGN_OR_RETURN(const ChatTurns* chat, model_->RequireChat());
    GEMMA4_ASSIGN_OR_RETURN(const ChatRequest read, ParseChatRequest(request));
    GEMMA4_ASSIGN_OR_RETURN(const ChatPrompt prompt,
                            RenderChat(read, read.variant.value_or(chat->variant())));
    std::vector<int32_t> ids;
    for (const ChatPiece& piece : prompt.pieces()) {
      if (piece.kind != ChatPiece::Kind::kMedia) continue;
      return Status::Unsupported("the messages hold %s; this version reads text only",
                                 piece.text.c_str());
    }
    GEMMA4_RETURN_IF_ERROR(prompt.Encode(*model_->tokenizer(), &ids));
    GEMMA4_RETURN_IF_ERROR(ReplaceTokens(ids));
    ForgetSystemTurn();
    is_chat_ = true;
    enable_thinking_ = read.enable_thinking;
    return Status::Ok();
  });
}

}  // namespace gemma4
