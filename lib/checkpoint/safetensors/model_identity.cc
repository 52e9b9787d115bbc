#include "lib/checkpoint/safetensors/model_identity.h"

#include <string_view>

#include "lib/base/one_line.h"
#include "lib/checkpoint/file_kind.h"

namespace gemma4 {
namespace {

constexpr std::string_view kArchitectures[] = {
    "Gemma4ForConditionalGeneration",
    "Gemma4ForCausalLM",
    "Gemma4UnifiedForConditionalGeneration",
    "Gemma4UnifiedForCausalLM",
};

Status CheckArchitectures(const JsonObject& config) {
  if (!config.HasValue("architectures")) return Status::Ok();
  const JsonValue& names = *config.Find("architectures");
  if (!names.is_list()) {
    return Status::Corrupt("architectures is %s; a list of class names is expected",
                           DescribeJson(names).c_str());
  }
  for (const JsonValue& name : names.items) {
    bool is_known = false;
    for (std::string_view known : kArchitectures) {
      is_known = is_known || (name.is_string() && name.text == known);
    }
    if (!is_known) {
      return Status::Unsupported(
          "architectures names %s; Gemma4ForConditionalGeneration, Gemma4ForCausalLM and their "
          "Unified forms are supported",
          DescribeJson(name).c_str());
    }
  }
  return Status::Ok();
}

}  // namespace

StatusOr<ModelIdentity> IdentifyModel(const JsonObject& config) {
  ModelIdentity identity;
  GEMMA4_ASSIGN_OR_RETURN(identity.model_type, config.Text("model_type", ""));
  const std::string& type = identity.model_type;
  if (type.empty()) {
    return Status::Corrupt("model_type is missing; \"gemma4\" or \"gemma4_unified\" is expected");
  }
  identity.is_unified = type == "gemma4_unified" || type == "gemma4_unified_text";
  identity.is_multimodal = type == "gemma4" || type == "gemma4_unified";
  if (identity.is_unified || identity.is_multimodal || type == "gemma4_text") {
    GEMMA4_RETURN_IF_ERROR(CheckArchitectures(config));
    return identity;
  }
  return Status::Unsupported(
      "model_type \"%s\" is %s; gemma4, gemma4_text, gemma4_unified and gemma4_unified_text are "
      "supported",
      CutToOneLine(type).c_str(), DescribeForeignModel(type));
}

}  // namespace gemma4
