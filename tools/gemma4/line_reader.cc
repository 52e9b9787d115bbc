#include "tools/gemma4/line_reader.h"

#include <poll.h>
#include <sys/types.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <utility>

#include "tools/gemma4/handles.h"

#ifdef GEMMA4_HAS_LIBEDIT
#include <histedit.h>
#include <langinfo.h>

#include <clocale>
#include <csignal>
#include <cstring>
#include <cwchar>
#endif

namespace gemma4_tool {
namespace {

constexpr char kPrompt[] = "> ";

// One read of standard input: 0 at its end, -1 with EINTR when a signal may have come. Ctrl-C can
// come between a look at its flag and the wait, and another thread can take it: so no wait is long.
ssize_t ReadInput(char* buffer, size_t capacity) {
  constexpr int kMaxWaitMs = 200;
  pollfd input = {STDIN_FILENO, POLLIN, 0};
  const int num_ready = poll(&input, 1, kMaxWaitMs);
  if (num_ready == 0) errno = EINTR;
  return num_ready <= 0 ? -1 : read(STDIN_FILENO, buffer, capacity);
}

#ifdef GEMMA4_HAS_LIBEDIT
volatile std::sig_atomic_t terminal_has_changed = 0;

void OnTerminalChange(int) { terminal_has_changed = 1; }
#endif

}  // namespace

#ifdef GEMMA4_HAS_LIBEDIT

class LineReader::Editor {
 public:
  Editor() {
    // Characters that are not ASCII are edited whole.
    if (std::setlocale(LC_CTYPE, "") == nullptr ||
        std::strcmp(nl_langinfo(CODESET), "UTF-8") != 0) {
      std::setlocale(LC_CTYPE, "C.UTF-8");
    }
    // Not restarting: a read that waits ends, and the line is shown anew.
    struct sigaction action = {};
    action.sa_handler = OnTerminalChange;
    sigaction(SIGWINCH, &action, nullptr);
    sigaction(SIGCONT, &action, nullptr);

    editor_ = el_init("gemma4", stdin, stdout, stderr);
    history_ = history_init();
    if (editor_ == nullptr || history_ == nullptr) throw CommandError("cannot edit lines");
    HistEvent event;
    history(history_, &event, H_SETSIZE, 1000);
    history(history_, &event, H_SETUNIQUE, 1);
    el_set(
        editor_, EL_PROMPT, +[](EditLine*) { return const_cast<char*>(kPrompt); });
    el_set(editor_, EL_EDITOR, "emacs");
    el_set(editor_, EL_HIST, history, history_);
    el_set(editor_, EL_GETCFN, &ReadCharacter);
    el_source(editor_, nullptr);  // what users have in their ~/.editrc
  }

  ~Editor() {
    if (history_ != nullptr) history_end(history_);
    if (editor_ != nullptr) el_end(editor_);
  }

  Editor(const Editor&) = delete;
  Editor& operator=(const Editor&) = delete;

  Result Read(std::string& line) {
    el_resize(editor_);
    // Before the prompt: el_gets does it after, and what is typed in between, at once by another
    // program, would be the terminal's to interpret; a Ctrl-D would be lost.
    el_set(editor_, EL_PREP_TERM, 1);
    int size = 0;
    const char* const typed = el_gets(editor_, &size);
    if (WasInterrupted()) {
      std::fputc('\n', stdout);
      return Result::kInterrupted;
    }
    if (typed == nullptr || size <= 0) {
      std::fputc('\n', stdout);
      return Result::kEnd;
    }
    line.assign(typed, static_cast<size_t>(size));
    HistEvent event;
    if (line != "\n") history(history_, &event, H_ENTER, line.c_str());
    if (line.back() == '\n') line.pop_back();
    return Result::kLine;
  }

 private:
  // libedit's own tries again after Ctrl-C. 1, 0 at the end, -1 to give the line up.
  static int ReadCharacter(EditLine* editor, wchar_t* character) {
    std::mbstate_t state = {};
    while (true) {
      if (WasInterrupted()) return -1;
      char byte = 0;
      const ssize_t size = ReadInput(&byte, 1);
      if (size == 0) return 0;
      if (size < 0) {
        if (errno != EINTR) return -1;
        if (terminal_has_changed != 0) {
          terminal_has_changed = 0;
          el_resize(editor);
          el_set(editor, EL_PREP_TERM, 1);
          el_set(editor, EL_REFRESH);
        }
        continue;
      }
      const size_t used = std::mbrtowc(character, &byte, 1, &state);
      if (used == static_cast<size_t>(-1)) state = {};  // no UTF-8: the byte is dropped
      if (used == 0) *character = L'\0';
      if (used <= 1) return 1;
    }
  }

  EditLine* editor_ = nullptr;
  History* history_ = nullptr;
};

#else

class LineReader::Editor {
 public:
  Result Read(std::string&) { return Result::kEnd; }
};

#endif

LineReader::LineReader()
    : is_interactive_(isatty(STDIN_FILENO) != 0 && isatty(STDOUT_FILENO) != 0) {
#ifdef GEMMA4_HAS_LIBEDIT
  if (is_interactive_) editor_ = std::make_unique<Editor>();
#endif
}

LineReader::~LineReader() = default;

LineReader::Result LineReader::Read(std::string& line) {
  if (editor_ != nullptr) return editor_->Read(line);
  if (is_interactive_) {
    std::fputs(kPrompt, stdout);
    std::fflush(stdout);
  }
  return ReadPlain(line);
}

LineReader::Result LineReader::ReadPlain(std::string& line) {
  size_t searched = 0;
  while (true) {
    const size_t newline = input_.find('\n', searched);
    if (newline != input_.npos) {
      line = input_.substr(0, newline);
      input_.erase(0, newline + 1);
      return Result::kLine;
    }
    searched = input_.size();
    if (WasInterrupted()) {
      if (is_interactive_) std::fputc('\n', stdout);
      return Result::kInterrupted;
    }
    char buffer[4096];
    const ssize_t size = ReadInput(buffer, sizeof buffer);
    if (size < 0 && errno == EINTR) continue;
    if (size < 0) throw CommandError("cannot read standard input");
    if (size > 0) {
      input_.append(buffer, static_cast<size_t>(size));
    } else if (!input_.empty()) {
      line = std::move(input_);
      input_.clear();
      return Result::kLine;
    } else {
      if (is_interactive_) std::fputc('\n', stdout);
      return Result::kEnd;
    }
  }
}

}  // namespace gemma4_tool
