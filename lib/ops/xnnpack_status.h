// What the files of ops/ share about XNNPACK: its error codes and its operators.
#ifndef GEMMA4_LIB_OPS_XNNPACK_STATUS_H_
#define GEMMA4_LIB_OPS_XNNPACK_STATUS_H_

#include <xnnpack.h>

#include <memory>

#include "lib/base/status.h"

namespace gemma4 {

// `what` names the operator and the step: "create linear".
Status XnnpackStatus(xnn_status status, const char* what);

struct XnnpackOperatorDeleter {
  void operator()(xnn_operator* op) const { xnn_delete_operator(op); }
};
using XnnpackOperator = std::unique_ptr<xnn_operator, XnnpackOperatorDeleter>;

}  // namespace gemma4

#endif  // GEMMA4_LIB_OPS_XNNPACK_STATUS_H_
