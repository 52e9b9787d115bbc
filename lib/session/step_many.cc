#include "lib/session/step_many.h"

#include <algorithm>
#include <new>

#include "lib/session/busy_lock.h"

namespace gemma4 {
namespace {

// Holds every session of a group, or none.
class GroupLock {
 public:
  ~GroupLock() {
    for (std::atomic_flag* flag : held_) flag->clear(std::memory_order_release);
  }

  void Reserve(size_t count) { held_.reserve(count); }
  bool Add(std::atomic_flag& busy) {
    if (busy.test_and_set(std::memory_order_acquire)) return false;
    held_.push_back(&busy);
    return true;
  }

 private:
  std::vector<std::atomic_flag*> held_;
};

}  // namespace

// Sessions that make a token have one row each; prompts get equal shares of what is left. A prompt
// whose rows are on their way keeps these.
void StepMany::Plan(std::span<Session* const> sessions, const StepOptions& options,
                    std::span<Event> events, std::span<Status> results) {
  const size_t max_rows = sessions.front()->model_->prefill_chunk_tokens();
  size_t num_taken = 0, num_prompts = 0;
  for (const Session* session : sessions) {
    if (!session->in_flight_.empty()) {
      num_taken += session->num_planned_;
    } else if (session->HasPrompt()) {
      ++num_prompts;
    } else {
      ++num_taken;
    }
  }
  size_t rows_left = Session::MaxPromptRows(max_rows, options);
  // Rows in flight of an earlier group may be more than fit beside the others: those wait.
  rows_left = std::min(rows_left, max_rows - std::min(max_rows, num_taken));
  size_t num_rows = 0;
  for (size_t i = 0; i < sessions.size(); ++i) {
    Session& session = *sessions[i];
    if (session.is_poisoned_) {
      results[i] = Session::PoisonedStatus();
      continue;
    }
    size_t share = 1;
    if (session.in_flight_.empty() && session.HasPrompt()) {
      share = std::max<size_t>(1, rows_left / num_prompts--);
      rows_left -= std::min(rows_left, share);
    }
    const bool fits =
        num_rows + (session.in_flight_.empty() ? 1 : session.num_planned_) <= max_rows;
    if (!fits) {
      session.TellPending(&events[i]);
      continue;
    }
    StatusOr<size_t> planned = session.PlanStep(std::min(share, max_rows - num_rows), &events[i]);
    results[i] = planned.status();
    session.PublishPosition();  // a full context slides when the step is planned
    if (!planned.ok() || events[i].kind != EventKind::kNone) continue;
    num_rows += *planned;
    running_.push_back(i);
    if (*planned > 0) chunk_.push_back(session.PlannedRows());
  }
}

Status StepMany::Run(std::span<Session* const> sessions, const StepOptions& options,
                     std::span<Event> events, std::span<Status> results) {
  if (sessions.empty()) return Status::Ok();
  const LoadedModel* model = sessions.front()->model_.get();
  if (sessions.size() > model->prefill_chunk_tokens()) {
    return Status::InvalidArgument(
        "%zu sessions; one call takes at most prefill_chunk_tokens = %zu", sessions.size(),
        model->prefill_chunk_tokens());
  }
  for (size_t i = 0; i < sessions.size(); ++i) {
    if (sessions[i]->model_.get() == model) continue;
    return Status::InvalidArgument("session %zu has another model than session 0", i);
  }
  GroupLock lock;
  lock.Reserve(sessions.size());
  for (size_t i = 0; i < sessions.size(); ++i) {
    if (lock.Add(sessions[i]->busy_)) continue;
    return Status::Busy("session %zu is used by another thread, or was given twice", i);
  }
  running_.clear();
  chunk_.clear();
  running_.reserve(sessions.size());
  chunk_.reserve(sessions.size());
  for (size_t i = 0; i < sessions.size(); ++i) {
    events[i] = Event();
    results[i] = Status::Ok();
  }
  if (Status status = CheckCancelled(options.cancel, "the step"); !status.ok()) {
    for (size_t i = 0; i < sessions.size(); ++i) sessions[i]->TellPending(&events[i]);
    return status;
  }
  Plan(sessions, options, events, results);

  StatusOr<bool> done = true;
  if (!chunk_.empty()) {
    done = model->transformer().RunUntil(chunk_, {options.cancel, options.deadline});
  }
  const bool all_ran = done.ok() && *done;
  const bool is_pending = done.ok() || done.status().code() == StatusCode::kCancelled;
  // Choosing tokens from large vocabularies takes as long as a layer: threads share the sessions.
  model->thread_pool().ParallelFor(running_.size(), [&](size_t r) {
    const size_t i = running_[r];
    Session& session = *sessions[i];
    if (!all_ran && session.num_planned_ > 0) {
      if (is_pending) session.TellPending(&events[i]);
      if (done.status().code() == StatusCode::kInternal) session.is_poisoned_ = true;
      results[i] = done.status();
      return;
    }
    try {
      results[i] = session.FinishStep(&events[i]);
    } catch (const std::bad_alloc&) {  // no exception may leave a thread of the pool
      results[i] = Status::OutOfMemory("no memory to choose a token");
    }
    if (results[i].code() == StatusCode::kInternal) session.is_poisoned_ = true;
    if (!results[i].ok()) events[i] = Event();
    session.PublishPosition();
  });
  return done.status();
}

}  // namespace gemma4
