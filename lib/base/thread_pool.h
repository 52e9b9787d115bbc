// ThreadPool: the threads that operators run on. The only door to pthreadpool.
#ifndef GEMMA4_LIB_BASE_THREAD_POOL_H_
#define GEMMA4_LIB_BASE_THREAD_POOL_H_

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <memory>
#include <type_traits>

#include "lib/base/status.h"

struct pthreadpool;

namespace gemma4 {

// Made for a model, or by the caller for several; used by whoever computes. ParallelFor and
// XNNPACK, by the handle, may use it from several threads and for several models: calls take turns,
// which pthreadpool sees to. A task must therefore not use the pool itself. No thread of the pool
// outlives it.
class ThreadPool {
 public:
  // num_threads counts the calling thread: 1 starts no thread. 0 means one per physical core.
  // Fewer threads than asked is kOutOfMemory, not a silent slowdown.
  static StatusOr<std::unique_ptr<ThreadPool>> Create(size_t num_threads);
  ~ThreadPool();

  ThreadPool(const ThreadPool&) = delete;
  ThreadPool& operator=(const ThreadPool&) = delete;

  size_t num_threads() const { return num_threads_; }

  // Calls task(i) once for every i in [0, count), on any thread, in any order; returns when all
  // are done. What a task throws (it has no memory) comes out here, and some may not have been
  // called then; of several exceptions, one.
  template <typename Task>
  void ParallelFor(size_t count, Task&& task) {
    auto call = [](void* context, size_t index) {
      (*static_cast<std::remove_reference_t<Task>*>(context))(index);
    };
    Run(count, call, const_cast<void*>(static_cast<const void*>(&task)));
  }

  // The same, and task(i, slot) has a slot in [0, num_threads()) that no other has meanwhile: which
  // part of some scratch memory is its own.
  template <typename Task>
  void ParallelForInSlots(size_t count, Task&& task) {
    std::atomic<size_t> next = 0;
    ParallelFor(std::min(count, num_threads_), [&](size_t slot) {
      for (size_t i; (i = next.fetch_add(1, std::memory_order_relaxed)) < count;) task(i, slot);
    });
  }

  // For XNNPACK; null when there is one thread, which XNNPACK takes as "run on the caller".
  pthreadpool* handle() const { return pool_; }

 private:
  ThreadPool(pthreadpool* pool, size_t num_threads) : pool_(pool), num_threads_(num_threads) {}
  void Run(size_t count, void (*call)(void*, size_t), void* context);

  pthreadpool* pool_;
  size_t num_threads_;
};

// Physical cores this process may run on (its CPU affinity), at least 1.
size_t NumPhysicalCores();

}  // namespace gemma4

#endif  // GEMMA4_LIB_BASE_THREAD_POOL_H_
