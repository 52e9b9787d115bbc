// What is found out about a program before it runs: that it reads something before it calls itself,
// and how it can end.
#ifndef GEMMA4_LIB_CONSTRAINT_PROGRAM_CHECKS_H_
#define GEMMA4_LIB_CONSTRAINT_PROGRAM_CHECKS_H_

#include "lib/base/status.h"
#include "lib/constraint/program.h"

namespace gemma4::constraint {

// Sets max_calls. kUnsupported names a rule that calls itself, perhaps through others, before
// anything is read.
Status CheckCalls(Program* program);

// Sets frames_needed and max_frames_needed.
void FindFramesNeeded(Program* program);

}  // namespace gemma4::constraint

#endif  // GEMMA4_LIB_CONSTRAINT_PROGRAM_CHECKS_H_
