#include "lib/checkpoint/safetensors/generation_config_json.h"

#include <cmath>
#include <utility>

#include "lib/checkpoint/json/json_object.h"

namespace gemma4 {

StatusOr<GenerationConfig> ParseGenerationConfigJson(std::span<const std::byte> bytes,
                                                     std::vector<int32_t> config_eos_token_ids) {
  GEMMA4_ASSIGN_OR_RETURN(const JsonValue document, ParseJsonDocument(bytes));
  GEMMA4_ASSIGN_OR_RETURN(const JsonObject config, JsonObject::Of(document, ""));
  GenerationConfig result;
  GEMMA4_ASSIGN_OR_RETURN(result.stop_token_ids, config.TokenIds("eos_token_id"));
  if (result.stop_token_ids.empty()) result.stop_token_ids = std::move(config_eos_token_ids);
  GEMMA4_ASSIGN_OR_RETURN(result.suppress_token_ids, config.TokenIds("suppress_tokens"));
  GEMMA4_ASSIGN_OR_RETURN(result.do_sample, config.Bool("do_sample", result.do_sample));

  if (config.HasValue("temperature")) {
    GEMMA4_ASSIGN_OR_RETURN(const double temperature, config.Real("temperature", 1.0));
    if (!std::isfinite(temperature) || temperature < 0.0) {
      return Status::Corrupt("temperature is %g; it must be finite and not negative", temperature);
    }
    if (temperature == 0.0) result.do_sample = false;  // the limit of ever colder sampling
    if (temperature > 0.0) result.temperature = static_cast<float>(temperature);
  }
  if (config.HasKey("top_k")) {
    GEMMA4_ASSIGN_OR_RETURN(const auto top_k, config.OptionalSize("top_k"));
    result.top_k = top_k.value_or(0);
  }
  if (config.HasKey("top_p")) {
    GEMMA4_ASSIGN_OR_RETURN(const auto top_p, config.OptionalReal("top_p"));
    if (top_p.has_value() && !(*top_p >= 0.0 && *top_p <= 1.0)) {
      return Status::Corrupt("top_p is %g; 0 to 1 is allowed", *top_p);
    }
    result.top_p = static_cast<float>(top_p.value_or(1.0));
  }
  return result;
}

}  // namespace gemma4
