#include "lib/sampling/random.h"

#include <bit>

namespace gemma4 {

uint64_t SplitMix64(uint64_t state) {
  uint64_t z = state + 0x9e3779b97f4a7c15u;
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
  z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
  return z ^ (z >> 31);
}

Pcg32::Pcg32(uint64_t start, uint64_t sequence) : state_(0), increment_((sequence << 1) | 1) {
  Next();
  state_ += start;
  Next();
}

// 54 is the sequence of the reference code's examples; any would do, but it may never change.
Pcg32 Pcg32::FromSeed(uint64_t seed) { return Pcg32(SplitMix64(seed), 54); }

uint32_t Pcg32::Next() {
  const uint64_t old = state_;
  state_ = old * 6364136223846793005u + increment_;
  const auto xorshifted = static_cast<uint32_t>(((old >> 18) ^ old) >> 27);
  return std::rotr(xorshifted, static_cast<int>(old >> 59));
}

double Pcg32::NextUnit() {
  const uint64_t high = Next() >> 5;  // 27 bits
  const uint64_t low = Next() >> 6;   // 26 bits
  return static_cast<double>(high << 26 | low) * 0x1p-53;
}

}  // namespace gemma4
