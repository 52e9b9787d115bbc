#include "lib/quant/ggml_blocks.h"

#include <bit>
#include <cassert>
#include <cstdint>
#include <cstring>

#include "lib/quant/half.h"

namespace gemma4 {
namespace {

// Every function below decodes one block. Fields are named as in ggml: d the scale, m or dmin the
// minimum, q the low bits of the quants, qh their high bits, s the packed sub-block scales.

float Half(const uint8_t* bytes) {
  return F16ToFloat(static_cast<uint16_t>(bytes[0] | (bytes[1] << 8)));
}

uint32_t U32(const uint8_t* bytes) {
  uint32_t value;
  std::memcpy(&value, bytes, sizeof(value));
  return value;
}

void DecodeQ4_0(const uint8_t* block, float* out) {  // h d; u8 q[16]
  const float d = Half(block);
  const uint8_t* q = block + 2;
  for (int j = 0; j < 16; ++j) {
    out[j] = d * static_cast<float>((q[j] & 15) - 8);
    out[j + 16] = d * static_cast<float>((q[j] >> 4) - 8);
  }
}

void DecodeQ4_1(const uint8_t* block, float* out) {  // h d; h m; u8 q[16]
  const float d = Half(block), m = Half(block + 2);
  const uint8_t* q = block + 4;
  for (int j = 0; j < 16; ++j) {
    out[j] = d * static_cast<float>(q[j] & 15) + m;
    out[j + 16] = d * static_cast<float>(q[j] >> 4) + m;
  }
}

// The fifth bits of a block of 32: bit j of qh belongs to element j.
int FifthBit(uint32_t qh, int j) { return static_cast<int>((qh >> j) & 1) << 4; }

void DecodeQ5_0(const uint8_t* block, float* out) {  // h d; u32 qh; u8 q[16]
  const float d = Half(block);
  const uint32_t qh = U32(block + 2);
  const uint8_t* q = block + 6;
  for (int j = 0; j < 16; ++j) {
    out[j] = d * static_cast<float>(((q[j] & 15) | FifthBit(qh, j)) - 16);
    out[j + 16] = d * static_cast<float>(((q[j] >> 4) | FifthBit(qh, j + 16)) - 16);
  }
}

void DecodeQ5_1(const uint8_t* block, float* out) {  // h d; h m; u32 qh; u8 q[16]
  const float d = Half(block), m = Half(block + 2);
  const uint32_t qh = U32(block + 4);
  const uint8_t* q = block + 8;
  for (int j = 0; j < 16; ++j) {
    out[j] = d * static_cast<float>((q[j] & 15) | FifthBit(qh, j)) + m;
    out[j + 16] = d * static_cast<float>((q[j] >> 4) | FifthBit(qh, j + 16)) + m;
  }
}

void DecodeQ8_0(const uint8_t* block, float* out) {  // h d; i8 q[32]
  const float d = Half(block);
  for (int j = 0; j < 32; ++j) out[j] = d * static_cast<float>(static_cast<int8_t>(block[2 + j]));
}

void DecodeQ2_K(const uint8_t* block, float* out) {  // u8 s[16]; u8 q[64]; h d; h dmin
  const uint8_t* s = block;
  const uint8_t* q = block + 16;
  const float d = Half(block + 80), dmin = Half(block + 82);
  for (int n = 0; n < 2; ++n) {
    for (int k = 0; k < 4; ++k) {
      for (int l = 0; l < 32; ++l) {
        const int g = 8 * n + 2 * k + (l >= 16 ? 1 : 0);
        const int u = (q[32 * n + l] >> (2 * k)) & 3;
        out[128 * n + 32 * k + l] = d * static_cast<float>(s[g] & 15) * static_cast<float>(u) -
                                    dmin * static_cast<float>(s[g] >> 4);
      }
    }
  }
}

void DecodeQ3_K(const uint8_t* block, float* out) {  // u8 hm[32]; u8 q[64]; u8 s[12]; h d
  const uint8_t* hm = block;
  const uint8_t* q = block + 32;
  const uint8_t* s = block + 96;
  const float d = Half(block + 108);
  float scale[16];
  for (int g = 0; g < 16; ++g) {
    const int low = g < 8 ? s[g] & 15 : s[g - 8] >> 4;
    const int high = (s[8 + (g & 3)] >> (2 * (g >> 2))) & 3;
    scale[g] = d * static_cast<float>((low | (high << 4)) - 32);
  }
  for (int n = 0; n < 2; ++n) {
    for (int k = 0; k < 4; ++k) {
      for (int l = 0; l < 32; ++l) {
        const int high = (hm[l] >> (4 * n + k)) & 1;
        const int u = ((q[32 * n + l] >> (2 * k)) & 3) - (high != 0 ? 0 : 4);
        out[128 * n + 32 * k + l] =
            scale[8 * n + 2 * k + (l >= 16 ? 1 : 0)] * static_cast<float>(u);
      }
    }
  }
}

// Sub-block b's 6-bit scale and minimum, packed in 12 bytes (Q4_K and Q5_K).
void ScaleAndMinK(const uint8_t* s, int b, int* scale, int* min) {
  if (b < 4) {
    *scale = s[b] & 63;
    *min = s[b + 4] & 63;
  } else {
    *scale = (s[b + 4] & 15) | ((s[b - 4] >> 6) << 4);
    *min = (s[b + 4] >> 4) | ((s[b] >> 6) << 4);
  }
}

// h d; h dmin; u8 s[12]; (Q5_K: u8 qh[32];) u8 q[128]
void DecodeQ4_KOr5_K(const uint8_t* block, bool has_fifth_bit, float* out) {
  const float d = Half(block), dmin = Half(block + 2);
  const uint8_t* s = block + 4;
  const uint8_t* qh = block + 16;
  const uint8_t* q = has_fifth_bit ? block + 48 : block + 16;
  for (int b = 0; b < 8; ++b) {
    int scale, min;
    ScaleAndMinK(s, b, &scale, &min);
    const float step = d * static_cast<float>(scale);
    const float offset = dmin * static_cast<float>(min);
    for (int l = 0; l < 32; ++l) {
      const uint8_t byte = q[32 * (b / 2) + l];
      int u = b % 2 == 0 ? byte & 15 : byte >> 4;
      if (has_fifth_bit) u |= ((qh[l] >> b) & 1) << 4;
      out[32 * b + l] = step * static_cast<float>(u) - offset;
    }
  }
}

void DecodeQ4_K(const uint8_t* block, float* out) { DecodeQ4_KOr5_K(block, false, out); }
void DecodeQ5_K(const uint8_t* block, float* out) { DecodeQ4_KOr5_K(block, true, out); }

void DecodeQ6_K(const uint8_t* block, float* out) {  // u8 ql[128]; u8 qh[64]; i8 s[16]; h d
  const float d = Half(block + 208);
  for (int n = 0; n < 2; ++n) {
    const uint8_t* ql = block + 64 * n;
    const uint8_t* qh = block + 128 + 32 * n;
    const uint8_t* s = block + 192 + 8 * n;
    for (int k = 0; k < 4; ++k) {
      for (int l = 0; l < 32; ++l) {
        const uint8_t low = ql[l + 32 * (k & 1)];
        const int u = (k < 2 ? low & 15 : low >> 4) | (((qh[l] >> (2 * k)) & 3) << 4);
        const float scale = d * static_cast<float>(static_cast<int8_t>(s[2 * k + (l >= 16)]));
        out[128 * n + 32 * k + l] = scale * static_cast<float>(u - 32);
      }
    }
  }
}

constexpr float kIq4Values[16] = {-127, -104, -83, -65, -49, -35, -22, -10,
                                  1,    13,   25,  38,  53,  69,  89,  113};

void DecodeIQ4_NL(const uint8_t* block, float* out) {  // h d; u8 q[16]
  const float d = Half(block);
  const uint8_t* q = block + 2;
  for (int j = 0; j < 16; ++j) {
    out[j] = d * kIq4Values[q[j] & 15];
    out[j + 16] = d * kIq4Values[q[j] >> 4];
  }
}

void DecodeIQ4_XS(const uint8_t* block, float* out) {  // h d; u16 sh; u8 sl[4]; u8 q[128]
  const float d = Half(block);
  const int sh = block[2] | (block[3] << 8);
  const uint8_t* sl = block + 4;
  const uint8_t* q = block + 8;
  for (int b = 0; b < 8; ++b) {
    const int scale = ((sl[b / 2] >> (4 * (b & 1))) & 15) | (((sh >> (2 * b)) & 3) << 4);
    const float step = d * static_cast<float>(scale - 32);
    for (int j = 0; j < 16; ++j) {
      out[32 * b + j] = step * kIq4Values[q[16 * b + j] & 15];
      out[32 * b + j + 16] = step * kIq4Values[q[16 * b + j] >> 4];
    }
  }
}

// u8 e; u8 q[16]: a shared power of two, e - 127, and FP4 (E2M1) values. The table holds twice
// the values, so the power is one less.
void DecodeMXFP4(const uint8_t* block, float* out) {
  constexpr float kTwiceE2m1[16] = {0, 1, 2, 3, 4, 6, 8, 12, -0.0f, -1, -2, -3, -4, -6, -8, -12};
  const uint32_t e = block[0];
  // 2^(e - 128); its two smallest values are subnormal.
  const uint32_t bits = e < 2 ? 0x00200000u << e : (e - 1) << 23;
  const float half_scale = std::bit_cast<float>(bits);
  const uint8_t* q = block + 1;
  for (int j = 0; j < 16; ++j) {
    out[j] = half_scale * kTwiceE2m1[q[j] & 15];
    out[j + 16] = half_scale * kTwiceE2m1[q[j] >> 4];
  }
}

using DecodeBlock = void (*)(const uint8_t* block, float* out);

DecodeBlock DecoderOf(DataType type) {
  switch (type) {
    case DataType::kQ4_0: return DecodeQ4_0;
    case DataType::kQ4_1: return DecodeQ4_1;
    case DataType::kQ5_0: return DecodeQ5_0;
    case DataType::kQ5_1: return DecodeQ5_1;
    case DataType::kQ8_0: return DecodeQ8_0;
    case DataType::kQ2_K: return DecodeQ2_K;
    case DataType::kQ3_K: return DecodeQ3_K;
    case DataType::kQ4_K: return DecodeQ4_K;
    case DataType::kQ5_K: return DecodeQ5_K;
    case DataType::kQ6_K: return DecodeQ6_K;
    case DataType::kIQ4_NL: return DecodeIQ4_NL;
    case DataType::kIQ4_XS: return DecodeIQ4_XS;
    case DataType::kMXFP4: return DecodeMXFP4;
    default: return nullptr;
  }
}

}  // namespace

void DequantizeGgmlBlocks(DataType type, const std::byte* stored, std::span<float> out) {
  const DecodeBlock decode = DecoderOf(type);
  assert(decode != nullptr);
  const DataTypeBlock block = BlockOf(type);
  assert(out.size() % block.num_elements == 0);
  const uint8_t* bytes = reinterpret_cast<const uint8_t*>(stored);
  for (size_t i = 0; i < out.size(); i += block.num_elements, bytes += block.size_bytes) {
    decode(bytes, out.data() + i);
  }
}

}  // namespace gemma4
