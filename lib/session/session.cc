#include "lib/session/session.h"

#include <algorithm>
#include <utility>

#include "lib/sampling/logprobs.h"
#include "lib/session/busy_lock.h"
#include "lib/session/context_slide.h"
#include "lib/text/chat/control_tokens.h"

namespace gemma4 {
namespace {

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

std::vector<int32_t> TurnStopTokens(const SessionOptions& options, const Tokenizer* tokenizer) {
  std::vector<int32_t> ids = options.stop_token_ids;
  if (!options.stops_where_turns_end || tokenizer == nullptr) return ids;
  for (std::string_view name : {kEndTurn, kBeginToolResponse}) {
    const auto id = tokenizer->ControlId(name);
    if (id && std::find(ids.begin(), ids.end(), *id) == ids.end()) ids.push_back(*id);
  }
  return ids;
}

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
  if (options.num_top_logprobs.value_or(0) > kMaxTopLogprobs) {
    return Status::InvalidArgument("num_top_logprobs is %zu; at most %zu are told",
                                   *options.num_top_logprobs, kMaxTopLogprobs);
  }
  const std::vector<std::string_view> stop_texts(options.stop_strings.begin(),
                                                 options.stop_strings.end());
  GEMMA4_ASSIGN_OR_RETURN(StopStrings stop_strings, StopStrings::Create(stop_texts));
  if (stop_strings.size() > 0) GEMMA4_RETURN_IF_ERROR(model->RequireTokenizer().status());
  GEMMA4_ASSIGN_OR_RETURN(Sampler sampler, Sampler::Create(options.sampler, config.vocab_size));
  const KvType kv_type = options.kv_type.value_or(DefaultKvType(model->arithmetic()));
  GEMMA4_ASSIGN_OR_RETURN(ReplyConstraint constraint,
                          ReplyConstraint::Create(options.constraint, *model));
  return Make(std::move(model), options, std::move(sampler), std::move(constraint),
              std::make_shared<const StopStrings>(std::move(stop_strings)), max_context_tokens,
              kv_type);
}

StatusOr<std::unique_ptr<Session>> Session::Make(std::shared_ptr<const LoadedModel> model,
                                                 const SessionOptions& options, Sampler sampler,
                                                 ReplyConstraint constraint,
                                                 std::shared_ptr<const StopStrings> stop_strings,
                                                 size_t max_context_tokens, KvType kv_type) {
  const ModelConfig& config = model->config();
  const size_t chunk_tokens = model->prefill_chunk_tokens();
  GEMMA4_ASSIGN_OR_RETURN(
      SessionMemory memory,
      SessionMemory::Take(
          model, EstimateSessionMemory(config, max_context_tokens, chunk_tokens, kv_type)));
  GEMMA4_ASSIGN_OR_RETURN(KvCache cache,
                          KvCache::Create(config, max_context_tokens, chunk_tokens, kv_type));
  return std::unique_ptr<Session>(new Session(std::move(model), options, std::move(sampler),
                                              std::move(constraint), std::move(stop_strings),
                                              std::move(cache), std::move(memory)));
}

Session::Session(std::shared_ptr<const LoadedModel> model, const SessionOptions& options,
                 Sampler sampler, ReplyConstraint constraint,
                 std::shared_ptr<const StopStrings> stop_strings, KvCache cache,
                 SessionMemory memory)
    : model_(std::move(model)),
      memory_(std::move(memory)),
      options_(options),
      turn_stop_token_ids_(TurnStopTokens(options_, model_->tokenizer())),
      stop_strings_(std::move(stop_strings)),
      sampler_(std::move(sampler)),
      constraint_(std::move(constraint)),
      cache_(std::move(cache)),
      tokens_(cache_.max_context_tokens()),
      logits_(model_->config().vocab_size),
      reply_(model_->tokenizer(), stop_strings_) {
  generated_.reserve(cache_.max_context_tokens());
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
  chat_ = Chat();
  EndGeneration();
  is_poisoned_ = false;
  PublishPosition();
}

// What is told and counted of a generation begins anew.
void Session::EndGeneration() {
  in_flight_.Clear();
  progress_ = Progress();
  generated_.clear();
  constraint_.Reset();
  reply_.Clear();
}

// In a chat the reply goes on with the turn that is open. Not done before it is needed: it may take
// memory, and what ends a generation must not fail.
void Session::RestartReply() {
  if (!progress_.reply_is_stale) return;
  const auto chat = model_->RequireChat();
  if (chat_.is_chat && chat.ok() && (*chat)->LastTurnIsOpen(tokens_.token_ids())) {
    reply_.BeginTurn(tokens_.token_ids(), (*chat)->begin_of_turn_id());
  } else {
    reply_.BeginRaw();
  }
  progress_.reply_is_stale = false;
}

// Keeps the first `num_tokens` of the cache at most, or none where a sliding layer's ring no longer
// holds what they see. Returns how many it keeps.
size_t Session::RewindCache(size_t num_tokens) {
  num_tokens = std::min(num_tokens, cache_.num_tokens());
  if (cache_.Rewind(num_tokens)) return num_tokens;
  cache_.Reset();
  return 0;
}

// Keeps the first `position` tokens; the cache keeps what it has of them, less the last
// `num_again`.
void Session::Truncate(size_t position, size_t num_again) {
  tokens_.Rewind(position, RewindCache(position - num_again));
}

// The last token that is kept runs again: its logits are gone.
Status Session::Rewind(size_t position) {
  return Exclusively([&]() -> Status {
    if (position > tokens_.size()) {
      return Status::InvalidArgument("position is %zu; the session holds %zu tokens", position,
                                     tokens_.size());
    }
    Truncate(position, std::min<size_t>(position, 1));
    if (position < chat_.system.num_tokens) chat_.system = {};
    chat_.called_tools.clear();
    EndGeneration();
    return Status::Ok();
  });
}

StatusOr<std::unique_ptr<Session>> Session::Fork() {
  std::unique_ptr<Session> other;
  GEMMA4_RETURN_IF_ERROR(Exclusively([&]() -> Status {
    GEMMA4_ASSIGN_OR_RETURN(other, Make(model_, options_, sampler_.Fork(), constraint_,
                                        stop_strings_, max_context_tokens(), cache_.type()));
    other->cache_.CopyFrom(cache_);
    other->in_flight_ = in_flight_;
    other->num_planned_ = num_planned_;
    other->tokens_.Restore(tokens_.token_ids(), tokens_.num_run(), tokens_.prompt_begin());
    other->logits_ = logits_;
    other->progress_ = progress_;
    other->generated_.assign(generated_.begin(), generated_.end());
    other->reply_ = reply_;
    other->logprobs_ = logprobs_;
    other->chat_ = chat_;
    other->PublishPosition();
    return Status::Ok();
  }));
  return other;
}

Status Session::SetSampler(const SamplerOptions& options, const ConstraintOptions& constraint) {
  return Exclusively([&]() -> Status {
    GEMMA4_ASSIGN_OR_RETURN(ReplyConstraint follows, ReplyConstraint::Create(constraint, *model_));
    GEMMA4_ASSIGN_OR_RETURN(sampler_, Sampler::Create(options, model_->config().vocab_size));
    constraint_ = std::move(follows);
    progress_.constraint_begin = generated_.size();
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

// What can never fit is not looked at.
Status Session::CheckGiven(std::span<const int32_t> token_ids) const {
  if (token_ids.size() <= max_context_tokens()) return CheckIds(token_ids);
  return Status::ContextFull("%zu tokens do not fit: max_context_tokens is %zu", token_ids.size(),
                             max_context_tokens());
}

// Everything that can fail comes before anything that changes.
Status Session::Append(std::span<const int32_t> token_ids, StopToken stop_token,
                       size_t num_replaced) {
  if (token_ids.empty()) return Status::Ok();
  const std::optional<int32_t> joins =
      stop_token == StopToken::kJoins ? progress_.stop_token : std::nullopt;
  const size_t num_more = token_ids.size() + (joins ? 1 : 0);
  const size_t num_taken = tokens_.size() - num_replaced;
  std::optional<ContextSlide> slide;
  if (num_more > max_context_tokens() - num_taken) {
    slide = PlanSlide(num_more, num_replaced);
    if (!slide) {
      return Status::ContextFull("%zu tokens do not fit: %zu of max_context_tokens = %zu are taken",
                                 num_more, num_taken, max_context_tokens());
    }
  }
  tokens_.DropLast(num_replaced);
  const size_t num_dropped = progress_.num_dropped + (slide ? Slide(*slide) : 0);
  if (joins) tokens_.Append({&*joins, 1});
  tokens_.Append(token_ids);
  EndGeneration();
  progress_.num_dropped = num_dropped;
  return Status::Ok();
}

std::optional<ContextSlide> Session::PlanSlide(size_t num_needed, size_t num_replaced) const {
  if (options_.context_full != ContextFull::kSlide) return std::nullopt;
  const std::span<const int32_t> kept = tokens_.token_ids().first(tokens_.size() - num_replaced);
  const auto slide = PlanContextSlide(kept, max_context_tokens(), num_needed, model_->tokenizer());
  // A generation needs a token to go on from.
  return slide && slide->count < kept.size() ? slide : std::nullopt;
}

// What is kept after the gap has other positions now and runs again.
size_t Session::Slide(const ContextSlide& slide) {
  in_flight_.Clear();
  tokens_.Erase(slide.begin, slide.count, RewindCache(slide.begin));
  progress_.has_logits = false;
  progress_.next_is_sampled = false;
  return slide.count;
}

Status Session::AppendIds(std::span<const int32_t> token_ids) {
  return Exclusively([&]() -> Status {
    GEMMA4_RETURN_IF_ERROR(CheckGiven(token_ids));
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

Status Session::SetIds(std::span<const int32_t> token_ids) {
  return Exclusively([&]() -> Status {
    GEMMA4_RETURN_IF_ERROR(ReplaceTokens(token_ids));
    chat_ = Chat();
    return Status::Ok();
  });
}

Status Session::ReplaceTokens(std::span<const int32_t> token_ids) {
  GEMMA4_RETURN_IF_ERROR(CheckGiven(token_ids));
  const std::span<const int32_t> held = tokens_.token_ids();
  const size_t num_same = static_cast<size_t>(
      std::mismatch(held.begin(), held.end(), token_ids.begin(), token_ids.end()).first -
      held.begin());
  const bool all_are_held = num_same == token_ids.size() && num_same > 0;
  Truncate(num_same, all_are_held ? 1 : 0);  // somebody will want the last one's logits
  const size_t num_reused = tokens_.num_run();
  tokens_.Append(token_ids.subspan(num_same));
  chat_.called_tools.clear();
  EndGeneration();
  progress_.num_reused = num_reused;
  return Status::Ok();
}

// ---- Running ------------------------------------------------------------------------------------

// Runs the oldest `num_tokens` that wait, and gives the outputs that `wanted` has room for. On
// error they still wait.
Status Session::RunChunk(size_t num_tokens, const ChunkSequence& wanted, const CancelFlag* cancel) {
  in_flight_.Clear();
  ChunkSequence sequence = wanted;
  sequence.cache = &cache_;
  sequence.token_ids = tokens_.NextChunk(num_tokens);
  ForwardOptions options;
  options.cancel = cancel;
  progress_.has_logits = false;  // they may be written in part
  GEMMA4_RETURN_IF_ERROR(model_->transformer().Forward({&sequence, 1}, options));
  tokens_.MarkRun(sequence.token_ids.size());
  progress_.next_is_sampled = false;
  return Status::Ok();
}

// Runs what waits but the last `num_left`, and keeps the logits of the last token that ran.
Status Session::RunWaiting(size_t num_left, const CancelFlag* cancel) {
  while (tokens_.num_waiting() > num_left) {
    const size_t num_tokens =
        std::min(tokens_.num_waiting() - num_left, model_->prefill_chunk_tokens());
    const bool is_last = num_tokens == tokens_.num_waiting() - num_left;
    ChunkSequence wanted;
    if (is_last) {
      wanted.read = RowsRead::kLast;
      wanted.logits = logits_.data();
    }
    GEMMA4_RETURN_IF_ERROR(RunChunk(num_tokens, wanted, cancel));
    progress_.has_logits = is_last;
  }
  return Status::Ok();
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
  if (!HasPrompt()) return;
  event->num_tokens_done = tokens_.num_prompt_run();
  event->num_tokens_total = tokens_.num_prompt();
}

StatusOr<size_t> Session::PlanStep(size_t max_rows, Event* event) {
  if (progress_.num_dropped > 0) {
    event->kind = EventKind::kContextSlid;
    event->num_tokens_dropped = std::exchange(progress_.num_dropped, 0);
    return size_t{0};
  }
  if (!in_flight_.empty()) return num_planned_;
  if (HasPrompt()) {
    num_planned_ = std::min(tokens_.num_waiting(), max_rows);
    return num_planned_;
  }
  num_planned_ = 0;
  if (reply_.has_event() || progress_.end_reason != EndReason::kNone) {
    TellReply(event);
    return size_t{0};
  }
  if (progress_.stop_token) {
    return Status::State("the generation ended with stop token %d; append what comes next first",
                         *progress_.stop_token);
  }
  if (!progress_.has_logits && !progress_.next_is_sampled) {
    return Status::State("the session is empty; append text or token ids first");
  }
  if (options_.max_new_tokens > 0 && progress_.num_new_tokens == options_.max_new_tokens) {
    EndReply(EndReason::kMaxTokens, -1);
    TellReply(event);
    return size_t{0};
  }
  if (tokens_.size() == max_context_tokens()) {
    if (const auto slide = PlanSlide(/*num_needed=*/1, /*num_replaced=*/0)) {
      event->kind = EventKind::kContextSlid;
      event->num_tokens_dropped = Slide(*slide);
    } else {
      EndReply(EndReason::kContextFull, -1);
      TellReply(event);
    }
    return size_t{0};
  }
  if (progress_.next_is_sampled) num_planned_ = 1;
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
    progress_.has_logits = false;  // they may be written in part
  }
  return rows;
}

Status Session::FinishStep(Event* event) {
  if (num_planned_ == 0) return MakeToken(event);
  const bool is_last = num_planned_ == tokens_.num_waiting();
  event->num_tokens_done = tokens_.num_prompt_run() + num_planned_;
  event->num_tokens_total = tokens_.num_prompt();
  event->num_tokens_reused = progress_.num_reused;
  tokens_.MarkRun(num_planned_);
  num_planned_ = 0;
  progress_.has_logits = is_last;
  if (std::exchange(progress_.next_is_sampled, false)) {
    *event = Event();
    return MakeToken(event);
  }
  event->kind = EventKind::kPrefill;
  return Status::Ok();
}

// A thought is free, and so is the token that begins one.
bool Session::IsConstrained(const ReplyConstraint& constraint, const ReplyStream& reply,
                            int32_t token_id, const LoadedModel& model) {
  if (!constraint.exists() || reply.in_thought()) return false;
  return !reply.is_turn() || token_id != model.tokenizer()->ControlId(kBeginChannel);
}

// A thought that has become too long is closed in the model's place.
StatusOr<std::optional<int32_t>> Session::ChooseToken() {
  RestartReply();
  if (options_.max_thought_tokens > 0 && reply_.in_thought() &&
      progress_.num_thought_tokens >= options_.max_thought_tokens) {
    if (const auto end_channel = model_->tokenizer()->ControlId(kEndChannel)) return end_channel;
  }
  SampleInput input{.logits = logits_,
                    .history = tokens_.token_ids(),
                    .num_prompt = tokens_.size() - std::min(tokens_.size(), generated_.size())};
  if (IsConstrained(constraint_, reply_, -1, *model_)) {
    GEMMA4_RETURN_IF_ERROR(constraint_.Prepare(chat_.system.tools_json(), *model_));
    const bool may_think = chat_.system.enable_thinking && reply_.is_turn() && generated_.empty();
    input.allowed = constraint_.AllowedTokens(
        StopTokens(), may_think ? model_->tokenizer()->ControlId(kBeginChannel).value_or(-1) : -1);
    if (constraint_.MustEnd() && StopTokens().empty()) return std::optional<int32_t>();
  }
  const uint64_t draws = sampler_.random_state();
  GEMMA4_ASSIGN_OR_RETURN(const int32_t token_id, sampler_.Sample(input));
  if (IsStopToken(token_id) || !IsConstrained(constraint_, reply_, token_id, *model_)) {
    return std::optional<int32_t>(token_id);
  }
  try {
    if (constraint_.Accept(token_id)) return std::optional<int32_t>(token_id);
  } catch (...) {  // no memory: the token is drawn again
    sampler_.set_random_state(draws);
    throw;
  }
  return Status::Internal("the constraint refuses token %d, which it allowed", token_id);
}

Status Session::MakeToken(Event* event) {
  GEMMA4_ASSIGN_OR_RETURN(const std::optional<int32_t> chosen, ChooseToken());
  PoisonGuard guard(&is_poisoned_);
  if (!chosen || IsStopToken(*chosen)) {
    progress_.stop_token = chosen;
    EndReply(chosen ? EndReason::kStopToken : EndReason::kComplete, chosen.value_or(-1));
  } else {
    TakeToken(*chosen);
  }
  if (chosen && options_.num_top_logprobs) {
    logprobs_ = ComputeTopLogprobs(logits_, *chosen, *options_.num_top_logprobs);
  }
  TellReply(event);
  guard.Dismiss();
  return Status::Ok();
}

// A token that was made is the next to wait.
void Session::TakeToken(int32_t token_id) {
  if (generated_.empty()) chat_.called_tools.clear();
  tokens_.Append({&token_id, 1});
  progress_.next_is_sampled = true;
  ++progress_.num_new_tokens;
  generated_.push_back(token_id);
  reply_.Feed(token_id);
  progress_.num_thought_tokens = reply_.in_thought() ? progress_.num_thought_tokens + 1 : 0;
  if (reply_.found_stop_string()) EndReply(EndReason::kStopString, -1);
}

// What was held back comes out first; then the end is told.
void Session::EndReply(EndReason reason, int32_t token_id) {
  reply_.Finish();
  progress_.reply_begin = generated_.size();
  progress_.num_new_tokens = 0;
  progress_.end_token = token_id;
  chat_.called_tools = reply_.tool_names();
  const bool waits = reason == EndReason::kStopToken && !chat_.called_tools.empty();
  progress_.end_reason = waits ? EndReason::kToolCalls : reason;
}

void Session::TellReply(Event* event) {
  if (reply_.has_event()) {
    *event = reply_.Next();
  } else {
    event->kind = EventKind::kEnd;
    event->end_reason = std::exchange(progress_.end_reason, EndReason::kNone);
    event->token_id = progress_.end_token;
  }
  if (event->token_id < 0 || !options_.num_top_logprobs) return;
  event->logprob = logprobs_.chosen.logprob;
  event->top_logprobs = std::span(logprobs_.top).first(logprobs_.num_top);
}

std::span<const int32_t> Session::StopTokens() const {
  return reply_.is_turn() ? turn_stop_token_ids_ : options_.stop_token_ids;
}

bool Session::IsStopToken(int32_t token_id) const {
  const std::span<const int32_t> ids = StopTokens();
  return std::find(ids.begin(), ids.end(), token_id) != ids.end();
}

}  // namespace gemma4
