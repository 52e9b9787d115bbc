#include "tests/fuzz/invariants.h"

#include <cstdio>
#include <cstdlib>
#include <functional>

#include "lib/base/utf8.h"
#include "lib/model/tensor_role.h"

#if defined(__has_feature)
#if __has_feature(address_sanitizer)
#define GEMMA4_FUZZ_HAS_ALLOCATION_HOOKS 1
#endif
#endif
#if defined(__SANITIZE_ADDRESS__)
#define GEMMA4_FUZZ_HAS_ALLOCATION_HOOKS 1
#endif
#if defined(GEMMA4_FUZZ_HAS_ALLOCATION_HOOKS)
// From sanitizer/allocator_interface.h, which GCC 12 does not install.
extern "C" int __sanitizer_install_malloc_and_free_hooks(
    void (*on_allocation)(const volatile void* memory, size_t size),
    void (*on_free)(const volatile void* memory));
extern "C" size_t __sanitizer_get_allocated_size(const volatile void* memory);
#endif

namespace gemma4::fuzz {

void Require(bool holds, const char* what, std::string_view detail) {
  if (holds) return;
  std::fprintf(stderr, "invariant broken: %s: %s\n", what, std::string(detail).c_str());
  std::abort();
}

void RequireGoodStatus(const Status& status) {
  if (status.ok()) return;
  std::string_view rest = status.message();
  Require(!rest.empty(), "an error has a message", StatusCodeName(status.code()));
  while (!rest.empty()) {
    const size_t size = Utf8CharacterBytes(rest);
    Require(size != 0, "messages are UTF-8", status.message());
    const unsigned char first = static_cast<unsigned char>(rest.front());
    Require(first >= 0x20 && first != 0x7F, "messages are one line", status.message());
    rest.remove_prefix(size);
  }
}

void RequireInside(std::span<const std::byte> file, std::span<const std::byte> view,
                   std::string_view name) {
  if (view.empty()) return;
  const std::less_equal<const std::byte*> is_not_after;  // also of pointers into different objects
  Require(is_not_after(file.data(), view.data()) &&
              is_not_after(view.data() + view.size(), file.data() + file.size()),
          "what was read lies inside the file", name);
}

void RequireGoodTensor(std::span<const std::byte> file, const TensorView& tensor) {
  RequireInside(file, tensor.data, tensor.name);
  const DataTypeBlock block = BlockOf(tensor.type);
  size_t size_bytes = 1;
  bool overflows = false;
  for (const size_t dim : tensor.shape) {
    overflows = overflows || __builtin_mul_overflow(size_bytes, dim, &size_bytes);
  }
  Require(!overflows && size_bytes % block.num_elements == 0, "a shape is of whole blocks",
          tensor.name);
  size_bytes /= block.num_elements;
  overflows = __builtin_mul_overflow(size_bytes, block.size_bytes, &size_bytes);
  Require(!overflows && size_bytes == tensor.data.size(), "a tensor has the bytes of its shape",
          tensor.name);
}

void RequireGoodCheckpoint(std::span<const std::byte> weights, const Checkpoint& checkpoint) {
  RequireGoodStatus(checkpoint.config().Validate());
  Require(checkpoint.config().Validate().ok(), "an opened checkpoint's configuration is valid");
  for (const CheckpointTensor& tensor : checkpoint.tensors()) {
    RequireGoodTensor(weights, tensor.view);
  }
  for (const ExpectedTensor& expected : ExpectedTensors(checkpoint.config())) {
    const TensorView* found = checkpoint.Find(expected.role, expected.layer);
    Require(found != nullptr, "every expected tensor is there");
    Require(found->shape == expected.shape, "tensors have the expected shape", found->name);
  }
  const auto require_ids = [&](std::span<const int32_t> ids) {
    for (const int32_t id : ids) {
      Require(id >= 0 && static_cast<size_t>(id) < checkpoint.config().vocab_size,
              "token ids of the generation config are in the vocabulary");
    }
  };
  require_ids(checkpoint.generation_config().stop_token_ids);
  require_ids(checkpoint.generation_config().suppress_token_ids);
  if (!checkpoint.vocabulary().has_value()) return;
  Require(checkpoint.vocabulary()->pieces.size() <= checkpoint.config().vocab_size,
          "every piece has an embedding");
  for (const Piece& piece : checkpoint.vocabulary()->pieces) {
    for (std::string_view rest = piece.text; !rest.empty();) {
      const size_t size = Utf8CharacterBytes(rest);
      Require(size != 0, "pieces are UTF-8", piece.text);
      rest.remove_prefix(size);
    }
  }
}

namespace {

constexpr int64_t kMaxExtraBytes = int64_t{16} << 20;

// What was allocated less what was freed while `is_limited`; below 0 where something older is
// freed. Fuzzers have one thread.
bool is_limited = false;
int64_t limit_bytes = 0;
int64_t bytes_out = 0;

#if defined(GEMMA4_FUZZ_HAS_ALLOCATION_HOOKS)
// The hooks may allocate nothing.
void OnAllocation(const volatile void*, size_t size) {
  if (!is_limited) return;
  bytes_out += static_cast<int64_t>(size);
  if (bytes_out <= limit_bytes) return;
  is_limited = false;  // what is printed from here on may allocate
  Require(false, "memory grows by at most the input's size + 16 MiB");
}
void OnFree(const volatile void* memory) {
  if (!is_limited || memory == nullptr) return;
  bytes_out -= static_cast<int64_t>(__sanitizer_get_allocated_size(memory));
}
#endif

}  // namespace

AllocationLimit::AllocationLimit(size_t input_bytes) {
#if defined(GEMMA4_FUZZ_HAS_ALLOCATION_HOOKS)
  static const int installed = __sanitizer_install_malloc_and_free_hooks(OnAllocation, OnFree);
  Require(installed > 0, "the sanitizer tells of allocations");
#endif
  bytes_out = 0;
  limit_bytes = static_cast<int64_t>(input_bytes) + kMaxExtraBytes;
  is_limited = true;
}

AllocationLimit::~AllocationLimit() { is_limited = false; }

std::string WithTrueHeaderLength(std::span<const std::byte> file) {
  constexpr size_t kLengthBytes = 8;
  std::string fixed(reinterpret_cast<const char*>(file.data()), file.size());
  size_t end = kLengthBytes;
  for (size_t i = kLengthBytes; i < fixed.size() && static_cast<unsigned char>(fixed[i]) >= 0x20;
       ++i) {
    if (fixed[i] == '}') end = i + 1;
  }
  for (size_t i = 0; i < kLengthBytes && i < fixed.size(); ++i) {
    fixed[i] = static_cast<char>(static_cast<uint64_t>(end - kLengthBytes) >> (8 * i));
  }
  return fixed;
}

}  // namespace gemma4::fuzz
