#include "lib/checkpoint/file_kind.h"

#include <algorithm>
#include <string_view>

namespace gemma4 {
namespace {

struct ForeignModel {
  std::string_view prefix;  // of the model_type, or of a GGUF file's architecture
  const char* what;
};

// The first row whose prefix fits wins.
constexpr ForeignModel kForeignModels[] = {
    {"gemma4_assistant", kDrafter},
    {"gemma4-assistant", kDrafter},
    {"gemma4_unified_assistant", kDrafter},
    {"gemma4_vision", "the vision tower of a Gemma 4, without its text decoder"},
    {"gemma4_audio", "the audio tower of a Gemma 4, without its text decoder"},
    {"gemma4_unified_vision", "the vision embedder of a Gemma 4, without its text decoder"},
    {"gemma4_unified_audio", "the audio embedder of a Gemma 4, without its text decoder"},
    {"gemma3n", "a Gemma 3n model, another architecture than Gemma 4"},
    {"gemma3", "a Gemma 3 model, another architecture than Gemma 4"},
    {"gemma2", "a Gemma 2 model, another architecture than Gemma 4"},
    {"recurrent_gemma", "a RecurrentGemma model, another architecture than Gemma 4"},
    {"recurrentgemma", "a RecurrentGemma model, another architecture than Gemma 4"},
    {"gemma-embedding", "an EmbeddingGemma model, another architecture than Gemma 4"},
    {"paligemma", "a PaliGemma model, another architecture than Gemma 4"},
    {"shieldgemma", "a ShieldGemma model, another architecture than Gemma 4"},
    {"t5gemma", "a T5Gemma model, another architecture than Gemma 4"},
    {"gemma4", "a kind of Gemma 4 that this version does not know"},
    {"gemma", "another Gemma than Gemma 4"},
};

struct Kind {
  size_t offset;           // of the magic bytes
  std::string_view magic;  // empty: told by the suffix alone
  std::string_view suffix;
  const char* what;
};

using namespace std::literals;

constexpr Kind kKinds[] = {
    {0, "GGUF"sv, ".gguf", "a GGUF file"},
    {0, "LITERTLM"sv, ".litertlm", "a LiteRT-LM bundle"},
    {4, "TFL3"sv, ".tflite", "a TensorFlow Lite model"},
    {0, "\x89HDF\r\n\x1A\n"sv, ".h5", "an HDF5 (Keras) file"},
    {0, ""sv, ".task", "a MediaPipe task bundle"},
    {0, ""sv, ".onnx", "an ONNX model"},
    {0, "PK\x03\x04"sv, ".pth", "a zip archive (PyTorch's .bin and .pth files are such)"},
    {0, "\x80\x02"sv, ".pt", "a Python pickle (PyTorch)"},
    {0, ""sv, "pytorch_model.bin", "a PyTorch checkpoint"},
    {0, ""sv, ".json", "a JSON file of a checkpoint; give the folder it lies in"},
};

bool HasMagic(std::span<const std::byte> bytes, const Kind& kind) {
  if (kind.magic.empty() || bytes.size() < kind.offset + kind.magic.size()) return false;
  return std::equal(kind.magic.begin(), kind.magic.end(), bytes.begin() + kind.offset,
                    [](char a, std::byte b) { return static_cast<std::byte>(a) == b; });
}

}  // namespace

bool IsGguf(std::span<const std::byte> bytes) { return HasMagic(bytes, kKinds[0]); }

std::string DescribeFile(std::span<const std::byte> bytes, const std::string& name) {
  for (const Kind& kind : kKinds) {
    if (HasMagic(bytes, kind)) return kind.what;
  }
  if (bytes.empty()) return "an empty file";
  for (const Kind& kind : kKinds) {
    // A file with other magic bytes is not what its name says.
    if (kind.magic.empty() && name.ends_with(kind.suffix)) return kind.what;
  }
  return "of no kind that this version knows";
}

const char* DescribeForeignModel(std::string_view type) {
  for (const ForeignModel& foreign : kForeignModels) {
    if (type.starts_with(foreign.prefix)) return foreign.what;
  }
  return "not a Gemma 4 model";
}

Status DescribeNoCheckpoint(const std::vector<std::string>& names) {
  const auto has = [&](std::string_view suffix) {
    return std::any_of(names.begin(), names.end(),
                       [&](const std::string& name) { return name.ends_with(suffix); });
  };
  if (has("adapter_config.json") || has("adapter_model.safetensors") || has("adapter_model.bin")) {
    return Status::Unsupported("is %s", kAdapter);
  }
  const bool has_config =
      has("config.json") && std::find(names.begin(), names.end(), "config.json") != names.end();
  const char* missing =
      has_config ? "model.safetensors or model.safetensors.index.json" : "config.json";
  for (const Kind& kind : kKinds) {
    if (kind.suffix == ".json" || !has(kind.suffix)) continue;
    if (kind.suffix == ".gguf") {
      return Status::NotFound("has no %s, but a GGUF file: give the path of that file", missing);
    }
    return Status::Unsupported("has no %s, but %s; safetensors and GGUF are supported", missing,
                               kind.what);
  }
  return Status::NotFound("has no %s: not a checkpoint as Hugging Face publishes it", missing);
}

}  // namespace gemma4
