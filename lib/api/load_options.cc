#include "lib/api/load_options.h"

#include "lib/api/handles.h"
#include "lib/api/params.h"

namespace gemma4 {
namespace {

StatusOr<Arithmetic> ArithmeticOf(gemma4_weights weights) {
  switch (weights) {
    case GEMMA4_WEIGHTS_AUTO: return Arithmetic::kAuto;
    case GEMMA4_WEIGHTS_INT8: return Arithmetic::kInt8;
    case GEMMA4_WEIGHTS_EXACT: return Arithmetic::kExact;
    case GEMMA4_WEIGHTS_INT4: return Arithmetic::kInt4Blocks;
    case GEMMA4_WEIGHTS_INT4_ROWS: return Arithmetic::kInt4Rows;
    default: return Status::Unsupported("weights is %d, which this version does not know", weights);
  }
}

}  // namespace

StatusOr<LoadOptions> LoadOptionsOf(const gemma4_load_params* params) {
  GEMMA4_ASSIGN_OR_RETURN(const gemma4_load_params known, ReadParams(params));
  LoadOptions options;
  GEMMA4_ASSIGN_OR_RETURN(options.arithmetic, ArithmeticOf(known.weights));
  options.num_threads = known.num_threads;
  if (known.thread_pool != nullptr) options.thread_pool = known.thread_pool->pool;
  if (known.prefill_chunk_tokens != 0) options.prefill_chunk_tokens = known.prefill_chunk_tokens;
  options.copy_files = known.copy_files != 0;
  if (known.cache_folder != nullptr) options.cache_folder = known.cache_folder;
  options.memory_budget_bytes = known.memory_budget_bytes;
  options.cancel = FlagOf(known.cancel);
  if (known.progress != nullptr) {
    options.progress = [progress = known.progress, userdata = known.progress_userdata](
                           uint64_t done_bytes, uint64_t total_bytes) {
      return progress(done_bytes, total_bytes, userdata);
    };
  }
  return options;
}

}  // namespace gemma4
