#include "lib/transformer/chunk_rows.h"

#include <cstring>

#include "lib/transformer/transformer.h"

namespace gemma4 {
namespace {

// head_dim agrees among layers of one kind (ModelConfig::Validate).
RopeFrequencies FrequenciesOf(const ModelConfig& config, LayerKind kind) {
  for (const LayerConfig& layer : config.layers) {
    if (layer.kind != kind) continue;
    const RopeConfig& rope = config.rope(kind);
    return RopeFrequencies(rope.theta, rope.factor, layer.head_dim,
                           rope.num_rotated_pairs(layer.head_dim));
  }
  return RopeFrequencies();
}

}  // namespace

ChunkRows::ChunkRows(const ModelConfig& config, size_t max_chunk_tokens)
    : frequencies_{FrequenciesOf(config, LayerKind::kSliding),
                   FrequenciesOf(config, LayerKind::kFull)} {
  token_ids_.reserve(max_chunk_tokens);
  read_rows_.reserve(max_chunk_tokens);
  row_positions_.reserve(max_chunk_tokens);
  row_runs_.reserve(max_chunk_tokens);
  runs_.reserve(max_chunk_tokens);
  run_slabs_.reserve(max_chunk_tokens);
  attention_rows_.reserve(max_chunk_tokens);
}

void ChunkRows::Fill(std::span<const ChunkSequence> chunk, Activations& a, ThreadPool& pool) {
  token_ids_.clear();
  read_rows_.clear();
  row_positions_.clear();
  row_runs_.clear();
  runs_.clear();
  for (const ChunkSequence& sequence : chunk) {
    const size_t first_row = token_ids_.size();
    const size_t first_position = sequence.cache->num_tokens();
    const size_t num_rows = sequence.token_ids.size();
    for (size_t i = 0; i < num_rows; ++i) {
      token_ids_.push_back(sequence.token_ids[i]);
      row_positions_.push_back(first_position + i);
      row_runs_.push_back(runs_.size());
      if (sequence.read == RowsRead::kAll ||
          (sequence.read == RowsRead::kLast && i + 1 == num_rows)) {
        read_rows_.push_back(first_row + i);
      }
    }
    runs_.push_back({sequence.cache, first_row, first_position, num_rows});
  }
  ComputeAngles(a, pool);
}

void ChunkRows::ComputeAngles(Activations& a, ThreadPool& pool) const {
  for (size_t kind = 0; kind < 2; ++kind) {
    frequencies_[kind].Angles(row_positions_, a.cosines[kind].data(), a.sines[kind].data(), pool);
  }
}

void ChunkRows::MoveReadRowsTogether(float* buffer, size_t size) const {
  for (size_t i = 0; i < read_rows_.size(); ++i) {
    // Rows ascend, so a row never lands on one that is still to be moved.
    std::memmove(buffer + i * size, buffer + read_rows_[i] * size, size * sizeof(float));
  }
}

void ChunkRows::Narrow(Activations& a, ThreadPool& pool) {
  if (read_rows_.size() == row_positions_.size()) return;
  for (size_t i = 0; i < read_rows_.size(); ++i) {
    row_positions_[i] = row_positions_[read_rows_[i]];
    row_runs_[i] = row_runs_[read_rows_[i]];
  }
  row_positions_.resize(read_rows_.size());
  row_runs_.resize(read_rows_.size());
  ComputeAngles(a, pool);
}

std::span<const AttentionRow> ChunkRows::AttentionRows(size_t kv_source) {
  run_slabs_.clear();
  for (const Run& run : runs_) run_slabs_.push_back(run.cache->slab(kv_source));
  attention_rows_.clear();
  for (size_t r = 0; r < num_rows(); ++r) {
    attention_rows_.push_back({&run_slabs_[row_runs_[r]], row_positions_[r]});
  }
  return attention_rows_;
}

}  // namespace gemma4
