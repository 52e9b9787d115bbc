// gemma4_memory_file arrays, checked.
#ifndef GEMMA4_LIB_API_MEMORY_FILES_H_
#define GEMMA4_LIB_API_MEMORY_FILES_H_

#include <gemma4/model.h>

#include <cstddef>
#include <vector>

#include "lib/base/status.h"
#include "lib/session/loaded_model.h"

namespace gemma4 {

// Views of the caller's files. kInvalidArgument names what is NULL, empty or given twice.
StatusOr<std::vector<MemoryFile>> MemoryFilesOf(const gemma4_memory_file* files, size_t num_files);

}  // namespace gemma4

#endif  // GEMMA4_LIB_API_MEMORY_FILES_H_
