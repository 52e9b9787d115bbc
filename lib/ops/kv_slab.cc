// Layout of cached keys and values, and how they are written; attention_kernels.cc reads them.
#include <algorithm>
#include <cstring>

#include "lib/ops/attention.h"
#include "lib/quant/half.h"
#include "lib/quant/int8_rows.h"

namespace gemma4 {
namespace {

size_t ElementSizeBytes(KvType type) {
  return type == KvType::kF32 ? sizeof(float) : type == KvType::kF16 ? sizeof(uint16_t) : 1;
}

// Keys and values each have this many elements, and as int8 this many / head_dim scales.
size_t NumElements(size_t num_blocks, size_t num_kv_heads, size_t head_dim) {
  return num_blocks * kKeyBlock * num_kv_heads * head_dim;
}

// Position j of one head's block: its key goes down a column, its value along a row.
template <typename T>
void StoreHead(const T* key, const T* value, size_t head_dim, size_t j, T* block_keys,
               T* block_values) {
  for (size_t i = 0; i < head_dim; ++i) block_keys[i * kKeyBlock + j] = key[i];
  std::memcpy(block_values + j * head_dim, value, head_dim * sizeof(T));
}

// Stores one head of one position. head_block: block * num_kv_heads + head.
void StoreRow(const KvSlab& slab, size_t head_block, size_t j, std::span<const float> key,
              std::span<const float> value) {
  const size_t head_dim = slab.head_dim;
  const size_t offset = head_block * head_dim * kKeyBlock * ElementSizeBytes(slab.type);
  std::byte* keys = slab.keys + offset;
  std::byte* values = slab.values + offset;
  switch (slab.type) {
    case KvType::kF32:
      StoreHead(key.data(), value.data(), head_dim, j, reinterpret_cast<float*>(keys),
                reinterpret_cast<float*>(values));
      return;
    case KvType::kF16: {
      uint16_t key_f16[kMaxAttentionHeadDim], value_f16[kMaxAttentionHeadDim];
      for (size_t i = 0; i < head_dim; ++i) key_f16[i] = FloatToF16(key[i]);
      for (size_t i = 0; i < head_dim; ++i) value_f16[i] = FloatToF16(value[i]);
      StoreHead(key_f16, value_f16, head_dim, j, reinterpret_cast<uint16_t*>(keys),
                reinterpret_cast<uint16_t*>(values));
      return;
    }
    case KvType::kInt8: {
      int8_t key_int8[kMaxAttentionHeadDim], value_int8[kMaxAttentionHeadDim];
      slab.key_scales[head_block * kKeyBlock + j] =
          QuantizeInt8Row(key, std::span(key_int8, head_dim));
      slab.value_scales[head_block * kKeyBlock + j] =
          QuantizeInt8Row(value, std::span(value_int8, head_dim));
      StoreHead(key_int8, value_int8, head_dim, j, reinterpret_cast<int8_t*>(keys),
                reinterpret_cast<int8_t*>(values));
      return;
    }
  }
}

}  // namespace

size_t KvSlabSizeBytes(KvType type, size_t num_blocks, size_t num_kv_heads, size_t head_dim) {
  const size_t elements = NumElements(num_blocks, num_kv_heads, head_dim);
  const size_t scales = type == KvType::kInt8 ? elements / head_dim : 0;
  return 2 * (elements * ElementSizeBytes(type) + scales * sizeof(float));
}

KvSlab MakeKvSlab(KvType type, size_t num_blocks, size_t num_kv_heads, size_t head_dim,
                  std::byte* memory) {
  const size_t elements = NumElements(num_blocks, num_kv_heads, head_dim);
  const size_t bytes = elements * ElementSizeBytes(type);
  KvSlab slab{.type = type,
              .keys = memory,
              .values = memory + bytes,
              .num_blocks = num_blocks,
              .num_kv_heads = num_kv_heads,
              .head_dim = head_dim};
  if (type == KvType::kInt8) {
    slab.key_scales = reinterpret_cast<float*>(memory + 2 * bytes);
    slab.value_scales = slab.key_scales + elements / head_dim;
  }
  return slab;
}

std::array<std::span<std::byte>, 4> KvBlockPieces(const KvSlab& slab, size_t block) {
  const size_t rows = slab.num_kv_heads * kKeyBlock;
  const size_t index = block % slab.num_blocks;
  const size_t bytes = rows * slab.head_dim * ElementSizeBytes(slab.type);
  std::array<std::span<std::byte>, 4> pieces = {std::span(slab.keys + index * bytes, bytes),
                                                std::span(slab.values + index * bytes, bytes)};
  if (slab.type == KvType::kInt8) {
    pieces[2] = std::as_writable_bytes(std::span(slab.key_scales + index * rows, rows));
    pieces[3] = std::as_writable_bytes(std::span(slab.value_scales + index * rows, rows));
  }
  return pieces;
}

void StoreKeysValues(const KvSlab& slab, size_t first_position, const float* keys,
                     const float* values, size_t num_rows, ThreadPool& pool) {
  const size_t head_dim = slab.head_dim;
  const size_t row_size = slab.num_kv_heads * head_dim;
  const size_t first_block = first_position / kKeyBlock;
  const size_t last_block = (first_position + num_rows - 1) / kKeyBlock;
  pool.ParallelFor(last_block - first_block + 1, [&](size_t task) {
    const size_t block = first_block + task;
    const size_t begin = std::max(first_position, block * kKeyBlock);
    const size_t end = std::min(first_position + num_rows, (block + 1) * kKeyBlock);
    for (size_t position = begin; position < end; ++position) {
      const size_t row = (position - first_position) * row_size;
      for (size_t h = 0; h < slab.num_kv_heads; ++h) {
        const std::span<const float> key(keys + row + h * head_dim, head_dim);
        const std::span<const float> value(values + row + h * head_dim, head_dim);
        StoreRow(slab, (block % slab.num_blocks) * slab.num_kv_heads + h, position % kKeyBlock, key,
                 value);
      }
    }
  });
}

}  // namespace gemma4
