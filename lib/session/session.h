// Session: one conversation. A sequence of tokens, its KV cache, and how it goes on.
#ifndef GEMMA4_LIB_SESSION_SESSION_H_
#define GEMMA4_LIB_SESSION_SESSION_H_

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "lib/base/cancel_flag.h"
#include "lib/base/status.h"
#include "lib/sampling/sampler.h"
#include "lib/session/event.h"
#include "lib/session/loaded_model.h"
#include "lib/session/memory_estimate.h"
#include "lib/session/session_memory.h"
#include "lib/session/token_sequence.h"
#include "lib/text/stream_decoder.h"
#include "lib/transformer/kv_cache.h"

namespace gemma4 {

inline constexpr size_t kDefaultMaxContextTokens = 4096;

// What one step may be told.
struct StepOptions {
  const CancelFlag* cancel = nullptr;               // looked at between the blocks of a layer
  std::optional<Deadline> deadline = std::nullopt;  // passed by a block of a layer at most
};

struct SessionOptions {
  SamplerOptions sampler;
  std::vector<int32_t> stop_token_ids;
  size_t max_new_tokens = 0;      // of one generation, without its stop token; 0: as many as fit
  std::optional<KvType> kv_type;  // none: as the model's arithmetic suggests
  size_t max_context_tokens = 0;  // 0: kDefaultMaxContextTokens, or what the model allows
};

// The cache holds the first tokens of the sequence; the others wait to be run. A token that was
// sampled is the next to wait; the stop token that ended a generation stays apart until something
// is appended.
//
// One thread at a time: the second one gets kBusy and changes nothing. Functions that fail leave
// the session as it was, but kInternal poisons it: kState until Reset(). Nothing is allocated while
// tokens are made.
class Session {
 public:
  // kInvalidArgument names the option, its value and what is allowed.
  static StatusOr<std::unique_ptr<Session>> Create(std::shared_ptr<const LoadedModel> model,
                                                   const SessionOptions& options);

  // f16 loses less than int8 activations do (docs/quantization.md); exact arithmetic loses nothing.
  static KvType DefaultKvType(Arithmetic arithmetic);
  // What max_context_tokens means for this model. kInvalidArgument if it is too long.
  static StatusOr<size_t> ContextTokens(const ModelConfig& config, size_t wanted);

  // Forgets every token; keeps options and memory, begins the seed's draws anew.
  Status Reset();

  // Keeps the first `position` tokens, and options, memory and the seed's draws as they are. The
  // last token that is kept waits to be run again, or, when a sliding layer's ring no longer holds
  // what it sees, all of them do.
  Status Rewind(size_t position);

  // What the next decoded token reads: weights, and the keys and values that it sees. From any
  // thread.
  uint64_t BytesPerToken() const;

  // Tokens of the sequence. From any thread.
  size_t position() const { return position_.load(std::memory_order_relaxed); }
  size_t max_context_tokens() const { return cache_.max_context_tokens(); }

  // Each appends to the sequence and runs nothing. kContextFull if it does not fit.
  Status AddSystemText(std::string_view text);
  Status AddUserText(std::string_view text);
  Status AppendText(std::string_view text, const TextOptions& options);
  Status AppendIds(std::span<const int32_t> token_ids);

  // Appends `token_ids` (perhaps none) and runs all that waits. `cancel` may be null; after
  // kCancelled what did not run yet waits.
  Status Prefill(std::span<const int32_t> token_ids, const CancelFlag* cancel = nullptr);

  // The same, with the logits of every one of token_ids (at least one) in `logits`
  // [token_ids.size(), vocab_size].
  Status PrefillLogits(std::span<const int32_t> token_ids, std::span<float> logits,
                       const CancelFlag* cancel = nullptr);

  // The next piece of work: a chunk of the prompt (kPrefill), else one token (kText), or the end.
  // After kCancelled, or when the time is spent, `event` is kPending.
  Status Step(const StepOptions& options, Event* event);

  // [vocab_size] of the last token that was run, valid until the next call.
  StatusOr<std::span<const float>> Logits();

 private:
  // Whether the stop token that stays apart joins the sequence when something is appended.
  enum class StopToken : bool { kJoins, kIsDropped };

  Session(std::shared_ptr<const LoadedModel> model, const SessionOptions& options, Sampler sampler,
          KvCache cache, SessionMemory memory);

  friend class StepMany;

  // A step in three parts, of which StepMany runs the middle one for several sessions at once.
  //
  // The rows that the step needs, at most `max_rows` of a prompt: none for what comes without
  // running the model. `event` is told at once if nothing else is to be done.
  StatusOr<size_t> PlanStep(size_t max_rows, Event* event);
  // Those rows, for Transformer::RunUntil().
  ChunkSequence PlannedRows();
  // What comes after they were run.
  Status FinishStep(Event* event);
  // In place of FinishStep() when the time was spent or the call cancelled.
  void TellPending(Event* event) const;
  Status CheckCancelledStep(const CancelFlag* cancel, Event* event) const;
  // Whether the next step runs a chunk of a prompt.
  bool HasPrompt() const { return tokens_.num_waiting() > 0 && !next_is_sampled_; }
  void PublishPosition() { position_.store(tokens_.size(), std::memory_order_relaxed); }
  static Status PoisonedStatus();
  static size_t MaxPromptRows(size_t prefill_chunk_tokens, const StepOptions& options);

  // Runs `call` if no other thread is in the session and it is not poisoned; kInternal out of it
  // poisons the session.
  template <typename Call>
  Status Exclusively(Call&& call);

  Status CheckIds(std::span<const int32_t> token_ids) const;
  // In place of the last `num_replaced` of those that wait.
  Status Append(std::span<const int32_t> token_ids, StopToken stop_token, size_t num_replaced = 0);
  Status RunChunk(size_t num_tokens, RowsRead read, std::span<float> logits,
                  const CancelFlag* cancel);
  Status RunWaiting(const CancelFlag* cancel);
  Status SampleToken(Event* event);
  void TellToken(int32_t token_id, Event* event);
  void TellEnd(EndReason reason, int32_t token_id, Event* event);
  bool IsStopToken(int32_t token_id) const;
  bool IsEmpty() const { return position() == 0 && !stop_token_; }
  void Forget();
  void EndGeneration();

  const std::shared_ptr<const LoadedModel> model_;
  const SessionMemory memory_;
  const SessionOptions options_;
  Sampler sampler_;
  KvCache cache_;
  RowsInFlight in_flight_;  // of a step whose time was spent,
  size_t num_planned_ = 0;  // these many of those that wait
  TokenSequence tokens_;
  std::vector<float> logits_;  // [vocab_size] of the last token run
  StreamDecoder decoder_;      // of the generation that goes on
  std::string text_;           // of the last event

  bool has_logits_ = false;            // logits_ are those of the cache's last token
  bool next_is_sampled_ = false;       // what waits is one token, the last one sampled
  std::optional<int32_t> stop_token_;  // that ended the generation and stays apart
  std::optional<Event> end_;           // to be told next, after the text that was held back
  size_t num_new_tokens_ = 0;          // of the generation that goes on
  bool model_turn_is_open_ = false;    // by AddUserText,
  size_t num_opening_tokens_ = 0;      // whose last tokens of the sequence these are

  std::atomic_flag busy_ = ATOMIC_FLAG_INIT;
  bool is_poisoned_ = false;
  std::atomic<size_t> position_{0};
};

}  // namespace gemma4

#endif  // GEMMA4_LIB_SESSION_SESSION_H_
