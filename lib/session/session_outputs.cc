// Session: outputs of tokens that are given: logits, scores, hidden states.
#include <algorithm>
#include <cmath>

#include "lib/sampling/logprobs.h"
#include "lib/session/session.h"

namespace gemma4 {

Status Session::Prefill(std::span<const int32_t> token_ids, const CancelFlag* cancel) {
  return Exclusively([&]() -> Status {
    GEMMA4_RETURN_IF_ERROR(CheckGiven(token_ids));
    GEMMA4_RETURN_IF_ERROR(Append(token_ids, StopToken::kJoins));
    return RunWaiting(0, cancel);
  });
}

Status Session::PrefillLogits(std::span<const int32_t> token_ids, std::span<float> logits,
                              const CancelFlag* cancel) {
  const size_t vocab_size = model_->config().vocab_size;
  if (logits.size() / vocab_size < token_ids.size()) {
    return Status::InvalidArgument(
        "capacity is %zu floats; the logits of %zu tokens are %zu floats each", logits.size(),
        token_ids.size(), vocab_size);
  }
  return Exclusively([&]() -> Status {
    const auto row = [&](size_t i) { return logits.subspan(i * vocab_size).data(); };
    GEMMA4_RETURN_IF_ERROR(AppendSome(token_ids));
    GEMMA4_RETURN_IF_ERROR(RunAll(
        token_ids.size(), model_->prefill_chunk_tokens(), cancel,
        [&](size_t begin, size_t, ChunkSequence* wanted) { wanted->logits = row(begin); },
        [](size_t, size_t) {}));
    std::copy_n(row(token_ids.size() - 1), vocab_size, logits_.data());
    progress_.has_logits = true;
    return Status::Ok();
  });
}

// Runs the last `num_tokens` that wait, after all before them, with the outputs of each: for each
// chunk [begin, end) of them prepare(begin, end, &wanted), and after it ran finish(begin, end).
template <typename Prepare, typename Finish>
Status Session::RunAll(size_t num_tokens, size_t max_chunk, const CancelFlag* cancel,
                       Prepare prepare, Finish finish) {
  while (tokens_.num_waiting() > num_tokens) {
    const size_t num_before = tokens_.num_waiting() - num_tokens;
    GEMMA4_RETURN_IF_ERROR(
        RunChunk(std::min(num_before, model_->prefill_chunk_tokens()), ChunkSequence(), cancel));
  }
  for (size_t begin = 0; begin < num_tokens;) {
    const size_t end = std::min(num_tokens, begin + max_chunk);
    ChunkSequence wanted;
    wanted.read = RowsRead::kAll;
    prepare(begin, end, &wanted);
    GEMMA4_RETURN_IF_ERROR(RunChunk(end - begin, wanted, cancel));
    finish(begin, end);
    begin = end;
  }
  return Status::Ok();
}

Status Session::AppendSome(std::span<const int32_t> token_ids) {
  if (token_ids.empty()) return Status::InvalidArgument("num_tokens is 0; it must be at least 1");
  GEMMA4_RETURN_IF_ERROR(CheckGiven(token_ids));
  return Append(token_ids, StopToken::kJoins);
}

Status Session::Score(std::span<const int32_t> token_ids, std::span<float> logprobs,
                      const CancelFlag* cancel) {
  // A chunk's logits are read at once, so chunks are short.
  constexpr size_t kScoredRows = 16;
  const size_t vocab_size = model_->config().vocab_size;
  return Exclusively([&]() -> Status {
    if (IsEmpty()) {
      return Status::State("the session is empty; the first token that is scored follows another");
    }
    const size_t max_chunk =
        std::min({kScoredRows, token_ids.size(), model_->prefill_chunk_tokens()});
    std::vector<float> rows(max_chunk * vocab_size);
    GEMMA4_RETURN_IF_ERROR(AppendSome(token_ids));
    // Where nothing waits before them, the logits are still those of the token before.
    GEMMA4_RETURN_IF_ERROR(RunWaiting(token_ids.size(), cancel));
    logprobs[0] = ComputeTopLogprobs(logits_, token_ids[0], 0).chosen.logprob;
    const auto prepare = [&](size_t, size_t, ChunkSequence* wanted) {
      wanted->logits = rows.data();
    };
    const auto finish = [&](size_t begin, size_t end) {
      for (size_t i = begin; i < end && i + 1 < token_ids.size(); ++i) {
        const std::span<const float> row =
            std::span(rows).subspan((i - begin) * vocab_size, vocab_size);
        logprobs[i + 1] = ComputeTopLogprobs(row, token_ids[i + 1], 0).chosen.logprob;
      }
      std::copy_n(rows.data() + (end - begin - 1) * vocab_size, vocab_size, logits_.data());
    };
    GEMMA4_RETURN_IF_ERROR(RunAll(token_ids.size(), max_chunk, cancel, prepare, finish));
    progress_.has_logits = true;
    return Status::Ok();
  });
}

Status Session::Embed(std::span<const int32_t> token_ids, Pooling pooling, bool normalize,
                      std::span<float> out, const CancelFlag* cancel) {
  const size_t hidden_size = model_->config().hidden_size;
  if (out.size() < hidden_size) {
    return Status::InvalidArgument("capacity is %zu floats; a hidden state has %zu", out.size(),
                                   hidden_size);
  }
  return Exclusively([&]() -> Status {
    const size_t max_chunk = std::min(token_ids.size(), model_->prefill_chunk_tokens());
    std::vector<float> rows((pooling == Pooling::kMean ? max_chunk : 1) * hidden_size);
    std::vector<double> sums(hidden_size);
    const auto prepare = [&](size_t, size_t end, ChunkSequence* wanted) {
      if (pooling == Pooling::kLast) {
        wanted->read = end == token_ids.size() ? RowsRead::kLast : RowsRead::kNone;
      }
      wanted->hidden = rows.data();
    };
    const auto finish = [&](size_t begin, size_t end) {
      const size_t num_rows = pooling == Pooling::kMean ? end - begin : end == token_ids.size();
      for (size_t r = 0; r < num_rows; ++r) {
        for (size_t i = 0; i < hidden_size; ++i) {
          sums[i] += static_cast<double>(rows[r * hidden_size + i]);
        }
      }
    };
    GEMMA4_RETURN_IF_ERROR(AppendSome(token_ids));
    GEMMA4_RETURN_IF_ERROR(RunAll(token_ids.size(), max_chunk, cancel, prepare, finish));
    Truncate(tokens_.size(), 1);  // logits were not computed: a step that wants them runs it again
    double scale = pooling == Pooling::kMean ? 1.0 / static_cast<double>(token_ids.size()) : 1.0;
    if (normalize) {
      double squares = 0.0;
      for (double sum : sums) squares += sum * sum;
      scale = squares > 0.0 ? 1.0 / std::sqrt(squares) : 0.0;
    }
    for (size_t i = 0; i < hidden_size; ++i) out[i] = static_cast<float>(sums[i] * scale);
    return Status::Ok();
  });
}

StatusOr<std::span<const float>> Session::Logits() {
  GEMMA4_RETURN_IF_ERROR(Exclusively([&]() -> Status {
    if (progress_.has_logits) return Status::Ok();
    if (tokens_.num_waiting() > 0) {
      return Status::State("%zu tokens wait to be run; there are logits after the last",
                           tokens_.num_waiting());
    }
    return Status::State("there are no logits before a token was run");
  }));
  return std::span<const float>(logits_);
}

}  // namespace gemma4
