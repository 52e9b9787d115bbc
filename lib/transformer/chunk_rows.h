// ChunkRows: which sequence and position each row of a chunk belongs to, and its rotary angles.
#ifndef GEMMA4_LIB_TRANSFORMER_CHUNK_ROWS_H_
#define GEMMA4_LIB_TRANSFORMER_CHUNK_ROWS_H_

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "lib/model/model_config.h"
#include "lib/ops/attention.h"
#include "lib/ops/rope.h"
#include "lib/transformer/activations.h"
#include "lib/transformer/kv_cache.h"

namespace gemma4 {

struct ChunkSequence;

// Belongs to a Runner and is filled anew for every chunk; its vectors keep their capacity.
class ChunkRows {
 public:
  // Room for max_chunk_tokens rows, so that filling allocates nothing.
  ChunkRows(const ModelConfig& config, size_t max_chunk_tokens);

  // Takes in the rows of a chunk and computes their rotary angles.
  void Fill(std::span<const ChunkSequence> chunk, Activations& a, ThreadPool& pool);

  // Rows that are left: all of the chunk, or, once narrowed, those that are read.
  size_t num_rows() const { return row_positions_.size(); }
  std::span<const int32_t> token_ids() const { return token_ids_; }  // of all rows of the chunk

  // The sequence of the chunk that a row that is left belongs to, and which row of it that is.
  size_t sequence_of(size_t row) const { return row_runs_[row]; }
  size_t index_in_sequence(size_t row) const {
    return row_positions_[row] - runs_[row_runs_[row]].first_position;
  }

  // Rows of the chunk whose output is read, ascending.
  std::span<const size_t> read_rows() const { return read_rows_; }

  // Moves the read rows of a [num_rows, size] buffer to its front.
  void MoveReadRowsTogether(float* buffer, size_t size) const;

  // From here on the rows are the read rows. The caller moves its own buffers first.
  void Narrow(Activations& a, ThreadPool& pool);

  // The runs of consecutive positions that the chunk adds to each cache.
  struct Run {
    KvCache* cache;
    size_t first_row;
    size_t first_position;
    size_t num_rows;
  };
  std::span<const Run> runs() const { return runs_; }

  // For attention in a layer that reads the K/V of layer `kv_source`. Valid until the next call.
  std::span<const AttentionRow> AttentionRows(size_t kv_source);

 private:
  void ComputeAngles(Activations& a, ThreadPool& pool) const;

  RopeFrequencies frequencies_[2];  // by LayerKind
  std::vector<int32_t> token_ids_;
  std::vector<size_t> read_rows_;
  std::vector<size_t> row_positions_;
  std::vector<size_t> row_runs_;  // index into runs_ of each row
  std::vector<Run> runs_;
  std::vector<KvSlab> run_slabs_;
  std::vector<AttentionRow> attention_rows_;
};

}  // namespace gemma4

#endif  // GEMMA4_LIB_TRANSFORMER_CHUNK_ROWS_H_
