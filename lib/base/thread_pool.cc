#include "lib/base/thread_pool.h"

#include <pthreadpool.h>
#include <sched.h>

#include <algorithm>
#include <atomic>
#include <cstdio>
#include <exception>
#include <set>
#include <system_error>
#include <thread>
#include <utility>
#include <vector>

namespace gemma4 {
namespace {

// Under ThreadSanitizer pthreadpool itself is not instrumented, so its hand-over of work is
// invisible. These two counters repeat it where the sanitizer can see: what the caller wrote is
// published before the tasks, and what the tasks wrote before the caller goes on.
struct HandOver {
  void (*call)(void*, size_t);
  void* context;
  // pthreadpool's frames are C, which nothing may unwind.
  std::atomic<bool> has_thrown{false};
  std::exception_ptr thrown = nullptr;  // by the first that set `has_thrown`
#ifdef __SANITIZE_THREAD__
  std::atomic<size_t> started{0};
  std::atomic<size_t> finished{0};
#endif
};

void RunOne(void* raw, size_t index) {
  HandOver* work = static_cast<HandOver*>(raw);
#ifdef __SANITIZE_THREAD__
  work->started.load(std::memory_order_acquire);
#endif
  try {
    work->call(work->context, index);
  } catch (...) {
    if (!work->has_thrown.exchange(true)) work->thrown = std::current_exception();
  }
#ifdef __SANITIZE_THREAD__
  work->finished.fetch_add(1, std::memory_order_acq_rel);
#endif
}

// Threads that do nothing. They end with it, also when memory ran out while they were started.
struct IdleThreads {
  std::atomic<bool> may_end{false};
  std::vector<std::thread> threads;

  ~IdleThreads() {
    may_end.store(true);
    may_end.notify_all();
    for (std::thread& thread : threads) thread.join();
  }
};

// Whether so many threads can be started now. pthreadpool does not look whether its threads started
// and would wait for them forever.
bool CanStartThreads(size_t count) {
  IdleThreads idle;
  idle.threads.reserve(count);
  try {
    for (size_t i = 0; i < count; ++i) idle.threads.emplace_back([&] { idle.may_end.wait(false); });
  } catch (const std::system_error&) {
    return false;
  }
  return true;
}

}  // namespace

StatusOr<std::unique_ptr<ThreadPool>> ThreadPool::Create(size_t num_threads) {
  if (num_threads == 0) num_threads = NumPhysicalCores();
  pthreadpool* pool = nullptr;
  if (num_threads > 1) {
    if (!CanStartThreads(num_threads - 1)) {
      return Status::OutOfMemory("cannot start %zu threads", num_threads);
    }
    pool = pthreadpool_create(num_threads);
    if (pool == nullptr || pthreadpool_get_threads_count(pool) != num_threads) {
      if (pool != nullptr) pthreadpool_destroy(pool);
      return Status::OutOfMemory("cannot start %zu threads", num_threads);
    }
  }
  return std::unique_ptr<ThreadPool>(new ThreadPool(pool, num_threads));
}

ThreadPool::~ThreadPool() {
  if (pool_ != nullptr) pthreadpool_destroy(pool_);
}

void ThreadPool::Run(size_t count, void (*call)(void*, size_t), void* context) {
  if (pool_ == nullptr || count <= 1) {
    for (size_t i = 0; i < count; ++i) call(context, i);
    return;
  }
  HandOver work{.call = call, .context = context};
#ifdef __SANITIZE_THREAD__
  work.started.store(1, std::memory_order_release);
#endif
  // Denormals are left as they are: flushing them on workers alone would make a row's bits depend
  // on the thread that computed it.
  pthreadpool_parallelize_1d(pool_, RunOne, &work, count, /*flags=*/0);
#ifdef __SANITIZE_THREAD__
  work.finished.load(std::memory_order_acquire);
#endif
  if (work.thrown != nullptr) std::rethrow_exception(work.thrown);
}

size_t NumPhysicalCores() {
  cpu_set_t allowed;
  CPU_ZERO(&allowed);
  if (sched_getaffinity(0, sizeof(allowed), &allowed) != 0) return 1;
  // Two logical CPUs are one core when they agree on package and core id.
  std::set<std::pair<int, int>> cores;
  for (int cpu = 0; cpu < CPU_SETSIZE; ++cpu) {
    if (!CPU_ISSET(cpu, &allowed)) continue;
    int ids[2] = {0, cpu};
    const char* names[2] = {"physical_package_id", "core_id"};
    for (int i = 0; i < 2; ++i) {
      char path[96];
      std::snprintf(path, sizeof(path), "/sys/devices/system/cpu/cpu%d/topology/%s", cpu, names[i]);
      if (std::FILE* file = std::fopen(path, "re")) {
        if (std::fscanf(file, "%d", &ids[i]) != 1) ids[i] = i == 0 ? 0 : cpu;
        std::fclose(file);
      }
    }
    cores.emplace(ids[0], ids[1]);
  }
  return std::max<size_t>(1, cores.size());
}

}  // namespace gemma4
