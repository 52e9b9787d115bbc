// What can be said of the published members from their files' headers alone, at their real sizes:
// which one it is, what it takes in memory, and what a token reads.
#include "tests/checkpoint/family.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <string>
#include <vector>

#include "lib/checkpoint/safetensors/model_config_json.h"
#include "lib/ops/pack_linear.h"
#include "lib/session/model_info.h"
#include "lib/transformer/model_weights.h"
#include "tests/checkpoint/gguf_writer.h"

namespace gemma4 {
namespace {

// ---- GGUF headers, written as llama.cpp's converter does ----------------------------------------

enum GgmlType : uint32_t { kF32 = 0, kF16 = 1, kQ4_0 = 2, kQ6K = 14 };

size_t GgmlBytes(GgmlType type, size_t num_elements) {
  switch (type) {
    case kF32: return num_elements * 4;
    case kF16: return num_elements * 2;
    case kQ4_0: return num_elements / 32 * 18;
    case kQ6K: return num_elements / 256 * 210;
  }
  return 0;
}

class GgufHeader {
 public:
  void Tensor(const std::string& name, const std::vector<uint64_t>& ne, GgmlType type) {
    tensors_.push_back({name, ne, type});
  }
  void Text(const std::string& key, const std::string& text) { Key(key, 8).PutString(text); }
  void Number(const std::string& key, size_t number) {
    Key(key, 4).Put(static_cast<uint32_t>(number));
  }
  void Numbers(const std::string& key, const std::vector<size_t>& numbers) {
    Key(key, 9).Put<uint32_t>(4).Put<uint64_t>(numbers.size());
    for (size_t number : numbers) values_.Put(static_cast<uint32_t>(number));
  }
  void Bools(const std::string& key, const std::vector<bool>& bools) {
    Key(key, 9).Put<uint32_t>(7).Put<uint64_t>(bools.size());
    for (bool value : bools) values_.Put<uint8_t>(value ? 1 : 0);
  }
  void Float(const std::string& key, float number) { Key(key, 6).Put(number); }

  WeightlessCheckpoint Finish() const {
    GgufWriter writer(3, tensors_.size(), num_values_);
    // The values without the writer's own beginning.
    writer.PutBytes(std::string_view(values_.bytes()).substr(GgufWriter(3, 0, 0).bytes().size()));
    uint64_t offset = 0;
    for (const auto& [name, ne, type] : tensors_) {
      size_t num_elements = 1;
      for (uint64_t dim : ne) num_elements *= dim;
      writer.PutTensor(name, ne, type, offset);
      offset += (GgmlBytes(type, num_elements) + 31) / 32 * 32;
    }
    return WeightlessCheckpoint("model.gguf", writer.WithData(0), offset);
  }

 private:
  struct Entry {
    std::string name;
    std::vector<uint64_t> ne;
    GgmlType type;
  };

  GgufWriter& Key(const std::string& key, uint32_t type) {
    ++num_values_;
    return values_.PutString(key).Put(type);
  }

  GgufWriter values_{3, 0, 0};
  uint64_t num_values_ = 0;
  std::vector<Entry> tensors_;
};

// Q4_0 with a Q6_K head, as the published files are.
WeightlessCheckpoint Gguf(const Member& m) {
  GgufHeader file;
  const auto per_layer = [&](auto value) {
    std::vector<decltype(value(size_t{0}))> values;
    for (size_t l = 0; l < m.num_layers; ++l) values.push_back(value(l));
    return values;
  };
  file.Text("general.architecture", "gemma4");
  const std::string g = "gemma4.";
  file.Number(g + "block_count", m.num_layers);
  file.Number(g + "context_length", m.context);
  file.Number(g + "embedding_length", m.hidden);
  file.Numbers(g + "feed_forward_length", per_layer([&](size_t l) { return m.Intermediate(l); }));
  file.Number(g + "attention.head_count", m.num_heads);
  file.Numbers(g + "attention.head_count_kv", per_layer([&](size_t l) { return m.KvHeads(l); }));
  file.Number(g + "attention.key_length", 512);
  file.Number(g + "attention.value_length", 512);
  file.Number(g + "attention.key_length_swa", 256);
  file.Number(g + "attention.value_length_swa", 256);
  file.Number(g + "attention.sliding_window", m.window);
  file.Bools(g + "attention.sliding_window_pattern",
             per_layer([&](size_t l) { return !m.IsFull(l); }));
  file.Number(g + "attention.shared_kv_layers", m.num_shared_layers);
  file.Number(g + "embedding_length_per_layer_input", m.per_layer_size);
  file.Float(g + "final_logit_softcapping", 30.0f);
  if (m.num_experts > 0) {
    file.Number(g + "expert_count", m.num_experts);
    file.Number(g + "expert_used_count", m.num_routed);
    file.Number(g + "expert_feed_forward_length", m.expert_intermediate);
  }
  const size_t hidden = m.hidden, ple = m.per_layer_size;
  file.Tensor("token_embd.weight", {hidden, kFamilyVocabSize}, kQ6K);
  file.Tensor("output_norm.weight", {hidden}, kF32);
  if (ple > 0) {
    file.Tensor("per_layer_token_embd.weight", {ple * m.num_layers, kFamilyVocabSize}, kQ4_0);
    file.Tensor("per_layer_model_proj.weight", {hidden, ple * m.num_layers}, kF16);
    file.Tensor("per_layer_proj_norm.weight", {ple}, kF32);
  }
  for (size_t l = 0; l < m.num_layers; ++l) {
    const std::string blk = "blk." + std::to_string(l) + ".";
    const size_t head_dim = m.HeadDim(l), kv = m.KvHeads(l) * head_dim, wide = m.Intermediate(l);
    const auto norm = [&](const char* name, size_t size) { file.Tensor(blk + name, {size}, kF32); };
    file.Tensor(blk + "attn_q.weight", {hidden, m.num_heads * head_dim}, kQ4_0);
    file.Tensor(blk + "attn_output.weight", {m.num_heads * head_dim, hidden}, kQ4_0);
    norm("attn_q_norm.weight", head_dim);
    // Dead in layers that share.
    file.Tensor(blk + "attn_k.weight", {hidden, kv}, kQ4_0);
    norm("attn_k_norm.weight", head_dim);
    if (!(m.k_eq_v && m.IsFull(l))) file.Tensor(blk + "attn_v.weight", {hidden, kv}, kQ4_0);
    for (const char* name : {"attn_norm.weight", "post_attention_norm.weight", "ffn_norm.weight",
                             "post_ffw_norm.weight"}) {
      norm(name, hidden);
    }
    file.Tensor(blk + "ffn_gate.weight", {hidden, wide}, kQ4_0);
    file.Tensor(blk + "ffn_up.weight", {hidden, wide}, kQ4_0);
    file.Tensor(blk + "ffn_down.weight", {wide, hidden}, kQ4_0);
    norm("layer_output_scale.weight", 1);
    if (ple > 0) {
      file.Tensor(blk + "inp_gate.weight", {hidden, ple}, kQ4_0);
      file.Tensor(blk + "proj.weight", {ple, hidden}, kQ4_0);
      norm("post_norm.weight", hidden);
    }
    if (m.num_experts == 0) continue;
    const size_t inner = m.expert_intermediate;
    file.Tensor(blk + "ffn_gate_inp.weight", {hidden, m.num_experts}, kF32);
    norm("ffn_gate_inp.scale", hidden);
    file.Tensor(blk + "ffn_gate_up_exps.weight", {hidden, 2 * inner, m.num_experts}, kQ4_0);
    file.Tensor(blk + "ffn_down_exps.weight", {inner, hidden, m.num_experts}, kQ4_0);
    norm("ffn_down_exps.scale", m.num_experts);
    for (const char* name :
         {"pre_ffw_norm_2.weight", "post_ffw_norm_1.weight", "post_ffw_norm_2.weight"}) {
      norm(name, hidden);
    }
  }
  return file.Finish();
}

// ---- Which one it is ----------------------------------------------------------------------------

uint64_t NumUsed(const ModelInfo& info) {
  uint64_t total = 0;
  for (const ModelInfo::Tensor& tensor : info.tensors()) {
    if (tensor.use == TensorUse::kUsed) total += tensor.num_elements;
  }
  return total;
}

TEST(FamilyInspectTest, HeadersNameTheMember) {
  for (const Member& member : kMembers) {
    for (bool is_gguf : {false, true}) {
      SCOPED_TRACE(std::string(member.name) + (is_gguf ? " as GGUF" : ""));
      const auto weightless = is_gguf ? Gguf(member) : WeightlessCheckpoint::Safetensors(member);
      if (!weightless.exists()) GTEST_SKIP() << "no address space for a checkpoint";
      const auto info = ModelInfo::FromMemory(weightless.files());
      ASSERT_TRUE(info.ok()) << info.status().message();
      EXPECT_STREQ(info->variant(), member.name);
      EXPECT_EQ(info->format(), is_gguf ? "gguf" : "safetensors");
      EXPECT_EQ(info->config().num_layers(), member.num_layers);
      EXPECT_EQ(info->config().hidden_size, member.hidden);
      EXPECT_EQ(info->config().vocab_size, kFamilyVocabSize);
      EXPECT_EQ(info->config().sliding_window, member.window);
      EXPECT_EQ(info->config().last_kv_layer() + 1, member.num_layers - member.num_shared_layers);
      EXPECT_EQ(info->config().max_position_embeddings, member.context);
      EXPECT_EQ(NumUsed(*info), member.num_used);
    }
  }
}

// ---- What it takes ------------------------------------------------------------------------------

constexpr size_t kChunk = 512;

MemoryEstimate Estimate(const ModelInfo& info, Arithmetic arithmetic, size_t context,
                        KvType kv_type) {
  LoadOptions load;
  load.arithmetic = arithmetic;
  load.prefill_chunk_tokens = kChunk;
  SessionOptions session;
  session.max_context_tokens = context;
  session.kv_type = kv_type;
  const auto estimate = info.EstimateMemory(load, session);
  EXPECT_TRUE(estimate.ok()) << estimate.status().message();
  return estimate.ok() ? *estimate : MemoryEstimate();
}

// A weight's bytes in each format, with the scales of its block. XNNPACK adds a scale, a bias and a
// sum to each row, and fills up the last tile of rows: some bytes for the hundreds or thousands
// of a row.
constexpr double kMostOverhead = 1.02;

void ExpectBytes(double bytes, double expected) {
  EXPECT_GE(bytes, expected);
  EXPECT_LE(bytes, expected * kMostOverhead);
}

struct Format {
  Arithmetic arithmetic;
  double bytes_of_weight;
};
constexpr Format kFormats[] = {{Arithmetic::kExact, 4.0},
                               {Arithmetic::kInt8, 1.0},
                               {Arithmetic::kInt4Rows, 0.5},
                               {Arithmetic::kInt4Blocks, 0.5 + 2.0 / 32}};

TEST(FamilyMemoryTest, WeightsAreEveryLinearLayerOnce) {
  for (const Member& member : kMembers) {
    const auto weightless = WeightlessCheckpoint::Safetensors(member);
    if (!weightless.exists()) GTEST_SKIP() << "no address space for a checkpoint";
    const auto info = ModelInfo::FromMemory(weightless.files());
    ASSERT_TRUE(info.ok()) << info.status().message();
    const MemberElements n = ElementsOf(member);
    for (const auto& [arithmetic, bytes_of_weight] : kFormats) {
      SCOPED_TRACE(std::string(member.name) + " " + ArithmeticName(arithmetic));
      const MemoryEstimate estimate = Estimate(*info, arithmetic, 4096, KvType::kF16);
      ExpectBytes(static_cast<double>(estimate.weights_resident_bytes),
                  static_cast<double>(n.linear + n.experts) * bytes_of_weight +
                      static_cast<double>(n.router) * 4);
    }
  }
}

TEST(FamilyMemoryTest, ATokenReadsEveryLinearLayerButTheExpertsOfOthers) {
  for (const Member& member : kMembers) {
    const auto weightless = WeightlessCheckpoint::Safetensors(member);
    if (!weightless.exists()) GTEST_SKIP() << "no address space for a checkpoint";
    const auto checkpoint = OpenCheckpointFromMemory(weightless.files());
    ASSERT_TRUE(checkpoint.ok()) << checkpoint.status().message();
    const MemberElements n = ElementsOf(member);
    const size_t experts =
        member.num_experts > 0 ? n.experts / member.num_experts * member.num_routed : 0;
    for (const auto& [arithmetic, bytes_of_weight] : kFormats) {
      SCOPED_TRACE(std::string(member.name) + " " + ArithmeticName(arithmetic));
      const ModelWeights weights(*checkpoint, arithmetic, GridCheck{.max_rows = 2});
      const uint64_t bytes = weights.BytesPerToken([](const LinearSource& source) {
        return PackedSizeBytes(source.format, source.in_features, source.out_features).value();
      });
      ExpectBytes(static_cast<double>(bytes),
                  static_cast<double>(n.linear + experts) * bytes_of_weight +
                      static_cast<double>(n.router) * 4);
    }
  }
}

// What a token at the end of a context reads of keys and values: all of them in full layers, a
// window in sliding ones, and layers that share read their donor's.
TEST(FamilyMemoryTest, ATokenReadsTheKeysAndValuesThatItsLayersSee) {
  for (const Member& member : kMembers) {
    SCOPED_TRACE(member.name);
    const std::string text = FamilyConfig(member);
    const auto config = ParseModelConfigJson(BytesOf(text));
    ASSERT_TRUE(config.ok()) << config.status().message();
    for (size_t position : {size_t{0}, size_t{999}, size_t{131071}, member.context - 1}) {
      size_t f16 = 0, int8 = 0;
      for (size_t l = 0; l < member.num_layers; ++l) {
        const size_t seen = member.IsFull(l) ? position + 1 : std::min(position + 1, member.window);
        f16 += KvLayerBytes(member, l, seen, 2, 0);
        int8 += KvLayerBytes(member, l, seen, 1, 4);
      }
      EXPECT_EQ(KvCache::ReadBytes(config->model, KvType::kF16, position), f16);
      EXPECT_EQ(KvCache::ReadBytes(config->model, KvType::kInt8, position), int8);
    }
  }
}

TEST(FamilyMemoryTest, KeysAndValuesAreThoseOfTheLongestContexts) {
  for (const Member& member : kMembers) {
    SCOPED_TRACE(member.name);
    const auto weightless = Gguf(member);
    if (!weightless.exists()) GTEST_SKIP() << "no address space for a checkpoint";
    const auto info = ModelInfo::FromMemory(weightless.files());
    ASSERT_TRUE(info.ok()) << info.status().message();
    constexpr size_t kLogitsBytes = kFamilyVocabSize * 4;
    for (size_t context : {size_t{4096}, size_t{131072}, size_t{262144}}) {
      if (context > member.context) {
        SessionOptions session;
        session.max_context_tokens = context;
        EXPECT_EQ(info->EstimateMemory({}, session).status().message(),
                  "max_context_tokens is 262144; the model allows at most 131072");
        continue;
      }
      EXPECT_EQ(Estimate(*info, Arithmetic::kAuto, context, KvType::kF16).kv_bytes,
                KvBytes(member, context, kChunk, 2, 0) + kLogitsBytes);
      EXPECT_EQ(Estimate(*info, Arithmetic::kAuto, context, KvType::kInt8).kv_bytes,
                KvBytes(member, context, kChunk, 1, 4) + kLogitsBytes);
    }
  }
}

// The same by hand, of f16: full layers that own K/V x 2 x KV heads x 512 x 2 bytes a position, and
// sliding ones x 2 x KV heads x 256 x 2 bytes for each of the ring's 1,056 positions (E2B, E4B) or
// 1,568 (the others).
TEST(FamilyMemoryTest, KeysAndValuesAreAsReckonedByHand) {
  const size_t by_hand[] = {
      3 * 2048 * size_t{131072} + 12 * 1024 * size_t{1056},
      4 * 4096 * size_t{131072} + 20 * 2048 * size_t{1056},
      8 * 2048 * size_t{262144} + 40 * 8192 * size_t{1568},
      5 * 4096 * size_t{262144} + 25 * 8192 * size_t{1568},
      10 * 8192 * size_t{262144} + 50 * 16384 * size_t{1568},
  };
  for (size_t i = 0; i < std::size(kMembers); ++i) {
    EXPECT_EQ(KvBytes(kMembers[i], kMembers[i].context, kChunk, 2, 0), by_hand[i])
        << kMembers[i].name;
  }
}

// Q4_0 files as they are published, and a conversation of 577 tokens: how much memory a machine
// needs beyond the weights.
TEST(FamilyMemoryTest, PublishedFilesFitWhereTheyShould) {
  for (const Member& member : kMembers) {
    SCOPED_TRACE(member.name);
    const auto weightless = Gguf(member);
    if (!weightless.exists()) GTEST_SKIP() << "no address space for a checkpoint";
    const auto info = ModelInfo::FromMemory(weightless.files());
    ASSERT_TRUE(info.ok()) << info.status().message();
    const MemoryEstimate estimate = Estimate(*info, Arithmetic::kAuto, 577, KvType::kF16);
    const MemberElements n = ElementsOf(member);
    // The head is Q6_K, and per_layer_model_proj F16, of zeros here, which lie on every grid.
    const size_t head = kFamilyVocabSize * member.hidden;
    ExpectBytes(static_cast<double>(estimate.weights_resident_bytes),
                static_cast<double>(n.linear - head + n.experts) * (0.5 + 2.0 / 32) +
                    static_cast<double>(head) + static_cast<double>(n.router) * 4);
    const uint64_t beside_weights = estimate.resident_bytes() - estimate.weights_resident_bytes;
    // 31B has 60 layers with 16 KV heads in most: 0.55 GB of keys and values as soon as that.
    EXPECT_LE(beside_weights, member.hidden < 5000 ? 600'000'000u : 900'000'000u);
    EXPECT_LE(estimate.resident_bytes(), uint64_t{24} << 30);
  }
}

}  // namespace
}  // namespace gemma4
