// The one-time choices of kernels for this CPU.
#ifndef GEMMA4_LIB_OPS_INITIALIZE_KERNELS_H_
#define GEMMA4_LIB_OPS_INITIALIZE_KERNELS_H_

#include "lib/base/status.h"

namespace gemma4 {

// Probes the CPU once a process, for XNNPACK and for Highway. Any thread. Cheap after the first
// call. kUnsupportedCpu if XNNPACK has no kernels for it.
Status InitializeKernels();

}  // namespace gemma4

#endif  // GEMMA4_LIB_OPS_INITIALIZE_KERNELS_H_
