// include/gemma4/cancel.h
#include <gemma4/cancel.h>

#include "lib/api/boundary.h"
#include "lib/api/handles.h"

using gemma4::AtBoundary;
using gemma4::RequireGiven;
using gemma4::Status;

gemma4_status gemma4_cancel_create(gemma4_cancel** out_cancel) {
  return AtBoundary([&]() -> Status {
    GEMMA4_RETURN_IF_ERROR(RequireGiven(out_cancel, "out_cancel"));
    *out_cancel = nullptr;
    *out_cancel = new gemma4_cancel;
    return Status::Ok();
  });
}

void gemma4_cancel_free(gemma4_cancel* cancel) { delete cancel; }

// These three are called in signal handlers: they may touch nothing but the flag.

void gemma4_cancel_set(gemma4_cancel* cancel) {
  if (cancel != nullptr) cancel->flag.Set();
}

void gemma4_cancel_clear(gemma4_cancel* cancel) {
  if (cancel != nullptr) cancel->flag.Clear();
}

int32_t gemma4_cancel_is_set(const gemma4_cancel* cancel) {
  return cancel != nullptr && cancel->flag.IsSet() ? 1 : 0;
}
