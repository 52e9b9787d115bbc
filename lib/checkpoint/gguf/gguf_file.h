// GgufFile: the header of one GGUF file (version 3), read and checked; nothing is copied.
#ifndef GEMMA4_LIB_CHECKPOINT_GGUF_GGUF_FILE_H_
#define GEMMA4_LIB_CHECKPOINT_GGUF_GGUF_FILE_H_

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "lib/base/status.h"
#include "lib/base/tensor_view.h"

namespace gemma4 {

// The types of metadata values, with GGUF's own numbers.
enum class GgufType : uint32_t {
  kU8 = 0,
  kI8 = 1,
  kU16 = 2,
  kI16 = 3,
  kU32 = 4,
  kI32 = 5,
  kF32 = 6,
  kBool = 7,
  kString = 8,
  kArray = 9,
  kU64 = 10,
  kI64 = 11,
  kF64 = 12,
};

// One metadata value. An array stays where it is in the file: `bytes` are its elements, all of
// which were checked to lie inside the file.
struct GgufValue {
  GgufType type = GgufType::kU8;  // of the value, or of an array's elements
  bool is_array = false;
  uint64_t count = 1;                // elements of an array
  std::span<const std::byte> bytes;  // of a string: its text
};

// Views point into the bytes given to Parse, which must outlive it.
class GgufFile {
 public:
  // kCorrupt, naming what is wrong, for anything that is not a whole GGUF header: `name` is the
  // file's name for messages. kUnsupported for other versions and for tensor formats that cannot
  // be read.
  static StatusOr<GgufFile> Parse(std::span<const std::byte> bytes, const std::string& name);

  bool Has(std::string_view key) const { return values_.count(key) != 0; }

  // The value of `key`, converted; nullopt where it is absent. kCorrupt if it has another type.
  // Integers of every width and sign are one kind, floats of both widths another.
  StatusOr<std::optional<int64_t>> Integer(std::string_view key) const;
  StatusOr<std::optional<double>> Number(std::string_view key) const;
  StatusOr<std::optional<bool>> Bool(std::string_view key) const;
  StatusOr<std::optional<std::string_view>> String(std::string_view key) const;

  // Calls visit(index, element) for each element of the array `key`; false if it is absent.
  StatusOr<bool> ForEachInteger(std::string_view key,
                                const std::function<Status(size_t, int64_t)>& visit) const;
  StatusOr<bool> ForEachString(std::string_view key,
                               const std::function<Status(size_t, std::string_view)>& visit) const;
  // True if `key` holds an array; false if it holds one value or is absent.
  bool IsArray(std::string_view key) const;
  uint64_t ArraySize(std::string_view key) const;

  // Shapes are outermost first: GGUF's own order, innermost first, is reversed here and nowhere
  // else.
  std::span<const TensorView> tensors() const { return tensors_; }

 private:
  const GgufValue* Find(std::string_view key) const;

  std::string name_;
  std::map<std::string_view, GgufValue, std::less<>> values_;
  std::vector<TensorView> tensors_;
};

}  // namespace gemma4

#endif  // GEMMA4_LIB_CHECKPOINT_GGUF_GGUF_FILE_H_
