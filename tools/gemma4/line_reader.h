// Lines of standard input: edited, with a prompt and a history, where people type them.
#ifndef GEMMA4_TOOLS_GEMMA4_LINE_READER_H_
#define GEMMA4_TOOLS_GEMMA4_LINE_READER_H_

#include <memory>
#include <string>

namespace gemma4_tool {

class LineReader {
 public:
  enum class Result {
    kLine,
    kEnd,          // of the input, or Ctrl-D
    kInterrupted,  // Ctrl-C; what was typed is gone
  };

  // Edits if standard input and output are terminals and the program has libedit.
  LineReader();
  ~LineReader();
  LineReader(const LineReader&) = delete;
  LineReader& operator=(const LineReader&) = delete;

  // Somebody types, and sees what is printed.
  bool is_interactive() const { return is_interactive_; }

  // `line` is without the end of the line. A last line may lack one.
  Result Read(std::string& line);

 private:
  class Editor;

  Result ReadPlain(std::string& line);

  const bool is_interactive_;
  std::unique_ptr<Editor> editor_;  // null: plain lines
  std::string input_;               // read, and not yet given out
};

}  // namespace gemma4_tool

#endif  // GEMMA4_TOOLS_GEMMA4_LINE_READER_H_
