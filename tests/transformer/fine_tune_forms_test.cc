// Fine-tunes as people save them: a golden model, rewritten in each form that today's tools write,
// gives the bits of the original.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstring>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "lib/checkpoint/safetensors/safetensors_header.h"
#include "lib/quant/dequantize.h"
#include "lib/quant/half.h"
#include "tests/checkpoint/file_set.h"
#include "tests/checkpoint/safetensors_writer.h"
#include "tests/transformer/golden_model.h"

namespace gemma4 {
namespace {

using Json = nlohmann::json;

// A checkpoint taken apart.
struct Form {
  Json config;
  std::vector<StoredTensor> tensors;

  static Form OfGolden(const std::string& name) {
    FileSet files = FileSet::ReadGolden(name);
    Form form;
    form.config = Json::parse(files["config.json"]);
    for (const auto& [file_name, content] : files.files) {
      if (!file_name.ends_with(".safetensors")) continue;
      const std::vector<TensorView> views = ParseSafetensors(BytesOf(content)).value();
      for (const TensorView& tensor : views) {
        form.tensors.push_back(
            {tensor.name, tensor.shape, DataTypeName(tensor.type),
             std::string(reinterpret_cast<const char*>(tensor.data.data()), tensor.data.size())});
      }
    }
    return form;
  }

  Json& text() { return config.contains("text_config") ? config["text_config"] : config; }

  StoredTensor& Find(const std::string& name) {
    for (StoredTensor& tensor : tensors) {
      if (tensor.name == name) return tensor;
    }
    ADD_FAILURE() << name;
    return tensors.front();
  }

  FileSet Files() const {
    FileSet files;
    files["config.json"] = config.dump();
    files["model.safetensors"] = MakeStoredSafetensors(tensors);
    return files;
  }
};

// The logits of every row of a prompt that goes past the window, in f32 and in int8.
std::vector<float> Logits(const FileSet& files) {
  const auto checkpoint = files.Open();
  EXPECT_TRUE(checkpoint.ok()) << checkpoint.status().message();
  if (!checkpoint.ok()) return {};
  const size_t vocab_size = checkpoint->config().vocab_size;
  std::vector<int32_t> ids = {2};
  while (ids.size() < 40) {  // past the placeholders, which only multimodal models have
    ids.push_back(static_cast<int32_t>(20 + ids.size() * 53 % (vocab_size - 20)));
  }
  auto pool = ThreadPool::Create(1).value();
  std::vector<float> logits;
  for (Arithmetic arithmetic : {Arithmetic::kExact, Arithmetic::kInt8}) {
    TransformerOptions options;
    options.arithmetic = arithmetic;
    options.thread_pool = pool.get();
    auto transformer = Transformer::Create(*checkpoint, options);
    EXPECT_TRUE(transformer.ok()) << transformer.status().message();
    if (!transformer.ok()) return {};
    KvCache cache =
        KvCache::Create(checkpoint->config(), 64, (*transformer)->max_chunk_tokens(), KvType::kF32)
            .value();
    logits.resize(logits.size() + ids.size() * vocab_size);
    const ChunkSequence sequence{&cache, ids, RowsRead::kAll,
                                 logits.data() + logits.size() - ids.size() * vocab_size};
    EXPECT_TRUE((*transformer)->Forward({&sequence, 1}).ok());
  }
  return logits;
}

void ExpectSameBits(const FileSet& files, const std::vector<float>& expected) {
  const std::vector<float> logits = Logits(files);
  ASSERT_EQ(logits.size(), expected.size());
  ASSERT_FALSE(expected.empty());
  EXPECT_EQ(std::memcmp(logits.data(), expected.data(), expected.size() * sizeof(float)), 0);
}

// ---- Forms --------------------------------------------------------------------------------------

// What differs from head_dim and num_key_value_heads, layer by layer, in place of two keys.
void UsePerLayerConfig(Form& form) {
  Json& text = form.text();
  const Json head_dim = text.at("global_head_dim");
  const bool k_eq_v = text.value("attention_k_eq_v", false);
  Json layers = Json::object();
  for (size_t l = 0; l < text["layer_types"].size(); ++l) {
    if (text["layer_types"][l] != "full_attention") continue;
    Json& layer = layers[std::to_string(l)];
    layer["head_dim"] = head_dim;
    if (k_eq_v) layer["num_key_value_heads"] = text.at("num_global_key_value_heads");
  }
  text.erase("global_head_dim");
  text.erase("num_global_key_value_heads");
  text["per_layer_config"] = layers;
}

void Rename(Form& form, const std::string& from, const std::string& to) {
  for (StoredTensor& tensor : form.tensors) {
    if (tensor.name.starts_with(from)) tensor.name = to + tensor.name.substr(from.size());
  }
}

// Saved by a class that has the decoder alone: Gemma4ForCausalLM.
void UseTextOnly(Form& form) {
  const bool is_unified = form.config["model_type"] == "gemma4_unified";
  const Json tie = form.config["tie_word_embeddings"], eos = form.config["eos_token_id"];
  form.config = Json(form.config["text_config"]);
  form.config["architectures"] = {is_unified ? "Gemma4UnifiedForCausalLM" : "Gemma4ForCausalLM"};
  form.config["tie_word_embeddings"] = tie;
  form.config["eos_token_id"] = eos;
  std::erase_if(form.tensors, [](const StoredTensor& tensor) {
    return !tensor.name.starts_with("model.language_model.") && tensor.name != "lm_head.weight";
  });
  Rename(form, "model.language_model.", "model.");
}

class PublishedForms : public ::testing::TestWithParam<const char*> {};

TEST_P(PublishedForms, PerLayerConfigInPlaceOfGlobalSizes) {
  Form form = Form::OfGolden(GetParam());
  const std::vector<float> expected = Logits(form.Files());
  UsePerLayerConfig(form);
  ExpectSameBits(form.Files(), expected);
}

TEST_P(PublishedForms, TheDecoderAlone) {
  Form form = Form::OfGolden(GetParam());
  const std::vector<float> expected = Logits(form.Files());
  UseTextOnly(form);
  ExpectSameBits(form.Files(), expected);
  UsePerLayerConfig(form);
  ExpectSameBits(form.Files(), expected);
}

TEST_P(PublishedForms, OlderAndShorterPrefixes) {
  Form form = Form::OfGolden(GetParam());
  const std::vector<float> expected = Logits(form.Files());
  Rename(form, "model.language_model.", "language_model.model.");
  Rename(form, "model.vision_tower.", "vision_tower.");
  Rename(form, "model.embed_vision.", "embed_vision.");
  ExpectSameBits(form.Files(), expected);
  Rename(form, "language_model.model.", "model.");
  ExpectSameBits(form.Files(), expected);
}

// In one file or many, as max_shard_size has it.
TEST_P(PublishedForms, ShardsWithAnIndex) {
  const Form form = Form::OfGolden(GetParam());
  FileSet shards;
  shards["config.json"] = form.config.dump();
  Json map;
  for (size_t i = 0; i < 4; ++i) {
    const std::string name = "model-0000" + std::to_string(i + 1) + "-of-00004.safetensors";
    const size_t begin = form.tensors.size() * i / 4, end = form.tensors.size() * (i + 1) / 4;
    shards[name] = MakeStoredSafetensors(
        std::vector<StoredTensor>(form.tensors.begin() + begin, form.tensors.begin() + end));
    for (size_t t = begin; t < end; ++t) map[form.tensors[t].name] = name;
  }
  shards["model.safetensors.index.json"] =
      Json{{"metadata", {{"total_parameters", 1}, {"total_size", 2}}}, {"weight_map", map}}.dump();
  ExpectSameBits(shards, Logits(form.Files()));
}

// bf16 weights hold in f32 what they hold, and in f16 where they are not too small for it.
TEST_P(PublishedForms, WeightsOfOtherTypes) {
  const auto store = [](StoredTensor& tensor, const char* type) {
    std::vector<uint16_t> stored(tensor.data.size() / 2);
    std::memcpy(stored.data(), tensor.data.data(), tensor.data.size());
    tensor.dtype = type;
    tensor.data.clear();
    for (const uint16_t bits : stored) {
      const uint32_t wide = uint32_t{bits} << 16;
      float value;
      std::memcpy(&value, &wide, sizeof(value));
      const uint16_t half = FloatToF16(value);
      if (tensor.dtype == "F16") {
        tensor.data.append(reinterpret_cast<const char*>(&half), sizeof(half));
      } else {
        tensor.data.append(reinterpret_cast<const char*>(&value), sizeof(value));
      }
    }
  };
  Form form = Form::OfGolden(GetParam());
  for (StoredTensor& tensor : form.tensors) {
    ASSERT_EQ(tensor.dtype, "BF16") << tensor.name;
    for (size_t i = 1; i < tensor.data.size(); i += 2) {
      // Below 2^-14, where f16 has fewer bits than bf16: an exponent of less than 113.
      const unsigned high = static_cast<unsigned char>(tensor.data[i]) & 0x7f;
      const unsigned low = static_cast<unsigned char>(tensor.data[i - 1]) >> 7;
      if (high * 2 + low < 113) tensor.data[i] = tensor.data[i - 1] = 0;
    }
  }
  const std::vector<float> expected = Logits(form.Files());
  Form f16 = form, f32 = form, mixed = form;
  for (StoredTensor& tensor : f16.tensors) store(tensor, "F16");
  f16.config["dtype"] = f16.text()["dtype"] = "float16";
  for (StoredTensor& tensor : f32.tensors) store(tensor, "F32");
  f32.config["torch_dtype"] = f32.text()["torch_dtype"] = "float32";
  // Norms and scales stay in f32 in many trainers.
  for (StoredTensor& tensor : mixed.tensors) {
    if (tensor.shape.size() < 2) store(tensor, "F32");
  }
  ExpectSameBits(f16.Files(), expected);
  ExpectSameBits(f32.Files(), expected);
  ExpectSameBits(mixed.Files(), expected);
}

// lm_head.weight, a copy of the embeddings: of no use where they are tied, the head where not. The
// two differ by the bits only if the head is not what it should be.
TEST_P(PublishedForms, TiedAndUntiedHeads) {
  Form form = Form::OfGolden(GetParam());
  const std::vector<float> expected = Logits(form.Files());
  StoredTensor head = form.Find("model.language_model.embed_tokens.weight");
  head.name = "lm_head.weight";
  form.tensors.push_back(head);
  ExpectSameBits(form.Files(), expected);
  form.config["tie_word_embeddings"] = false;
  ExpectSameBits(form.Files(), expected);
  // Twice as large, so that it is the head which counts.
  for (size_t i = 1; i < form.tensors.back().data.size(); i += 2) {
    char* bytes = form.tensors.back().data.data() + i - 1;
    uint16_t bits;
    std::memcpy(&bits, bytes, sizeof(bits));
    if (bits & 0x7f80) bits = static_cast<uint16_t>(bits + 0x80);
    std::memcpy(bytes, &bits, sizeof(bits));
  }
  const std::vector<float> louder = Logits(form.Files());
  EXPECT_NE(louder, expected);
  UseTextOnly(form);
  ExpectSameBits(form.Files(), louder);
  form.config["tie_word_embeddings"] = true;
  ExpectSameBits(form.Files(), expected);
}

INSTANTIATE_TEST_SUITE_P(Members, PublishedForms,
                         ::testing::Values("e2b", "e4b", "12b", "26b-a4b", "31b"),
                         [](const auto& test) {
                           std::string name = test.param;
                           std::replace(name.begin(), name.end(), '-', '_');
                           return name;
                         });

// Tools that save only what the model has leave out the K/V tensors of layers that share.
TEST(FineTuneFormsTest, SharingLayersNeedNoKeysAndValues) {
  Form form = Form::OfGolden("e2b");
  const std::vector<float> expected = Logits(form.Files());
  const size_t num_before = form.tensors.size();
  std::erase_if(form.tensors, [](const StoredTensor& tensor) {
    for (size_t l = 5; l < 10; ++l) {
      const std::string layer = ".layers." + std::to_string(l) + ".self_attn.";
      for (const char* module : {"k_proj", "v_proj", "k_norm"}) {
        if (tensor.name.find(layer + module) != tensor.name.npos) return true;
      }
    }
    return false;
  });
  EXPECT_EQ(num_before - form.tensors.size(), 15u);
  ExpectSameBits(form.Files(), expected);
}

// The other way round: published names for what today's transformers calls otherwise.
TEST(FineTuneFormsTest, ATextModelMayBearPublishedNames) {
  Form form = Form::OfGolden("odd");
  const std::vector<float> expected = Logits(form.Files());
  Rename(form, "model.", "model.language_model.");
  ExpectSameBits(form.Files(), expected);
}

TEST(FineTuneFormsTest, AnUntiedHeadThatIsNotThereIsNamed) {
  Form form = Form::OfGolden("31b");
  form.config["tie_word_embeddings"] = false;
  EXPECT_EQ(form.Files().Open().status().message(),
            "missing tensors (1): lm_head.weight [256, 64]");
}

}  // namespace
}  // namespace gemma4
