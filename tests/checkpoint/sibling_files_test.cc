// Files that lie beside Gemma 4's own and are none: each is refused with a sentence that says what
// it is. Headers as the published files have them.
#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

#include "lib/checkpoint/open_checkpoint.h"
#include "tests/checkpoint/file_set.h"
#include "tests/checkpoint/gguf_writer.h"
#include "tests/checkpoint/safetensors_writer.h"

namespace gemma4 {
namespace {

void ExpectRefusal(const FileSet& files, const std::string& message) {
  const Status status = files.Open().status();
  EXPECT_EQ(status.code(), StatusCode::kUnsupported);
  EXPECT_EQ(status.message(), message);
}

constexpr char kDrafter[] =
    "a Gemma 4 drafter (assistant), which only drafts tokens for the model it was made for";
constexpr char kGemma3[] = "a Gemma 3 model, another architecture than Gemma 4";
constexpr char kGemma3n[] = "a Gemma 3n model, another architecture than Gemma 4";
constexpr char kAdapter[] =
    "an adapter (LoRA), not a whole model: merge it into the model that it was trained on, and "
    "give that";

// ---- Safetensors --------------------------------------------------------------------------------

FileSet Folder(const std::string& config, const std::vector<WrittenTensor>& tensors) {
  FileSet files;
  files["config.json"] = config;
  files["model.safetensors"] = MakeSafetensors(tensors);
  return files;
}

TEST(SiblingFilesTest, FoldersOfOtherModelsAreNamed) {
  const struct {
    const char *type, *config;
    const char* what;
  } siblings[] = {
      {"gemma4_assistant",
       R"({"architectures": ["Gemma4AssistantForCausalLM"], "model_type": "gemma4_assistant",
           "backbone_hidden_size": 1536, "use_ordered_embeddings": true, "num_centroids": 2048,
           "text_config": {"model_type": "gemma4_text", "hidden_size": 256}})",
       kDrafter},
      {"gemma4_unified_assistant",
       R"({"architectures": ["Gemma4UnifiedAssistantForCausalLM"],
           "model_type": "gemma4_unified_assistant", "backbone_hidden_size": 3840,
           "text_config": {"model_type": "gemma4_unified_text", "hidden_size": 1024}})",
       kDrafter},
      {"gemma3",
       R"({"architectures": ["Gemma3ForConditionalGeneration"], "model_type": "gemma3",
           "text_config": {"model_type": "gemma3_text", "hidden_size": 2560}})",
       kGemma3},
      {"gemma3_text", R"({"architectures": ["Gemma3ForCausalLM"], "model_type": "gemma3_text"})",
       kGemma3},
      {"gemma3n",
       R"({"architectures": ["Gemma3nForConditionalGeneration"], "model_type": "gemma3n",
           "text_config": {"model_type": "gemma3n_text", "hidden_size": 2048}})",
       kGemma3n},
      {"gemma3n_text", R"({"architectures": ["Gemma3nForCausalLM"], "model_type": "gemma3n_text"})",
       kGemma3n},
  };
  for (const auto& [type, config, what] : siblings) {
    ExpectRefusal(Folder(config, {{"model.embed_tokens.weight", {8, 4}}}),
                  "config.json: model_type \"" + std::string(type) + "\" is " + what +
                      "; gemma4, gemma4_text, gemma4_unified and gemma4_unified_text are "
                      "supported");
  }
}

#ifdef GEMMA4_SHARED_DIR

TEST(SiblingFilesTest, RealDraftersAreNamed) {
  for (const char* name : {"assistant-dense", "assistant-ordered", "assistant-unified"}) {
    const std::string path =
        GEMMA4_SHARED_DIR "/golden/multimodal/" + std::string(name) + "/assistant";
    const Status status = OpenCheckpoint(path).status();
    EXPECT_EQ(status.code(), StatusCode::kUnsupported);
    EXPECT_NE(status.message().find(kDrafter), std::string::npos) << status.message();
  }
}

#endif  // GEMMA4_SHARED_DIR

// ---- GGUF ---------------------------------------------------------------------------------------

// One tensor, and `values` besides the version of the quantization.
FileSet Gguf(const std::vector<std::pair<std::string, std::string>>& values) {
  GgufWriter writer(3, 1, 1 + values.size());
  for (const auto& [key, value] : values) writer.PutString(key).Put<uint32_t>(8).PutString(value);
  writer.PutString("general.quantization_version").Put<uint32_t>(4).Put<uint32_t>(2);
  writer.PutTensor("token_embd.weight", {4, 8}, 0, 0);
  FileSet files;
  files["model.gguf"] = writer.WithData(4 * 8 * sizeof(float));
  return files;
}

TEST(SiblingFilesTest, GgufFilesOfOtherModelsAreNamed) {
  const std::pair<const char*, const char*> siblings[] = {
      {"gemma4-assistant", kDrafter},
      {"gemma4_assistant", kDrafter},
      {"gemma3", kGemma3},
      {"gemma3n", kGemma3n},
      {"gemma2", "a Gemma 2 model, another architecture than Gemma 4"},
      {"gemma", "another Gemma than Gemma 4"},
      {"gemma-embedding", "an EmbeddingGemma model, another architecture than Gemma 4"},
      {"clip", "the vision and audio part of a model (an mmproj file), without its text decoder"},
      {"llama", "not a Gemma 4 model"},
  };
  for (const auto& [architecture, what] : siblings) {
    ExpectRefusal(Gguf({{"general.architecture", architecture}, {"general.type", "model"}}),
                  "model.gguf: general.architecture \"" + std::string(architecture) + "\" is " +
                      what + "; gemma4 is supported");
  }
}

// Some converters leave the architecture as it is.
TEST(SiblingFilesTest, AGgufDrafterThatBearsTheArchitectureOfItsModelIsNamed) {
  ExpectRefusal(Gguf({{"general.architecture", "gemma4"}, {"gemma4.assistant.type", "mtp"}}),
                "model.gguf: gemma4.assistant.type is there: it is " + std::string(kDrafter));
}

TEST(SiblingFilesTest, GgufFilesThatAreNoModelAreNamed) {
  ExpectRefusal(Gguf({{"general.architecture", "gemma4"},
                      {"general.type", "adapter"},
                      {"adapter.type", "lora"}}),
                "model.gguf: is " + std::string(kAdapter));
  ExpectRefusal(Gguf({{"general.type", "imatrix"}}),
                "model.gguf: is an importance matrix, not a model");
}

// ---- Adapters -----------------------------------------------------------------------------------

const std::string kLoraA = "base_model.model.model.layers.0.self_attn.q_proj.lora_A.weight";
const std::string kLoraB = "base_model.model.model.layers.0.self_attn.q_proj.lora_B.weight";

TEST(SiblingFilesTest, AFolderOfAnAdapterIsNamed) {
  const std::string is_adapter = "is " + std::string(kAdapter);
  FileSet files;
  files["adapter_model.safetensors"] = MakeSafetensors({{kLoraA, {2, 4}}, {kLoraB, {4, 2}}});
  ExpectRefusal(files, is_adapter);
  files["adapter_config.json"] = R"({"peft_type": "LORA", "r": 2})";
  ExpectRefusal(files, is_adapter);
  files["tokenizer.json"] = "{}";
  ExpectRefusal(files, is_adapter);
  files["config.json"] = FileSet::ReadGolden("odd")["config.json"];  // some trainers add the base's
  ExpectRefusal(files, is_adapter);
  FileSet older;
  older["adapter_model.bin"] = "PK\3\4";
  ExpectRefusal(older, is_adapter);
}

TEST(SiblingFilesTest, TensorsOfAnAdapterAreNamed) {
  const std::string config = FileSet::ReadGolden("odd")["config.json"];
  for (const std::string& name :
       {kLoraA, kLoraB, std::string("model.layers.0.self_attn.q_proj.lora_A.default.weight"),
        std::string("model.layers.0.self_attn.q_proj.base_layer.weight"),
        std::string("model.layers.0.self_attn.q_proj.base_layer.bias"),
        std::string("model.layers.0.mlp.up_proj.lora_magnitude_vector")}) {
    ExpectRefusal(Folder(config, {{name, {2, 4}}}),
                  "model.safetensors: tensor " + name + " is of " + kAdapter);
  }
}

}  // namespace
}  // namespace gemma4
