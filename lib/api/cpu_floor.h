// The instructions that the library takes for granted.
#ifndef GEMMA4_LIB_API_CPU_FLOOR_H_
#define GEMMA4_LIB_API_CPU_FLOOR_H_

#include <cstddef>

#include "lib/base/status.h"

namespace gemma4 {

// An instruction set extension of the floor, and whether this CPU (and its operating system) has
// it.
struct CpuExtension {
  const char* name;
  bool is_there;
};

// kUnsupportedCpu names those of `extensions` that are missing.
Status RequireExtensions(const CpuExtension* extensions, size_t num_extensions);

// Asks the CPU. Looked at before anything else runs, so that a CPU below the floor gets an error
// and never an illegal instruction. The floor: x86-64 with AVX2, FMA and F16C (Haswell, Zen and
// later); arm64 as it is.
Status CheckCpu();

}  // namespace gemma4

#endif  // GEMMA4_LIB_API_CPU_FLOOR_H_
