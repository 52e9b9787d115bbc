// A GGUF file: its header alone, and as a checkpoint.
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "lib/checkpoint/gguf/gguf_file.h"
#include "lib/checkpoint/open_checkpoint.h"
#include "tests/fuzz/invariants.h"

namespace gemma4::fuzz {
namespace {

// A file's keys cannot be listed, so these are asked for. The short ones are easily hit by chance.
constexpr std::string_view kKeys[] = {
    "",
    "a",
    "b",
    "general.alignment",
    "general.architecture",
    "gemma4.block_count",
    "gemma4.attention.layer_norm_rms_epsilon",
    "gemma4.attention.sliding_window_pattern",
    "gemma4.attention.head_count_kv",
    "tokenizer.ggml.model",
    "tokenizer.ggml.tokens",
    "tokenizer.ggml.scores",
    "tokenizer.ggml.token_type",
    "tokenizer.ggml.add_bos_token",
};

// Reads `key` in every way there is.
void ReadKey(std::span<const std::byte> bytes, const GgufFile& file, std::string_view key) {
  const auto integer = file.Integer(key);
  RequireGoodStatus(integer.status());
  const auto number = file.Number(key);
  RequireGoodStatus(number.status());
  Require(!integer.ok() || number.ok(), "an integer is a number", key);
  const auto boolean = file.Bool(key);
  RequireGoodStatus(boolean.status());
  const auto string = file.String(key);
  RequireGoodStatus(string.status());
  if (string.ok() && string->has_value()) RequireInside(bytes, BytesOf(**string), key);

  size_t count = 0;
  const auto integers = file.ForEachInteger(key, [&](size_t index, int64_t) {
    Require(index == count++, "elements come in order", key);
    return Status::Ok();
  });
  RequireGoodStatus(integers.status());
  if (integers.ok()) Require(count == file.ArraySize(key), "every integer is visited", key);

  count = 0;
  const auto strings = file.ForEachString(key, [&](size_t index, std::string_view text) {
    Require(index == count++, "elements come in order", key);
    RequireInside(bytes, BytesOf(text), key);
    return Status::Ok();
  });
  RequireGoodStatus(strings.status());
  if (strings.ok()) Require(count == file.ArraySize(key), "every string is visited", key);

  if (!file.Has(key)) {
    Require(integer.ok() && !integer->has_value() && string.ok() && !string->has_value() &&
                integers.ok() && !*integers && strings.ok() && !*strings && !file.IsArray(key),
            "an absent key is no error", key);
  }
}

void CheckGgufFile(std::span<const std::byte> bytes) {
  const AllocationLimit limit(bytes.size());
  const auto file = GgufFile::Parse(bytes, "model.gguf");
  RequireGoodStatus(file.status());
  if (!file.ok()) return;
  for (const TensorView& tensor : file->tensors()) RequireGoodTensor(bytes, tensor);
  for (const std::string_view key : kKeys) ReadKey(bytes, *file, key);
}

void OpenAndCheck(std::span<const std::byte> bytes) {
  const MemoryFile files[] = {{"model.gguf", bytes}};
  const AllocationLimit limit(bytes.size());
  const auto checkpoint = OpenCheckpointFromMemory(files);
  RequireGoodStatus(checkpoint.status());
  if (checkpoint.ok()) RequireGoodCheckpoint(bytes, *checkpoint);
}

}  // namespace
}  // namespace gemma4::fuzz

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::span<const std::byte> bytes = std::as_bytes(std::span(data, size));
  gemma4::fuzz::CheckGgufFile(bytes);
  gemma4::fuzz::OpenAndCheck(bytes);
  return 0;
}
