// How long GrammarMatcher::AllowedTokens takes over a made-up vocabulary of 262,144 tokens.
//
//   constraint_masks [DOCUMENTS]      (each schema's document is read that many times; 20 if not
//   given)
//
// Prints for each schema the median and the 99th percentile over all steps of all documents, and
// the longest step: the first visit to a state walks through the vocabulary, later ones do not.
// Built by the target constraint_masks, which is in no other; not a test.
#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <random>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "lib/constraint/grammar.h"
#include "lib/constraint/grammar_matcher.h"
#include "lib/constraint/token_index.h"

namespace gemma4 {
namespace {

// Of the processor's time that this thread took: others on the machine do not count.
double Now() {
  timespec time = {};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
  return static_cast<double>(time.tv_sec) * 1e3 + static_cast<double>(time.tv_nsec) / 1e6;
}

double MillisecondsSince(double start) { return Now() - start; }

// 256 bytes, an end, three control tokens; then words of one to four syllables, two thirds of them
// after a space, 1 in 20 with punctuation of JSON inside, 1 in 4 of other scripts.
std::vector<std::string> MakeVocabulary(size_t vocab_size) {
  std::vector<std::string> pieces;
  for (int byte = 0; byte < 256; ++byte) pieces.emplace_back(1, static_cast<char>(byte));
  for (const char* control : {"<end>", "<|tool_call>", "<tool_call|>", "<|\"|>"}) {
    pieces.emplace_back(control);
  }
  std::mt19937 random(1);
  std::set<std::string> known;
  const std::vector<std::string> punctuation = {"\"",    "\",", "\":",  "\": \"", "\"}",
                                                "{\"",   "\\n", "[",    "]",      "},",
                                                "\",\"", "()",  "\\\"", "\n",     "\t"};
  const auto utf8 = [](char32_t c) {
    std::string bytes;
    if (c < 0x800) {
      bytes += static_cast<char>(0xC0 | c >> 6);
    } else {
      bytes += static_cast<char>(0xE0 | c >> 12);
      bytes += static_cast<char>(0x80 | (c >> 6 & 0x3F));
    }
    return bytes + static_cast<char>(0x80 | (c & 0x3F));
  };
  while (pieces.size() < vocab_size) {
    std::string piece = random() % 3 != 0 ? " " : "";
    const uint32_t script = random() % 4;
    for (size_t syllables = 1 + random() % 4; syllables > 0; --syllables) {
      if (script != 0) {
        piece += "bcdfghjklmnprstvwz"[random() % 18];
        piece += "aeiouy"[random() % 6];
        if (random() % 3 == 0) piece += "lmnrst"[random() % 6];
      } else {
        piece += utf8(random() % 2 == 0 ? 0x400 + random() % 80 : 0x4E00 + random() % 6000);
      }
    }
    if (random() % 20 == 0) piece.insert(random() % (piece.size() + 1), punctuation[random() % 15]);
    if (known.insert(piece).second) pieces.push_back(piece);
  }
  return pieces;
}

struct Case {
  const char* name;
  Grammar::Ptr grammar;
  std::string document;
};

constexpr char kPerson[] = R"({"type":"object","properties":{"name":{"type":"string"},
    "age":{"type":"integer","minimum":0,"maximum":150},"email":{"type":"string","maxLength":100},
    "tags":{"type":"array","items":{"type":"string","maxLength":20}},
    "address":{"type":"object","properties":{"street":{"type":"string"},"city":{"type":"string"}},
    "required":["city"],"additionalProperties":false}},"required":["name","age"],
    "additionalProperties":false})";
constexpr char kPersonDocument[] =
    R"({"name": "Wolame Rinvo", "age": 41, "email": "wolame@rinvo.kedo", "tags": ["ba ru", "kelino", )"
    R"("zavi to"], "address": {"city": "Nomi Delra", "street": "Kivale rota no mi 12"}})";

std::vector<Case> Cases() {
  const auto schema = [](const char* text) { return Grammar::FromJsonSchema(text).value(); };
  return {
      {"closed object", schema(kPerson), kPersonDocument},
      {"any JSON", schema("{}"), kPersonDocument},
      {"map of numbers", schema(R"({"type":"object","additionalProperties":{"type":"number"}})"),
       R"({"wolame": 1, "rinvo": 2.5, "kedo ba": 3, "zavito": 4e3, "delra": 5, "nomi": 6})"},
      {"strings of length", schema(R"({"type":"array","items":{"type":"string","minLength":2,
                                        "maxLength":40}})"),
       R"(["wolame rinvo", "kedo ba zavi to", "nomi delra kivale rota", "no", "mi"])"},
      {"pattern",
       schema(R"({"type":"array","items":{"type":"string","pattern":"^[a-z]+( [a-z]+)*$"}})"),
       R"(["wolame rinvo", "kedo ba zavi to", "nomi delra kivale rota", "no", "mi"])"},
      {"GBNF words",
       Grammar::FromGbnf("root ::= word (\" \" word)* \".\"\nword ::= [a-z]+").value(),
       "wolame rinvo kedo ba zavi to nomi delra kivale rota."},
      // Each character may be followed by six ends, so there are millions of readings.
      {"GBNF, ambiguous",
       Grammar::FromGbnf("root ::= a\na ::= [^q] a [a-z] | [^q] a [b-z] | [^q] a [c-z] | "
                         "[^q] a [d-z] | [^q] a [e-z] | [^q] a [f-z] | \"\"")
           .value(),
       "wolame rinvo kedo"},
  };
}

}  // namespace
}  // namespace gemma4

int main(int argc, char** argv) {
  using namespace gemma4;
  const int num_documents = argc > 1 ? std::atoi(argv[1]) : 20;
  const std::vector<std::string> pieces = MakeVocabulary(262144);
  TokenIndexSource source;
  source.vocab_size = pieces.size();
  source.bytes = [&pieces](int32_t id) {
    return std::string_view(pieces[static_cast<size_t>(id)]);
  };
  source.is_control = [](int32_t id) { return id >= 256 && id < 260; };
  source.end_ids = {256};
  const double index_start = Now();
  const std::shared_ptr<const TokenIndex> index = TokenIndex::Create(source).value();
  std::printf("index: %.0f ms, %.1f MB, %u nodes, of them %u of plain text\n",
              MillisecondsSince(index_start), static_cast<double>(index->size_bytes()) / 1e6,
              index->num_nodes(), index->num_plain_nodes());

  for (const Case& test : Cases()) {
    GrammarMatcher matcher = GrammarMatcher::Create(test.grammar, index).value();
    std::vector<double> mask_ms, accept_ms;
    for (int d = 0; d < num_documents; ++d) {
      matcher.Reset();
      for (size_t at = 0; at < test.document.size();) {
        const double start = Now();
        const std::span<const uint64_t> mask = matcher.AllowedTokens();
        mask_ms.push_back(MillisecondsSince(start));
        // The longest allowed token that the document goes on with, as a tokenizer would.
        int32_t longest = -1;
        size_t length = 0;
        for (size_t word = 0; word < mask.size(); ++word) {
          for (uint64_t bits = mask[word]; bits != 0; bits &= bits - 1) {
            const int32_t id = static_cast<int32_t>(word * 64) + __builtin_ctzll(bits);
            const std::string_view bytes = index->Bytes(id);
            if (bytes.size() > length &&
                std::string_view(test.document).substr(at).starts_with(bytes)) {
              longest = id;
              length = bytes.size();
            }
          }
        }
        const double accept_start = Now();
        if (longest < 0 || !matcher.Accept(longest)) {
          std::printf("%s: stuck at %zu\n", test.name, at);
          return 1;
        }
        accept_ms.push_back(MillisecondsSince(accept_start));
        at += length;
      }
    }
    // The first document alone: nothing is known yet.
    std::vector<double> first(
        mask_ms.begin(), mask_ms.begin() + static_cast<ptrdiff_t>(mask_ms.size()) / num_documents);
    std::sort(mask_ms.begin(), mask_ms.end());
    std::sort(first.begin(), first.end());
    std::sort(accept_ms.begin(), accept_ms.end());
    const auto at = [](const std::vector<double>& sorted, double part) {
      return sorted[static_cast<size_t>(part * static_cast<double>(sorted.size() - 1))];
    };
    std::printf(
        "%-18s mask: median %.3f ms, p99 %.3f, longest %.3f; first document: median %.3f, "
        "p99 %.3f; accept: median %.4f; %zu steps\n",
        test.name, at(mask_ms, 0.5), at(mask_ms, 0.99), mask_ms.back(), at(first, 0.5),
        at(first, 0.99), at(accept_ms, 0.5), mask_ms.size());
  }
  return 0;
}
