// The boundary between C callers and C++: nothing unwinds past it, and the text of what went wrong
// stays behind for gemma4_last_error_message().
#ifndef GEMMA4_LIB_API_BOUNDARY_H_
#define GEMMA4_LIB_API_BOUNDARY_H_

#include <gemma4/status.h>

#include <cstddef>
#include <exception>
#include <new>
#include <stdexcept>
#include <string_view>

#include "lib/base/status.h"

namespace gemma4 {

// The last error's text of this thread, NUL-terminated. A buffer of fixed size, so that running out
// of memory can be told, too.
const char* LastErrorText();
void SetLastErrorText(std::string_view text);

// Keeps the text of an error and turns it into its number.
gemma4_status Report(const Status& status);

// Runs `call`, a function that returns Status, for a C function.
template <typename Call>
gemma4_status AtBoundary(Call&& call) noexcept {
  try {
    return Report(call());
  } catch (const std::bad_alloc&) {
    SetLastErrorText("out of memory");
    return GEMMA4_ERROR_OUT_OF_MEMORY;
  } catch (const std::length_error&) {  // a container asked for more than can exist
    SetLastErrorText("out of memory");
    return GEMMA4_ERROR_OUT_OF_MEMORY;
  } catch (const std::exception& error) {
    SetLastErrorText(error.what());
    return GEMMA4_ERROR_INTERNAL;
  } catch (...) {
    SetLastErrorText("unknown exception");
    return GEMMA4_ERROR_INTERNAL;
  }
}

// kInvalidArgument if an argument that must be given is NULL.
inline Status RequireGiven(const void* argument, const char* name) {
  return argument != nullptr ? Status::Ok() : Status::InvalidArgument("%s is NULL", name);
}

// The text argument of a C function: `size` bytes, or up to the first NUL with
// GEMMA4_NUL_TERMINATED. NULL is an empty text if `size` is 0. Whether it is UTF-8 is for the
// tokenizer to see.
StatusOr<std::string_view> TextArgument(const char* text, size_t size);

}  // namespace gemma4

#endif  // GEMMA4_LIB_API_BOUNDARY_H_
