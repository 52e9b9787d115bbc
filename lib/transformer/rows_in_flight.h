// RowsInFlight: a sequence's rows on their way through the layers, between two calls.
#ifndef GEMMA4_LIB_TRANSFORMER_ROWS_IN_FLIGHT_H_
#define GEMMA4_LIB_TRANSFORMER_ROWS_IN_FLIGHT_H_

#include <cstddef>
#include <vector>

namespace gemma4 {

// A forward pass whose time is spent sets its rows aside here, and the next call takes them up
// again, perhaps beside those of other sequences: a row's bits depend on no other. Belongs to the
// sequence's owner, who must give the same rows again or Clear() it first. Memory is kept.
class RowsInFlight {
 public:
  bool empty() const { return stage_ == 0; }
  void Clear() { stage_ = 0; }

 private:
  friend class Runner;
  friend class Transformer;

  size_t stage_ = 0;              // of the Runner, that comes next
  std::vector<float> hidden_;     // [rows left, hidden]
  std::vector<float> ple_early_;  // [rows, last_kv_layer, P]
  std::vector<float> ple_late_;   // [read rows, layers - last_kv_layer, P]
};

}  // namespace gemma4

#endif  // GEMMA4_LIB_TRANSFORMER_ROWS_IN_FLIGHT_H_
