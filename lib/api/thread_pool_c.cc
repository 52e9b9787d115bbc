// include/gemma4/thread_pool.h
#include <gemma4/thread_pool.h>

#include <memory>
#include <utility>

#include "lib/api/boundary.h"
#include "lib/api/handles.h"

using gemma4::AtBoundary;
using gemma4::RequireGiven;
using gemma4::Status;
using gemma4::ThreadPool;

gemma4_status gemma4_thread_pool_create(size_t num_threads, gemma4_thread_pool** out_thread_pool) {
  return AtBoundary([&]() -> Status {
    GEMMA4_RETURN_IF_ERROR(RequireGiven(out_thread_pool, "out_thread_pool"));
    *out_thread_pool = nullptr;
    GEMMA4_RETURN_IF_ERROR(gemma4::CheckNumThreads(num_threads));
    GEMMA4_ASSIGN_OR_RETURN(std::unique_ptr<ThreadPool> pool, ThreadPool::Create(num_threads));
    *out_thread_pool = new gemma4_thread_pool{std::move(pool)};
    return Status::Ok();
  });
}

void gemma4_thread_pool_free(gemma4_thread_pool* thread_pool) { delete thread_pool; }

size_t gemma4_thread_pool_num_threads(const gemma4_thread_pool* thread_pool) {
  return thread_pool != nullptr ? thread_pool->pool->num_threads() : 0;
}
