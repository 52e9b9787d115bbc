#include "lib/transformer/decoder_layer.h"

#include "lib/ops/gelu.h"
#include "lib/ops/rms_norm.h"
#include "lib/ops/rope.h"
#include "lib/ops/row_blocks.h"
#include "lib/ops/row_source.h"

namespace gemma4 {

StatusOr<DecoderLayer> DecoderLayer::Create(ModelWeights& weights, size_t layer,
                                            size_t max_chunk_tokens,
                                            const PackingOptions& packing) {
  DecoderLayer result;
  result.config_ = &weights.config;
  result.layer_ = &weights.config.layers[layer];
  result.weights_ = &weights.layers[layer];
  result.plan_ = PlanLayer(weights.config, layer);
  result.index_ = layer;
  for (size_t i = 0; i < kNumLayerLinears; ++i) {
    const LinearSource& source = result.weights_->linears[i];
    if (!source.exists()) continue;
    GEMMA4_ASSIGN_OR_RETURN(result.linears_[i], weights.MakeLinear(source, packing));
  }
  if (result.weights_->moe.has_value()) {
    GEMMA4_ASSIGN_OR_RETURN(result.moe_,
                            MoeBlock::Create(weights, layer, max_chunk_tokens, packing));
  }
  return result;
}

// h = h + rms(attention(rms(h)));  h = h + rms(mlp(rms(h)));  PLE block;  h *= layer_scalar.
// Source: Gemma4TextDecoderLayer.
Status DecoderLayer::Run(LayerBlock block, ChunkRows& rows, Activations& a, const float* ple,
                         size_t ple_stride, ThreadPool& pool) {
  switch (block) {
    case LayerBlock::kAttention: return RunAttention(rows, a, pool);
    case LayerBlock::kFeedForward: return RunFeedForward(rows.num_rows(), a, pool);
    case LayerBlock::kPerLayerInput:
      if (ple == nullptr) return Status::Ok();
      return RunPerLayerInput(rows.num_rows(), a, ple, ple_stride, pool);
  }
  return Status::Ok();
}

// keys_values: row r's raw k projection, then (unless k = v) its v projection, at r * stride.
Status DecoderLayer::ComputeKeysValues(const ChunkRows& rows, Activations& a,
                                       const float* keys_values, size_t stride, ThreadPool& pool) {
  const size_t num_rows = rows.num_rows();
  const size_t num_kv_heads = layer_->num_key_value_heads;
  const size_t head_dim = layer_->head_dim;
  const size_t kind = static_cast<size_t>(layer_->kind);
  const float eps = config_->rms_norm_eps;
  // Values of a k = v layer are the raw keys: before the weighted norm and before RoPE.
  const float* raw_values = layer_->k_eq_v ? keys_values : keys_values + num_kv_heads * head_dim;
  RmsNormHeads(keys_values, stride, num_rows, num_kv_heads, head_dim, weights_->k_norm, eps,
               a.keys.data(), pool);
  RmsNormHeads(raw_values, stride, num_rows, num_kv_heads, head_dim, /*weight=*/{}, eps,
               a.values.data(), pool);
  ApplyRope(a.keys.data(), num_rows, num_kv_heads, head_dim, a.cosines[kind].data(),
            a.sines[kind].data(), config_->rope(layer_->kind).num_rotated_pairs(head_dim), pool);
  for (const ChunkRows::Run& run : rows.runs()) {
    const size_t offset = run.first_row * num_kv_heads * head_dim;
    StoreKeysValues(run.cache->slab(index_), run.first_position, a.keys.data() + offset,
                    a.values.data() + offset, run.num_rows, pool);
  }
  return Status::Ok();
}

Status DecoderLayer::RunAttention(ChunkRows& rows, Activations& a, ThreadPool& pool) {
  const size_t hidden = config_->hidden_size;
  const size_t num_heads = config_->num_attention_heads;
  const size_t head_dim = layer_->head_dim;
  const size_t kind = static_cast<size_t>(layer_->kind);
  const float eps = config_->rms_norm_eps;
  float* qkv = a.qkv.data();

  const auto norm = [&](size_t row, float* normed) {
    RmsNormRow(a.hidden.data() + row * hidden, hidden, weights_->input_norm, eps, normed);
  };
  const RowSource normed(norm);
  size_t query_stride = num_heads * head_dim;
  if (plan_.computes_kv && !plan_.narrows_rows) {
    Linear& fused = linear(LayerLinear::kQueryKeyValue);
    GEMMA4_RETURN_IF_ERROR(fused.Run(normed, rows.num_rows(), qkv, a.linear, pool));
    query_stride = fused.out_features();
    GEMMA4_RETURN_IF_ERROR(
        ComputeKeysValues(rows, a, qkv + num_heads * head_dim, query_stride, pool));
  } else {
    if (plan_.computes_kv) {
      Linear& key_value = linear(LayerLinear::kKeyValue);
      GEMMA4_RETURN_IF_ERROR(key_value.Run(normed, rows.num_rows(), qkv, a.linear, pool));
      GEMMA4_RETURN_IF_ERROR(ComputeKeysValues(rows, a, qkv, key_value.out_features(), pool));
    }
    if (plan_.narrows_rows) {
      rows.MoveReadRowsTogether(a.hidden.data(), hidden);
      rows.Narrow(a, pool);
      if (rows.num_rows() == 0) return Status::Ok();
    }
    GEMMA4_RETURN_IF_ERROR(
        linear(LayerLinear::kQuery).Run(normed, rows.num_rows(), qkv, a.linear, pool));
  }

  const size_t num_rows = rows.num_rows();
  RmsNormHeads(qkv, query_stride, num_rows, num_heads, head_dim, weights_->q_norm, eps,
               a.queries.data(), pool);
  ApplyRope(a.queries.data(), num_rows, num_heads, head_dim, a.cosines[kind].data(),
            a.sines[kind].data(), config_->rope(layer_->kind).num_rotated_pairs(head_dim), pool);
  const size_t window = layer_->kind == LayerKind::kSliding ? config_->sliding_window : 0;
  Attention(rows.AttentionRows(layer_->kv_source), a.queries.data(), num_heads, window, qkv,
            a.attention, pool);
  GEMMA4_RETURN_IF_ERROR(
      linear(LayerLinear::kOutput).Run(qkv, num_rows, a.projected.data(), a.linear, pool));
  AddRmsNorm(a.projected.data(), num_rows, hidden, weights_->post_attention_norm, eps,
             /*scale=*/1.0f, a.hidden.data(), pool);
  return Status::Ok();
}

Status DecoderLayer::RunFeedForward(size_t num_rows, Activations& a, ThreadPool& pool) {
  const size_t hidden = config_->hidden_size;
  const size_t intermediate = layer_->intermediate_size;
  const float eps = config_->rms_norm_eps;
  const auto norm = [&](size_t row, float* normed) {
    RmsNormRow(a.hidden.data() + row * hidden, hidden, weights_->pre_feedforward_norm, eps, normed);
  };
  GEMMA4_RETURN_IF_ERROR(linear(LayerLinear::kGateUp)
                             .Run(RowSource(norm), num_rows, a.gate_up.data(), a.linear, pool));
  const auto gate = [&](size_t row, float* gated) {
    const float* gate_up = a.gate_up.data() + row * 2 * intermediate;
    GeluMulRow(gate_up, gate_up + intermediate, intermediate, gated);
  };
  GEMMA4_RETURN_IF_ERROR(linear(LayerLinear::kDown)
                             .Run(RowSource(gate), num_rows, a.projected.data(), a.linear, pool));
  if (moe_.has_value()) {
    // The dense network and the experts each read the residual stream; their normed outputs add up.
    RmsNorm(a.projected.data(), num_rows, hidden, weights_->moe->post_feedforward_norm_1, eps,
            a.moe_dense.data(), pool);
    GEMMA4_RETURN_IF_ERROR(moe_->Run(num_rows, a, pool));
    ForEachRowBlock(num_rows, hidden, pool, [&](size_t begin, size_t end) {
      for (size_t i = begin * hidden; i < end * hidden; ++i) {
        a.projected.data()[i] = a.moe_dense.data()[i] + a.moe_sum.data()[i];
      }
    });
  }
  // layer_scalar scales the whole residual stream at the layer's end, which is here without PLE.
  const float scale = config_->hidden_size_per_layer_input > 0 ? 1.0f : weights_->layer_scalar;
  AddRmsNorm(a.projected.data(), num_rows, hidden, weights_->post_feedforward_norm, eps, scale,
             a.hidden.data(), pool);
  return Status::Ok();
}

Status DecoderLayer::RunPerLayerInput(size_t num_rows, Activations& a, const float* ple,
                                      size_t ple_stride, ThreadPool& pool) {
  const size_t ple_size = config_->hidden_size_per_layer_input;
  // The gate reads the residual stream without a norm.
  GEMMA4_RETURN_IF_ERROR(linear(LayerLinear::kPerLayerInputGate)
                             .Run(a.hidden.data(), num_rows, a.ple_gate.data(), a.linear, pool));
  const auto gate = [&](size_t row, float* gated) {
    GeluMulRow(a.ple_gate.data() + row * ple_size, ple + row * ple_stride, ple_size, gated);
  };
  GEMMA4_RETURN_IF_ERROR(linear(LayerLinear::kPerLayerProjection)
                             .Run(RowSource(gate), num_rows, a.projected.data(), a.linear, pool));
  AddRmsNorm(a.projected.data(), num_rows, config_->hidden_size,
             weights_->post_per_layer_input_norm, config_->rms_norm_eps, weights_->layer_scalar,
             a.hidden.data(), pool);
  return Status::Ok();
}

}  // namespace gemma4
