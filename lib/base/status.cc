#include "lib/base/status.h"

#include <cstdarg>
#include <cstdio>

namespace gemma4 {
namespace {

std::string Format(const char* format, va_list args) {
  va_list measured;
  va_copy(measured, args);
  const int size = std::vsnprintf(nullptr, 0, format, measured);
  va_end(measured);
  if (size <= 0) return format;
  std::string text(static_cast<size_t>(size), '\0');
  std::vsnprintf(text.data(), text.size() + 1, format, args);
  // Messages are one line, whatever bytes a file put into a name.
  for (char& c : text) {
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) c = '?';
  }
  return text;
}

}  // namespace

const char* StatusCodeName(StatusCode code) {
  switch (code) {
    case StatusCode::kOk: return "ok";
    case StatusCode::kInvalidArgument: return "invalid argument";
    case StatusCode::kInvalidUtf8: return "invalid UTF-8";
    case StatusCode::kOutOfMemory: return "out of memory";
    case StatusCode::kMemoryBudget: return "memory budget";
    case StatusCode::kNotFound: return "not found";
    case StatusCode::kIo: return "I/O error";
    case StatusCode::kCorrupt: return "corrupt";
    case StatusCode::kUnsupported: return "unsupported";
    case StatusCode::kUnsupportedCpu: return "unsupported CPU";
    case StatusCode::kContextFull: return "context full";
    case StatusCode::kCancelled: return "cancelled";
    case StatusCode::kStopped: return "stopped by callback";
    case StatusCode::kBusy: return "busy";
    case StatusCode::kState: return "wrong state";
    case StatusCode::kInternal: return "internal";
  }
  return "unknown";
}

#define GEMMA4_STATUS_FACTORY(name)                           \
  Status Status::name(const char* format, ...) {              \
    va_list args;                                             \
    va_start(args, format);                                   \
    Status status(StatusCode::k##name, Format(format, args)); \
    va_end(args);                                             \
    return status;                                            \
  }
GEMMA4_STATUS_FACTORY(InvalidArgument)
GEMMA4_STATUS_FACTORY(InvalidUtf8)
GEMMA4_STATUS_FACTORY(OutOfMemory)
GEMMA4_STATUS_FACTORY(MemoryBudget)
GEMMA4_STATUS_FACTORY(NotFound)
GEMMA4_STATUS_FACTORY(Io)
GEMMA4_STATUS_FACTORY(Corrupt)
GEMMA4_STATUS_FACTORY(Unsupported)
GEMMA4_STATUS_FACTORY(UnsupportedCpu)
GEMMA4_STATUS_FACTORY(ContextFull)
GEMMA4_STATUS_FACTORY(Cancelled)
GEMMA4_STATUS_FACTORY(Stopped)
GEMMA4_STATUS_FACTORY(Busy)
GEMMA4_STATUS_FACTORY(State)
GEMMA4_STATUS_FACTORY(Internal)
#undef GEMMA4_STATUS_FACTORY

Status Status::WithPrefix(const std::string& prefix) const {
  if (ok()) return *this;
  return Status(code_, prefix + ": " + message_);
}

}  // namespace gemma4
