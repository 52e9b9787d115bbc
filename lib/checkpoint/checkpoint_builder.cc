#include "lib/checkpoint/checkpoint_builder.h"

#include <algorithm>
#include <unordered_set>
#include <utility>

#include "lib/base/one_line.h"
#include "lib/checkpoint/name_list.h"

namespace gemma4 {

CheckpointBuilder::CheckpointBuilder(std::string format, ModelConfig config) {
  checkpoint_.format_ = std::move(format);
  checkpoint_.config_ = std::move(config);
}

void CheckpointBuilder::SetGenerationConfig(GenerationConfig generation_config) {
  const auto is_outside = [this](int32_t id) {
    return id < 0 || static_cast<size_t>(id) >= config().vocab_size;
  };
  std::erase_if(generation_config.stop_token_ids, is_outside);
  std::erase_if(generation_config.suppress_token_ids, is_outside);
  checkpoint_.generation_config_ = std::move(generation_config);
}

Status CheckpointBuilder::SetVocabulary(Vocabulary vocabulary) {
  // Fewer is usual: embedding tables are padded.
  if (vocabulary.pieces.size() > config().vocab_size) {
    return Status::Corrupt("has %zu pieces; the model has embeddings for vocab_size, %zu",
                           vocabulary.pieces.size(), config().vocab_size);
  }
  if (vocabulary.bos_token_id != config().bos_token_id) {
    return Status::Corrupt("has <bos> at id %d; the model's bos_token_id is %d",
                           vocabulary.bos_token_id, config().bos_token_id);
  }
  checkpoint_.vocabulary_ = std::move(vocabulary);
  checkpoint_.has_tokenizer_ = true;
  return Status::Ok();
}

StatusOr<Checkpoint> CheckpointBuilder::Build(
    const std::function<std::string(TensorRole role, size_t layer)>& tensor_name) && {
  std::vector<CheckpointTensor>& tensors = checkpoint_.tensors_;
  tensors.shrink_to_fit();
  std::sort(tensors.begin(), tensors.end(),
            [](const auto& a, const auto& b) { return a.view.name < b.view.name; });

  auto& by_role = checkpoint_.by_role_;
  by_role.resize(std::max<size_t>(1, config().num_layers()));
  for (const CheckpointTensor& tensor : tensors) {
    if (tensor.use != TensorUse::kUsed) continue;
    const TensorView*& slot = by_role[tensor.layer][static_cast<size_t>(tensor.role)];
    if (slot != nullptr) {
      return Status::Corrupt("tensors %s and %s are the same part of the model",
                             CutToOneLine(slot->name).c_str(),
                             CutToOneLine(tensor.view.name).c_str());
    }
    slot = &tensor.view;
  }

  NameList missing, wrong_shapes, unexpected;
  std::unordered_set<const TensorView*> expected_tensors;
  for (const ExpectedTensor& expected : ExpectedTensors(config())) {
    const TensorView* found = checkpoint_.Find(expected.role, expected.layer);
    if (found == nullptr) {
      missing.Add([&] {
        return tensor_name(expected.role, expected.layer) + " " + ShapeText(expected.shape);
      });
      continue;
    }
    expected_tensors.insert(found);
    if (found->shape != expected.shape) {
      wrong_shapes.Add([&] {
        return CutToOneLine(found->name) + " is " + found->ShapeText() + ", expected " +
               ShapeText(expected.shape);
      });
    }
  }
  for (const CheckpointTensor& tensor : tensors) {
    if (tensor.use != TensorUse::kUsed || expected_tensors.contains(&tensor.view)) continue;
    unexpected.Add([&] { return CutToOneLine(tensor.view.name); });
  }
  if (wrong_shapes.size() > 0) {
    return Status::Corrupt("tensors of another shape than the configuration gives them (%zu): %s",
                           wrong_shapes.size(), wrong_shapes.text().c_str());
  }
  if (missing.size() > 0) {
    return Status::Corrupt("missing tensors (%zu): %s", missing.size(), missing.text().c_str());
  }
  if (unexpected.size() > 0) {
    return Status::Corrupt("tensors that the configuration has no use for (%zu): %s",
                           unexpected.size(), unexpected.text().c_str());
  }
  return std::move(checkpoint_);
}

}  // namespace gemma4
