#include "lib/checkpoint/safetensors/model_config_json.h"

#include <initializer_list>
#include <string>
#include <utility>

#include "lib/base/one_line.h"
#include "lib/checkpoint/json/json_object.h"
#include "lib/checkpoint/safetensors/layer_configs_json.h"
#include "lib/checkpoint/safetensors/model_identity.h"

namespace gemma4 {
namespace {

// The reference runs nothing else, and silently treats some of these as if they were.
Status RefuseUnknownFeatures(const JsonObject& text, const ModelIdentity& identity) {
  GEMMA4_ASSIGN_OR_RETURN(const std::string activation,
                          text.Text("hidden_activation", "gelu_pytorch_tanh"));
  if (activation != "gelu_pytorch_tanh") {
    return Status::Unsupported("%s is \"%s\"; \"gelu_pytorch_tanh\" is supported",
                               text.PathOf("hidden_activation").c_str(),
                               CutToOneLine(activation).c_str());
  }
  GEMMA4_ASSIGN_OR_RETURN(const bool has_bias, text.Bool("attention_bias", false));
  if (has_bias) {
    return Status::Unsupported("%s is true; Gemma 4 has no biases",
                               text.PathOf("attention_bias").c_str());
  }
  GEMMA4_ASSIGN_OR_RETURN(
      const std::string bidirectional,
      text.Text("use_bidirectional_attention", identity.is_unified ? "vision" : ""));
  if (!bidirectional.empty() && bidirectional != "vision") {
    return Status::Unsupported(
        "%s is \"%s\"; null and \"vision\" generate text (\"all\" is for embedding models)",
        text.PathOf("use_bidirectional_attention").c_str(), CutToOneLine(bidirectional).c_str());
  }
  return Status::Ok();
}

// compressed-tensors' form of 4-bit weights is read: symmetric, in groups of 32. True if it is
// there.
StatusOr<bool> ReadQuantization(const JsonObject& object) {
  GEMMA4_ASSIGN_OR_RETURN(const auto quantization, object.OptionalObject("quantization_config"));
  if (!quantization.has_value()) return false;
  GEMMA4_ASSIGN_OR_RETURN(const std::string method, quantization->Text("quant_method", "unknown"));
  const std::string path = object.PathOf("quantization_config");
  if (method != "compressed-tensors") {
    return Status::Unsupported(
        "%s: weights quantized by the method \"%s\" are not supported; BF16, F16, F32 and "
        "compressed-tensors' 4-bit groups of 32 are",
        path.c_str(), CutToOneLine(method).c_str());
  }
  GEMMA4_ASSIGN_OR_RETURN(const std::string format, quantization->Text("format", "unknown"));
  GEMMA4_ASSIGN_OR_RETURN(const auto groups, quantization->OptionalObject("config_groups"));
  const auto refuse = [&](const std::string& what) {
    return Status::Unsupported(
        "%s: %s; of compressed-tensors, only symmetric 4-bit weights in groups of 32, "
        "pack-quantized, are supported",
        path.c_str(), what.c_str());
  };
  if (format != "pack-quantized") return refuse("format is " + CutToOneLine(format));
  if (!groups.has_value() || !groups->HasValue("group_0") || groups->HasKey("group_1")) {
    return refuse("config_groups is not one group_0");
  }
  GEMMA4_ASSIGN_OR_RETURN(const auto group, groups->OptionalObject("group_0"));
  if (group->HasValue("input_activations")) return refuse("input_activations are quantized");
  GEMMA4_ASSIGN_OR_RETURN(const auto weights, group->OptionalObject("weights"));
  if (!weights.has_value()) return refuse("group_0 has no weights");
  GEMMA4_ASSIGN_OR_RETURN(const size_t num_bits, weights->Size("num_bits", 0));
  GEMMA4_ASSIGN_OR_RETURN(const size_t group_size, weights->Size("group_size", 0));
  GEMMA4_ASSIGN_OR_RETURN(const bool is_symmetric, weights->Bool("symmetric", true));
  GEMMA4_ASSIGN_OR_RETURN(const std::string type, weights->Text("type", "int"));
  if (num_bits != 4) return refuse("num_bits is " + std::to_string(num_bits));
  if (group_size != 32) return refuse("group_size is " + std::to_string(group_size));
  if (!is_symmetric) return refuse("symmetric is false");
  if (type != "int") return refuse("type is " + CutToOneLine(type));
  return true;
}

Status ReadMoe(const JsonObject& text, const ModelIdentity& identity, ModelConfig& model) {
  GEMMA4_ASSIGN_OR_RETURN(const bool is_enabled, text.Bool("enable_moe_block", false));
  if (!is_enabled) return Status::Ok();
  const std::string path = text.PathOf("enable_moe_block");
  if (identity.is_unified) {
    return Status::Unsupported("%s is true; %s models have no experts", path.c_str(),
                               identity.model_type.c_str());
  }
  const auto read = [&](const char* key, const char* older_key, size_t& value) -> Status {
    GEMMA4_ASSIGN_OR_RETURN(auto number, text.OptionalSize(key));
    if (!number.has_value() && older_key != nullptr) {
      GEMMA4_ASSIGN_OR_RETURN(number, text.OptionalSize(older_key));
    }
    if (!number.has_value()) {
      return Status::Corrupt("%s is true, but %s is missing", path.c_str(),
                             text.PathOf(key).c_str());
    }
    value = *number;
    return Status::Ok();
  };
  MoeConfig moe;
  GEMMA4_RETURN_IF_ERROR(read("num_experts", nullptr, moe.num_experts));
  GEMMA4_RETURN_IF_ERROR(read("top_k_experts", nullptr, moe.top_k_experts));
  GEMMA4_RETURN_IF_ERROR(
      read("moe_intermediate_size", "expert_intermediate_size", moe.moe_intermediate_size));
  model.moe = moe;
  return Status::Ok();
}

// eos_token_id is a number in text_config and a list at the top; either is taken in both.
Status ReadTokenId(const JsonObject& object, const char* key, int32_t& id) {
  GEMMA4_ASSIGN_OR_RETURN(const std::vector<int32_t> ids, object.TokenIds(key));
  if (!ids.empty()) id = ids.front();
  return Status::Ok();
}

Status ReadNumbers(const JsonObject& text, const ModelIdentity& identity, ModelConfig& model) {
  GEMMA4_ASSIGN_OR_RETURN(model.vocab_size, text.Size("vocab_size", 262144));
  GEMMA4_ASSIGN_OR_RETURN(model.hidden_size, text.Size("hidden_size", 2304));
  GEMMA4_ASSIGN_OR_RETURN(model.num_attention_heads, text.Size("num_attention_heads", 8));
  GEMMA4_ASSIGN_OR_RETURN(model.sliding_window,
                          text.Size("sliding_window", identity.is_unified ? 1024 : 512));
  GEMMA4_ASSIGN_OR_RETURN(
      model.max_position_embeddings,
      text.Size("max_position_embeddings", identity.is_unified ? 262144 : 131072));
  GEMMA4_ASSIGN_OR_RETURN(const double eps, text.Real("rms_norm_eps", 1e-6));
  model.rms_norm_eps = static_cast<float>(eps);

  GEMMA4_ASSIGN_OR_RETURN(const auto softcap, text.OptionalReal("final_logit_softcapping"));
  if (softcap.has_value()) {
    model.final_logit_softcapping = static_cast<float>(*softcap);
    if (!(model.final_logit_softcapping > 0.0f)) {  // 0 would divide by zero, not switch it off
      return Status::Corrupt("%s is %g; null or a number above 0 is expected",
                             text.PathOf("final_logit_softcapping").c_str(), *softcap);
    }
  }

  // No key means 256, except in the unified decoder, which knows no such key. The reference
  // refuses null; what it means is plain.
  GEMMA4_ASSIGN_OR_RETURN(const auto ple_size, text.OptionalSize("hidden_size_per_layer_input"));
  const bool has_key = text.HasKey("hidden_size_per_layer_input");
  model.hidden_size_per_layer_input =
      ple_size.value_or(has_key || identity.is_unified ? size_t{0} : size_t{256});
  if (model.hidden_size_per_layer_input > 0) {
    GEMMA4_ASSIGN_OR_RETURN(model.vocab_size_per_layer_input,
                            text.Size("vocab_size_per_layer_input", 262144));
    if (model.vocab_size_per_layer_input < model.vocab_size) {
      return Status::Corrupt("%s is %zu; at least vocab_size, %zu, is expected",
                             text.PathOf("vocab_size_per_layer_input").c_str(),
                             model.vocab_size_per_layer_input, model.vocab_size);
    }
  }
  GEMMA4_RETURN_IF_ERROR(ReadTokenId(text, "bos_token_id", model.bos_token_id));
  GEMMA4_RETURN_IF_ERROR(ReadTokenId(text, "eos_token_id", model.eos_token_id));
  return ReadTokenId(text, "pad_token_id", model.pad_token_id);
}

// A model with neither a vision nor an audio part has no placeholders: their ids, which its config
// still names, are tokens like any other (the references of such models look them up as they are).
Status ReadPlaceholders(const JsonObject& config, ModelConfig& model) {
  GEMMA4_ASSIGN_OR_RETURN(const auto vision, config.OptionalObject("vision_config"));
  GEMMA4_ASSIGN_OR_RETURN(const auto audio, config.OptionalObject("audio_config"));
  if (!vision.has_value() && !audio.has_value()) return Status::Ok();
  const std::pair<const char*, size_t> keys[] = {
      {"image_token_id", 258880}, {"audio_token_id", 258881}, {"video_token_id", 258884}};
  for (const auto& [key, default_id] : keys) {
    GEMMA4_ASSIGN_OR_RETURN(const auto id, config.OptionalSize(key));
    model.placeholder_token_ids.push_back(static_cast<int32_t>(id.value_or(default_id)));
  }
  return Status::Ok();
}

// The object whose keys describe the decoder.
StatusOr<JsonObject> TextConfig(const JsonObject& config, const ModelIdentity& identity,
                                const JsonValue& no_keys) {
  if (!identity.is_multimodal) return config;
  GEMMA4_ASSIGN_OR_RETURN(auto text, config.OptionalObject("text_config"));
  if (!text.has_value()) return JsonObject::Of(no_keys, "text_config");  // every default
  const std::string expected = identity.model_type + "_text";
  GEMMA4_ASSIGN_OR_RETURN(const std::string type, text->Text("model_type", expected));
  if (type != expected) {
    return Status::Unsupported("text_config.model_type is \"%s\" inside \"%s\"; \"%s\" is expected",
                               CutToOneLine(type).c_str(), identity.model_type.c_str(),
                               expected.c_str());
  }
  return *std::move(text);
}

}  // namespace

StatusOr<ModelConfigJson> ParseModelConfigJson(std::span<const std::byte> bytes) {
  GEMMA4_ASSIGN_OR_RETURN(const JsonValue document, ParseJsonDocument(bytes));
  GEMMA4_ASSIGN_OR_RETURN(const JsonObject config, JsonObject::Of(document, ""));
  GEMMA4_ASSIGN_OR_RETURN(const ModelIdentity identity, IdentifyModel(config));
  const JsonValue no_keys = JsonValue::Object();
  GEMMA4_ASSIGN_OR_RETURN(const JsonObject text, TextConfig(config, identity, no_keys));
  ModelConfigJson result;
  GEMMA4_ASSIGN_OR_RETURN(const bool is_quantized, ReadQuantization(config));
  GEMMA4_ASSIGN_OR_RETURN(const bool is_text_quantized, ReadQuantization(text));
  result.has_int4_groups = is_quantized || is_text_quantized;
  GEMMA4_RETURN_IF_ERROR(RefuseUnknownFeatures(text, identity));

  ModelConfig& model = result.model;
  model.model_type = identity.model_type;
  GEMMA4_RETURN_IF_ERROR(ReadNumbers(text, identity, model));
  GEMMA4_RETURN_IF_ERROR(ReadMoe(text, identity, model));
  GEMMA4_RETURN_IF_ERROR(ReadLayerConfigs(text, model));
  // In a multimodal document text_config's own tie_word_embeddings has no effect.
  GEMMA4_ASSIGN_OR_RETURN(model.tie_word_embeddings, config.Bool("tie_word_embeddings", true));
  if (identity.is_multimodal) GEMMA4_RETURN_IF_ERROR(ReadPlaceholders(config, model));
  GEMMA4_ASSIGN_OR_RETURN(result.eos_token_ids, config.TokenIds("eos_token_id"));
  if (result.eos_token_ids.empty()) result.eos_token_ids.push_back(model.eos_token_id);
  GEMMA4_RETURN_IF_ERROR(model.Validate());
  return result;
}

}  // namespace gemma4
