#include "lib/api/cpu_floor.h"

#if defined(__x86_64__)
#include <cpuid.h>
#endif

#include <iterator>
#include <string>

namespace gemma4 {

Status RequireExtensions(const CpuExtension* extensions, size_t num_extensions) {
  std::string missing;
  for (size_t i = 0; i < num_extensions; ++i) {
    if (extensions[i].is_there) continue;
    if (!missing.empty()) missing += ", ";
    missing += extensions[i].name;
  }
  if (missing.empty()) return Status::Ok();
  return Status::UnsupportedCpu("this CPU lacks %s; AVX2, FMA and F16C are needed",
                                missing.c_str());
}

namespace {

#if defined(__x86_64__)
// Clang 14's __builtin_cpu_supports does not know this one.
bool HasF16c() {
  unsigned a = 0, b = 0, c = 0, d = 0;
  return __get_cpuid(1, &a, &b, &c, &d) != 0 && (c & bit_F16C) != 0;
}
#endif

}  // namespace

Status CheckCpu() {
#if defined(__x86_64__)
  __builtin_cpu_init();
  const CpuExtension extensions[] = {
      {"AVX2", __builtin_cpu_supports("avx2") != 0},
      {"FMA", __builtin_cpu_supports("fma") != 0},
      {"F16C", HasF16c()},
  };
  return RequireExtensions(extensions, std::size(extensions));
#else
  return Status::Ok();
#endif
}

}  // namespace gemma4
