// Structs that begin with struct_size: how they are read, filled and grown. Only this file knows.
//
// Fields are only ever appended. A caller compiled against older headers has a shorter struct, and
// what it lacks gets the default. One compiled against newer headers has a longer one, which is
// understood as long as what this library does not know is zero.
#ifndef GEMMA4_LIB_API_PARAMS_H_
#define GEMMA4_LIB_API_PARAMS_H_

#include <gemma4/event.h>
#include <gemma4/info.h>
#include <gemma4/model.h>
#include <gemma4/sampler.h>
#include <gemma4/session.h>

#include <algorithm>
#include <cstddef>
#include <cstring>

#include "lib/base/status.h"

namespace gemma4 {

// What each struct was when it was first published. first_size_bytes may never change; a new field
// changes `defaults` (and the macro in the header) and nothing else.
template <typename T>
struct ParamsTraits;

#define GEMMA4_PARAMS_TRAITS(type, last_first_field, ...)                      \
  template <>                                                                  \
  struct ParamsTraits<type> {                                                  \
    static constexpr const char* kName = #type;                                \
    static constexpr size_t kFirstSizeBytes =                                  \
        offsetof(type, last_first_field) + sizeof(type::last_first_field);     \
    /* Padding at the end would be taken for a field when one is put there. */ \
    static_assert(kFirstSizeBytes % sizeof(void*) == 0);                       \
    static constexpr type kDefaults = __VA_ARGS__;                             \
  }
GEMMA4_PARAMS_TRAITS(gemma4_load_params, cancel, GEMMA4_LOAD_PARAMS_INIT);
GEMMA4_PARAMS_TRAITS(gemma4_sampler_params, top_k, GEMMA4_SAMPLER_PARAMS_INIT);
GEMMA4_PARAMS_TRAITS(gemma4_session_params, max_context_tokens, GEMMA4_SESSION_PARAMS_INIT);
GEMMA4_PARAMS_TRAITS(gemma4_step_params, time_budget_us, GEMMA4_STEP_PARAMS_INIT);
GEMMA4_PARAMS_TRAITS(gemma4_event, num_tokens_total, GEMMA4_EVENT_INIT);
GEMMA4_PARAMS_TRAITS(gemma4_memory_needs, resident_bytes, GEMMA4_MEMORY_NEEDS_INIT);
GEMMA4_PARAMS_TRAITS(gemma4_tensor_info, layer, GEMMA4_TENSOR_INFO_INIT);
#undef GEMMA4_PARAMS_TRAITS

// No struct will ever be as large. A larger number is memory that nobody set up, and reading that
// far could crash.
inline constexpr size_t kMaxStructSizeBytes = 4096;

// kInvalidArgument for a struct_size that no version of the struct has, as in a struct that was
// never set up. `first_size_bytes` as in ParamsTraits.
Status CheckStructSize(size_t struct_size, size_t first_size_bytes, const char* name);

// kUnsupported if any byte of [known_size, struct_size) is not zero.
Status CheckUnknownTail(const void* params, size_t known_size, size_t struct_size,
                        const char* name);

template <typename T>
Status CheckStruct(const T* given) {
  using Traits = ParamsTraits<T>;
  return CheckStructSize(given->struct_size, Traits::kFirstSizeBytes, Traits::kName);
}

// For gemma4_..._init(): as much of the defaults as the caller's struct has room for, the rest
// zero. Nothing for a size that no struct has.
template <typename T>
void InitParams(T* params, size_t struct_size) {
  if (params == nullptr || struct_size < sizeof(struct_size) || struct_size > kMaxStructSizeBytes) {
    return;
  }
  std::memset(static_cast<void*>(params), 0, struct_size);
  std::memcpy(static_cast<void*>(params), &ParamsTraits<T>::kDefaults,
              std::min(struct_size, sizeof(T)));
  params->struct_size = struct_size;
}

// The caller's params as this library knows them; NULL is all defaults.
template <typename T>
StatusOr<T> ReadParams(const T* params) {
  using Traits = ParamsTraits<T>;
  T known = Traits::kDefaults;
  if (params == nullptr) return known;
  const size_t struct_size = params->struct_size;
  GEMMA4_RETURN_IF_ERROR(CheckStruct(params));
  GEMMA4_RETURN_IF_ERROR(CheckUnknownTail(params, sizeof(T), struct_size, Traits::kName));
  std::memcpy(static_cast<void*>(&known), params, std::min(struct_size, sizeof(T)));
  known.struct_size = sizeof(T);
  return known;
}

// Writes as much of `value` as the caller's struct has room for; struct_size stays. What a longer
// struct has besides stays, too: a struct that was never set up may claim any length, and nothing
// is written where this library's own struct would end. REQUIRES: CheckStruct() was Ok.
template <typename T>
void WriteStruct(const T& value, T* out) {
  const size_t struct_size = out->struct_size;
  std::memcpy(static_cast<void*>(out), &value, std::min(struct_size, sizeof(T)));
  out->struct_size = struct_size;
}

}  // namespace gemma4

#endif  // GEMMA4_LIB_API_PARAMS_H_
