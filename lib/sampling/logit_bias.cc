#include "lib/sampling/logit_bias.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>
#include <vector>

#include "lib/sampling/finite_logit.h"

namespace gemma4 {

Status CheckLogitBias(std::span<const TokenBias> biases, size_t vocab_size) {
  std::vector<std::pair<int32_t, size_t>> ids;  // with their places in `biases`
  ids.reserve(biases.size());
  for (size_t i = 0; i < biases.size(); ++i) {
    const auto [id, bias] = biases[i];
    if (id < 0 || static_cast<size_t>(id) >= vocab_size) {
      return Status::InvalidArgument(
          "logit_bias[%zu] is of token id %d, outside the vocabulary of %zu", i, id, vocab_size);
    }
    if (!(bias <= std::numeric_limits<float>::max())) {  // false for NaN, too
      return Status::InvalidArgument(
          "logit_bias[%zu], of token id %d, is %g; it must be a finite number or -infinity", i, id,
          static_cast<double>(bias));
    }
    ids.emplace_back(id, i);
  }
  std::sort(ids.begin(), ids.end());
  for (size_t i = 1; i < ids.size(); ++i) {
    if (ids[i].first != ids[i - 1].first) continue;
    return Status::InvalidArgument(
        "logit_bias[%zu] and [%zu] are both of token id %d; a token has one bias",
        ids[i - 1].second, ids[i].second, ids[i].first);
  }
  return Status::Ok();
}

void ApplyLogitBias(std::span<const TokenBias> biases, std::span<float> logits) {
  for (const auto [id, bias] : biases) {
    float& logit = logits[static_cast<size_t>(id)];
    if (std::isinf(logit)) continue;
    logit = std::isinf(bias) ? bias : FiniteLogit(logit + bias);
  }
}

}  // namespace gemma4
