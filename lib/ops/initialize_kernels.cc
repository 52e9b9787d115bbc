#include "lib/ops/initialize_kernels.h"

#include <xnnpack.h>

#include "hwy/targets.h"
#include "lib/ops/xnnpack_status.h"

namespace gemma4 {

Status InitializeKernels() {
  // Left to itself, Highway probes at the first call of a kernel; a loop that took the kernel's
  // address before then would probe at every call, and in a virtual machine a probe takes long.
  static const bool is_chosen = [] {
    hwy::GetChosenTarget().Update(hwy::SupportedTargets());
    return true;
  }();
  (void)is_chosen;
  return XnnpackStatus(xnn_initialize(/*allocator=*/nullptr), "initialize XNNPACK");
}

}  // namespace gemma4
