// gemma4 tokenize: text to token ids, and back.
#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdint>
#include <iostream>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "tools/gemma4/commands.h"
#include "tools/gemma4/handles.h"
#include "tools/gemma4/token_ids.h"

namespace gemma4_tool {
namespace {

using nlohmann::json;

struct TokenizeOptions {
  std::string model;
  bool decode = false;
  bool as_json = false;
  bool as_jsonl = false;
  bool parse_special = false;
  bool add_bos = false;
};

class Converter {
 public:
  explicit Converter(const TokenizeOptions& options) {
    gemma4_load_params load = GEMMA4_LOAD_PARAMS_INIT;
    load.num_threads = 1;
    load.cancel = InterruptFlag();
    model_ = LoadModel(options.model, load);
    if (options.parse_special) flags_ |= GEMMA4_TEXT_PARSE_SPECIAL;
    if (options.add_bos) flags_ |= GEMMA4_TEXT_ADD_BOS;
  }

  std::vector<int32_t> Encode(const std::string& text) const {
    std::vector<int32_t> ids(text.size() + 1);  // never more
    size_t count = 0;
    Check(gemma4_model_tokenize(model_.get(), text.data(), text.size(), flags_, ids.data(),
                                ids.size(), &count));
    ids.resize(count);
    return ids;
  }

  std::string Decode(const std::vector<int32_t>& ids) const {
    size_t size = 0;
    Check(gemma4_model_detokenize(model_.get(), ids.data(), ids.size(), nullptr, 0, &size));
    std::string text(size, '\0');
    if (size > 0) {
      Check(
          gemma4_model_detokenize(model_.get(), ids.data(), ids.size(), text.data(), size, &size));
    }
    return text;
  }

 private:
  Model model_;
  gemma4_text_flags flags_ = 0;
};

// One line of --jsonl. What is wrong with it becomes {"error": ...}, and the next line goes on.
json ConvertLine(const Converter& converter, bool decode, const std::string& line) {
  try {
    const char* key = decode ? "ids" : "text";
    const json object = json::parse(line, /*callback=*/nullptr, /*allow_exceptions=*/false);
    if (!object.is_object()) throw CommandError("the line is not a JSON object");
    if (!object.contains(key)) throw CommandError(std::string("the object has no \"") + key + "\"");
    if (!decode) {
      if (!object[key].is_string()) throw CommandError("\"text\" is not a string");
      return converter.Encode(object[key].get<std::string>());
    }
    const bool are_ids = object[key].is_array() &&
                         std::all_of(object[key].begin(), object[key].end(),
                                     [](const json& id) { return id.is_number_integer(); });
    if (!are_ids) throw CommandError("\"ids\" is not an array of integers");
    return converter.Decode(object[key].get<std::vector<int32_t>>());
  } catch (const std::exception& error) {
    return {{"error", error.what()}};
  }
}

void Tokenize(const TokenizeOptions& options) {
  const Converter converter(options);
  if (options.as_jsonl) {
    for (std::string line; std::getline(std::cin, line);) {
      std::cout << ConvertLine(converter, options.decode, line).dump() << "\n" << std::flush;
    }
    return;
  }
  const std::string input = ReadStandardInput();
  if (options.decode) {
    const std::string text = converter.Decode(ParseIds(input));
    std::cout << (options.as_json ? json(text).dump() + "\n" : text);
    return;
  }
  const std::vector<int32_t> ids = converter.Encode(input);
  if (options.as_json) {
    std::cout << json(ids).dump() << "\n";
    return;
  }
  for (size_t i = 0; i < ids.size(); ++i) std::cout << (i > 0 ? " " : "") << ids[i];
  std::cout << "\n";
}

}  // namespace

void AddTokenizeCommand(CLI::App& program) {
  auto options = std::make_shared<TokenizeOptions>();
  CLI::App* tokenize =
      program.add_subcommand("tokenize", "Turns text on standard input into token ids, or back");
  tokenize->add_option("MODEL", options->model, "Checkpoint; without it, the demo model");
  tokenize->add_flag("--decode", options->decode, "Ids on standard input to text");
  tokenize->add_flag("--parse-special", options->parse_special,
                     "\"<|turn>\" and the like become their control tokens");
  tokenize->add_flag("--bos", options->add_bos, "Begin with <bos>");
  tokenize->add_flag("--json", options->as_json, "An array of ids, or a string");
  tokenize->add_flag("--jsonl", options->as_jsonl,
                     "A line in: {\"text\": ...} or, with --decode, {\"ids\": [...]}; a line out: "
                     "an array or a string");
  tokenize->callback([options] { Tokenize(*options); });
}

}  // namespace gemma4_tool
