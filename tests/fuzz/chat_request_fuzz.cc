// A conversation as JSON, and the prompts of both templates.
#include <string>
#include <string_view>

#include "lib/base/utf8.h"
#include "lib/text/chat/chat_request.h"
#include "lib/text/chat/render_chat.h"
#include "tests/fuzz/invariants.h"

namespace gemma4::fuzz {
namespace {

void CheckPrompt(const ChatPrompt& prompt) {
  const std::string text = prompt.Text();
  Require(CheckUtf8(text).ok(), "prompts are UTF-8");
  Require(text.starts_with("<bos>"), "prompts begin with <bos>");
  const ChatPiece* before = nullptr;
  for (const ChatPiece& piece : prompt.pieces()) {
    Require(!piece.text.empty(), "no piece is empty");
    const bool is_text =
        piece.kind == ChatPiece::Kind::kTemplate || piece.kind == ChatPiece::Kind::kContent;
    Require(before == nullptr || !is_text || before->kind != piece.kind, "texts are joined");
    before = &piece;
  }
}

}  // namespace
}  // namespace gemma4::fuzz

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace gemma4;
  const auto request = ParseChatRequest({reinterpret_cast<const char*>(data), size});
  fuzz::RequireGoodStatus(request.status());
  if (!request.ok()) return 0;
  for (const ChatVariant variant : {ChatVariant::kSmall, ChatVariant::kLarge}) {
    const auto prompt = RenderChat(*request, variant);
    fuzz::RequireGoodStatus(prompt.status());
    if (prompt.ok()) fuzz::CheckPrompt(*prompt);
  }
  return 0;
}
