#include "tools/gemma4/read_bandwidth.h"

#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdint>
#include <thread>
#include <vector>

#include "tools/gemma4/handles.h"

namespace gemma4_tool {
namespace {

constexpr size_t kBytesPerThread = size_t{256} << 20;
constexpr int kPasses = 4;

// Several sums side by side, so that adding does not wait for adding.
uint64_t Sum(const std::vector<uint64_t>& words) {
  constexpr size_t kSums = 16;
  std::array<uint64_t, kSums> sums{};
  for (size_t i = 0; i + kSums <= words.size(); i += kSums) {
    for (size_t s = 0; s < kSums; ++s) sums[s] += words[i + s];
  }
  uint64_t total = 0;
  for (uint64_t sum : sums) total += sum;
  return total;
}

double FastestPass(const std::vector<std::vector<uint64_t>>& memory) {
  double best = 0;
  for (int pass = 0; pass < kPasses; ++pass) {
    std::vector<uint64_t> sums(memory.size());
    const auto start = std::chrono::steady_clock::now();
    {
      std::vector<std::jthread> threads;
      for (size_t t = 1; t < memory.size(); ++t) {
        threads.emplace_back([&, t] { sums[t] = Sum(memory[t]); });
      }
      sums[0] = Sum(memory[0]);
    }
    const std::chrono::duration<double> seconds = std::chrono::steady_clock::now() - start;
    const volatile uint64_t all_are_read = sums[0];
    (void)all_are_read;
    best = std::max(best, static_cast<double>(memory.size() * kBytesPerThread) / seconds.count());
  }
  return best;
}

[[noreturn]] void Serve(size_t num_threads, int request, int answer) {
  std::vector<std::vector<uint64_t>> memory;
  for (char wanted; read(request, &wanted, 1) == 1;) {
    memory.resize(num_threads, std::vector<uint64_t>(kBytesPerThread / sizeof(uint64_t), 1));
    const double speed = FastestPass(memory);
    if (write(answer, &speed, sizeof(speed)) != sizeof(speed)) break;
  }
  _exit(0);
}

}  // namespace

ReadBandwidth::ReadBandwidth(size_t num_threads) {
  int to_child[2], from_child[2];
  if (pipe(to_child) != 0 || pipe(from_child) != 0) throw CommandError("no pipe can be made");
  child_ = fork();
  if (child_ < 0) throw CommandError("no process can be made");
  if (child_ == 0) {
    close(to_child[1]);
    close(from_child[0]);
    Serve(num_threads, to_child[0], from_child[1]);
  }
  close(to_child[0]);
  close(from_child[1]);
  request_ = to_child[1];
  answer_ = from_child[0];
}

ReadBandwidth::~ReadBandwidth() {
  close(request_);
  close(answer_);
  waitpid(child_, nullptr, 0);
}

double ReadBandwidth::Measure() {
  const char wanted = 1;
  double speed = 0;
  if (write(request_, &wanted, 1) != 1 || read(answer_, &speed, sizeof(speed)) != sizeof(speed)) {
    throw CommandError("the process that measures the memory's speed is gone");
  }
  return speed;
}

}  // namespace gemma4_tool
