#include "lib/transformer/runner.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "lib/ops/rms_norm.h"
#include "lib/ops/row_blocks.h"
#include "lib/ops/softcap.h"

namespace gemma4 {
StatusOr<std::unique_ptr<Runner>> Runner::Create(ModelWeights& weights,
                                                 const TransformerOptions& options,
                                                 const BeforeStep& before_step) {
  GEMMA4_ASSIGN_OR_RETURN(Activations activations,
                          Activations::Create(weights.config, options.max_chunk_tokens,
                                              options.thread_pool->num_threads()));
  std::unique_ptr<Runner> runner(new Runner(weights, options, std::move(activations)));
  const PackingOptions packing{options.thread_pool, options.cancel};
  uint64_t done_bytes = 0;
  const auto make = [&](const LinearSource& source, Linear& linear) -> Status {
    if (!source.exists()) return Status::Ok();
    GEMMA4_RETURN_IF_ERROR(before_step(done_bytes));
    GEMMA4_ASSIGN_OR_RETURN(linear, weights.MakeLinear(source, packing));
    done_bytes += source.stored_bytes();
    return Status::Ok();
  };
  GEMMA4_RETURN_IF_ERROR(make(weights.per_layer_model_early, runner->per_layer_model_early_));
  GEMMA4_RETURN_IF_ERROR(make(weights.per_layer_model_late, runner->per_layer_model_late_));
  for (size_t l = 0; l < weights.layers.size(); ++l) {
    GEMMA4_RETURN_IF_ERROR(before_step(done_bytes));
    GEMMA4_ASSIGN_OR_RETURN(DecoderLayer layer,
                            DecoderLayer::Create(weights, l, options.max_chunk_tokens, packing));
    runner->layers_.push_back(std::move(layer));
    for (const LinearSource& source : weights.layers[l].linears) {
      done_bytes += source.stored_bytes();
    }
    if (const auto& moe = weights.layers[l].moe; moe.has_value()) {
      done_bytes += moe->router.stored_bytes();
      for (const LinearSource& source : moe->gate_up) done_bytes += source.stored_bytes();
      for (const LinearSource& source : moe->down) done_bytes += source.stored_bytes();
    }
  }
  GEMMA4_RETURN_IF_ERROR(before_step(done_bytes));
  GEMMA4_RETURN_IF_ERROR(runner->MakeHead(weights, packing));
  GEMMA4_RETURN_IF_ERROR(before_step(done_bytes + weights.head.stored_bytes()));
  // Not earlier: a tied head is packed from all rows of embed_tokens.
  weights.checkpoint.ReadSparsely(weights.embed_tokens.data);
  weights.checkpoint.ReadSparsely(weights.embed_tokens_per_layer.data);
  return runner;
}

Runner::Runner(ModelWeights& weights, const TransformerOptions& options, Activations activations)
    : weights_(weights),
      config_(weights.config),
      pool_(*options.thread_pool),
      activations_(std::move(activations)),
      rows_(weights.config, options.max_chunk_tokens),
      embed_tokens_(weights.embed_tokens, weights.checkpoint),
      embed_tokens_per_layer_(weights.embed_tokens_per_layer, weights.checkpoint) {
  lookup_ids_.reserve(options.max_chunk_tokens);
  read_lookup_ids_.reserve(options.max_chunk_tokens);
  layers_.reserve(weights.layers.size());
}

// Slices of about the same size, of which each fits in a row of a.gate_up, its output meanwhile.
Status Runner::MakeHead(ModelWeights& weights, const PackingOptions& packing) {
  GEMMA4_RETURN_IF_ERROR(weights.Pack(weights.head, packing));
  const size_t vocab_size = config_.vocab_size, width = activations_.gate_up_width;
  size_t num_slices = (vocab_size + width - 1) / width;
  const auto last_slice_rows = [&] { return vocab_size - (num_slices - 1) * head_slice_rows_; };
  for (;; ++num_slices) {
    head_slice_rows_ = vocab_size / num_slices / kLinearSliceRows * kLinearSliceRows;
    if (num_slices == 1 || last_slice_rows() <= width) break;
  }
  for (size_t slice = 0; slice < num_slices; ++slice) {
    const size_t begin = slice * head_slice_rows_;
    const size_t end = slice + 1 == num_slices ? vocab_size : begin + head_slice_rows_;
    GEMMA4_ASSIGN_OR_RETURN(Linear linear, Linear::CreateSlice(weights.packed, weights.head.format,
                                                               weights.head.spec(), begin, end));
    head_.push_back(std::move(linear));
  }
  return Status::Ok();
}

// Stage 0 is the embeddings; then come the layers' blocks; then the slices of the head.
constexpr size_t kFirstLayerStage = 1;

bool Runner::HasNarrowed(size_t stage) const {
  const size_t narrowing = kFirstLayerStage + config_.last_kv_layer() * kNumLayerBlocks +
                           static_cast<size_t>(LayerBlock::kAttention);
  return stage > narrowing;
}

StatusOr<bool> Runner::Run(std::span<const ChunkSequence> chunk, size_t end,
                           const ForwardOptions& options) {
  if (options.stats != nullptr) {
    options.stats->kv_rows.assign(config_.num_layers(), 0);
    options.stats->block_rows.assign(config_.num_layers(), 0);
  }
  has_logits_ = std::any_of(chunk.begin(), chunk.end(), [](const ChunkSequence& sequence) {
    return sequence.read != RowsRead::kNone && sequence.logits != nullptr;
  });
  const size_t first_head_stage = kFirstLayerStage + layers_.size() * kNumLayerBlocks;
  const size_t num_stages = first_head_stage + (has_logits_ ? head_.size() : 1);
  size_t stage = StageOf(chunk.front());
  const size_t first = stage;
  rows_.Fill(chunk, activations_, pool_);
  if (first > 0) TakeUp(chunk, first);
  for (; stage < num_stages; ++stage) {
    const bool is_late =
        options.deadline && stage > first && std::chrono::steady_clock::now() >= *options.deadline;
    if (is_late || stage == end) {
      SetAside(chunk, stage);
      return false;
    }
    GEMMA4_RETURN_IF_ERROR(CheckCancelled(options.cancel, "the forward pass"));
    GEMMA4_RETURN_IF_ERROR(RunStage(stage, chunk, options));
    if (rows_.num_rows() == 0) {                  // nobody reads the output: K/V are all stored
      if (end != SIZE_MAX) SetAside(chunk, end);  // others, for whom they were run, are there
      return true;
    }
  }
  return true;
}

Status Runner::RunStage(size_t stage, std::span<const ChunkSequence> chunk,
                        const ForwardOptions& options) {
  if (stage < kFirstLayerStage) {
    GEMMA4_RETURN_IF_ERROR(Embed());
    if (options.observer) {
      options.observer(-1, {activations_.hidden.data(), rows_.num_rows() * config_.hidden_size});
    }
    if (config_.hidden_size_per_layer_input == 0) return Status::Ok();
    return ComputePerLayerInputs();
  }
  const size_t block = stage - kFirstLayerStage;
  if (block < layers_.size() * kNumLayerBlocks) {
    return RunLayerBlock(block / kNumLayerBlocks, static_cast<LayerBlock>(block % kNumLayerBlocks),
                         options);
  }
  const size_t slice = block - layers_.size() * kNumLayerBlocks;
  if (slice == 0) {
    RunFinalNorm();
    WriteHidden(chunk, options);
  }
  return has_logits_ ? RunHeadSlice(slice, chunk) : Status::Ok();
}

Runner::LiveFloats Runner::LiveOf(const ChunkSequence& sequence, size_t stage) const {
  const size_t ple_size = config_.hidden_size_per_layer_input;
  const size_t cut = config_.last_kv_layer();
  const size_t num_rows = sequence.token_ids.size();
  const size_t num_read = sequence.num_rows_read();
  return {(HasNarrowed(stage) ? num_read : num_rows) * config_.hidden_size,
          HasNarrowed(stage) ? 0 : num_rows * cut * ple_size,
          num_read * (config_.num_layers() - cut) * ple_size};
}

void Runner::SetAside(std::span<const ChunkSequence> chunk, size_t stage) {
  const float* hidden = activations_.hidden.data();
  const float* ple_early = activations_.ple_early.data();
  const float* ple_late = activations_.ple_late.data();
  for (const ChunkSequence& sequence : chunk) {
    const LiveFloats live = LiveOf(sequence, stage);
    RowsInFlight& rows = *sequence.in_flight;
    rows.Clear();  // if there is no memory they begin anew
    rows.hidden_.assign(hidden, hidden + live.hidden);
    rows.ple_early_.assign(ple_early, ple_early + live.ple_early);
    rows.ple_late_.assign(ple_late, ple_late + live.ple_late);
    rows.stage_ = stage;
    hidden += live.hidden;
    ple_early += live.ple_early;
    ple_late += live.ple_late;
  }
}

void Runner::TakeUp(std::span<const ChunkSequence> chunk, size_t stage) {
  float* hidden = activations_.hidden.data();
  float* ple_early = activations_.ple_early.data();
  float* ple_late = activations_.ple_late.data();
  for (const ChunkSequence& sequence : chunk) {
    const RowsInFlight& rows = *sequence.in_flight;
    hidden = std::copy(rows.hidden_.begin(), rows.hidden_.end(), hidden);
    ple_early = std::copy(rows.ple_early_.begin(), rows.ple_early_.end(), ple_early);
    ple_late = std::copy(rows.ple_late_.begin(), rows.ple_late_.end(), ple_late);
  }
  if (HasNarrowed(stage)) rows_.Narrow(activations_, pool_);
}

// hidden = E[id] * sqrt(hidden_size). Source: Gemma4TextScaledWordEmbedding.
Status Runner::Embed() {
  const auto& placeholders = config_.placeholder_token_ids;
  lookup_ids_.clear();
  for (int32_t id : rows_.token_ids()) {
    const bool placeholder =
        std::find(placeholders.begin(), placeholders.end(), id) != placeholders.end();
    lookup_ids_.push_back(placeholder ? config_.pad_token_id : id);
  }
  read_lookup_ids_.clear();
  for (size_t row : rows_.read_rows()) read_lookup_ids_.push_back(lookup_ids_[row]);
  embed_tokens_.Read(lookup_ids_, 0, config_.hidden_size,
                     std::sqrt(static_cast<float>(config_.hidden_size)), activations_.hidden.data(),
                     pool_);
  return Status::Ok();
}

// The PLE inputs of every layer: early layers for all rows, the others for the read rows.
Status Runner::ComputePerLayerInputs() {
  const size_t hidden = config_.hidden_size;
  const size_t cut = config_.last_kv_layer();
  Activations& a = activations_;
  if (cut > 0) {
    GEMMA4_RETURN_IF_ERROR(MixPerLayerInputs(per_layer_model_early_,
                                             RowSource(a.hidden.data(), hidden), lookup_ids_, 0,
                                             cut, a.ple_early.data()));
  }
  const std::span<const size_t> read_rows = rows_.read_rows();
  if (read_rows.empty()) return Status::Ok();
  const auto read_embedding = [&](size_t i, float* room) {
    std::copy_n(a.hidden.data() + read_rows[i] * hidden, hidden, room);
  };
  return MixPerLayerInputs(per_layer_model_late_, RowSource(read_embedding), read_lookup_ids_, cut,
                           config_.num_layers() - cut, a.ple_late.data());
}

// out[r, l, :] = (rms(W x_r / sqrt(hidden))_l + sqrt(P) Epl[id_r]_l) / sqrt(2) for num_layers
// layers from first_layer. Dividing by sqrt(hidden) before the norm only makes eps weigh hidden
// times as much, so that is how it is done. Source: Gemma4TextModel.project_per_layer_inputs.
Status Runner::MixPerLayerInputs(Linear& projection, const RowSource& embeddings,
                                 std::span<const int32_t> ids, size_t first_layer,
                                 size_t num_layers, float* out) {
  const size_t ple_size = config_.hidden_size_per_layer_input;
  const size_t row_size = num_layers * ple_size;
  const float eps = config_.rms_norm_eps * static_cast<float>(config_.hidden_size);
  float* tokens = activations_.gate_up.data();
  GEMMA4_RETURN_IF_ERROR(projection.Run(embeddings, ids.size(), out, activations_.linear, pool_));
  RmsNormHeads(out, row_size, ids.size(), num_layers, ple_size, weights_.per_layer_projection_norm,
               eps, out, pool_);
  embed_tokens_per_layer_.Read(ids, first_layer * ple_size, row_size,
                               std::sqrt(static_cast<float>(ple_size)), tokens, pool_);
  constexpr float kInverseSqrt2 = 0.70710678118654752f;
  ForEachRowBlock(ids.size(), row_size, pool_, [&](size_t begin, size_t end) {
    for (size_t i = begin * row_size; i < end * row_size; ++i) {
      out[i] = (out[i] + tokens[i]) * kInverseSqrt2;
    }
  });
  return Status::Ok();
}

Status Runner::RunLayerBlock(size_t l, LayerBlock block, const ForwardOptions& options) {
  const size_t ple_size = config_.hidden_size_per_layer_input;
  const size_t cut = config_.last_kv_layer();
  DecoderLayer& layer = layers_[l];
  if (options.stats != nullptr && block == LayerBlock::kAttention && layer.plan().computes_kv) {
    options.stats->kv_rows[l] = rows_.num_rows();
  }
  const float* ple = nullptr;
  size_t ple_stride = 0;
  if (ple_size > 0) {
    const bool early = l < cut;
    ple = early ? activations_.ple_early.data() + l * ple_size
                : activations_.ple_late.data() + (l - cut) * ple_size;
    ple_stride = (early ? cut : layers_.size() - cut) * ple_size;
  }
  GEMMA4_RETURN_IF_ERROR(layer.Run(block, rows_, activations_, ple, ple_stride, pool_));
  if (options.stats != nullptr) options.stats->block_rows[l] = rows_.num_rows();
  if (options.observer && block == LayerBlock::kPerLayerInput) {
    options.observer(static_cast<ptrdiff_t>(l),
                     {activations_.hidden.data(), rows_.num_rows() * config_.hidden_size});
  }
  return Status::Ok();
}

// hidden = rms(hidden), which every slice of the head reads.
void Runner::RunFinalNorm() {
  float* hidden = activations_.hidden.data();
  RmsNorm(hidden, rows_.num_rows(), config_.hidden_size, weights_.final_norm, config_.rms_norm_eps,
          hidden, pool_);
}

void Runner::WriteHidden(std::span<const ChunkSequence> chunk, const ForwardOptions& options) {
  const float* hidden = activations_.hidden.data();
  if (options.observer) {
    options.observer(static_cast<ptrdiff_t>(layers_.size()),
                     {hidden, rows_.num_rows() * config_.hidden_size});
  }
  for (const ChunkSequence& sequence : chunk) {
    const size_t num_floats = sequence.num_rows_read() * config_.hidden_size;
    if (sequence.hidden != nullptr) std::copy_n(hidden, num_floats, sequence.hidden);
    hidden += num_floats;
  }
}

// logits = cap * tanh(E hidden / cap), E some rows of the tied embedding or lm_head.
Status Runner::RunHeadSlice(size_t slice, std::span<const ChunkSequence> chunk) {
  Activations& a = activations_;
  const size_t num_rows = rows_.num_rows();
  const size_t begin = slice * head_slice_rows_;
  const size_t count = head_[slice].out_features();
  const auto logits_of = [&](size_t row) {
    const ChunkSequence& sequence = chunk[rows_.sequence_of(row)];
    const size_t index = sequence.read == RowsRead::kAll ? rows_.index_in_sequence(row) : 0;
    return sequence.logits + index * config_.vocab_size + begin;
  };
  // One row's slice goes straight to its place; those of several rows lie side by side.
  float* out = num_rows == 1 ? logits_of(0) : a.gate_up.data();
  GEMMA4_RETURN_IF_ERROR(head_[slice].Run(a.hidden.data(), num_rows, out, a.linear, pool_));
  if (config_.final_logit_softcapping > 0.0f) {
    Softcap({out, num_rows * count}, config_.final_logit_softcapping, pool_);
  }
  if (num_rows == 1) return Status::Ok();
  pool_.ParallelFor(num_rows,
                    [&](size_t row) { std::copy_n(out + row * count, count, logits_of(row)); });
  return Status::Ok();
}

}  // namespace gemma4
