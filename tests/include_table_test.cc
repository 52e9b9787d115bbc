// Holds every #include of lib/ against the table in lib/README.md.
#include <algorithm>
#include <cctype>
#include <filesystem>
#include <fstream>
#include <map>
#include <optional>
#include <set>
#include <sstream>
#include <string>
#include <string_view>
#include <vector>

#include "gtest/gtest.h"

namespace {

namespace fs = std::filesystem;

struct Row {
  std::set<std::string> folders;   // "may include"
  std::vector<std::string> doors;  // "headers from outside"
};

struct Table {
  std::vector<std::string> order;  // folders, top row first
  std::map<std::string, Row> rows;
};

// The rows "| number | folder | folders | `header` `header` |" of `markdown`.
Table ParseTable(std::istream& markdown) {
  Table table;
  for (std::string line; std::getline(markdown, line);) {
    std::vector<std::string> cells;
    std::istringstream line_in(line);
    for (std::string cell; std::getline(line_in, cell, '|');) cells.push_back(cell);
    if (cells.size() < 5 || cells[1].find_first_of("0123456789") == std::string::npos) continue;

    std::string folder, word;
    std::istringstream(cells[2]) >> folder;
    Row& row = table.rows[folder];
    table.order.push_back(folder);
    for (std::istringstream in(cells[3]); in >> word;) row.folders.insert(word);
    for (std::istringstream in(cells[4]); in >> word;) {
      row.doors.push_back(word.substr(1, word.size() - 2));  // without the backquotes
    }
  }
  return table;
}

bool IsDoorFor(const std::string& door, const std::string& header) {
  return door.back() == '/' ? header.starts_with(door) : header == door;
}

// Why a file of `folder` may not include `header`; empty when it may.
std::string Violation(const Table& table, const std::string& folder, const std::string& header,
                      bool is_quoted) {
  const auto row = table.rows.find(folder);
  if (row == table.rows.end()) return "lib/" + folder + " has no row in lib/README.md";

  if (header.starts_with("lib/")) {
    const std::string other = header.substr(4, header.find('/', 4) - 4);
    if (other == folder || row->second.folders.contains(other)) return "";
    return "lib/" + folder + " may not include lib/" + other;
  }
  bool is_door = false;
  for (const auto& [owner, owner_row] : table.rows) {
    for (const std::string& door : owner_row.doors) {
      if (!IsDoorFor(door, header)) continue;
      if (owner == folder) return "";
      is_door = true;
    }
  }
  if (is_door) return "lib/" + folder + " is not the door of " + header;
  // C++ standard headers are the ones without a suffix.
  if (!is_quoted && header.find_first_of("./") == std::string::npos) return "";
  return header + " is nobody's door" +
         (is_quoted ? " (our own headers are included from the root, as \"lib/...\")" : "");
}

struct Include {
  std::string header;
  bool is_quoted;
};

std::optional<Include> ParseInclude(std::string_view line) {
  const auto skip_spaces = [&line] {
    while (!line.empty() && std::isspace(static_cast<unsigned char>(line[0])))
      line.remove_prefix(1);
  };
  skip_spaces();
  if (!line.starts_with('#')) return std::nullopt;
  line.remove_prefix(1);
  skip_spaces();
  if (!line.starts_with("include")) return std::nullopt;
  line.remove_prefix(7);
  skip_spaces();
  if (line.empty() || (line[0] != '<' && line[0] != '"')) return std::nullopt;  // a macro
  const bool is_quoted = line[0] == '"';
  line.remove_prefix(1);
  return Include{std::string(line.substr(0, line.find(is_quoted ? '"' : '>'))), is_quoted};
}

Table TableOfLib() {
  std::ifstream readme(GEMMA4_SOURCE_DIR "/lib/README.md");
  return ParseTable(readme);
}

TEST(IncludeTableTest, ListsEveryFolderOfLibAndNoOther) {
  std::set<std::string> folders;
  for (const auto& entry : fs::directory_iterator(GEMMA4_SOURCE_DIR "/lib")) {
    if (entry.is_directory()) folders.insert(entry.path().filename().string());
  }
  const Table table = TableOfLib();
  EXPECT_EQ(std::set<std::string>(table.order.begin(), table.order.end()), folders);
}

TEST(IncludeTableTest, FoldersDependOnlyOnFoldersAboveThem) {
  const Table table = TableOfLib();
  std::set<std::string> above;
  for (const std::string& folder : table.order) {
    for (const std::string& other : table.rows.at(folder).folders) {
      EXPECT_TRUE(above.contains(other)) << folder << " names " << other;
    }
    above.insert(folder);
  }
}

TEST(IncludeTableTest, AllowsEveryIncludeOfLib) {
  const Table table = TableOfLib();
  const fs::path lib = GEMMA4_SOURCE_DIR "/lib";
  size_t num_includes = 0;
  for (const auto& entry : fs::recursive_directory_iterator(lib)) {
    const std::string extension = entry.path().extension().string();
    if (extension != ".h" && extension != ".cc") continue;
    const fs::path path = fs::relative(entry.path(), lib);
    const std::string folder = path.begin()->string();
    std::ifstream file(entry.path());
    size_t line_number = 0;
    for (std::string line; std::getline(file, line);) {
      ++line_number;
      const std::optional<Include> include = ParseInclude(line);
      if (!include) continue;
      ++num_includes;
      EXPECT_EQ(Violation(table, folder, include->header, include->is_quoted), "")
          << "lib/" << path.string() << ":" << line_number;
    }
  }
  EXPECT_GT(num_includes, 0u);
}

// The checks above find nothing in a tidy tree; these show that they would.
TEST(IncludeTableTest, FindsWhatTheTableDoesNotAllow) {
  std::istringstream markdown(
      "| # | folder | may include | headers from outside |\n"
      "|---|---|---|---|\n"
      "| 0 | base | | `pool.h` `sys/` |\n"
      "| 1 | ops | base | `fast.h` |\n");
  const Table table = ParseTable(markdown);
  const auto allowed = [&table](const char* folder, const char* line) {
    const std::optional<Include> include = ParseInclude(line);
    return Violation(table, folder, include->header, include->is_quoted).empty();
  };
  EXPECT_TRUE(allowed("ops", "#include \"lib/base/status.h\""));
  EXPECT_TRUE(allowed("ops", "  #  include <fast.h>  // why"));
  EXPECT_TRUE(allowed("ops", "#include <vector>"));
  EXPECT_TRUE(allowed("base", "#include <sys/mman.h>"));
  EXPECT_FALSE(allowed("base", "#include \"lib/ops/linear.h\""));
  EXPECT_FALSE(allowed("ops", "#include \"lib/unlisted/x.h\""));
  EXPECT_FALSE(allowed("unlisted", "#include <vector>"));
  EXPECT_FALSE(allowed("ops", "#include <pool.h>"));
  EXPECT_FALSE(allowed("ops", "#include \"sys/mman.h\""));
  EXPECT_FALSE(allowed("base", "#include \"status.h\""));
  EXPECT_FALSE(allowed("base", "#include <immintrin.h>"));
  EXPECT_FALSE(ParseInclude("// #include <vector>").has_value());
}

}  // namespace
