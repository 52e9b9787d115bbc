// tokenizer.json, where the input begins with '{', else tokenizer.model; and the Tokenizer made of
// either.
//
// A tokenizer without a piece for every byte is refused, and 256 of them are most of a small file.
// So the fuzzer puts them in: a tokenizer.json gets them where "<0x..>": N stands, with ids from N
// on; a tokenizer.model, in front. Seeds stay short, and changes hit what differs between files.
#include <array>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "lib/checkpoint/tokenizer/tokenizer_json.h"
#include "lib/checkpoint/tokenizer/tokenizer_model.h"
#include "lib/text/tokenizer.h"
#include "tests/fuzz/invariants.h"

namespace gemma4::fuzz {
namespace {

// "<0x0A>"
std::string BytePieceText(int byte) {
  char text[8];
  std::snprintf(text, sizeof(text), "<0x%02X>", static_cast<unsigned>(byte));
  return text;
}

std::string WithBytePieces(std::string_view json) {
  constexpr std::string_view kPlace = "\"<0x..>\":";
  const size_t at = json.find(kPlace);
  if (at == json.npos) return std::string(json);
  const size_t digits = at + kPlace.size();
  size_t end = digits;
  int first_id = 0;
  for (; end < json.size() && end < digits + 6 && json[end] >= '0' && json[end] <= '9'; ++end) {
    first_id = first_id * 10 + (json[end] - '0');
  }
  std::string expanded(json.substr(0, at));
  for (int byte = 0; byte < 256; ++byte) {
    if (byte != 0) expanded += ',';
    expanded += '"' + BytePieceText(byte) + "\":" + std::to_string(first_id + byte);
  }
  return expanded.append(json.substr(end));
}

// ModelProto's pieces, field 1, each with its text, field 1, and its type, field 3: 6 is a byte.
const std::string& BytePiecesOfModel() {
  static const std::string pieces = [] {
    std::string bytes;
    for (int byte = 0; byte < 256; ++byte) {
      bytes += std::string("\x0A\x0A\x0A\x06") + BytePieceText(byte) + "\x18\x06";
    }
    return bytes;
  }();
  return pieces;
}

// Cut pieces, spaces of all lengths, bytes without a piece, and what looks like control pieces.
constexpr std::string_view kText =
    "Ab\n\n\na  the\xC3\xA9 <bos><|turn>user\xF0\x9F\x98\x80<0x41>\t<unk> \x7F\n";

void CheckVocabulary(const Vocabulary& vocabulary) {
  for (const int32_t id : {vocabulary.bos_token_id, vocabulary.eos_token_id,
                           vocabulary.pad_token_id, vocabulary.unk_token_id}) {
    Require(id >= 0 && static_cast<size_t>(id) < vocabulary.pieces.size(),
            "the named pieces are in the vocabulary");
  }
  for (const Piece& piece : vocabulary.pieces) Require(!piece.text.empty(), "no piece is empty");
}

// What `text` becomes stands for the same bytes again. But for spaces where no piece has U+2581:
// its three byte pieces stand for U+2581 itself, as in the reference.
void CheckEncoding(const Tokenizer& tokenizer, std::string_view text, bool parse_special) {
  std::vector<int32_t> ids;
  const Status status =
      parse_special ? tokenizer.EncodeParsingSpecial(text, &ids) : tokenizer.Encode(text, &ids);
  RequireGoodStatus(status);
  Require(status.ok(), "UTF-8 can be encoded", status.message());
  std::string decoded;
  for (const int32_t id : ids) {
    Require(id >= 0 && static_cast<size_t>(id) < tokenizer.vocab_size(),
            "ids are in the vocabulary");
    Require(parse_special || !tokenizer.IsControl(id), "text produces no control piece",
            tokenizer.Bytes(id));
    decoded += tokenizer.Bytes(id);
  }
  for (size_t at; (at = decoded.find("\xE2\x96\x81")) != decoded.npos;) decoded.replace(at, 3, " ");
  Require(decoded == text, "ids stand for the text they were made of", decoded);
}

void CheckTokenizer(Vocabulary vocabulary) {
  CheckVocabulary(vocabulary);
  // Its memory is not bounded by the file's size alone: sentencepiece indexes the pieces.
  const auto tokenizer = Tokenizer::Create(std::move(vocabulary));
  RequireGoodStatus(tokenizer.status());
  if (!tokenizer.ok()) return;
  CheckEncoding(*tokenizer, kText, /*parse_special=*/false);
  CheckEncoding(*tokenizer, kText, /*parse_special=*/true);
  // The pieces themselves are the texts that merges and matches are about.
  for (size_t id = 0; id < tokenizer->vocab_size(); id += 7) {
    std::vector<int32_t> ids;
    const std::string text(tokenizer->Bytes(static_cast<int32_t>(id)));
    RequireGoodStatus(tokenizer->Encode(text, &ids));
    RequireGoodStatus(tokenizer->EncodeParsingSpecial(text, &ids));
  }
}

template <typename Parse>
void ParseAndCheck(Parse parse, std::string_view file) {
  auto vocabulary = [&] {
    const AllocationLimit limit(file.size());
    return parse(BytesOf(file));
  }();
  RequireGoodStatus(vocabulary.status());
  if (vocabulary.ok()) CheckTokenizer(std::move(vocabulary).value());
}

}  // namespace
}  // namespace gemma4::fuzz

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace gemma4;
  const std::string_view input(reinterpret_cast<const char*>(data), size);
  if (input.starts_with('{')) {
    fuzz::ParseAndCheck([](auto b) { return ParseTokenizerJson(b); }, fuzz::WithBytePieces(input));
  } else {
    fuzz::ParseAndCheck([](auto b) { return ParseTokenizerModel(b); }, input);
    fuzz::ParseAndCheck([](auto b) { return ParseTokenizerModel(b); },
                        fuzz::BytePiecesOfModel() + std::string(input));
  }
  return 0;
}
