// StepMany: one step of several sessions, with one forward pass for all of them.
#ifndef GEMMA4_LIB_SESSION_STEP_MANY_H_
#define GEMMA4_LIB_SESSION_STEP_MANY_H_

#include <span>
#include <vector>

#include "lib/base/status.h"
#include "lib/session/event.h"
#include "lib/session/session.h"

namespace gemma4 {

// Works on vectors of its own: keep one to step the same group again without allocating.
class StepMany {
 public:
  // Each session does what Session::Step() would do, and the same bits come out. A token of one
  // and a chunk of another's prompt are rows of one pass; prompts share the rows that are left.
  // When the time is spent every session that has rows is kPending, and goes on in whatever group
  // its next step is.
  //
  // events, results: [sessions.size()]; results are what Session::Step() would have returned.
  // kInvalidArgument, kBusy and kOutOfMemory concern all: nothing has changed. kCancelled: those
  // that have rows are kPending.
  Status Run(std::span<Session* const> sessions, const StepOptions& options,
             std::span<Event> events, std::span<Status> results);

 private:
  void Plan(std::span<Session* const> sessions, const StepOptions& options, std::span<Event> events,
            std::span<Status> results);

  std::vector<size_t> running_;  // indices of those that have rows, or logits to choose from
  std::vector<ChunkSequence> chunk_;
};

}  // namespace gemma4

#endif  // GEMMA4_LIB_SESSION_STEP_MANY_H_
