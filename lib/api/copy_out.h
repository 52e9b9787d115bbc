// Arrays into buffers of the caller.
#ifndef GEMMA4_LIB_API_COPY_OUT_H_
#define GEMMA4_LIB_API_COPY_OUT_H_

#include <algorithm>
#include <cstddef>
#include <span>

#include "lib/base/status.h"

namespace gemma4 {

// Writes `values` where they fit, and their number in any case. With capacity 0 the caller only
// asks for the number.
template <typename T>
Status CopyOut(std::span<const T> values, T* out, size_t capacity, size_t* out_size) {
  *out_size = values.size();
  if (capacity == 0) return Status::Ok();
  if (values.size() > capacity) {
    return Status::InvalidArgument("capacity is %zu; %zu are needed", capacity, values.size());
  }
  std::copy(values.begin(), values.end(), out);
  return Status::Ok();
}

}  // namespace gemma4

#endif  // GEMMA4_LIB_API_COPY_OUT_H_
