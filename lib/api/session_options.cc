#include "lib/api/session_options.h"

#include <optional>
#include <span>

#include "lib/api/params.h"

namespace gemma4 {
namespace {

// [count] at `items`, which may be null when there are none.
template <typename T>
StatusOr<std::span<const T>> ArrayArgument(const T* items, size_t count, const char* name,
                                           const char* count_name) {
  constexpr size_t kMaxItems = size_t{1} << 22;  // more than any vocabulary has
  if (count > kMaxItems) {
    return Status::InvalidArgument("%s is %zu; at most %zu are taken", count_name, count,
                                   kMaxItems);
  }
  if (items != nullptr || count == 0) return std::span<const T>(items, count);
  return Status::InvalidArgument("%s is NULL, and %s is %zu", name, count_name, count);
}

StatusOr<std::optional<KvType>> KvTypeOf(gemma4_kv_type type) {
  switch (type) {
    case GEMMA4_KV_AUTO: return std::optional<KvType>();
    case GEMMA4_KV_F32: return std::optional(KvType::kF32);
    case GEMMA4_KV_F16: return std::optional(KvType::kF16);
    case GEMMA4_KV_INT8: return std::optional(KvType::kInt8);
    default: return Status::Unsupported("kv_type is %d, which this version does not know", type);
  }
}

}  // namespace

// Where the caller left the choice to the model, its own files decide.
StatusOr<SamplerOptions> SamplerOptionsOf(const gemma4_sampler_params* params,
                                          const GenerationConfig& generation) {
  GEMMA4_ASSIGN_OR_RETURN(const gemma4_sampler_params known, ReadParams(params));
  SamplerOptions options = DefaultSamplerOptions(generation);
  options.seed = known.seed;
  // What is not a number is refused further on.
  if (!(known.temperature < 0.0f)) options.temperature = known.temperature;
  if (!(known.top_p < 0.0f)) options.top_p = known.top_p;
  if (known.top_k >= 0) options.top_k = static_cast<size_t>(known.top_k);
  options.min_p = known.min_p;
  options.penalties = {
      .repetition = known.repetition_penalty == 0.0f ? 1.0f : known.repetition_penalty,
      .frequency = known.frequency_penalty,
      .presence = known.presence_penalty,
      .window = known.penalty_window,
  };
  GEMMA4_ASSIGN_OR_RETURN(const auto biases, ArrayArgument(known.logit_bias, known.num_logit_biases,
                                                           "logit_bias", "num_logit_biases"));
  for (const gemma4_logit_bias& bias : biases) {
    options.logit_bias.push_back({bias.token_id, bias.bias});
  }
  GEMMA4_ASSIGN_OR_RETURN(const auto banned,
                          ArrayArgument(known.banned_token_ids, known.num_banned_token_ids,
                                        "banned_token_ids", "num_banned_token_ids"));
  options.banned_token_ids.assign(banned.begin(), banned.end());
  return options;
}

StatusOr<ConstraintOptions> ConstraintOptionsOf(const gemma4_sampler_params* params) {
  GEMMA4_ASSIGN_OR_RETURN(const gemma4_sampler_params known, ReadParams(params));
  if (known.reserved != 0) {
    return Status::Unsupported("reserved is %d; this version allows 0 only", known.reserved);
  }
  ConstraintOptions options;
  if (known.json_schema != nullptr) options.json_schema = known.json_schema;
  if (known.grammar != nullptr) options.grammar = known.grammar;
  options.requires_tool_call = known.requires_tool_call != 0;
  return options;
}

StatusOr<SessionOptions> SessionOptionsOf(const gemma4_session_params* params,
                                          const GenerationConfig& generation) {
  GEMMA4_ASSIGN_OR_RETURN(const gemma4_session_params known, ReadParams(params));
  if (known.reserved != 0) {
    return Status::Unsupported("reserved is %d; this version allows 0 only", known.reserved);
  }
  SessionOptions options;
  GEMMA4_ASSIGN_OR_RETURN(options.sampler, SamplerOptionsOf(known.sampler, generation));
  GEMMA4_ASSIGN_OR_RETURN(options.constraint, ConstraintOptionsOf(known.sampler));
  options.stop_token_ids = generation.stop_token_ids;
  options.stops_where_turns_end = known.stop_token_ids == nullptr;
  if (known.stop_token_ids != nullptr) {
    options.stop_token_ids.assign(known.stop_token_ids,
                                  known.stop_token_ids + known.num_stop_token_ids);
  } else if (known.num_stop_token_ids > 0) {
    return Status::InvalidArgument("stop_token_ids is NULL, and num_stop_token_ids is %zu",
                                   known.num_stop_token_ids);
  }
  if (known.reserved2 != 0) {
    return Status::Unsupported("reserved2 is %d; this version allows 0 only", known.reserved2);
  }
  GEMMA4_ASSIGN_OR_RETURN(const auto stop_strings,
                          ArrayArgument(known.stop_strings, known.num_stop_strings, "stop_strings",
                                        "num_stop_strings"));
  for (size_t i = 0; i < stop_strings.size(); ++i) {
    if (stop_strings[i] == nullptr) return Status::InvalidArgument("stop_strings[%zu] is NULL", i);
    options.stop_strings.emplace_back(stop_strings[i]);
  }
  options.max_thought_tokens = known.max_thought_tokens;
  switch (known.context_full) {
    case GEMMA4_CONTEXT_STOP: options.context_full = ContextFull::kStop; break;
    case GEMMA4_CONTEXT_SLIDE: options.context_full = ContextFull::kSlide; break;
    default:
      return Status::Unsupported("context_full is %d, which this version does not know",
                                 known.context_full);
  }
  if (known.num_top_logprobs < 0 || (known.num_top_logprobs > 0 && known.logprobs == 0)) {
    return Status::InvalidArgument(
        "num_top_logprobs is %d; it must be at least 0, and 0 unless "
        "logprobs is set",
        known.num_top_logprobs);
  }
  if (known.logprobs != 0) options.num_top_logprobs = static_cast<size_t>(known.num_top_logprobs);
  options.max_new_tokens = known.max_new_tokens;
  GEMMA4_ASSIGN_OR_RETURN(options.kv_type, KvTypeOf(known.kv_type));
  options.max_context_tokens = known.max_context_tokens;
  return options;
}

}  // namespace gemma4
