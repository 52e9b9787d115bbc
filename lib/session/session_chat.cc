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
  GEMMA4_RETURN_IF_ERROR(chat->AppendGenerationPrompt(place, chat_.system.enable_thinking, &ids));
  GEMMA4_RETURN_IF_ERROR(Append(ids, from.stop_token, from.num_replaced));
  chat_.is_chat = true;
  progress_.num_opening_tokens = ids.size() - num_before;
  return Status::Ok();
}

Status Session::ReplaceSystemTurn(Chat::System system) {
  GEMMA4_ASSIGN_OR_RETURN(const ChatTurns* chat, model_->RequireChat());
  if (!IsEmpty() && (chat_.system.num_tokens != tokens_.size() || !generated_.empty())) {
    return Status::State("the system turn comes first, and the session holds %zu tokens",
                         tokens_.size());
  }
  std::vector<int32_t> ids;
  if (!system.text.empty() || system.tools != nullptr || system.enable_thinking) {
    const SystemTurn turn{system.text, system.tools != nullptr ? &system.tools->value : nullptr,
                          system.enable_thinking};
    GEMMA4_RETURN_IF_ERROR(chat->AppendSystemTurn(turn, &ids));
  }
  GEMMA4_RETURN_IF_ERROR(ReplaceTokens(ids));
  progress_.num_reused = 0;
  system.num_tokens = ids.size();
  chat_.is_chat = true;
  chat_.system = std::move(system);
  return Status::Ok();
}

Status Session::AddSystemText(std::string_view text) {
  return Exclusively([&]() -> Status {
    Chat::System system = chat_.system;
    if (!system.text.empty()) return Status::State("the session has a system text already");
    system.text = text;
    return ReplaceSystemTurn(std::move(system));
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
    Chat::System system = chat_.system;
    system.tools = std::move(read);
    return ReplaceSystemTurn(std::move(system));
  });
}

Status Session::SetThinking(bool enable) {
  return Exclusively([&]() -> Status {
    Chat::System system = chat_.system;
    system.enable_thinking = enable;
    return ReplaceSystemTurn(std::move(system));
  });
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
    chat_.is_chat = true;
    return Status::Ok();
  });
}

Status Session::AddToolResult(int32_t tool_call_id, std::string_view result, bool is_json) {
  return Exclusively([&]() -> Status {
    GEMMA4_ASSIGN_OR_RETURN(const ChatTurns* chat, model_->RequireChat());
    const size_t index = static_cast<size_t>(tool_call_id);
    if (tool_call_id < 0 || index >= chat_.called_tools.size()) {
      return Status::InvalidArgument("tool_call_id is %d; the model waits for %zu tools",
                                     tool_call_id, chat_.called_tools.size());
    }
    JsonValue value = JsonValue::String(result);
    if (is_json) {
      GEMMA4_ASSIGN_OR_RETURN(value, ParseJsonValue(result));
    }
    GEMMA4_ASSIGN_OR_RETURN(const Continuation from, WhereToContinue());
    std::vector<int32_t> ids;
    GEMMA4_RETURN_IF_ERROR(
        chat->AppendToolResponse(from.place, chat_.called_tools[index], value, &ids));
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
    chat_ = Chat();
    chat_.is_chat = true;
    chat_.system.enable_thinking = read.enable_thinking;
    return Status::Ok();
  });
}

}  // namespace gemma4
