// Status and StatusOr: how every part of the library says that something went wrong.
//
// Anything a file or a caller can get wrong returns a Status; anything only we can get wrong is an
// assert. Messages are one line that names the thing, the value found and the value allowed.
#ifndef GEMMA4_LIB_BASE_STATUS_H_
#define GEMMA4_LIB_BASE_STATUS_H_

#include <cassert>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>

namespace gemma4 {

// The numbers are those of include/gemma4/status.h (tests/api checks that they agree).
enum class StatusCode : int32_t {
  kOk = 0,
  kInvalidArgument = 1,
  kInvalidUtf8 = 2,
  kOutOfMemory = 3,
  kMemoryBudget = 4,
  kNotFound = 5,
  kIo = 6,
  kCorrupt = 7,
  kUnsupported = 8,
  kUnsupportedCpu = 9,
  kContextFull = 10,
  kCancelled = 11,
  kStopped = 12,  // by a callback's non-zero return
  kBusy = 13,
  kState = 14,
  kInternal = 15,
};

// Names the code in messages and tests: "corrupt", "context full".
const char* StatusCodeName(StatusCode code);

class [[nodiscard]] Status {
 public:
  Status() = default;
  Status(StatusCode code, std::string message) : code_(code), message_(std::move(message)) {}

  static Status Ok() { return Status(); }

  // One factory per code, printf-style.
#define GEMMA4_STATUS_FACTORY(name) \
  static Status name(const char* format, ...) __attribute__((format(printf, 1, 2)))
  GEMMA4_STATUS_FACTORY(InvalidArgument);
  GEMMA4_STATUS_FACTORY(InvalidUtf8);
  GEMMA4_STATUS_FACTORY(OutOfMemory);
  GEMMA4_STATUS_FACTORY(MemoryBudget);
  GEMMA4_STATUS_FACTORY(NotFound);
  GEMMA4_STATUS_FACTORY(Io);
  GEMMA4_STATUS_FACTORY(Corrupt);
  GEMMA4_STATUS_FACTORY(Unsupported);
  GEMMA4_STATUS_FACTORY(UnsupportedCpu);
  GEMMA4_STATUS_FACTORY(ContextFull);
  GEMMA4_STATUS_FACTORY(Cancelled);
  GEMMA4_STATUS_FACTORY(Stopped);
  GEMMA4_STATUS_FACTORY(Busy);
  GEMMA4_STATUS_FACTORY(State);
  GEMMA4_STATUS_FACTORY(Internal);
#undef GEMMA4_STATUS_FACTORY

  bool ok() const { return code_ == StatusCode::kOk; }
  StatusCode code() const { return code_; }
  const std::string& message() const { return message_; }

  // The same error with "prefix: " before its text; Ok stays Ok.
  Status WithPrefix(const std::string& prefix) const;

 private:
  StatusCode code_ = StatusCode::kOk;
  std::string message_;
};

// A value, or the Status that says why there is none.
template <typename T>
class [[nodiscard]] StatusOr {
 public:
  StatusOr(T value) : value_(std::move(value)) {}                          // NOLINT: implicit
  StatusOr(Status status) : status_(std::move(status)) { assert(!ok()); }  // NOLINT: implicit

  bool ok() const { return status_.ok(); }
  const Status& status() const { return status_; }

  T& value() & {
    assert(ok());
    return *value_;
  }
  const T& value() const& {
    assert(ok());
    return *value_;
  }
  T&& value() && {
    assert(ok());
    return *std::move(value_);
  }
  T& operator*() & { return value(); }
  const T& operator*() const& { return value(); }
  T* operator->() { return &value(); }
  const T* operator->() const { return &value(); }

 private:
  Status status_;
  std::optional<T> value_;
};

}  // namespace gemma4

#define GEMMA4_CONCAT_INNER(a, b) a##b
#define GEMMA4_CONCAT(a, b) GEMMA4_CONCAT_INNER(a, b)

// Leaves the current function with the Status of `expression` unless it is Ok.
#define GEMMA4_RETURN_IF_ERROR(expression)           \
  do {                                               \
    ::gemma4::Status gemma4_status_ = (expression);  \
    if (!gemma4_status_.ok()) return gemma4_status_; \
  } while (false)

// `target = value of expression`, or leaves the current function with its Status.
#define GEMMA4_ASSIGN_OR_RETURN(target, expression) \
  GEMMA4_ASSIGN_OR_RETURN_IMPL(GEMMA4_CONCAT(gemma4_result_, __LINE__), target, expression)
#define GEMMA4_ASSIGN_OR_RETURN_IMPL(result, target, expression) \
  auto result = (expression);                                    \
  if (!result.ok()) return result.status();                      \
  target = std::move(result).value()

#endif  // GEMMA4_LIB_BASE_STATUS_H_
