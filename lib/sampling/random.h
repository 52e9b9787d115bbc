// The library's own random numbers, so that a seed means the same draws on every platform.
#ifndef GEMMA4_LIB_SAMPLING_RANDOM_H_
#define GEMMA4_LIB_SAMPLING_RANDOM_H_

#include <cstdint>

namespace gemma4 {

// One step of SplitMix64 (Steele, Lea, Flood 2014) from `state`: spreads seeds that differ in one
// bit over all 64.
uint64_t SplitMix64(uint64_t state);

// PCG-XSH-RR 64/32 (O'Neill 2014, pcg-random.org), the "pcg32" of its reference code.
class Pcg32 {
 public:
  // As pcg32_srandom(): where on which of its 2^63 sequences to start.
  Pcg32(uint64_t start, uint64_t sequence);

  // The generator of a user's seed.
  static Pcg32 FromSeed(uint64_t seed);

  uint32_t Next();

  // Uniform in [0, 1), a multiple of 2^-53; takes two numbers.
  double NextUnit();

  // Where it is on its sequence; any number is a place. What set_state() is given of another
  // generator of the same sequence makes this one go on as that one does.
  uint64_t state() const { return state_; }
  void set_state(uint64_t state) { state_ = state; }

 private:
  uint64_t state_;
  uint64_t increment_;
};

}  // namespace gemma4

#endif  // GEMMA4_LIB_SAMPLING_RANDOM_H_
