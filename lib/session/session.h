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
#include "lib/json/json_value.h"
#include "lib/sampling/sampler.h"
#include "lib/session/busy_lock.h"
#include "lib/session/context_slide.h"
#include "lib/session/event.h"
#include "lib/session/loaded_model.h"
#include "lib/session/memory_estimate.h"
#include "lib/session/reply_constraint.h"
#include "lib/session/reply_stream.h"
#include "lib/session/session_file.h"
#include "lib/session/session_memory.h"
#include "lib/session/token_sequence.h"
#include "lib/text/chat/chat_turns.h"
#include "lib/text/stop_strings.h"
#include "lib/transformer/kv_cache.h"

namespace gemma4 {

inline constexpr size_t kDefaultMaxContextTokens = 4096;

// What one step may be told.
struct StepOptions {
  const CancelFlag* cancel = nullptr;               // looked at between the blocks of a layer
  std::optional<Deadline> deadline = std::nullopt;  // passed by a block of a layer at most
};

// What to do when there is no room for another token.
enum class ContextFull : uint8_t {
  kStop,   // the generation ends
  kSlide,  // the oldest turns after the system turn go (context_slide.h)
};

struct SessionOptions {
  SamplerOptions sampler;
  ConstraintOptions constraint;
  std::vector<int32_t> stop_token_ids;
  // In a turn of a chat those tokens, too, with which the format ends one: base models' files, and
  // those of many fine-tunes, name <eos> alone.
  bool stops_where_turns_end = false;
  std::vector<std::string> stop_strings;
  size_t max_new_tokens = 0;      // of one generation, without its stop token; 0: as many as fit
  size_t max_thought_tokens = 0;  // of one thought, which is then closed; 0: no limit
  std::optional<size_t> num_top_logprobs;  // none: no logprobs at all
  ContextFull context_full = ContextFull::kStop;
  std::optional<KvType> kv_type;  // none: as the model's arithmetic suggests
  size_t max_context_tokens = 0;  // 0: kDefaultMaxContextTokens, or what the model allows
};

// How the hidden states of several tokens become one vector.
enum class Pooling : uint8_t { kLast, kMean };

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
  const GenerationConfig& generation_config() const { return model_->generation_config(); }
  size_t max_context_tokens() const { return cache_.max_context_tokens(); }

  // Another one in the same state, which shares nothing that either can change.
  StatusOr<std::unique_ptr<Session>> Fork();

  // The whole state to a stream of bytes and back (session_file.h). A failed restore changes
  // nothing. Errors of the callbacks come back as they are; `expect_end` is asked when all was
  // read, before anything changes.
  Status Save(const ByteSink& sink, const CancelFlag* cancel = nullptr);
  Status Restore(const ByteSource& source, const CancelFlag* cancel = nullptr,
                 const std::function<Status()>& expect_end = nullptr);

  // Chooses tokens in another way from now on; the seed's draws begin anew.
  Status SetSampler(const SamplerOptions& options, const ConstraintOptions& constraint);

  // Each appends to the sequence and runs nothing. kContextFull if it does not fit.
  Status AppendText(std::string_view text, const TextOptions& options);
  Status AppendIds(std::span<const int32_t> token_ids);

  // Makes the sequence these ids. What it begins with already, and is in the cache, does not run
  // again.
  Status SetIds(std::span<const int32_t> token_ids);

  // ---- Chat (session_chat.cc) ----

  // What the system turn holds; kState once another turn has begun. `tools`: as in OpenAI's API, a
  // JSON list; empty: none.
  Status AddSystemText(std::string_view text);
  Status SetToolsJson(std::string_view tools);
  Status SetThinking(bool enable);

  // Closes what is open, appends the turn, and opens the model's.
  Status AddUserText(std::string_view text);
  // An answer of the model that is known already, after a user's turn.
  Status AddModelText(std::string_view text);
  // What a tool that the model called gave back; the model goes on. `is_json`: `result` is a JSON
  // value, else a text.
  Status AddToolResult(int32_t tool_call_id, std::string_view result, bool is_json);
  // The whole conversation, as RenderChat() has it; then as SetIds().
  Status SetMessagesJson(std::string_view request);

  // ---- Outputs of tokens that are given (session_outputs.cc) ----

  // Appends `token_ids` (perhaps none) and runs all that waits. `cancel` may be null; after
  // kCancelled what did not run yet waits.
  Status Prefill(std::span<const int32_t> token_ids, const CancelFlag* cancel = nullptr);

  // The same, with the logits of every one of token_ids (at least one) in `logits`
  // [token_ids.size(), vocab_size].
  Status PrefillLogits(std::span<const int32_t> token_ids, std::span<float> logits,
                       const CancelFlag* cancel = nullptr);

  // Appends `token_ids` (at least one) and tells how likely the model thought each: natural
  // logarithms, [token_ids.size()]. kState for the first token of all, which nothing precedes.
  Status Score(std::span<const int32_t> token_ids, std::span<float> logprobs,
               const CancelFlag* cancel = nullptr);

  // Appends `token_ids` (at least one), runs them, and gives the state that the last layer leaves,
  // after the final norm: of the last one, or their mean; `normalize`: of length 1. out: [hidden].
  Status Embed(std::span<const int32_t> token_ids, Pooling pooling, bool normalize,
               std::span<float> out, const CancelFlag* cancel = nullptr);

  // ---- Generation (session.cc) ----

  // The next piece of work: a chunk of the prompt (kPrefill), else one token (kText, kThought,
  // kToolCall), or the end.
  // After kCancelled, or when the time is spent, `event` is kPending.
  Status Step(const StepOptions& options, Event* event);

  // [vocab_size] of the last token that was run, valid until the next call.
  StatusOr<std::span<const float>> Logits();

 private:
  // Whether the stop token that stays apart joins the sequence when something is appended.
  enum class StopToken : bool { kJoins, kIsDropped };

  // Tools as they were given, and read.
  struct Tools {
    std::string json;
    JsonValue value;
  };

  // How the next turn is joined to what the session holds.
  struct Continuation {
    ChatPlace place = ChatPlace::kStart;
    StopToken stop_token = StopToken::kJoins;
    size_t num_replaced = 0;  // last tokens, an opening of the model's turn that has not begun
  };

  // What a copy, or a saved session, needs of a generation besides tokens and texts.
  struct Progress {
    bool has_logits = false;                  // logits_ are those of the cache's last token
    bool next_is_sampled = false;             // what waits is one token, the last one sampled
    std::optional<int32_t> stop_token;        // that ended the generation and stays apart
    EndReason end_reason = EndReason::kNone;  // to be told when the reply's events are
    int32_t end_token = -1;
    size_t num_new_tokens = 0;      // of the generation, since it began or max_new_tokens ended it
    size_t num_thought_tokens = 0;  // of the thought that goes on
    size_t num_reused = 0;          // tokens of the prompt that SetIds() found in the cache
    size_t num_dropped = 0;         // by a slide that was not told yet
    size_t num_opening_tokens = 0;  // the last of the sequence, which open the model's turn
    size_t reply_begin = 0;         // of generated_: what reply_ finished with when it last ended
    size_t constraint_begin = 0;    // of generated_: where the constraint began to hold
    bool reply_is_stale = true;     // it begins anew before the next token
  };

  // What a chat has besides its tokens.
  struct Chat {
    struct System {
      size_t num_tokens = 0;  // the first ones, which are the system turn
      std::string text;
      std::shared_ptr<const Tools> tools;
      bool enable_thinking = false;

      std::string_view tools_json() const {
        return tools != nullptr ? std::string_view(tools->json) : std::string_view();
      }
    };
    bool is_chat = false;  // what is open is a turn of a chat
    System system;
    std::vector<std::string> called_tools;  // that the model waits for, by call id
  };

  Session(std::shared_ptr<const LoadedModel> model, const SessionOptions& options, Sampler sampler,
          ReplyConstraint constraint, std::shared_ptr<const StopStrings> stop_strings,
          KvCache cache, SessionMemory memory);

  static StatusOr<std::unique_ptr<Session>> Make(std::shared_ptr<const LoadedModel> model,
                                                 const SessionOptions& options, Sampler sampler,
                                                 ReplyConstraint constraint,
                                                 std::shared_ptr<const StopStrings> stop_strings,
                                                 size_t max_context_tokens, KvType kv_type);

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
  bool HasPrompt() const { return tokens_.num_waiting() > 0 && !progress_.next_is_sampled; }
  void PublishPosition() { position_.store(tokens_.size(), std::memory_order_relaxed); }
  static Status PoisonedStatus();
  static size_t MaxPromptRows(size_t prefill_chunk_tokens, const StepOptions& options);

  // Runs `call` if no other thread is in the session and it is not poisoned; kInternal out of it
  // poisons the session.
  template <typename Call>
  Status Exclusively(Call&& call);

  Status CheckIds(std::span<const int32_t> token_ids) const;
  Status CheckGiven(std::span<const int32_t> token_ids) const;
  // In place of the last `num_replaced` of those that wait.
  Status Append(std::span<const int32_t> token_ids, StopToken stop_token, size_t num_replaced = 0);
  Status ReplaceTokens(std::span<const int32_t> token_ids);
  std::optional<ContextSlide> PlanSlide(size_t num_needed, size_t num_replaced) const;
  size_t Slide(const ContextSlide& slide);
  size_t RewindCache(size_t num_tokens);
  void Truncate(size_t position, size_t num_again);
  template <typename Prepare, typename Finish>
  Status RunAll(size_t num_tokens, size_t max_chunk, const CancelFlag* cancel, Prepare prepare,
                Finish finish);
  Status AppendSome(std::span<const int32_t> token_ids);
  Status RunChunk(size_t num_tokens, const ChunkSequence& wanted, const CancelFlag* cancel);
  Status RunWaiting(size_t num_left, const CancelFlag* cancel);
  // The token, or none where a constrained reply is complete and the model has no token to say so.
  StatusOr<std::optional<int32_t>> ChooseToken();
  // Whether a token at this place of the reply has to follow the constraint: not in a thought.
  static bool IsConstrained(const ReplyConstraint& constraint, const ReplyStream& reply,
                            int32_t token_id, const LoadedModel& model);
  Status MakeToken(Event* event);
  void TakeToken(int32_t token_id);
  void EndReply(EndReason reason, int32_t token_id);
  void TellReply(Event* event);
  // Of what goes on: a turn of a chat, or raw text.
  std::span<const int32_t> StopTokens() const;
  bool IsStopToken(int32_t token_id) const;
  bool IsEmpty() const { return tokens_.size() == 0 && !progress_.stop_token; }
  void Forget();
  void EndGeneration();
  void RestartReply();
  SavedState StateToSave() const;
  Status AdoptState(SavedState state, KvCache cache);

  // The tokens, with the stop token that stays apart.
  std::vector<int32_t> TokensSoFar() const;
  Status ReplaceSystemTurn(Chat::System system);
  StatusOr<Continuation> WhereToContinue() const;
  Status AppendTurn(const Continuation& from, std::vector<int32_t> ids, ChatPlace place);

  const std::shared_ptr<const LoadedModel> model_;
  const SessionMemory memory_;
  const SessionOptions options_;
  const std::vector<int32_t> turn_stop_token_ids_;
  const std::shared_ptr<const StopStrings> stop_strings_;
  Sampler sampler_;
  ReplyConstraint constraint_;
  KvCache cache_;
  RowsInFlight in_flight_;  // of a step whose time was spent,
  size_t num_planned_ = 0;  // these many of those that wait
  TokenSequence tokens_;
  std::vector<float> logits_;  // [vocab_size] of the last token run

  Progress progress_;
  std::vector<int32_t> generated_;  // tokens since something was appended; room is taken at once
  ReplyStream reply_;
  TopLogprobs logprobs_;  // of the last token made
  Chat chat_;

  std::atomic_flag busy_ = ATOMIC_FLAG_INIT;
  bool is_poisoned_ = false;
  std::atomic<size_t> position_{0};
};

template <typename Call>
Status Session::Exclusively(Call&& call) {
  BusyLock lock(busy_);
  if (!lock.is_held()) return Status::Busy("another thread is using the session");
  if (is_poisoned_) return PoisonedStatus();
  Status status = call();
  if (status.code() == StatusCode::kInternal) is_poisoned_ = true;
  PublishPosition();
  return status;
}

}  // namespace gemma4

#endif  // GEMMA4_LIB_SESSION_SESSION_H_
