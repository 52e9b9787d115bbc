// MoeBlock: the mixture of experts beside a layer's dense feed-forward network (26B-A4B).
#ifndef GEMMA4_LIB_TRANSFORMER_MOE_BLOCK_H_
#define GEMMA4_LIB_TRANSFORMER_MOE_BLOCK_H_

#include <cstddef>
#include <cstdint>
#include <vector>

#include "lib/base/status.h"
#include "lib/base/thread_pool.h"
#include "lib/model/model_config.h"
#include "lib/ops/linear.h"
#include "lib/transformer/activations.h"
#include "lib/transformer/model_weights.h"

namespace gemma4 {

// Holds XNNPACK operators, so it belongs to one Runner.
class MoeBlock {
 public:
  static StatusOr<MoeBlock> Create(ModelWeights& weights, size_t layer, size_t max_chunk_tokens,
                                   const PackingOptions& packing);

  // a.moe_sum[r, :] = rms(sum over the chosen experts of w_e expert_e(rms(h_r))), for each row of
  // a.hidden, which stays. Uses a.gate_up and a.projected.
  //
  // The router reads the residual stream itself. Rows are grouped by expert, so that each expert is
  // one linear layer over its rows; a row's sum runs over its experts in the order of their
  // numbers, whatever other rows there are.
  Status Run(size_t num_rows, Activations& a, ThreadPool& pool);

 private:
  // Fills rows_.
  Status ChooseExperts(size_t num_rows, Activations& a, ThreadPool& pool);
  Status RunExpert(size_t expert, Activations& a, ThreadPool& pool);

  struct Choice {
    uint32_t row;
    float weight;
  };

  const ModelConfig* config_ = nullptr;
  const LayerWeights* weights_ = nullptr;
  Linear router_;
  std::vector<Linear> gate_up_, down_;           // [num_experts]
  std::vector<std::vector<Choice>> rows_;        // [num_experts] the rows that chose it
  std::vector<std::pair<float, size_t>> order_;  // [num_experts] scratch of one row
};

}  // namespace gemma4

#endif  // GEMMA4_LIB_TRANSFORMER_MOE_BLOCK_H_
