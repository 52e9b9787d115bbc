// How fast this machine reads memory: what decoding cannot exceed.
#ifndef GEMMA4_TOOLS_GEMMA4_READ_BANDWIDTH_H_
#define GEMMA4_TOOLS_GEMMA4_READ_BANDWIDTH_H_

#include <sys/types.h>

#include <cstddef>

namespace gemma4_tool {

// A child process holds the memory that is read, so that it does not count as this one's, and waits
// to be asked.
class ReadBandwidth {
 public:
  // Forks: make it before any thread is started. Throws CommandError.
  explicit ReadBandwidth(size_t num_threads);
  ~ReadBandwidth();
  ReadBandwidth(const ReadBandwidth&) = delete;
  ReadBandwidth& operator=(const ReadBandwidth&) = delete;

  // Bytes a second, now: the fastest of a few passes over memory that no cache holds.
  double Measure();

 private:
  pid_t child_ = -1;
  int request_ = -1, answer_ = -1;  // ends of pipes
};

}  // namespace gemma4_tool

#endif  // GEMMA4_TOOLS_GEMMA4_READ_BANDWIDTH_H_
