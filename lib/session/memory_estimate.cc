#include "lib/session/memory_estimate.h"

#include "lib/transformer/memory_needs.h"

namespace gemma4 {
namespace {

// A tokenizer keeps each piece's text, its place in sentencepiece's own tables and in ours;
// measured with Gemma 4's 262,144 pieces.
constexpr uint64_t kTokenizerBytesPerPiece = 210;

// Whatever else a process takes for a model: operators, threads, norms.
constexpr uint64_t kOtherBytes = uint64_t{4} << 20;

}  // namespace

StatusOr<MemoryEstimate> EstimateModelMemory(const Checkpoint& checkpoint,
                                             const LoadOptions& options) {
  MemoryEstimate estimate;
  GEMMA4_ASSIGN_OR_RETURN(estimate.weights_resident_bytes,
                          PackedWeightsBytes(checkpoint, options.arithmetic));
  for (const MappedFile& file : checkpoint.files()) {
    estimate.weights_mapped_bytes += file.bytes().size();
  }
  const uint64_t num_pieces = checkpoint.has_tokenizer() ? checkpoint.config().vocab_size : 0;
  estimate.scratch_bytes =
      ScratchBytes(checkpoint, options.prefill_chunk_tokens, options.arithmetic) +
      num_pieces * kTokenizerBytesPerPiece + kOtherBytes;
  return estimate;
}

uint64_t EstimateSessionMemory(const ModelConfig& config, size_t max_context_tokens,
                               size_t prefill_chunk_tokens, KvType kv_type) {
  return KvCache::SizeBytes(config, max_context_tokens, prefill_chunk_tokens, kv_type) +
         config.vocab_size * sizeof(float);
}

}  // namespace gemma4
