// Files made to expand: small on disk, large if they were believed.
#include <gtest/gtest.h>

#include <string>
#include <utility>

#include "lib/checkpoint/json/json_object.h"
#include "lib/checkpoint/safetensors/model_config_json.h"
#include "lib/checkpoint/safetensors/safetensors_header.h"
#include "lib/checkpoint/safetensors/safetensors_index.h"
#include "lib/checkpoint/tokenizer/tokenizer_json.h"
#include "lib/checkpoint/tokenizer/tokenizer_model.h"
#include "lib/checkpoint/tokenizer/vocabulary_rules.h"
#include "tests/checkpoint/allocation_tracker.h"
#include "tests/checkpoint/file_set.h"
#include "tests/checkpoint/safetensors_writer.h"

namespace gemma4 {
namespace {

constexpr size_t kMaxExtraBytes = size_t{16} << 20;

template <typename Parse>
Status ParseBounded(Parse parse, const std::string& text) {
  const AllocationTracker tracker;
  Status status = parse(BytesOf(text)).status();
  EXPECT_LE(tracker.peak_bytes(), text.size() + kMaxExtraBytes) << text.substr(0, 100);
  return status;
}

std::string Repeated(const std::string& unit, size_t size_bytes) {
  std::string text;
  while (text.size() + unit.size() < size_bytes) text += unit;
  return text;
}

TEST(HostileMemoryTest, ConfigsMadeOfTinyValues) {
  const std::pair<std::string, size_t> units[] = {{"[],", 1}, {"{\"\":{}},", 2}, {"{\"\":[]},", 2},
                                                  {"0,", 1},  {"[[[[0]]]],", 5}, {"\"\",", 1}};
  for (const auto& [unit, num_values] : units) {
    // A number now and then: long runs without one are refused before anything is built.
    const auto config = [&](size_t size_bytes) {
      const std::string half = Repeated(unit, size_bytes / 2) + "0,";
      return "{\"a\":[" + half + half + "0]}";
    };
    EXPECT_EQ(ParseBounded(ParseModelConfigJson, config(kMaxJsonDocumentBytes - 100)).message(),
              "has more than 32768 values");
    EXPECT_EQ(ParseBounded(ParseModelConfigJson,
                           config((kMaxJsonDocumentValues - 5) / num_values * unit.size()))
                  .message(),
              "model_type is missing; \"gemma4\" or \"gemma4_unified\" is expected");
  }
  std::string members = "{";
  for (int i = 0; members.size() < kMaxJsonDocumentBytes - 32; ++i) {
    members += "\"" + std::to_string(i) + "\":{},";
  }
  EXPECT_FALSE(ParseBounded(ParseModelConfigJson, members + "\"\":0}").ok());
}

TEST(HostileMemoryTest, ConfigsThatAskForManyLayers) {
  const std::string text =
      R"({"model_type": "gemma4_text", "num_hidden_layers": 1024, "layer_types": null})";
  EXPECT_TRUE(ParseBounded(ParseModelConfigJson, text).ok());
}

TEST(HostileMemoryTest, LongRunsInStreamedFiles) {
  const size_t size = size_t{40} << 20;
  for (const std::string& text :
       {"[\"" + std::string(size, 'x') + "\"]", "{\"" + std::string(size, 'x') + "\":1}",
        std::string(size, ' '), std::string(size, '['), "[" + Repeated("null,", size) + "null]",
        "[1" + std::string(size, '0') + "]", "[\"" + Repeated("\\u0001", size) + "\"]",
        "[" + Repeated("\"\xFF\",", size)}) {
    EXPECT_FALSE(ParseBounded([](auto b) { return ParseTokenizerJson(b); }, text).ok());
    EXPECT_FALSE(ParseBounded(ParseSafetensorsIndex, text).ok());
    EXPECT_FALSE(ParseBounded(ParseSafetensors, WithHeaderLength(text)).ok());
  }
}

TEST(HostileMemoryTest, DeepKeys) {
  std::string text;
  for (size_t i = 0; i + 1 < 16; ++i) text += "{\"" + std::string(120000, 'k') + "\":";
  EXPECT_FALSE(ParseBounded([](auto b) { return ParseTokenizerJson(b); }, text).ok());
  EXPECT_FALSE(ParseBounded(ParseModelConfigJson, text).ok());
}

// `count` tensors of no bytes, each as short as a header can have it.
std::string TinyTensors(size_t count) {
  std::string header = "{";
  for (size_t i = 0; i < count; ++i) {
    header +=
        "\"" + std::to_string(i) + "\":{\"dtype\":\"U8\",\"shape\":[0],\"data_offsets\":[0,0]},";
  }
  header.back() = '}';
  return WithHeaderLength(header);
}

TEST(HostileMemoryTest, HeadersOfManyTensors) {
  EXPECT_TRUE(ParseBounded(ParseSafetensors, TinyTensors(kMaxTensors)).ok());
  EXPECT_EQ(ParseBounded(ParseSafetensors, TinyTensors(kMaxTensors + 1)).message(),
            "header: more than 32768 tensors");

  // All the way through, where each is unknown or set aside.
  for (const char* prefix : {"", "vision_tower."}) {
    FileSet files = FileSet::ReadGolden("odd");
    std::string header = "{";
    for (size_t i = 0; i < kMaxTensors; ++i) {
      header += "\"" + (prefix + std::to_string(i)) +
                "\":{\"dtype\":\"U8\",\"shape\":[0],\"data_offsets\":[0,0]},";
    }
    header.back() = '}';
    files["model.safetensors"] = WithHeaderLength(header);
    const AllocationTracker tracker;
    EXPECT_FALSE(files.Open().ok());
    EXPECT_LE(tracker.peak_bytes(), files.size_bytes() + kMaxExtraBytes);
  }
}

TEST(HostileMemoryTest, IndexesOfManyTensors) {
  std::string text = "{\"weight_map\":{";
  for (size_t i = 0; i < kMaxTensors + 1; ++i) {
    text += "\"" + std::to_string(i) + "\":\"a.safetensors\",";
  }
  text.back() = '}';
  EXPECT_EQ(ParseBounded(ParseSafetensorsIndex, text + "}").message(),
            "weight_map lists more than 32768 tensors");
}

// Texts of three characters and ids of six digits: so many pieces cannot be written shorter.
std::string TinyPiece(size_t i) {
  std::string text;
  for (size_t n = 0; n < 3; ++n, i /= 80) {
    const char c = static_cast<char>('#' + i % 80);
    text += c < '\\' ? c : static_cast<char>(c + 1);
  }
  return text;
}

TEST(HostileMemoryTest, TokenizersOfTinyPieces) {
  std::string json = "{\"model\":{\"vocab\":{", model;
  for (size_t i = 0; i < kMaxPieces; ++i) {
    json += "\"" + TinyPiece(i) + "\":" + std::to_string(i) + ",";
    model += "\x0A\x05\x0A\x03" + TinyPiece(i);
  }
  const std::string one_more = json + "\"x\":400000}}}";
  json.back() = '}';
  json += "}}";
  EXPECT_EQ(ParseBounded([](auto b) { return ParseTokenizerJson(b); }, json).code(),
            StatusCode::kCorrupt);
  EXPECT_EQ(ParseBounded([](auto b) { return ParseTokenizerJson(b); }, one_more).message(),
            "model.vocab has more than 400000 pieces");
  EXPECT_EQ(ParseBounded([](auto b) { return ParseTokenizerModel(b); }, model).code(),
            StatusCode::kCorrupt);
}

TEST(HostileMemoryTest, TokenizersOfManyAddedTokens) {
  const std::string text =
      "{\"added_tokens\":[" + Repeated("{\"id\":0},", size_t{1} << 20) + "{}]}";
  EXPECT_EQ(ParseBounded([](auto b) { return ParseTokenizerJson(b); }, text).message(),
            "more than 65536 added_tokens");
}

}  // namespace
}  // namespace gemma4
