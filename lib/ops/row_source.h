// RowSource: where an operator that works row by row takes its input from.
#ifndef GEMMA4_LIB_OPS_ROW_SOURCE_H_
#define GEMMA4_LIB_OPS_ROW_SOURCE_H_

#include <cstddef>

namespace gemma4 {

// Rows that lie in memory, or rows that are made where they are used: what makes them (a norm, GELU
// times up) is then one pass with what follows, and they are never written to memory whole.
class RowSource {
 public:
  // Row r starts at x + r * stride.
  RowSource(const float* x, size_t stride) : x_(x), stride_(stride) {}

  // make(r, room) writes row r to `room`. Called from any thread, for several rows at once, as
  // often as a row is used; it has to live as long as this, so it has a name.
  template <typename Make>
  explicit RowSource(const Make& make)
      : context_(&make), make_([](const void* context, size_t row, float* room) {
          (*static_cast<const Make*>(context))(row, room);
        }) {}
  template <typename Make>
  explicit RowSource(const Make&& make) = delete;

  // The row itself, or `room` with the row in it.
  const float* Get(size_t row, float* room) const {
    if (make_ == nullptr) return x_ + row * stride_;
    make_(context_, row, room);
    return room;
  }

 private:
  const float* x_ = nullptr;
  size_t stride_ = 0;
  const void* context_ = nullptr;
  void (*make_)(const void* context, size_t row, float* room) = nullptr;
};

}  // namespace gemma4

#endif  // GEMMA4_LIB_OPS_ROW_SOURCE_H_
