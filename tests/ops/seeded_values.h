// Seeded values for the tests of operators.
#ifndef GEMMA4_TESTS_OPS_SEEDED_VALUES_H_
#define GEMMA4_TESTS_OPS_SEEDED_VALUES_H_

#include <cstddef>
#include <memory>
#include <random>
#include <vector>

#include "lib/base/thread_pool.h"

namespace gemma4 {

// count normal values and room behind them, as XNNPACK wants of its inputs.
inline std::vector<float> SeededValues(size_t count, unsigned seed, float deviation = 1.0f) {
  std::mt19937 generator(seed);
  std::normal_distribution<float> normal(0.0f, deviation);
  std::vector<float> values(count);
  for (float& value : values) value = normal(generator);
  values.reserve(count + 64);
  return values;
}

inline std::unique_ptr<ThreadPool> MakePool(size_t num_threads) {
  return ThreadPool::Create(num_threads).value();
}

}  // namespace gemma4

#endif  // GEMMA4_TESTS_OPS_SEEDED_VALUES_H_
