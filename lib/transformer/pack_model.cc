#include "lib/transformer/pack_model.h"

#include <algorithm>
#include <cinttypes>
#include <utility>

#include "lib/base/hash64.h"
#include "lib/base/mapped_file.h"
#include "lib/checkpoint/packed/packed_writer.h"
#include "lib/ops/packed_layout.h"
#include "lib/transformer/model_weights.h"

namespace gemma4 {
namespace {

// A few bytes of every tensor: another checkpoint of the same shapes differs nearly everywhere.
void AddSamples(std::span<const std::byte> data, Hash64& hash) {
  constexpr size_t kSampleBytes = 64;
  constexpr size_t kNumSamples = 4;
  if (data.size() <= kSampleBytes * kNumSamples) {
    hash.Add(data);
    return;
  }
  for (size_t i = 0; i < kNumSamples; ++i) {
    hash.Add(data.subspan((data.size() - kSampleBytes) / (kNumSamples - 1) * i, kSampleBytes));
  }
}

void AddTensor(const TensorView& tensor, Hash64& hash) {
  hash.Add(std::as_bytes(std::span(tensor.name)));
  hash.AddValue(tensor.type);
  for (size_t dimension : tensor.shape) hash.AddValue(uint64_t{dimension});
}

// The content, and when the files were last written.
uint64_t SourceHash(const Checkpoint& checkpoint) {
  Hash64 hash;
  hash.AddValue(ContentHash(checkpoint));
  for (const MappedFile& file : checkpoint.files()) {
    hash.AddValue(file.modified_ns());
    hash.AddValue(uint64_t{file.bytes().size()});
  }
  return hash.Finish();
}

// Counts bytes for the progress callback and looks at the cancel flag.
class Watch {
 public:
  Watch(const PackOptions& options, uint64_t total_bytes)
      : options_(options), total_bytes_(total_bytes) {}

  Status Advance(uint64_t bytes) {
    done_bytes_ = std::min(done_bytes_ + bytes, total_bytes_);
    GEMMA4_RETURN_IF_ERROR(CheckCancelled(options_.cancel, "packing the model"));
    if (options_.progress && options_.progress(done_bytes_, total_bytes_) != 0) {
      return Status::Stopped("packing the model was stopped by the progress callback");
    }
    return Status::Ok();
  }

 private:
  const PackOptions& options_;
  uint64_t done_bytes_ = 0;
  uint64_t total_bytes_;
};

Status PackLinears(ModelWeights& weights, const PackingOptions& packing, PackedWriter& writer) {
  for (const LinearSource* source : weights.AllLinears()) {
    PackedLinear packed;
    packed.id = source->id;
    packed.format = static_cast<uint8_t>(source->format);
    packed.in_features = source->in_features;
    packed.out_features = source->out_features;
    GEMMA4_RETURN_IF_ERROR(weights.Pack(*source, packing));
    packed.bytes = weights.packed.Bytes(source->id);
    GEMMA4_RETURN_IF_ERROR(writer.AddLinear(packed));
    weights.packed.Drop(source->id);
  }
  return Status::Ok();
}

}  // namespace

uint64_t SampleHash(const Checkpoint& checkpoint) {
  if (checkpoint.packed()) return checkpoint.packed()->key.sample_hash;
  Hash64 hash;
  for (const CheckpointTensor& tensor : checkpoint.tensors()) {
    if (tensor.use != TensorUse::kUsed) continue;
    AddTensor(tensor.view, hash);
    AddSamples(tensor.view.data, hash);
    AddSamples(tensor.view.scales, hash);
  }
  return hash.Finish();
}

uint64_t ContentHash(const Checkpoint& checkpoint) {
  Hash64 hash;
  for (const CheckpointTensor& tensor : checkpoint.tensors()) {
    if (tensor.use != TensorUse::kUsed) continue;
    AddTensor(tensor.view, hash);
    // Of files, sizes and times tell the rest.
    if (checkpoint.files().empty()) {
      hash.Add(tensor.view.data);
      hash.Add(tensor.view.scales);
    } else {
      AddSamples(tensor.view.data, hash);
    }
  }
  return hash.Finish();
}

StatusOr<PackedKey> PackedKeyOf(const Checkpoint& checkpoint, Arithmetic arithmetic) {
  GEMMA4_ASSIGN_OR_RETURN(PackedLayout layout, ThisPackedLayout());
  return PackedKey{layout.hash, std::move(layout.text), SourceHash(checkpoint),
                   SampleHash(checkpoint), static_cast<uint8_t>(arithmetic)};
}

Status CheckPackedKey(const PackedKey& packed, Arithmetic wanted) {
  GEMMA4_ASSIGN_OR_RETURN(const PackedLayout layout, ThisPackedLayout());
  if (packed.layout_hash != layout.hash) {
    return Status::Unsupported("was packed for %s (layout %016" PRIx64
                               "); this machine and library need %s (layout "
                               "%016" PRIx64 "): pack the model again",
                               packed.layout_text.c_str(), packed.layout_hash, layout.text.c_str(),
                               layout.hash);
  }
  const Arithmetic arithmetic = static_cast<Arithmetic>(packed.arithmetic);
  if (wanted == Arithmetic::kAuto || wanted == arithmetic) return Status::Ok();
  return Status::Unsupported("was packed with weights %s; %s were asked for: ask for %s or auto",
                             ArithmeticName(arithmetic), ArithmeticName(wanted),
                             ArithmeticName(arithmetic));
}

Status PackModel(const Checkpoint& checkpoint, const std::string& path,
                 const PackOptions& options) {
  if (checkpoint.packed().has_value()) {
    return Status::Unsupported("the model is packed already");
  }
  for (const MappedFile& file : checkpoint.files()) {
    if (!file.IsAt(path)) continue;
    return Status::InvalidArgument("%s: is a file of the model that is to be packed", path.c_str());
  }
  GEMMA4_RETURN_IF_ERROR(CheckVectors(checkpoint));
  GEMMA4_ASSIGN_OR_RETURN(const PackedKey key, PackedKeyOf(checkpoint, options.arithmetic));
  ModelWeights weights(checkpoint, options.arithmetic,
                       GridCheck{.pool = options.thread_pool, .cancel = options.cancel});
  GEMMA4_RETURN_IF_ERROR(CheckCancelled(options.cancel, "packing the model"));

  GEMMA4_ASSIGN_OR_RETURN(uint64_t total_bytes, weights.AllPackedBytes());
  const auto is_kept = [&](const CheckpointTensor& tensor) {
    return options.whole_model && tensor.use == TensorUse::kUsed;
  };
  const auto has_data = [&](const CheckpointTensor& tensor) { return !IsHeldByLinears(tensor); };
  for (const CheckpointTensor& tensor : checkpoint.tensors()) {
    if (is_kept(tensor) && has_data(tensor)) total_bytes += tensor.view.data.size();
  }

  Watch watch(options, total_bytes);
  GEMMA4_ASSIGN_OR_RETURN(PackedWriter writer,
                          PackedWriter::Create(path, [&](std::span<const std::byte> written) {
                            checkpoint.GiveBack(written);
                            return watch.Advance(written.size());
                          }));
  GEMMA4_RETURN_IF_ERROR(PackLinears(weights, {options.thread_pool, options.cancel}, writer));
  for (const CheckpointTensor& tensor : checkpoint.tensors()) {
    if (!is_kept(tensor)) continue;
    GEMMA4_RETURN_IF_ERROR(writer.AddTensor(tensor, has_data(tensor)));
  }
  return writer.Finish(key, options.whole_model ? &checkpoint : nullptr);
}

}  // namespace gemma4
