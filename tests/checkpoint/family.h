// The published members at their real sizes: the rows of the family table, what follows from them
// by arithmetic that shares nothing with the library, and their checkpoints without weights.
#ifndef GEMMA4_TESTS_CHECKPOINT_FAMILY_H_
#define GEMMA4_TESTS_CHECKPOINT_FAMILY_H_

#include <gtest/gtest.h>

#include <cstddef>
#include <cstring>
#include <nlohmann/json.hpp>
#include <string>
#include <utility>
#include <vector>

#include "lib/base/anonymous_memory.h"
#include "tests/checkpoint/file_set.h"
#include "tests/checkpoint/safetensors_writer.h"

namespace gemma4 {

// How the members are described where they are published; every `period`-th layer is full.
struct Member {
  const char* folder;
  const char* name;
  size_t num_layers, period, hidden, intermediate, num_heads;
  size_t num_sliding_kv_heads, num_full_kv_heads, window, context;
  size_t num_shared_layers;  // the last ones, without K/V of their own
  bool is_double_wide;       // there
  size_t per_layer_size;
  bool k_eq_v;  // full layers have no v_proj
  size_t num_experts, num_routed, expert_intermediate;

  // Published, or of the reference's modules: elements of the text decoder that are computed with,
  // all in the files, and those of vision and audio.
  size_t num_used, num_text, num_set_aside;
  size_t num_dead_tensors;  // k_proj, v_proj and k_norm of the layers that share

  bool IsFull(size_t layer) const { return layer % period == period - 1; }
  bool OwnsKv(size_t layer) const { return layer < num_layers - num_shared_layers; }
  size_t HeadDim(size_t layer) const { return IsFull(layer) ? 512 : 256; }
  size_t KvHeads(size_t layer) const {
    return IsFull(layer) ? num_full_kv_heads : num_sliding_kv_heads;
  }
  size_t Intermediate(size_t layer) const {
    return is_double_wide && !OwnsKv(layer) ? 2 * intermediate : intermediate;
  }
};

inline constexpr size_t kFamilyVocabSize = 262144;

inline constexpr Member kMembers[] = {
    {"e2b", "E2B", 35,  5,      1536,       6144,       8,
     1,     1,     512, 131072, 20,         true,       256,
     false, 0,     0,   0,      4628569379, 4647449891, 167365056 + 1179648 + 304825088 + 2359296,
     60},
    {"e4b", "E4B", 42,  6,      2560,       10240,      8,
     2,     2,     512, 131072, 18,         false,      256,
     false, 0,     0,   0,      7463013418, 7518069034, 167365056 + 1966080 + 304825088 + 3932160,
     54},
    {"12b", "12B", 48,   6,      3840,        15360,       16,
     8,     1,     1024, 262144, 0,           false,       0,
     true,  0,     0,    0,      11907350320, 11907350320, 35176704 + 14745600 + 2457600,
     0},
    {"26b-a4b", "26B-A4B", 30,   6,      2816,        2112,        16,
     8,         2,         1024, 262144, 0,           false,       0,
     true,      128,       8,    704,    25233141790, 25233141790, 569550384 + 3244032,
     0},
    {"31b", "31B", 60,   6,      5376,        21504,       32,
     16,    4,     1024, 262144, 0,           false,       0,
     true,  0,     0,    0,      30697345340, 30697345340, 569550384 + 6193152,
     0},
};

// Elements by what becomes of them.
struct MemberElements {
  size_t linear = 0;   // of linear layers but experts; the head among them
  size_t experts = 0;  // of all experts
  size_t router = 0;   // always computed in f32
  size_t tables = 0;   // of embeddings, where the head is one of them: looked up, never multiplied
  size_t vectors = 0;  // norms and scales
};

inline MemberElements ElementsOf(const Member& m) {
  MemberElements n;
  n.linear = kFamilyVocabSize * m.hidden;
  n.vectors = m.hidden + m.per_layer_size;  // the final norm, that of per_layer_model_projection
  n.tables = kFamilyVocabSize * m.num_layers * m.per_layer_size;
  n.linear += m.num_layers * m.per_layer_size * m.hidden;
  for (size_t l = 0; l < m.num_layers; ++l) {
    const size_t head_dim = m.HeadDim(l);
    const size_t kv_size = m.KvHeads(l) * head_dim;
    n.linear += 2 * m.hidden * m.num_heads * head_dim;
    n.vectors += 4 * m.hidden + head_dim + 1;
    if (m.OwnsKv(l)) {
      n.linear += m.hidden * kv_size * (m.k_eq_v && m.IsFull(l) ? 1 : 2);
      n.vectors += head_dim;
    }
    n.linear += 3 * m.hidden * m.Intermediate(l);
    n.linear += 2 * m.hidden * m.per_layer_size;
    if (m.per_layer_size > 0) n.vectors += m.hidden;
    if (m.num_experts == 0) continue;
    n.router += m.num_experts * m.hidden;
    n.experts += 3 * m.num_experts * m.hidden * m.expert_intermediate;
    n.vectors += 4 * m.hidden + m.num_experts;
  }
  return n;
}

// Bytes that `num_positions` take in one layer; `scale_bytes` for each position and head, of keys
// and of values.
inline size_t KvLayerBytes(const Member& m, size_t layer, size_t num_positions,
                           size_t element_bytes, size_t scale_bytes) {
  return 2 * num_positions * m.KvHeads(layer) * (m.HeadDim(layer) * element_bytes + scale_bytes);
}

// Positions that a sliding layer keeps: what the first row of a chunk sees and the last one adds,
// in blocks of 32, and one block more.
inline size_t RingPositions(const Member& m, size_t chunk_tokens) {
  return ((m.window - 1 + chunk_tokens + 31) / 32 + 1) * 32;
}

// For a context that is a multiple of 32.
inline size_t KvBytes(const Member& m, size_t context, size_t chunk_tokens, size_t element_bytes,
                      size_t scale_bytes) {
  size_t total = 0;
  for (size_t l = 0; l < m.num_layers; ++l) {
    if (!m.OwnsKv(l)) continue;
    const size_t positions =
        m.IsFull(l) ? context : std::min(context, RingPositions(m, chunk_tokens));
    total += KvLayerBytes(m, l, positions, element_bytes, scale_bytes);
  }
  return total;
}

inline std::string FamilyConfig(const Member& member) {
  return ReadWholeFile(GEMMA4_TEST_DATA_DIR "/golden/family/" + std::string(member.folder) +
                       "/config.json");
}

// Every tensor of the published checkpoint (tests/golden/family/shorten.py).
inline std::vector<WrittenTensor> FamilyTensors(const Member& member) {
  const auto rows = nlohmann::json::parse(ReadWholeFile(
      GEMMA4_TEST_DATA_DIR "/golden/family/" + std::string(member.folder) + "/tensors.json"));
  std::vector<WrittenTensor> tensors;
  for (const auto& row : rows) {
    const std::string name = row[0];
    const std::vector<size_t> shape = row[1];
    if (row[2].empty()) tensors.push_back({name, shape});
    for (const auto& run : row[2]) {
      for (size_t layer = run[0]; layer <= run[1].get<size_t>(); ++layer) {
        tensors.push_back({Replaced(name, "#", std::to_string(layer)), shape});
      }
    }
  }
  return tensors;
}

// A checkpoint whose data is address space that nobody touches: zeros. Nothing of it if there is
// not so much of that.
class WeightlessCheckpoint {
 public:
  // `head` is followed by `data_bytes`.
  WeightlessCheckpoint(std::string weights_name, const std::string& head, size_t data_bytes)
      : weights_name_(std::move(weights_name)) {
    auto memory = AnonymousMemory::Reserve(head.size() + data_bytes, "a checkpoint");
    if (!memory.ok()) return;
    memory_ = std::move(memory).value();
    std::memcpy(memory_.data(), head.data(), head.size());
  }

  static WeightlessCheckpoint Safetensors(const Member& member) {
    size_t data_bytes = 0;
    const std::string header = MakeHeader(FamilyTensors(member), data_bytes);
    WeightlessCheckpoint checkpoint("model.safetensors", header, data_bytes);
    checkpoint.config_ = FamilyConfig(member);
    return checkpoint;
  }

  bool exists() const { return memory_.data() != nullptr; }

  // Views into this object.
  std::vector<MemoryFile> files() const {
    std::vector<MemoryFile> files = {
        {weights_name_, {memory_.data(), memory_.size_bytes()}},
    };
    if (!config_.empty()) files.push_back({"config.json", BytesOf(config_)});
    return files;
  }

 private:
  std::string weights_name_;
  std::string config_;
  AnonymousMemory memory_;
};

}  // namespace gemma4

#endif  // GEMMA4_TESTS_CHECKPOINT_FAMILY_H_
