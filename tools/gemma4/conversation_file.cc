#include "tools/gemma4/conversation_file.h"

#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <fstream>
#include <memory>
#include <nlohmann/json.hpp>
#include <string_view>

namespace gemma4_tool {
namespace {

using nlohmann::ordered_json;

// A file that begins otherwise is none; it is not read any further.
constexpr std::string_view kBegin = R"({"gemma4_conversation":1,)";

struct CloseFile {
  void operator()(std::FILE* file) const { std::fclose(file); }
};

// A new file that takes `path` when it is complete, and is gone if it never is.
class ReplacingFile {
 public:
  explicit ReplacingFile(const std::string& path)
      : path_(path), temporary_path_(path + ".tmp-" + std::to_string(getpid())) {
    struct stat status = {};
    if (stat(path.c_str(), &status) == 0 && !S_ISREG(status.st_mode)) {
      throw CommandError(path + ": it exists and is no regular file");
    }
    file_.reset(std::fopen(temporary_path_.c_str(), "wbx"));
    if (file_ == nullptr) Fail();
  }

  ~ReplacingFile() {
    if (!temporary_path_.empty() && file_ != nullptr) std::remove(temporary_path_.c_str());
  }

  ReplacingFile(const ReplacingFile&) = delete;
  ReplacingFile& operator=(const ReplacingFile&) = delete;

  bool Write(const void* bytes, size_t size_bytes) {
    return std::fwrite(bytes, 1, size_bytes, file_.get()) == size_bytes;
  }

  void Commit() {
    if (std::fflush(file_.get()) != 0 || fsync(fileno(file_.get())) != 0 ||
        std::rename(temporary_path_.c_str(), path_.c_str()) != 0) {
      Fail();
    }
    temporary_path_.clear();
  }

  [[noreturn]] void Fail() const {
    throw CommandError("cannot write " + path_ + ": " + std::strerror(errno));
  }

 private:
  const std::string path_;
  std::string temporary_path_;
  std::unique_ptr<std::FILE, CloseFile> file_;
};

std::string WriteState(const ConversationState& state, size_t num_tokens) {
  ordered_json turns = ordered_json::array();
  for (const ConversationTurn& turn : state.turns) {
    turns.push_back({{"user", turn.user}, {"model", turn.model}, {"position", turn.position}});
  }
  const ordered_json line = {{"gemma4_conversation", 1},
                             {"system", state.system},
                             {"thinking", state.is_thinking},
                             {"turns", std::move(turns)},
                             {"num_tokens", num_tokens}};
  return line.dump() + "\n";
}

ConversationState ReadState(const std::string& line, size_t* num_tokens) {
  const ordered_json read = ordered_json::parse(line);
  ConversationState state;
  state.system = read.at("system").get<std::string>();
  state.is_thinking = read.at("thinking").get<bool>();
  *num_tokens = read.at("num_tokens").get<size_t>();
  size_t position = 0;
  for (const ordered_json& turn : read.at("turns")) {
    state.turns.push_back({turn.at("user").get<std::string>(), turn.at("model").get<std::string>(),
                           turn.at("position").get<size_t>()});
    if (state.turns.back().position < position) throw CommandError("positions descend");
    position = state.turns.back().position;
  }
  if (position > *num_tokens) throw CommandError("a position is behind the end");
  return state;
}

}  // namespace

void SaveConversation(const std::string& path, const ConversationState& state,
                      gemma4_session* session) {
  ReplacingFile file(path);
  const std::string line = WriteState(state, gemma4_session_position(session));
  if (!file.Write(line.data(), line.size())) file.Fail();
  const auto write = [](const void* bytes, size_t size_bytes, void* userdata) -> int {
    return static_cast<ReplacingFile*>(userdata)->Write(bytes, size_bytes) ? 0 : 1;
  };
  const gemma4_status status = gemma4_session_save(session, write, &file, InterruptFlag());
  if (status == GEMMA4_ERROR_STOPPED) file.Fail();
  Check(status);
  file.Commit();
}

ConversationState LoadConversation(const std::string& path, gemma4_session* session) {
  std::ifstream file(path, std::ios::binary);
  if (!file) throw CommandError("cannot read " + path + ": " + std::strerror(errno));
  std::string line(kBegin.size(), '\0');
  file.read(line.data(), static_cast<std::streamsize>(line.size()));
  if (!file || line != kBegin) throw CommandError(path + ": it is no saved conversation");
  std::string rest;
  std::getline(file, rest);
  ConversationState state;
  size_t num_tokens = 0;
  try {
    state = ReadState(line + rest, &num_tokens);
  } catch (const std::exception&) {
    throw CommandError(path + ": its first line is damaged");
  }
  const auto read = [](void* bytes, size_t size_bytes, void* userdata) -> int {
    auto& from = *static_cast<std::ifstream*>(userdata);
    from.read(static_cast<char*>(bytes), static_cast<std::streamsize>(size_bytes));
    return from ? 0 : 1;
  };
  const gemma4_status status = gemma4_session_restore(session, read, &file, InterruptFlag());
  if (status == GEMMA4_ERROR_IO) throw CommandError(path + ": it is cut short");
  if (status != GEMMA4_OK && status != GEMMA4_ERROR_CANCELLED) {
    throw CommandError(path + ": " + gemma4_last_error_message());
  }
  Check(status);
  if (gemma4_session_position(session) != num_tokens) {
    throw CommandError(path + ": its first line is of another conversation");
  }
  return state;
}

}  // namespace gemma4_tool
