#include "lib/transformer/transformer.h"

#include <algorithm>
#include <cassert>
#include <iterator>
#include <utility>

#include "lib/base/hash64.h"
#include "lib/ops/attention.h"
#include "lib/transformer/model_weights.h"
#include "lib/transformer/pack_model.h"
#include "lib/transformer/runner.h"

namespace gemma4 {
namespace {

// What the decoder cannot compute (yet), said before any weight is read.
Status CheckSupported(const ModelConfig& config) {
  for (size_t l = 0; l < config.num_layers(); ++l) {
    if (config.layers[l].head_dim > kMaxAttentionHeadDim) {
      return Status::Unsupported("layer %zu has head_dim %zu; at most %zu is supported", l,
                                 config.layers[l].head_dim, kMaxAttentionHeadDim);
    }
  }
  return Status::Ok();
}

// Usually all rows are at the same stage. Those that are behind run until they meet the others.
StatusOr<bool> RunStages(Runner& runner, std::span<const ChunkSequence> chunk,
                         const ForwardOptions& options) {
  std::vector<ChunkSequence> behind;
  for (;;) {
    size_t first = SIZE_MAX, next = SIZE_MAX;
    for (const ChunkSequence& sequence : chunk) {
      const size_t stage = Runner::StageOf(sequence);
      if (stage < first) next = std::exchange(first, stage);
      if (stage > first && stage < next) next = stage;
    }
    if (next == SIZE_MAX) return runner.Run(chunk, SIZE_MAX, options);
    behind.clear();
    for (const ChunkSequence& sequence : chunk) {
      if (Runner::StageOf(sequence) == first) behind.push_back(sequence);
    }
    GEMMA4_RETURN_IF_ERROR(runner.Run(behind, next, options).status());
    if (Runner::StageOf(behind.front()) < next) return false;
  }
}

}  // namespace

Transformer::Transformer(const Checkpoint& checkpoint, const TransformerOptions& options)
    : checkpoint_(checkpoint),
      config_(checkpoint.config()),
      options_(options),
      weights_(std::make_unique<ModelWeights>(
          checkpoint, options.arithmetic,
          GridCheck{.pool = options.thread_pool, .cancel = options.cancel})) {}

Transformer::~Transformer() = default;

StatusOr<std::unique_ptr<Transformer>> Transformer::Create(const Checkpoint& checkpoint,
                                                           const TransformerOptions& options) {
  GEMMA4_RETURN_IF_ERROR(CheckSupported(checkpoint.config()));
  GEMMA4_RETURN_IF_ERROR(CheckVectors(checkpoint));
  if (checkpoint.packed()) {
    GEMMA4_RETURN_IF_ERROR(CheckPackedKey(checkpoint.packed()->key, options.arithmetic));
  }
  std::unique_ptr<Transformer> transformer(new Transformer(checkpoint, options));
  GEMMA4_RETURN_IF_ERROR(CheckCancelled(options.cancel, "loading the model"));
  if (checkpoint.packed()) {
    GEMMA4_RETURN_IF_ERROR(transformer->weights_->AdoptPacked(*checkpoint.packed()));
  }
  uint64_t total_bytes = 0;
  for (const LinearSource* source : transformer->weights_->AllLinears()) {
    total_bytes += source->stored_bytes();
  }
  // The first runner packs every weight; it is also the first one to be lent.
  const auto before_step = [&](uint64_t done_bytes) -> Status {
    GEMMA4_RETURN_IF_ERROR(CheckCancelled(options.cancel, "loading the model"));
    if (options.progress && options.progress(done_bytes, total_bytes) != 0) {
      return Status::Stopped("loading the model was stopped by the progress callback");
    }
    return Status::Ok();
  };
  GEMMA4_ASSIGN_OR_RETURN(auto runner,
                          Runner::Create(*transformer->weights_, options, before_step));
  transformer->idle_runners_.push_back(std::move(runner));
  transformer->options_.cancel = nullptr;  // theirs ends with the load
  transformer->options_.progress = nullptr;
  return transformer;
}

Arithmetic Transformer::arithmetic() const {
  if (options_.arithmetic != Arithmetic::kAuto) return options_.arithmetic;
  uint64_t num_weights[kNumLinearFormats] = {};
  for (const LinearSource* source : weights_->AllLinears()) {
    num_weights[static_cast<size_t>(source->format)] +=
        uint64_t{source->in_features} * source->out_features;
  }
  const auto most = std::max_element(std::begin(num_weights), std::end(num_weights));
  switch (static_cast<LinearFormat>(most - std::begin(num_weights))) {
    case LinearFormat::kF32: return Arithmetic::kExact;
    case LinearFormat::kInt8Rows: return Arithmetic::kInt8;
    case LinearFormat::kInt4Rows: return Arithmetic::kInt4Rows;
    case LinearFormat::kInt4Blocks: return Arithmetic::kInt4Blocks;
  }
  return Arithmetic::kInt8;
}

uint64_t Transformer::IdentityHash() const {
  Hash64 hash;
  hash.AddValue(SampleHash(checkpoint_));
  for (const LinearSource* source : weights_->AllLinears()) hash.AddValue(source->format);
  return hash.Finish();
}

uint64_t Transformer::WeightBytesPerToken() const {
  return weights_->BytesPerToken(
      [this](const LinearSource& source) { return weights_->packed.Bytes(source.id).size(); });
}

StatusOr<std::unique_ptr<Runner>> Transformer::TakeRunner() {
  {
    std::lock_guard<std::mutex> lock(runners_mutex_);
    if (!idle_runners_.empty()) {
      std::unique_ptr<Runner> runner = std::move(idle_runners_.back());
      idle_runners_.pop_back();
      return runner;
    }
  }
  const auto no_check = [](uint64_t) { return Status::Ok(); };
  return Runner::Create(*weights_, options_, no_check);
}

Status Transformer::Forward(std::span<const ChunkSequence> chunk, const ForwardOptions& options) {
  assert(!options.deadline);
  return RunUntil(chunk, options).status();
}

StatusOr<bool> Transformer::RunUntil(std::span<const ChunkSequence> chunk,
                                     const ForwardOptions& options) {
  assert(!options.deadline || std::all_of(chunk.begin(), chunk.end(), [](const auto& sequence) {
    return sequence.in_flight != nullptr;
  }));
  GEMMA4_ASSIGN_OR_RETURN(std::unique_ptr<Runner> runner, TakeRunner());
  for (const ChunkSequence& sequence : chunk) sequence.cache->BeginRows(sequence.token_ids.size());
  StatusOr<bool> done = RunStages(*runner, chunk, options);
  if (done.ok() && *done) {
    for (const ChunkSequence& sequence : chunk) {
      sequence.cache->Advance(sequence.token_ids.size());
      if (sequence.in_flight != nullptr) sequence.in_flight->Clear();
    }
  }
  std::lock_guard<std::mutex> lock(runners_mutex_);
  idle_runners_.push_back(std::move(runner));
  return done;
}

}  // namespace gemma4
