// A model's turn, token by token, with any ids and any bytes.
//
// The first byte says where the turn starts. Then bytes gather into a token until one of those that
// UTF-8 never has: 0xF5 ends the token, 0xF6 ends the turn, 0xF7 goes on with a copy, 0xF8 ... 0xFF
// are the tokens that structure a turn.
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

#include "lib/base/utf8.h"
#include "lib/text/chat/tool_call_text.h"
#include "lib/text/chat/turn_parser.h"
#include "tests/fuzz/invariants.h"

namespace gemma4::fuzz {
namespace {

constexpr TurnTokens kTokens = {.begin_channel = 0xF8,
                                .end_channel = 0xF9,
                                .begin_tool_call = 0xFA,
                                .end_tool_call = 0xFB,
                                .quote = 0xFC,
                                .end_turn = 0xFD,
                                .begin_tool_response = 0xFE,
                                .eos = 0xFF};

void CheckPieces(std::span<const TurnPiece> pieces) {
  for (const TurnPiece& piece : pieces) {
    Require(!piece.text.empty(), "no piece is empty");
    Require(CheckUtf8(piece.text).ok(), "pieces are UTF-8", piece.text);
    if (piece.kind == TurnPiece::Kind::kToolCall) {
      Require(nlohmann::json::accept(piece.text), "arguments are JSON", piece.text);
      Require(piece.text.front() == '{', "arguments are an object", piece.text);
      Require(!piece.name.empty(), "a call has a name");
      for (const char c : piece.name) Require(IsToolNameByte(c), "names are plain", piece.name);
    } else {
      Require(piece.name.empty(), "text has no name", piece.name);
    }
  }
}

}  // namespace
}  // namespace gemma4::fuzz

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace gemma4;
  if (size == 0) return 0;
  TurnParser parser(fuzz::kTokens, static_cast<TurnStart>(data[0] % 3));
  std::string token;
  const auto feed = [&] {
    if (!token.empty()) fuzz::CheckPieces(parser.Feed(0, token));
    token.clear();
  };
  for (size_t i = 1; i < size; ++i) {
    if (data[i] < 0xF5) {
      token += static_cast<char>(data[i]);
      continue;
    }
    feed();
    if (data[i] == 0xF6) {
      fuzz::CheckPieces(parser.Finish());
    } else if (data[i] == 0xF7) {
      parser = TurnParser(parser);
    } else if (data[i] >= 0xF8) {
      fuzz::CheckPieces(parser.Feed(data[i], "<token>"));
    }
  }
  feed();
  fuzz::CheckPieces(parser.Finish());
  return 0;
}
