// What holds for every reader of files, whatever the bytes. A fuzzer that finds a broken one aborts
// with a sentence that says which.
#ifndef GEMMA4_TESTS_FUZZ_INVARIANTS_H_
#define GEMMA4_TESTS_FUZZ_INVARIANTS_H_

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "lib/base/status.h"
#include "lib/base/tensor_view.h"
#include "lib/checkpoint/checkpoint.h"

// Each fuzzer defines this one; libFuzzer calls it, and so does corpus_main.cc.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size);

namespace gemma4::fuzz {

// Aborts, naming `what` and `detail`, unless `holds`.
void Require(bool holds, const char* what, std::string_view detail = {});

// An error says something, in one line of UTF-8: bindings hand it to languages whose strings are
// Unicode.
void RequireGoodStatus(const Status& status);

// `text` lies inside `file`. An empty one may lie anywhere.
void RequireInside(std::span<const std::byte> file, std::span<const std::byte> view,
                   std::string_view name);

// The view lies inside `file` and has as many bytes as its type and shape need.
void RequireGoodTensor(std::span<const std::byte> file, const TensorView& tensor);

// A checkpoint of any format whose tensors are all in `weights`: every tensor is good, those that
// the configuration asks for are there, and no token id is outside the vocabulary.
void RequireGoodCheckpoint(std::span<const std::byte> weights, const Checkpoint& checkpoint);

// While one lives, the memory in use may grow by `input_bytes` + 16 MiB and no more. Measured where
// the address sanitizer is, which sees every allocation; elsewhere this does nothing.
class AllocationLimit {
 public:
  explicit AllocationLimit(size_t input_bytes);
  ~AllocationLimit();
  AllocationLimit(const AllocationLimit&) = delete;
  AllocationLimit& operator=(const AllocationLimit&) = delete;
};

// `file` with the length that a safetensors file begins with made right: the header ends with the
// last '}' that printable text leads to. Without this nearly every change to a header makes it one
// that is cut short, and a fuzzer sees little else.
std::string WithTrueHeaderLength(std::span<const std::byte> file);

inline std::span<const std::byte> BytesOf(std::string_view text) {
  return std::as_bytes(std::span(text));
}

}  // namespace gemma4::fuzz

#endif  // GEMMA4_TESTS_FUZZ_INVARIANTS_H_
