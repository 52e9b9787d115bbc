#include "lib/session/session.h"

#include <algorithm>
#include <utility>

#include "lib/session/busy_lock.h"

namespace gemma4 {
namespace {

// Holds the text of any event: a piece, and U+FFFD for each byte that was held back.
constexpr size_t kTextBytes = 1024;

// Rows of a prompt in one pass of a step whose time is limited: few enough that a block of a layer
// is short, enough that the weights are not read for each token anew.
constexpr size_t kTimedPromptRows = 16;

// Poisons the session when an exception passes, in the few lines that could not be taken back.
class PoisonGuard {
 public:
  explicit PoisonGuard(bool* is_poisoned) : is_poisoned_(is_poisoned) {}
  ~PoisonGuard() {
    if (is_poisoned_ != nullptr) *is_poisoned_ = true;
  }
  void Dismiss() { is_poisoned_ = nullptr; }

 private:
  bool* is_poisoned_;
};

}  // namespace

KvType Session::DefaultKvType(Arithmetic arithmetic) {
  return arithmetic == Arithmetic::kExact ? KvType::kF32 : KvType::kF16;
}

StatusOr<size_t> Session::ContextTokens(const ModelConfig& config, size_t wanted) {
  if (wanted == 0) return std::min(kDefaultMaxContextTokens, config.max_position_embeddings);
  if (wanted <= config.max_position_embeddings) return wanted;
  return Status::InvalidArgument("max_context_tokens is %zu; the model allows at most %zu", wanted,
                                 config.max_position_embeddings);
}

StatusOr<std::unique_ptr<Session>> Session::Create(std::shared_ptr<const LoadedModel> model,
                                                   const SessionOptions& options) {
  const ModelConfig& config = model->config();
  GEMMA4_ASSIGN_OR_RETURN(const size_t max_context_tokens,
                          ContextTokens(config, options.max_context_tokens));
  for (int32_t id : options.stop_token_ids) {
    if (id >= 0 && static_cast<size_t>(id) < config.vocab_size) continue;
    return Status::InvalidArgument("stop token id %d is outside the vocabulary of %zu", id,
                                   config.vocab_size);
  }
  GEMMA4_ASSIGN_OR_RETURN(Sampler sampler, Sampler::Create(options.sampler, config.vocab_size));
  const KvType kv_type = options.kv_type.value_or(DefaultKvType(model->arithmetic()));
  const size_t chunk_tokens = model->prefill_chunk_tokens();
  GEMMA4_ASSIGN_OR_RETURN(
      SessionMemory memory,
      SessionMemory::Take(
          model, EstimateSessionMemory(config, max_context_tokens, chunk_tokens, kv_type)));
  GEMMA4_ASSIGN_OR_RETURN(KvCache cache,
                          KvCache::Create(config, max_context_tokens, chunk_tokens, kv_type));
  return std::unique_ptr<Session>(new Session(std::move(model), options, std::move(sampler),
                                              std::move(cache), std::move(memory)));
}

Session::Session(std::shared_ptr<const LoadedModel> model, const SessionOptions& options,
                 Sampler sampler, KvCache cache, SessionMemory memory)
    : model_(std::move(model)),
      memory_(std::move(memory)),
      options_(options),
      sampler_(std::move(sampler)),
      cache_(std::move(cache)),
      tokens_(cache_.max_context_tokens()),
      logits_(model_->config().vocab_size) {
  text_.reserve(kTextBytes);
}

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

Status Session::PoisonedStatus() {
  return Status::State("an earlier internal error poisoned the session; only a reset helps");
}

Status Session::Reset() {
  BusyLock lock(busy_);
  if (!lock.is_held()) return Status::Busy("another thread is using the session");
  Forget();
  return Status::Ok();
}

void Session::Forget() {
  cache_.Reset();
  sampler_.Reset();
  tokens_.Rewind(0, 0);
  EndGeneration();
  model_turn_is_open_ = false;
  is_poisoned_ = false;
  position_.store(0, std::memory_order_relaxed);
}

// What is told and counted of a generation begins anew.
void Session::EndGeneration() {
  in_flight_.Clear();
  stop_token_.reset();
  end_.reset();
  decoder_ = StreamDecoder();
  has_logits_ = false;
  next_is_sampled_ = false;
  num_new_tokens_ = 0;
  num_opening_tokens_ = 0;
}

// The last token that is kept runs again: its logits are gone.
Status Session::Rewind(size_t position) {
  return Exclusively([&]() -> Status {
    if (position > tokens_.size()) {
      return Status::InvalidArgument("position is %zu; the session holds %zu tokens", position,
                                     tokens_.size());
    }
    size_t num_run = std::min(position, cache_.num_tokens());
    if (num_run == position && num_run > 0) --num_run;
    if (!cache_.Rewind(num_run)) {
      cache_.Reset();
      num_run = 0;
    }
    tokens_.Rewind(position, num_run);
    EndGeneration();
    const auto chat = model_->RequireChatTemplate();
    model_turn_is_open_ = chat.ok() && (*chat)->LastTurnIsOpen(tokens_.token_ids());
    return Status::Ok();
  });
}

uint64_t Session::BytesPerToken() const {
  return model_->transformer().WeightBytesPerToken() +
         KvCache::ReadBytes(model_->config(), cache_.type(), position());
}

// ---- Appending ----------------------------------------------------------------------------------

Status Session::CheckIds(std::span<const int32_t> token_ids) const {
  const size_t vocab_size = model_->config().vocab_size;
  for (size_t i = 0; i < token_ids.size(); ++i) {
    if (token_ids[i] >= 0 && static_cast<size_t>(token_ids[i]) < vocab_size) continue;
    return Status::InvalidArgument("token id %d at index %zu is outside the vocabulary of %zu",
                                   token_ids[i], i, vocab_size);
  }
  return Status::Ok();
}

// Everything that can fail comes before anything that changes.
Status Session::Append(std::span<const int32_t> token_ids, StopToken stop_token,
                       size_t num_replaced) {
  if (token_ids.empty()) return Status::Ok();
  const bool stop_joins = stop_token_ && stop_token == StopToken::kJoins;
  const size_t num_more = token_ids.size() + (stop_joins ? 1 : 0);
  const size_t num_taken = position() - num_replaced;
  if (num_more > max_context_tokens() - num_taken) {
    return Status::ContextFull("%zu tokens do not fit: %zu of max_context_tokens = %zu are taken",
                               num_more, num_taken, max_context_tokens());
  }
  tokens_.DropLast(num_replaced);
  if (stop_joins) tokens_.Append({&*stop_token_, 1});
  tokens_.Append(token_ids);
  EndGeneration();
  return Status::Ok();
}

Status Session::AppendIds(std::span<const int32_t> token_ids) {
  return Exclusively([&]() -> Status {
    GEMMA4_RETURN_IF_ERROR(CheckIds(token_ids));
    return Append(token_ids, StopToken::kJoins);
  });
}

Status Session::AppendText(std::string_view text, const TextOptions& options) {
  return Exclusively([&]() -> Status {
    const TextOptions here = {.add_bos = options.add_bos && IsEmpty(),
                              .parse_special = options.parse_special};
    GEMMA4_ASSIGN_OR_RETURN(const std::vector<int32_t> ids, model_->Encode(text, here));
    GEMMA4_RETURN_IF_ERROR(CheckIds(ids));
    return Append(ids, StopToken::kJoins);
  });
}

Status Session::AddSystemText(std::string_view text) {
  return Exclusively([&]() -> Status {
    GEMMA4_ASSIGN_OR_RETURN(const ChatTemplate* chat, model_->RequireChatTemplate());
    if (!IsEmpty()) {
      return Status::State("the system turn comes first, and the session holds %zu tokens",
                           position());
    }
    std::vector<int32_t> ids;
    GEMMA4_RETURN_IF_ERROR(chat->AppendSystemTurn(text, &ids));
    return Append(ids, StopToken::kJoins);
  });
}

// The model's turn may not have begun: then it opens after this turn, too, and not before. It may
// have ended by its stop token, by a limit, or not at all. <turn|> closes it as the template does;
// after <|tool_response> the template closes nothing (an unanswered call); any other stop token
// (<eos>) has no place in a chat and is dropped.
Status Session::AddUserText(std::string_view text) {
  return Exclusively([&]() -> Status {
    GEMMA4_ASSIGN_OR_RETURN(const ChatTemplate* chat, model_->RequireChatTemplate());
    const Tokenizer& tokenizer = *model_->tokenizer();
    const auto ends_in = [&](const char* control) {
      return tokenizer.ControlId(control) == stop_token_.value_or(tokens_.token_ids().back());
    };
    ChatPlace place = ChatPlace::kAfterTurn;
    StopToken stop_token = StopToken::kJoins;
    size_t num_replaced = 0;
    if (IsEmpty()) {
      place = ChatPlace::kStart;
    } else if (!next_is_sampled_ && num_opening_tokens_ > 0 &&
               tokens_.num_waiting() >= num_opening_tokens_) {
      num_replaced = num_opening_tokens_;
    } else if (model_turn_is_open_ && ends_in("<turn|>")) {
      place = ChatPlace::kTurnClosed;
    } else if (model_turn_is_open_ && !ends_in("<|tool_response>")) {
      place = ChatPlace::kTurnOpen;
      stop_token = StopToken::kIsDropped;
    }
    std::vector<int32_t> ids;
    GEMMA4_RETURN_IF_ERROR(chat->AppendUserTurn(place, text, &ids));
    GEMMA4_RETURN_IF_ERROR(Append(ids, stop_token, num_replaced));
    model_turn_is_open_ = true;
    // From the last <|turn> on; what the user wrote holds none.
    const int32_t begin_turn = tokenizer.ControlId("<|turn>").value_or(-1);
    num_opening_tokens_ =
        static_cast<size_t>(std::find(ids.rbegin(), ids.rend(), begin_turn) - ids.rbegin() + 1);
    return Status::Ok();
  });
}

// ---- Running ------------------------------------------------------------------------------------

// Runs the oldest `num_tokens` that wait. On error nothing has changed.
Status Session::RunChunk(size_t num_tokens, RowsRead read, std::span<float> logits,
                         const CancelFlag* cancel) {
  in_flight_.Clear();
  ChunkSequence sequence;
  sequence.cache = &cache_;
  sequence.token_ids = tokens_.NextChunk(num_tokens);
  sequence.read = read;
  sequence.logits = logits.data();
  ForwardOptions options;
  options.cancel = cancel;
  GEMMA4_RETURN_IF_ERROR(model_->transformer().Forward({&sequence, 1}, options));
  tokens_.MarkRun(sequence.token_ids.size());
  next_is_sampled_ = false;
  has_logits_ = false;
  return Status::Ok();
}

// Runs all that waits; the logits are those of the last token.
Status Session::RunWaiting(const CancelFlag* cancel) {
  while (tokens_.num_waiting() > 0) {
    const size_t num_tokens = std::min(tokens_.num_waiting(), model_->prefill_chunk_tokens());
    const bool is_last = num_tokens == tokens_.num_waiting();
    GEMMA4_RETURN_IF_ERROR(is_last ? RunChunk(num_tokens, RowsRead::kLast, logits_, cancel)
                                   : RunChunk(num_tokens, RowsRead::kNone, {}, cancel));
    has_logits_ = is_last;
  }
  return Status::Ok();
}

Status Session::Prefill(std::span<const int32_t> token_ids, const CancelFlag* cancel) {
  return Exclusively([&]() -> Status {
    GEMMA4_RETURN_IF_ERROR(CheckIds(token_ids));
    GEMMA4_RETURN_IF_ERROR(Append(token_ids, StopToken::kJoins));
    return RunWaiting(cancel);
  });
}

Status Session::PrefillLogits(std::span<const int32_t> token_ids, std::span<float> logits,
                              const CancelFlag* cancel) {
  const size_t max_chunk = model_->prefill_chunk_tokens();
  const size_t vocab_size = model_->config().vocab_size;
  if (token_ids.empty()) return Status::InvalidArgument("num_tokens is 0; it must be at least 1");
  if (logits.size() / vocab_size < token_ids.size()) {
    return Status::InvalidArgument(
        "capacity is %zu floats; the logits of %zu tokens are %zu floats each", logits.size(),
        token_ids.size(), vocab_size);
  }
  return Exclusively([&]() -> Status {
    GEMMA4_RETURN_IF_ERROR(CheckIds(token_ids));
    GEMMA4_RETURN_IF_ERROR(Append(token_ids, StopToken::kJoins));
    while (tokens_.num_waiting() > token_ids.size()) {  // what was appended before
      const size_t num_tokens = std::min(tokens_.num_waiting() - token_ids.size(), max_chunk);
      GEMMA4_RETURN_IF_ERROR(RunChunk(num_tokens, RowsRead::kNone, {}, cancel));
    }
    for (size_t row = 0; row < token_ids.size();) {
      const size_t num_tokens = std::min(token_ids.size() - row, max_chunk);
      GEMMA4_RETURN_IF_ERROR(RunChunk(num_tokens, RowsRead::kAll,
                                      logits.subspan(row * vocab_size, num_tokens * vocab_size),
                                      cancel));
      row += num_tokens;
    }
    std::copy_n(logits.data() + (token_ids.size() - 1) * vocab_size, vocab_size, logits_.data());
    has_logits_ = true;
    return Status::Ok();
  });
}

Status Session::Step(const StepOptions& options, Event* event) {
  *event = Event();
  return Exclusively([&]() -> Status {
    GEMMA4_RETURN_IF_ERROR(CheckCancelledStep(options.cancel, event));
    const size_t max_rows = MaxPromptRows(model_->prefill_chunk_tokens(), options);
    GEMMA4_ASSIGN_OR_RETURN(const size_t num_rows, PlanStep(max_rows, event));
    if (event->kind != EventKind::kNone) return Status::Ok();
    if (num_rows > 0) {
      const ChunkSequence rows = PlannedRows();
      const StatusOr<bool> done =
          model_->transformer().RunUntil({&rows, 1}, {options.cancel, options.deadline});
      if (!done.ok() || !*done) {
        if (done.ok() || done.status().code() == StatusCode::kCancelled) TellPending(event);
        return done.status();
      }
    }
    return FinishStep(event);
  });
}

size_t Session::MaxPromptRows(size_t prefill_chunk_tokens, const StepOptions& options) {
  return options.deadline ? std::min(prefill_chunk_tokens, kTimedPromptRows) : prefill_chunk_tokens;
}

Status Session::CheckCancelledStep(const CancelFlag* cancel, Event* event) const {
  Status status = CheckCancelled(cancel, "the step");
  if (!status.ok()) TellPending(event);
  return status;
}

void Session::TellPending(Event* event) const {
  *event = Event();
  event->kind = EventKind::kPending;
  if (next_is_sampled_ || tokens_.num_waiting() == 0) return;
  event->num_tokens_done = tokens_.num_prompt_run();
  event->num_tokens_total = tokens_.num_prompt();
}

StatusOr<size_t> Session::PlanStep(size_t max_rows, Event* event) {
  if (!in_flight_.empty()) return num_planned_;
  if (HasPrompt()) {
    num_planned_ = std::min(tokens_.num_waiting(), max_rows);
    return num_planned_;
  }
  num_planned_ = 0;
  if (end_) {
    *event = *std::exchange(end_, std::nullopt);
    return size_t{0};
  }
  if (stop_token_) {
    return Status::State("the generation ended with stop token %d; append what comes next first",
                         *stop_token_);
  }
  if (!has_logits_ && !next_is_sampled_) {
    return Status::State("the session is empty; append text or token ids first");
  }
  if (options_.max_new_tokens > 0 && num_new_tokens_ == options_.max_new_tokens) {
    TellEnd(EndReason::kMaxTokens, -1, event);
    return size_t{0};
  }
  if (position() == max_context_tokens()) {
    TellEnd(EndReason::kContextFull, -1, event);
    return size_t{0};
  }
  if (next_is_sampled_) num_planned_ = 1;
  return num_planned_;
}

ChunkSequence Session::PlannedRows() {
  ChunkSequence rows;
  rows.cache = &cache_;
  rows.token_ids = tokens_.NextChunk(num_planned_);
  rows.in_flight = &in_flight_;
  if (num_planned_ == tokens_.num_waiting()) {
    rows.read = RowsRead::kLast;
    rows.logits = logits_.data();
    has_logits_ = false;  // they may be written in part
  }
  return rows;
}

Status Session::FinishStep(Event* event) {
  if (num_planned_ == 0) return SampleToken(event);
  const bool is_last = num_planned_ == tokens_.num_waiting();
  const size_t num_total = tokens_.num_prompt();
  event->num_tokens_done = tokens_.num_prompt_run() + num_planned_;
  event->num_tokens_total = num_total;
  tokens_.MarkRun(num_planned_);
  has_logits_ = is_last;
  if (std::exchange(next_is_sampled_, false)) {
    *event = Event();
    return SampleToken(event);
  }
  event->kind = EventKind::kPrefill;
  return Status::Ok();
}

Status Session::SampleToken(Event* event) {
  GEMMA4_ASSIGN_OR_RETURN(const int32_t token_id,
                          sampler_.Sample({.logits = logits_,
                                           .history = tokens_.token_ids(),
                                           .num_prompt = tokens_.size() - num_new_tokens_}));
  PoisonGuard guard(&is_poisoned_);
  if (IsStopToken(token_id)) {
    stop_token_ = token_id;
    TellEnd(EndReason::kStopToken, token_id, event);
  } else {
    TellToken(token_id, event);
  }
  guard.Dismiss();
  return Status::Ok();
}

// The token is the next to wait.
void Session::TellToken(int32_t token_id, Event* event) {
  tokens_.Append({&token_id, 1});
  next_is_sampled_ = true;
  ++num_new_tokens_;
  text_.clear();
  const Tokenizer* tokenizer = model_->tokenizer();
  if (tokenizer != nullptr && static_cast<size_t>(token_id) < tokenizer->vocab_size()) {
    decoder_.Feed(tokenizer->Bytes(token_id), &text_);
  }
  event->kind = EventKind::kText;
  event->token_id = token_id;
  event->text = text_;
}

// Text that was held back comes out first; then the end waits for the next step.
void Session::TellEnd(EndReason reason, int32_t token_id, Event* event) {
  num_new_tokens_ = 0;
  Event end;
  end.kind = EventKind::kEnd;
  end.end_reason = reason;
  end.token_id = token_id;
  text_.clear();
  decoder_.Finish(&text_);
  if (text_.empty()) {
    *event = end;
    return;
  }
  end_ = end;
  event->kind = EventKind::kText;
  event->text = text_;
}

bool Session::IsStopToken(int32_t token_id) const {
  const std::vector<int32_t>& ids = options_.stop_token_ids;
  return std::find(ids.begin(), ids.end(), token_id) != ids.end();
}

StatusOr<std::span<const float>> Session::Logits() {
  GEMMA4_RETURN_IF_ERROR(Exclusively([&]() -> Status {
    if (has_logits_) return Status::Ok();
    if (tokens_.num_waiting() > 0) {
      return Status::State("%zu tokens wait to be run; there are logits after the last",
                           tokens_.num_waiting());
    }
    return Status::State("there are no logits before a token was run");
  }));
  return std::span<const float>(logits_);
}

}  // namespace gemma4
