#include "lib/ops/xnnpack_status.h"

namespace gemma4 {

Status XnnpackStatus(xnn_status status, const char* what) {
  switch (status) {
    case xnn_status_success: return Status::Ok();
    case xnn_status_out_of_memory: return Status::OutOfMemory("cannot %s: out of memory", what);
    case xnn_status_unsupported_hardware:
      return Status::UnsupportedCpu("cannot %s: XNNPACK has no kernel for this CPU", what);
    default:
      return Status::Internal("cannot %s: XNNPACK status %d", what, static_cast<int>(status));
  }
}

}  // namespace gemma4
