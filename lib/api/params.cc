#include "lib/api/params.h"

namespace gemma4 {
Status CheckStructSize(size_t struct_size, size_t first_size_bytes, const char* name) {
  if (struct_size >= first_size_bytes && struct_size <= kMaxStructSizeBytes) return Status::Ok();
  return Status::InvalidArgument(
      "%s.struct_size is %zu; it must be in [%zu, %zu] (set the struct up with its _INIT macro or "
      "_init function)",
      name, struct_size, first_size_bytes, kMaxStructSizeBytes);
}

Status CheckUnknownTail(const void* params, size_t known_size, size_t struct_size,
                        const char* name) {
  const auto* bytes = static_cast<const unsigned char*>(params);
  for (size_t i = known_size; i < struct_size; ++i) {
    if (bytes[i] == 0) continue;
    return Status::Unsupported(
        "%s has a field at byte %zu that this version of the library does not know (it knows %zu "
        "bytes); only zero can be ignored",
        name, i, known_size);
  }
  return Status::Ok();
}

}  // namespace gemma4
