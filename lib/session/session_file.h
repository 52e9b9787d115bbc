// A saved session: its form as a stream of bytes, and what is checked when it comes back.
//
//   header   magic, version, what the session is bound to, sizes, hashes of state and header
//   state    SavedState, field by field
//   K/V      the pieces that KvCache::ForEachPiece() visits
//   hash     of all bytes before
//
// Numbers are little-endian.
#ifndef GEMMA4_LIB_SESSION_SESSION_FILE_H_
#define GEMMA4_LIB_SESSION_SESSION_FILE_H_

#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <vector>

#include "lib/base/cancel_flag.h"
#include "lib/base/status.h"
#include "lib/sampling/logprobs.h"
#include "lib/transformer/kv_cache.h"

namespace gemma4 {

// Takes the next bytes; an error ends the writing with it.
using ByteSink = std::function<Status(std::span<const std::byte> bytes)>;
// Fills the whole span with the next bytes, or returns why it cannot.
using ByteSource = std::function<Status(std::span<std::byte> bytes)>;

// All of a session but keys and values, options, and what follows from the rest.
struct SavedState {
  std::vector<int32_t> token_ids;
  uint64_t num_run = 0;
  uint64_t prompt_begin = 0;
  std::vector<float> logits;  // [vocab_size], or none

  bool next_is_sampled = false;
  bool has_stop_token = false;
  int32_t stop_token = -1;
  int32_t end_reason = 0;
  int32_t end_token = -1;
  uint64_t num_new_tokens = 0;
  uint64_t num_thought_tokens = 0;
  uint64_t num_reused = 0;
  uint64_t num_dropped = 0;
  uint64_t num_opening_tokens = 0;
  uint64_t num_system_tokens = 0;
  uint64_t random_state = 0;

  std::vector<int32_t> generated;
  uint64_t reply_begin = 0;
  uint64_t constraint_begin = 0;
  float logprob = 0.0f;  // of the last token, and its rivals
  std::vector<TokenLogprob> top_logprobs;
  bool reply_is_turn = false;
  uint64_t num_events = 0;  // that were not told yet

  std::string system_text;
  std::string tools_json;
  bool is_chat = false;
  bool enable_thinking = false;
  std::vector<std::string> called_tools;
};

// What a file must agree with.
struct SavedBinding {
  uint64_t model_hash = 0;  // Transformer::IdentityHash()
  KvType kv_type = KvType::kF32;
};

// kCancelled between pieces of a few kilobytes; errors of `sink`.
Status WriteSession(const SavedBinding& binding, const SavedState& state, const KvCache& cache,
                    const ByteSink& sink, const CancelFlag* cancel);

// Fills `state` and `cache`, which is empty. kCorrupt for anything that WriteSession() did not
// write; kUnsupported for another model, version or K/V type; kContextFull if the tokens are more
// than the cache can hold. After an error both hold anything. The numbers of `state` are checked by
// their hash alone: whether they fit each other is for the session to see.
Status ReadSession(const SavedBinding& binding, size_t vocab_size, const ByteSource& source,
                   const CancelFlag* cancel, SavedState* state, KvCache* cache);

}  // namespace gemma4

#endif  // GEMMA4_LIB_SESSION_SESSION_FILE_H_
