// Which instruction sets the Highway kernels of ops/ are compiled for. Include before highway.h.
//
// The library's floor is AVX2 with FMA; AVX-512 is the one step above it that pays for row kernels.
// Highway's other x86 targets would multiply compile time and size for nothing.
#ifndef GEMMA4_LIB_OPS_HIGHWAY_TARGETS_H_
#define GEMMA4_LIB_OPS_HIGHWAY_TARGETS_H_

#define HWY_DISABLED_TARGETS (HWY_SSSE3 | HWY_SSE4 | HWY_AVX3_DL)

#endif  // GEMMA4_LIB_OPS_HIGHWAY_TARGETS_H_
