#include "lib/session/session_file.h"

#include <cinttypes>
#include <cstring>

#include "lib/base/hash64.h"
#include "lib/checkpoint/packed/byte_stream.h"

namespace gemma4 {
namespace {

constexpr char kMagic[8] = {'G', 'E', 'M', 'M', 'A', '4', 'S', 'E'};
constexpr uint32_t kVersion = 1;

// Of texts and lists in a state that are neither tokens nor logits.
constexpr uint64_t kMaxOtherBytes = uint64_t{64} << 20;

struct Header {
  char magic[8];
  uint32_t version;
  uint32_t kv_type;
  uint64_t model_hash;
  uint64_t num_run;
  uint64_t state_bytes;
  uint64_t state_hash;
  uint64_t header_hash;  // of everything before
};

uint64_t HashOfHeader(const Header& header) {
  return HashOf(std::as_bytes(std::span(&header, 1)).first(offsetof(Header, header_hash)));
}

template <typename S, typename T>
void Numbers(S& stream, std::vector<T>& list) {
  stream.List(list, sizeof(T), [](S& s, T& value) { s(value); });
}

template <typename S>
void Fields(S& stream, SavedState& state) {
  Numbers(stream, state.token_ids);
  stream(state.num_run);
  stream(state.prompt_begin);
  Numbers(stream, state.logits);
  stream(state.next_is_sampled);
  stream(state.has_stop_token);
  stream(state.stop_token);
  stream(state.end_reason);
  stream(state.end_token);
  stream(state.num_new_tokens);
  stream(state.num_thought_tokens);
  stream(state.num_reused);
  stream(state.num_dropped);
  stream(state.num_opening_tokens);
  stream(state.num_system_tokens);
  stream(state.random_state);
  Numbers(stream, state.generated);
  stream(state.reply_begin);
  stream(state.constraint_begin);
  stream(state.logprob);
  stream.List(state.top_logprobs, sizeof(TokenLogprob), [](S& s, TokenLogprob& rival) {
    s(rival.token_id);
    s(rival.logprob);
  });
  stream(state.reply_is_turn);
  stream(state.num_events);
  stream(state.system_text);
  stream(state.tools_json);
  stream(state.is_chat);
  stream(state.enable_thinking);
  stream.List(state.called_tools, sizeof(uint32_t), [](S& s, std::string& name) { s(name); });
}

}  // namespace

Status WriteSession(const SavedBinding& binding, const SavedState& state, const KvCache& cache,
                    const ByteSink& sink, const CancelFlag* cancel) {
  ByteWriter writer;
  Fields(writer, const_cast<SavedState&>(state));  // which a writer only reads
  Header header = {};
  std::memcpy(header.magic, kMagic, sizeof(kMagic));
  header.version = kVersion;
  header.kv_type = static_cast<uint32_t>(binding.kv_type);
  header.model_hash = binding.model_hash;
  header.num_run = state.num_run;
  header.state_bytes = writer.bytes().size();
  header.state_hash = HashOf(writer.bytes());
  header.header_hash = HashOfHeader(header);

  Hash64 hash;
  const auto write = [&](std::span<const std::byte> bytes) -> Status {
    GEMMA4_RETURN_IF_ERROR(CheckCancelled(cancel, "saving the session"));
    hash.Add(bytes);
    return sink(bytes);
  };
  GEMMA4_RETURN_IF_ERROR(write(std::as_bytes(std::span(&header, 1))));
  GEMMA4_RETURN_IF_ERROR(write(writer.bytes()));
  Status status;
  cache.ForEachPiece(state.num_run, [&](std::span<std::byte> piece) {
    status = write(piece);
    return status.ok();
  });
  GEMMA4_RETURN_IF_ERROR(status);
  const uint64_t sum = hash.Finish();
  return sink(std::as_bytes(std::span(&sum, 1)));
}

Status ReadSession(const SavedBinding& binding, size_t vocab_size, const ByteSource& source,
                   const CancelFlag* cancel, SavedState* state, KvCache* cache) {
  Hash64 hash;
  const auto read = [&](std::span<std::byte> bytes) -> Status {
    GEMMA4_RETURN_IF_ERROR(CheckCancelled(cancel, "restoring the session"));
    GEMMA4_RETURN_IF_ERROR(source(bytes));
    hash.Add(bytes);
    return Status::Ok();
  };
  Header header = {};
  GEMMA4_RETURN_IF_ERROR(read(std::as_writable_bytes(std::span(&header, 1))));
  if (std::memcmp(header.magic, kMagic, sizeof(kMagic)) != 0) {
    return Status::Corrupt("not a saved session: it does not begin with GEMMA4SE");
  }
  if (header.version != kVersion) {
    return Status::Unsupported("the session was saved in version %u of the form; this is %u",
                               header.version, kVersion);
  }
  if (header.header_hash != HashOfHeader(header)) {
    return Status::Corrupt("the saved session's header is damaged");
  }
  if (header.model_hash != binding.model_hash) {
    return Status::Unsupported(
        "the session was saved with another model or other weights (%016" PRIx64
        "; this one is %016" PRIx64 ")",
        header.model_hash, binding.model_hash);
  }
  if (header.kv_type != static_cast<uint32_t>(binding.kv_type)) {
    return Status::Unsupported("the session was saved with kv_type %u; this session has %u",
                               header.kv_type + 1, static_cast<uint32_t>(binding.kv_type) + 1);
  }
  const uint64_t max_context = cache->max_context_tokens();
  if (header.num_run > max_context) {
    return Status::ContextFull("the saved session has %" PRIu64
                               " tokens in its cache; max_context_tokens is %" PRIu64,
                               header.num_run, max_context);
  }
  if (header.state_bytes > 2 * sizeof(int32_t) * uint64_t{UINT32_MAX} + kMaxOtherBytes) {
    return Status::Corrupt("the saved session's state has %" PRIu64 " bytes", header.state_bytes);
  }
  // Piece by piece, so that a size that lies asks for no more memory than there are bytes.
  std::vector<std::byte> bytes;
  for (uint64_t left = header.state_bytes; left > 0;) {
    const size_t count = static_cast<size_t>(std::min<uint64_t>(left, uint64_t{1} << 20));
    bytes.resize(bytes.size() + count);
    GEMMA4_RETURN_IF_ERROR(read(std::span(bytes).last(count)));
    left -= count;
  }
  if (HashOf(bytes) != header.state_hash) {
    return Status::Corrupt("the saved session's state is damaged");
  }
  ByteReader reader(bytes);
  Fields(reader, *state);
  if (!reader.status().ok() || state->num_run != header.num_run ||
      (!state->logits.empty() && state->logits.size() != vocab_size)) {
    return Status::Corrupt("the saved session's state is damaged");
  }
  if (state->token_ids.size() > max_context) {
    return Status::ContextFull("the saved session has %zu tokens; max_context_tokens is %" PRIu64,
                               state->token_ids.size(), max_context);
  }
  Status status;
  cache->ForEachPiece(static_cast<size_t>(header.num_run), [&](std::span<std::byte> piece) {
    status = read(piece);
    return status.ok();
  });
  GEMMA4_RETURN_IF_ERROR(status);
  const uint64_t sum = hash.Finish();
  uint64_t told = 0;
  GEMMA4_RETURN_IF_ERROR(source(std::as_writable_bytes(std::span(&told, 1))));
  if (told != sum) return Status::Corrupt("the saved session's keys and values are damaged");
  cache->Adopt(static_cast<size_t>(header.num_run));
  return Status::Ok();
}

}  // namespace gemma4
