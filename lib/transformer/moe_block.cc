#include "lib/transformer/moe_block.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "lib/ops/gelu.h"
#include "lib/ops/rms_norm.h"
#include "lib/ops/row_blocks.h"
#include "lib/ops/row_source.h"

namespace gemma4 {

StatusOr<MoeBlock> MoeBlock::Create(ModelWeights& weights, size_t layer, size_t max_chunk_tokens,
                                    const PackingOptions& packing) {
  MoeBlock block;
  block.config_ = &weights.config;
  block.weights_ = &weights.layers[layer];
  const MoeWeights& moe = *block.weights_->moe;
  GEMMA4_ASSIGN_OR_RETURN(block.router_, weights.MakeLinear(moe.router, packing));
  for (size_t e = 0; e < moe.gate_up.size(); ++e) {
    GEMMA4_ASSIGN_OR_RETURN(Linear gate_up, weights.MakeLinear(moe.gate_up[e], packing));
    GEMMA4_ASSIGN_OR_RETURN(Linear down, weights.MakeLinear(moe.down[e], packing));
    block.gate_up_.push_back(std::move(gate_up));
    block.down_.push_back(std::move(down));
  }
  // Nothing is allocated while tokens are made: an expert may be chosen by every row.
  block.rows_.resize(moe.gate_up.size());
  for (auto& rows : block.rows_) rows.reserve(max_chunk_tokens);
  block.order_.resize(moe.gate_up.size());
  return block;
}

// p = softmax(router rms(h) * scale / sqrt(H)); the top_k largest, divided by their sum, times each
// expert's scale. Source: Gemma4TextRouter.
Status MoeBlock::ChooseExperts(size_t num_rows, Activations& a, ThreadPool& pool) {
  const MoeWeights& moe = *weights_->moe;
  const size_t num_experts = rows_.size();
  const size_t top_k = config_->moe->top_k_experts;
  const size_t hidden = config_->hidden_size;
  const auto norm = [&](size_t row, float* normed) {
    RmsNormRow(a.hidden.data() + row * hidden, hidden, moe.router_scale, config_->rms_norm_eps,
               normed);
  };
  float* logits = a.router_logits.data();
  GEMMA4_RETURN_IF_ERROR(router_.Run(RowSource(norm), num_rows, logits, a.linear, pool));
  for (auto& rows : rows_) rows.clear();
  for (size_t r = 0; r < num_rows; ++r) {
    const float* row = logits + r * num_experts;
    for (size_t e = 0; e < num_experts; ++e) order_[e] = {row[e], e};
    // The softmax's own sum cancels when the chosen ones are divided by theirs.
    std::partial_sort(order_.begin(), order_.begin() + static_cast<ptrdiff_t>(top_k), order_.end(),
                      [](const auto& x, const auto& y) {
                        return x.first != y.first ? x.first > y.first : x.second < y.second;
                      });
    const float max = order_[0].first;
    float sum = 0.0f;
    for (size_t k = 0; k < top_k; ++k) sum += std::exp(order_[k].first - max);
    for (size_t k = 0; k < top_k; ++k) {
      const size_t e = order_[k].second;
      const float weight = std::exp(order_[k].first - max) / sum * moe.per_expert_scale[e];
      rows_[e].push_back({static_cast<uint32_t>(r), weight});
    }
  }
  return Status::Ok();
}

// Source: Gemma4TextExperts; [gate; up] is one linear layer.
Status MoeBlock::RunExpert(size_t expert, Activations& a, ThreadPool& pool) {
  const size_t hidden = config_->hidden_size;
  const size_t width = config_->moe->moe_intermediate_size;
  const std::vector<Choice>& rows = rows_[expert];
  const auto norm = [&](size_t i, float* normed) {
    RmsNormRow(a.hidden.data() + rows[i].row * hidden, hidden,
               weights_->moe->pre_feedforward_norm_2, config_->rms_norm_eps, normed);
  };
  GEMMA4_RETURN_IF_ERROR(
      gate_up_[expert].Run(RowSource(norm), rows.size(), a.gate_up.data(), a.linear, pool));
  const auto gate = [&](size_t i, float* gated) {
    const float* gate_up = a.gate_up.data() + i * 2 * width;
    GeluMulRow(gate_up, gate_up + width, width, gated);
  };
  GEMMA4_RETURN_IF_ERROR(
      down_[expert].Run(RowSource(gate), rows.size(), a.projected.data(), a.linear, pool));
  ForEachRowBlock(rows.size(), hidden, pool, [&](size_t begin, size_t end) {
    for (size_t i = begin; i < end; ++i) {
      float* sum = a.moe_sum.data() + rows[i].row * hidden;
      const float* out = a.projected.data() + i * hidden;
      for (size_t j = 0; j < hidden; ++j) sum[j] += rows[i].weight * out[j];
    }
  });
  return Status::Ok();
}

Status MoeBlock::Run(size_t num_rows, Activations& a, ThreadPool& pool) {
  const size_t hidden = config_->hidden_size;
  const MoeWeights& moe = *weights_->moe;
  GEMMA4_RETURN_IF_ERROR(ChooseExperts(num_rows, a, pool));
  std::fill_n(a.moe_sum.data(), num_rows * hidden, 0.0f);
  for (size_t e = 0; e < rows_.size(); ++e) {
    if (!rows_[e].empty()) GEMMA4_RETURN_IF_ERROR(RunExpert(e, a, pool));
  }
  RmsNorm(a.moe_sum.data(), num_rows, hidden, moe.post_feedforward_norm_2, config_->rms_norm_eps,
          a.moe_sum.data(), pool);
  return Status::Ok();
}

}  // namespace gemma4
