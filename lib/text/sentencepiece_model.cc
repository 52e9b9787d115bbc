#include "lib/text/sentencepiece_model.h"

#include <cstdint>
#include <cstring>
#include <string_view>
#include <utility>

namespace gemma4 {
namespace {

// Protocol Buffers' wire format, as much of it as a ModelProto needs. Field numbers are those of
// sentencepiece_model.proto.
class ProtoWriter {
 public:
  void Varint(int field, uint64_t value) {
    Tag(field, 0);
    RawVarint(value);
  }
  void Float(int field, float value) {
    Tag(field, 5);
    char bytes[4];
    std::memcpy(bytes, &value, sizeof(bytes));
    out_.append(bytes, sizeof(bytes));
  }
  void Bytes(int field, std::string_view bytes) {
    Tag(field, 2);
    RawVarint(bytes.size());
    out_.append(bytes);
  }
  std::string Take() { return std::move(out_); }
  const std::string& bytes() const { return out_; }
  void Clear() { out_.clear(); }

 private:
  void Tag(int field, int wire_type) { RawVarint(static_cast<uint64_t>(field << 3 | wire_type)); }
  void RawVarint(uint64_t value) {
    for (; value >= 0x80; value >>= 7) out_ += static_cast<char>(value | 0x80);
    out_ += static_cast<char>(value);
  }

  std::string out_;
};

// SentencePiece.Type.
uint64_t TypeOf(PieceKind kind) {
  switch (kind) {
    case PieceKind::kNormal: return 1;
    case PieceKind::kUnknown: return 2;
    case PieceKind::kControl:
    case PieceKind::kCut: return 3;
    case PieceKind::kByte: return 6;
  }
  return 1;
}

std::string TrainerSpec(const Vocabulary& vocabulary) {
  constexpr uint64_t kBpe = 2;
  ProtoWriter spec;
  spec.Varint(3, kBpe);  // model_type
  spec.Varint(35, 1);    // byte_fallback
  spec.Varint(40, static_cast<uint64_t>(vocabulary.unk_token_id));
  spec.Varint(41, static_cast<uint64_t>(vocabulary.bos_token_id));
  spec.Varint(42, static_cast<uint64_t>(vocabulary.eos_token_id));
  spec.Varint(43, static_cast<uint64_t>(vocabulary.pad_token_id));
  const auto piece = [&](int32_t id) -> std::string_view {
    return vocabulary.pieces[static_cast<size_t>(id)].text;
  };
  spec.Bytes(45, piece(vocabulary.unk_token_id));
  spec.Bytes(46, piece(vocabulary.bos_token_id));
  spec.Bytes(47, piece(vocabulary.eos_token_id));
  spec.Bytes(48, piece(vocabulary.pad_token_id));
  return spec.Take();
}

std::string NormalizerSpec() {
  ProtoWriter spec;
  spec.Bytes(1, "identity");  // name
  spec.Varint(3, 0);          // add_dummy_prefix
  spec.Varint(4, 0);          // remove_extra_whitespaces
  spec.Varint(5, 1);          // escape_whitespaces
  return spec.Take();
}

}  // namespace

std::string SerializeSentencepieceModel(const Vocabulary& vocabulary) {
  ProtoWriter model, piece;
  for (const Piece& entry : vocabulary.pieces) {
    piece.Clear();
    piece.Bytes(1, entry.text);
    piece.Float(2, entry.score);
    piece.Varint(3, TypeOf(entry.kind));
    model.Bytes(1, piece.bytes());
  }
  model.Bytes(2, TrainerSpec(vocabulary));
  model.Bytes(3, NormalizerSpec());
  return model.Take();
}

}  // namespace gemma4
