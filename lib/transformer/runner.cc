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
  GEMMA4_RETURN_IF_ERROR(make(weights.head, runner->head_));
  GEMMA4_RETURN_IF_ERROR(before_step(done_bytes));
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

Status Runner::Run(std::span<const ChunkSequence> chunk, std::span<float> logits,
                   const ForwardOptions& options) {
  if (options.stats != nullptr) {
    options.stats->kv_rows.assign(config_.num_layers(), 0);
    options.stats->block_rows.assign(config_.num_layers(), 0);
  }
  rows_.Fill(chunk, activations_, pool_);
  GEMMA4_RETURN_IF_ERROR(Embed());
  if (options.observer) {
    options.observer(-1, {activations_.hidden.data(), rows_.num_rows() * config_.hidden_size});
  }
  if (config_.hidden_size_per_layer_input > 0) GEMMA4_RETURN_IF_ERROR(ComputePerLayerInputs());
  GEMMA4_RETURN_IF_ERROR(RunLayers(options));
  return RunHead(logits, options);
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
    GEMMA4_RETURN_IF_ERROR(MixPerLayerInputs(per_layer_model_early_, a.hidden.data(), lookup_ids_,
                                             0, cut, a.ple_early.data()));
  }
  const size_t num_read = rows_.read_rows().size();
  if (num_read == 0) return Status::Ok();
  const float* read_embeddings = a.hidden.data();
  if (num_read < rows_.num_rows()) {
    std::copy_n(a.hidden.data(), rows_.num_rows() * hidden, a.normed.data());
    rows_.MoveReadRowsTogether(a.normed.data(), hidden);
    read_embeddings = a.normed.data();
  }
  return MixPerLayerInputs(per_layer_model_late_, read_embeddings, read_lookup_ids_, cut,
                           config_.num_layers() - cut, a.ple_late.data());
}

// out[r, l, :] = (rms(W x_r / sqrt(hidden))_l + sqrt(P) Epl[id_r]_l) / sqrt(2) for num_layers
// layers from first_layer. Dividing by sqrt(hidden) before the norm only makes eps weigh hidden
// times as much, so that is how it is done. Source: Gemma4TextModel.project_per_layer_inputs.
Status Runner::MixPerLayerInputs(Linear& projection, const float* embeddings,
                                 std::span<const int32_t> ids, size_t first_layer,
                                 size_t num_layers, float* out) {
  const size_t ple_size = config_.hidden_size_per_layer_input;
  const size_t row_size = num_layers * ple_size;
  const float eps = config_.rms_norm_eps * static_cast<float>(config_.hidden_size);
  float* tokens = activations_.gate_up.data();
  GEMMA4_RETURN_IF_ERROR(
      projection.Run(embeddings, ids.size(), out, activations_.quantizer, pool_));
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

Status Runner::RunLayers(const ForwardOptions& options) {
  const size_t ple_size = config_.hidden_size_per_layer_input;
  const size_t cut = config_.last_kv_layer();
  for (size_t l = 0; l < layers_.size(); ++l) {
    GEMMA4_RETURN_IF_ERROR(CheckCancelled(options.cancel, "the forward pass"));
    DecoderLayer& layer = layers_[l];
    if (options.stats != nullptr && layer.plan().computes_kv) {
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
    GEMMA4_RETURN_IF_ERROR(layer.Run(rows_, activations_, ple, ple_stride, pool_));
    if (rows_.num_rows() == 0) return Status::Ok();  // nobody reads logits: K/V are all stored
    if (options.stats != nullptr) options.stats->block_rows[l] = rows_.num_rows();
    if (options.observer) {
      options.observer(static_cast<ptrdiff_t>(l),
                       {activations_.hidden.data(), rows_.num_rows() * config_.hidden_size});
    }
  }
  return Status::Ok();
}

// logits = cap * tanh(E rms(hidden) / cap), E the tied embedding or lm_head.
Status Runner::RunHead(std::span<float> logits, const ForwardOptions& options) {
  const size_t num_rows = rows_.num_rows();
  if (num_rows == 0) return Status::Ok();
  GEMMA4_RETURN_IF_ERROR(CheckCancelled(options.cancel, "the forward pass"));
  Activations& a = activations_;
  RmsNorm(a.hidden.data(), num_rows, config_.hidden_size, weights_.final_norm, config_.rms_norm_eps,
          a.normed.data(), pool_);
  if (options.observer) {
    options.observer(static_cast<ptrdiff_t>(layers_.size()),
                     {a.normed.data(), num_rows * config_.hidden_size});
  }
  GEMMA4_RETURN_IF_ERROR(head_.Run(a.normed.data(), num_rows, logits.data(), a.quantizer, pool_));
  if (config_.final_logit_softcapping > 0.0f) {
    Softcap(logits.first(num_rows * config_.vocab_size), config_.final_logit_softcapping, pool_);
  }
  return Status::Ok();
}

}  // namespace gemma4
