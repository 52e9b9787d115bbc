#include "lib/checkpoint/packed/packed_index.h"

#include <utility>

#include "lib/checkpoint/packed/byte_stream.h"
#include "lib/checkpoint/tokenizer/vocabulary_rules.h"

namespace gemma4 {
namespace {

// Each function names the fields of one struct, for writing and reading alike: `S` is ByteWriter or
// ByteReader.

// size_t is u64 in files.
template <typename S>
void Size(S& stream, size_t& value) {
  uint64_t wide = value;
  stream(wide);
  value = static_cast<size_t>(wide);
}

template <typename S>
void Fields(S& stream, RopeConfig& rope) {
  stream(rope.theta);
  stream(rope.factor);
  stream(rope.partial_rotary_factor);
}

template <typename S>
void Fields(S& stream, LayerConfig& layer) {
  stream(layer.kind);
  Size(stream, layer.head_dim);
  Size(stream, layer.num_key_value_heads);
  Size(stream, layer.intermediate_size);
  stream(layer.k_eq_v);
  Size(stream, layer.kv_source);
}

template <typename S>
void Fields(S& stream, MoeConfig& moe) {
  Size(stream, moe.num_experts);
  Size(stream, moe.top_k_experts);
  Size(stream, moe.moe_intermediate_size);
  stream(moe.has_split_gate_up);
}

// Presence, then the value.
template <typename S, typename T, typename Visit>
void Optional(S& stream, std::optional<T>& value, Visit visit) {
  bool has_value = value.has_value();
  stream(has_value);
  if (!has_value) return;
  if (!value) value.emplace();
  visit(stream, *value);
}

template <typename S>
void Ids(S& stream, std::vector<int32_t>& ids) {
  stream.List(ids, sizeof(int32_t), [](S& s, int32_t& id) { s(id); });
}

template <typename S>
void Fields(S& stream, ModelConfig& config) {
  stream(config.model_type);
  Size(stream, config.vocab_size);
  Size(stream, config.hidden_size);
  Size(stream, config.num_attention_heads);
  Size(stream, config.sliding_window);
  Size(stream, config.max_position_embeddings);
  stream(config.rms_norm_eps);
  stream(config.final_logit_softcapping);
  stream(config.tie_word_embeddings);
  Size(stream, config.hidden_size_per_layer_input);
  Size(stream, config.vocab_size_per_layer_input);
  Size(stream, config.num_kv_shared_layers);
  Optional(stream, config.moe, [](S& s, MoeConfig& moe) { Fields(s, moe); });
  Fields(stream, config.sliding_rope);
  Fields(stream, config.full_rope);
  stream.List(config.layers, 34, [](S& s, LayerConfig& layer) { Fields(s, layer); });
  stream(config.bos_token_id);
  stream(config.eos_token_id);
  stream(config.pad_token_id);
  Ids(stream, config.placeholder_token_ids);
}

template <typename S>
void Fields(S& stream, GenerationConfig& generation) {
  Ids(stream, generation.stop_token_ids);
  Ids(stream, generation.suppress_token_ids);
  stream(generation.do_sample);
  stream(generation.temperature);
  Size(stream, generation.top_k);
  stream(generation.top_p);
}

// As much of the stream as a piece takes at least, and what bounds how much memory it may cost.
constexpr size_t kMinPieceBytes = 9;

template <typename S>
void Fields(S& stream, Vocabulary& vocabulary) {
  stream.List(vocabulary.pieces, kMinPieceBytes, [](S& s, Piece& piece) {
    s(piece.text);
    s(piece.score);
    s(piece.kind);
  });
  stream(vocabulary.bos_token_id);
  stream(vocabulary.eos_token_id);
  stream(vocabulary.pad_token_id);
  stream(vocabulary.unk_token_id);
}

template <typename S>
void Fields(S& stream, PackedModel& model) {
  Fields(stream, model.config);
  Fields(stream, model.generation_config);
  Optional(stream, model.vocabulary, [](S& s, Vocabulary& v) { Fields(s, v); });
}

template <typename S>
void Fields(S& stream, PackedSection& section) {
  stream(section.offset);
  stream(section.size_bytes);
  stream(section.hash);
}

template <typename S>
void Fields(S& stream, PackedTensorEntry& entry) {
  CheckpointTensor& tensor = entry.tensor;
  stream(tensor.view.name);
  stream(tensor.view.type);
  stream.List(tensor.view.shape, sizeof(uint64_t), [](S& s, size_t& size) { Size(s, size); });
  stream(tensor.use);
  stream(tensor.role);
  Size(stream, tensor.layer);
  Fields(stream, entry.section);
}

template <typename S>
void Fields(S& stream, PackedLinearEntry& entry) {
  Size(stream, entry.linear.id);
  stream(entry.linear.format);
  Size(stream, entry.linear.in_features);
  Size(stream, entry.linear.out_features);
  Fields(stream, entry.section);
}

template <typename S>
void Fields(S& stream, PackedIndex& index) {
  stream(index.key.layout_hash);
  stream(index.key.layout_text);
  stream(index.key.source_hash);
  stream(index.key.sample_hash);
  stream(index.key.arithmetic);
  Optional(stream, index.model, [](S& s, PackedModel& model) { Fields(s, model); });
  stream.List(index.tensors, 47, [](S& s, PackedTensorEntry& entry) { Fields(s, entry); });
  stream.List(index.linears, 49, [](S& s, PackedLinearEntry& entry) { Fields(s, entry); });
}

template <typename T>
bool IsAtMost(T value, T last) {
  return static_cast<uint64_t>(value) <= static_cast<uint64_t>(last);
}

// Enum values that no writer wrote: what follows switches over them.
Status CheckEnums(const PackedIndex& index) {
  bool good = true;
  for (const PackedTensorEntry& entry : index.tensors) {
    good &= IsAtMost(entry.tensor.view.type, DataType::kW4G32) &&
            IsAtMost(entry.tensor.use, TensorUse::kDead) &&
            static_cast<size_t>(entry.tensor.role) < kNumTensorRoles;
  }
  if (index.model) {
    for (const LayerConfig& layer : index.model->config.layers) {
      good &= IsAtMost(layer.kind, LayerKind::kFull);
    }
    if (index.model->vocabulary) {
      for (const Piece& piece : index.model->vocabulary->pieces) {
        good &= IsAtMost(piece.kind, PieceKind::kByte) && !piece.text.empty();
      }
      good &= index.model->vocabulary->pieces.size() <= kMaxPieces;
    }
  }
  return good ? Status::Ok() : Status::Corrupt("the index is damaged");
}

}  // namespace

std::vector<std::byte> WritePackedIndex(const PackedIndex& index) {
  ByteWriter writer;
  Fields(writer, const_cast<PackedIndex&>(index));  // which a writer only reads
  return {writer.bytes().begin(), writer.bytes().end()};
}

StatusOr<PackedIndex> ReadPackedIndex(std::span<const std::byte> bytes) {
  ByteReader reader(bytes);
  PackedIndex index;
  Fields(reader, index);
  GEMMA4_RETURN_IF_ERROR(reader.status());
  GEMMA4_RETURN_IF_ERROR(CheckEnums(index));
  return index;
}

}  // namespace gemma4
