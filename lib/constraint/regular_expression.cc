#include "lib/constraint/regular_expression.h"

#include <algorithm>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "lib/base/utf8.h"

namespace gemma4::constraint {
namespace {

constexpr size_t kMaxNodes = 20000;
constexpr size_t kMaxClasses = 2000;
constexpr size_t kMaxGroupDepth = 50;
constexpr uint32_t kNone = UINT32_MAX;

const CharRanges kDigits = {{'0', '9'}};
const CharRanges kWord = {{'0', '9'}, {'A', 'Z'}, {'_', '_'}, {'a', 'z'}};
// WhiteSpace and LineTerminator of ECMA-262.
const CharRanges kSpace = {{0x09, 0x0D},     {0x20, 0x20},     {0xA0, 0xA0},     {0x1680, 0x1680},
                           {0x2000, 0x200A}, {0x2028, 0x2029}, {0x202F, 0x202F}, {0x205F, 0x205F},
                           {0x3000, 0x3000}, {0xFEFF, 0xFEFF}};
const CharRanges kLineEnds = {{'\n', '\n'}, {'\r', '\r'}, {0x2028, 0x2029}};

// A nondeterministic automaton, made from its end to its beginning.
struct Node {
  enum class Kind : uint8_t { kChars, kSplit, kStart, kEnd, kMatch };
  Kind kind = Kind::kMatch;
  CharRanges chars;  // kChars
  uint32_t next = kNone, other = kNone;
};

class Parser {
 public:
  explicit Parser(std::u32string pattern) : pattern_(std::move(pattern)) {}

  // A syntax tree, in nodes_ of its own: what follows a part is known only later.
  struct Part {
    enum class Kind : uint8_t { kEmpty, kChars, kStart, kEnd, kSequence, kEither, kRepeat };
    Kind kind = Kind::kEmpty;
    CharRanges chars;
    std::vector<Part> parts;
    uint32_t min = 0, max = 0;
  };

  StatusOr<Part> Parse() {
    GEMMA4_ASSIGN_OR_RETURN(Part part, Either(0));
    if (at_ < pattern_.size()) return Wrong("has a ')' without '('");
    return part;
  }

 private:
  bool Take(char32_t c) {
    if (at_ >= pattern_.size() || pattern_[at_] != c) return false;
    ++at_;
    return true;
  }
  bool Follows(std::u32string_view text) const {
    return std::u32string_view(pattern_).substr(at_).starts_with(text);
  }
  Status Wrong(const char* what) const {
    return Status::InvalidArgument("%s at character %zu", what, at_);
  }
  Status NotSupported(const char* what) const {
    return Status::Unsupported("has %s at character %zu, which is not supported", what, at_);
  }

  StatusOr<Part> Either(size_t depth) {
    if (depth > kMaxGroupDepth) {
      return Status::Unsupported("has more than %zu groups inside each other", kMaxGroupDepth);
    }
    Part either{Part::Kind::kEither, {}, {}, 0, 0};
    do {
      GEMMA4_ASSIGN_OR_RETURN(Part sequence, Sequence(depth));
      either.parts.push_back(std::move(sequence));
    } while (Take('|'));
    return either;
  }

  StatusOr<Part> Sequence(size_t depth) {
    Part sequence{Part::Kind::kSequence, {}, {}, 0, 0};
    while (at_ < pattern_.size() && pattern_[at_] != '|' && pattern_[at_] != ')') {
      GEMMA4_ASSIGN_OR_RETURN(Part part, Atom(depth));
      GEMMA4_ASSIGN_OR_RETURN(part, Quantified(std::move(part)));
      sequence.parts.push_back(std::move(part));
    }
    return sequence;
  }

  StatusOr<Part> Quantified(Part part) {
    uint32_t min = 0, max = 0;
    if (Take('*')) {
      max = UINT32_MAX;
    } else if (Take('+')) {
      min = 1;
      max = UINT32_MAX;
    } else if (Take('?')) {
      max = 1;
    } else if (at_ < pattern_.size() && pattern_[at_] == '{') {
      const size_t begin = at_++;
      const std::optional<uint32_t> first = Number();
      if (!first.has_value()) {
        at_ = begin;
        return Wrong("has '{' without a number");
      }
      min = max = *first;
      if (Take(',')) max = Number().value_or(UINT32_MAX);
      if (!Take('}')) return Wrong("has '{' without '}'");
      if (min > max) return Wrong("has {m,n} with m > n");
    } else {
      return part;
    }
    if (part.kind == Part::Kind::kStart || part.kind == Part::Kind::kEnd) {
      return Wrong("repeats ^ or $");
    }
    Take('?');  // lazy
    if (at_ < pattern_.size() && (pattern_[at_] == '*' || pattern_[at_] == '+' ||
                                  pattern_[at_] == '?' || pattern_[at_] == '{')) {
      return Wrong("has nothing to repeat");
    }
    Part repeat{Part::Kind::kRepeat, {}, {}, min, max};
    repeat.parts.push_back(std::move(part));
    return repeat;
  }

  std::optional<uint32_t> Number() {
    if (at_ >= pattern_.size() || pattern_[at_] < '0' || pattern_[at_] > '9') return std::nullopt;
    uint32_t number = 0;
    while (at_ < pattern_.size() && pattern_[at_] >= '0' && pattern_[at_] <= '9') {
      number = std::min<uint32_t>(number * 10 + (pattern_[at_++] - '0'), 1000000);
    }
    return number;
  }

  static Part Chars(CharRanges chars) { return {Part::Kind::kChars, std::move(chars), {}, 0, 0}; }

  StatusOr<Part> Atom(size_t depth) {
    const char32_t c = pattern_[at_];
    switch (c) {
      case '(': {
        ++at_;
        if (Follows(U"?:")) {
          at_ += 2;
        } else if (Follows(U"?=") || Follows(U"?!") || Follows(U"?<=") || Follows(U"?<!")) {
          return NotSupported("look-around");
        } else if (Follows(U"?<")) {
          while (at_ < pattern_.size() && pattern_[at_] != '>') ++at_;
          if (!Take('>')) return Wrong("has a group name without '>'");
        } else if (Follows(U"?")) {
          return NotSupported("a group that begins with (?");
        }
        GEMMA4_ASSIGN_OR_RETURN(Part part, Either(depth + 1));
        if (!Take(')')) return Wrong("has '(' without ')'");
        return part;
      }
      case '[': return Class();
      case '.': ++at_; return Chars(Complement(kLineEnds));
      case '^': ++at_; return Part{Part::Kind::kStart, {}, {}, 0, 0};
      case '$': ++at_; return Part{Part::Kind::kEnd, {}, {}, 0, 0};
      case '*':
      case '+':
      case '?':
      case '{': return Wrong("has nothing to repeat");
      case '\\': {
        GEMMA4_ASSIGN_OR_RETURN(CharRanges chars, Escape(/*in_class=*/false));
        return Chars(std::move(chars));
      }
      default: ++at_; return Chars({{c, c}});
    }
  }

  StatusOr<Part> Class() {
    ++at_;
    const bool is_negated = Take('^');
    CharRanges chars;
    while (!Take(']')) {
      if (at_ >= pattern_.size()) return Wrong("has '[' without ']'");
      GEMMA4_ASSIGN_OR_RETURN(const CharRanges first, ClassAtom());
      if (at_ + 1 < pattern_.size() && pattern_[at_] == '-' && pattern_[at_ + 1] != ']') {
        ++at_;
        GEMMA4_ASSIGN_OR_RETURN(const CharRanges last, ClassAtom());
        if (first.size() != 1 || last.size() != 1 || first[0].first != first[0].last ||
            last[0].first != last[0].last || first[0].first > last[0].first) {
          return Wrong("has a range that is none");
        }
        chars.push_back({first[0].first, last[0].first});
      } else {
        chars.insert(chars.end(), first.begin(), first.end());
      }
    }
    chars = Normalize(std::move(chars));
    return Chars(is_negated ? Complement(chars) : std::move(chars));
  }

  StatusOr<CharRanges> ClassAtom() {
    if (at_ >= pattern_.size()) return Wrong("has '[' without ']'");
    if (pattern_[at_] == '\\') return Escape(/*in_class=*/true);
    const char32_t c = pattern_[at_++];
    return CharRanges{{c, c}};
  }

  StatusOr<char32_t> Hex(size_t min_digits, size_t max_digits) {
    char32_t value = 0;
    size_t num_digits = 0;
    for (; num_digits < max_digits && at_ < pattern_.size(); ++num_digits, ++at_) {
      const char32_t c = pattern_[at_];
      const bool is_digit = c >= '0' && c <= '9';
      const bool is_letter = (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
      if (!is_digit && !is_letter) break;
      value = value << 4 | (is_digit ? c - '0' : (c | 0x20) - 'a' + 10);
    }
    if (num_digits < min_digits || value > kMaxChar) return Wrong("has an escape that is none");
    return value;
  }

  StatusOr<CharRanges> Escape(bool in_class) {
    ++at_;
    if (at_ >= pattern_.size()) return Wrong("ends with a backslash");
    const char32_t c = pattern_[at_++];
    const auto one = [](char32_t d) { return CharRanges{{d, d}}; };
    switch (c) {
      case 'd': return kDigits;
      case 'D': return Complement(kDigits);
      case 'w': return kWord;
      case 'W': return Complement(kWord);
      case 's': return kSpace;
      case 'S': return Complement(kSpace);
      case 't': return one('\t');
      case 'n': return one('\n');
      case 'r': return one('\r');
      case 'f': return one('\f');
      case 'v': return one('\v');
      case '0': return one(0);
      case 'b':
        if (in_class) return one('\b');
        return NotSupported("\\b");
      case 'B': return NotSupported("\\B");
      case 'k': return NotSupported("a back reference");
      case 'p':
      case 'P': return NotSupported("\\p");
      case 'c': {
        if (at_ >= pattern_.size()) return Wrong("has \\c without a letter");
        const char32_t letter = pattern_[at_++] | 0x20;
        if (letter < 'a' || letter > 'z') return Wrong("has \\c without a letter");
        return one(letter - 'a' + 1);
      }
      case 'x': {
        GEMMA4_ASSIGN_OR_RETURN(const char32_t value, Hex(2, 2));
        return one(value);
      }
      case 'u': return UnicodeEscape();
      default: break;
    }
    if (c >= '1' && c <= '9') return NotSupported("a back reference");
    if ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z')) return Wrong("has an unknown escape");
    return one(c);
  }

  StatusOr<CharRanges> UnicodeEscape() {
    char32_t value = 0;
    if (Take('{')) {
      GEMMA4_ASSIGN_OR_RETURN(value, Hex(1, 6));
      if (!Take('}')) return Wrong("has \\u{ without }");
    } else {
      GEMMA4_ASSIGN_OR_RETURN(value, Hex(4, 4));
      if (value >= 0xD800 && value < 0xDC00 && Follows(U"\\u")) {
        at_ += 2;
        GEMMA4_ASSIGN_OR_RETURN(const char32_t low, Hex(4, 4));
        if (low < 0xDC00 || low > 0xDFFF) return Wrong("has half a surrogate pair");
        value = 0x10000 + ((value - 0xD800) << 10) + (low - 0xDC00);
      }
    }
    return CharRanges{{value, value}};
  }

  std::u32string pattern_;
  size_t at_ = 0;
};

class AutomatonMaker {
 public:
  StatusOr<CharAutomaton> Make(const Parser::Part& pattern) {
    // The pattern may begin anywhere, and anything may follow it.
    const uint32_t match = Add({Node::Kind::kMatch, {}, kNone, kNone});
    const uint32_t tail = Add({Node::Kind::kSplit, {}, match, kNone});
    nodes_[tail].other = Add({Node::Kind::kChars, {{0, kMaxChar}}, tail, kNone});
    const uint32_t body = Emit(pattern, tail);
    const uint32_t start = Add({Node::Kind::kSplit, {}, body, kNone});
    const uint32_t skip = Add({Node::Kind::kChars, {{0, kMaxChar}}, start, kNone});
    nodes_[start].other = skip;
    if (nodes_.size() > kMaxNodes) {
      return Status::Unsupported("takes more than %zu states", kMaxNodes);
    }
    FindClasses();
    if (boundaries_.size() > kMaxClasses) {
      return Status::Unsupported("tells more than %zu kinds of characters apart", kMaxClasses);
    }
    return Determinize(start);
  }

 private:
  using NodeSet = std::vector<uint32_t>;  // sorted

  uint32_t Add(Node node) {
    if (nodes_.size() > kMaxNodes) return 0;  // Make reports it
    nodes_.push_back(std::move(node));
    return static_cast<uint32_t>(nodes_.size() - 1);
  }

  uint32_t Emit(const Parser::Part& part, uint32_t next) {
    using Kind = Parser::Part::Kind;
    if (nodes_.size() > kMaxNodes) return next;
    switch (part.kind) {
      case Kind::kEmpty: return next;
      case Kind::kChars: return Add({Node::Kind::kChars, part.chars, next, kNone});
      case Kind::kStart: return Add({Node::Kind::kStart, {}, next, kNone});
      case Kind::kEnd: return Add({Node::Kind::kEnd, {}, next, kNone});
      case Kind::kSequence:
        for (size_t i = part.parts.size(); i-- > 0;) next = Emit(part.parts[i], next);
        return next;
      case Kind::kEither: {
        uint32_t either = Emit(part.parts.back(), next);
        for (size_t i = part.parts.size() - 1; i-- > 0;) {
          const uint32_t one = Emit(part.parts[i], next);
          either = Add({Node::Kind::kSplit, {}, one, either});
        }
        return either;
      }
      case Kind::kRepeat: break;
    }
    uint32_t place = next;
    if (part.max == UINT32_MAX) {
      place = Add({Node::Kind::kSplit, {}, next, kNone});
      const uint32_t body = Emit(part.parts[0], place);
      nodes_[place].other = body;
    } else {
      for (uint32_t i = part.min; i < part.max && nodes_.size() <= kMaxNodes; ++i) {
        const uint32_t body = Emit(part.parts[0], place);
        place = Add({Node::Kind::kSplit, {}, body, next});
      }
    }
    for (uint32_t i = 0; i < part.min && nodes_.size() <= kMaxNodes; ++i) {
      place = Emit(part.parts[0], place);
    }
    return place;
  }

  // Where a set of characters begins or ends; between two of these all characters are alike.
  void FindClasses() {
    boundaries_ = {0, kMaxChar + 1};
    for (const Node& node : nodes_) {
      for (const CharRange& range : node.chars) {
        boundaries_.push_back(range.first);
        boundaries_.push_back(range.last + 1);
      }
    }
    std::sort(boundaries_.begin(), boundaries_.end());
    boundaries_.erase(std::unique(boundaries_.begin(), boundaries_.end()), boundaries_.end());
  }

  // Adds what can be reached without a character. `at_end`: through $ too.
  NodeSet Close(const NodeSet& from, bool at_start, bool at_end) {
    NodeSet closed, work = from;
    std::vector<char> seen(nodes_.size(), 0);
    while (!work.empty()) {
      const uint32_t i = work.back();
      work.pop_back();
      if (i == kNone || seen[i]) continue;
      seen[i] = 1;
      closed.push_back(i);
      const Node& node = nodes_[i];
      switch (node.kind) {
        case Node::Kind::kSplit:
          work.push_back(node.next);
          work.push_back(node.other);
          break;
        case Node::Kind::kStart:
          if (at_start) work.push_back(node.next);
          break;
        case Node::Kind::kEnd:
          if (at_end) work.push_back(node.next);
          break;
        case Node::Kind::kChars:
        case Node::Kind::kMatch: break;
      }
    }
    std::sort(closed.begin(), closed.end());
    return closed;
  }

  bool Accepts(const NodeSet& set, bool at_start) {
    for (const uint32_t i : Close(set, at_start, /*at_end=*/true)) {
      if (nodes_[i].kind == Node::Kind::kMatch) return true;
    }
    return false;
  }

  StatusOr<CharAutomaton> Determinize(uint32_t start) {
    std::map<NodeSet, uint32_t> index;
    std::vector<NodeSet> sets = {Close({start}, /*at_start=*/true, /*at_end=*/false)};
    std::vector<CharState> states(1);
    states[0].accepts = Accepts(sets[0], /*at_start=*/true);
    size_t work = 0;
    for (size_t s = 0; s < sets.size(); ++s) {
      // By character class, the nodes that follow.
      std::vector<NodeSet> next(boundaries_.size() - 1);
      for (const uint32_t i : sets[s]) {
        for (const CharRange& range : nodes_[i].chars) {
          const auto first = std::lower_bound(boundaries_.begin(), boundaries_.end(), range.first);
          for (auto at = first; *at <= range.last; ++at) {
            next[static_cast<size_t>(at - boundaries_.begin())].push_back(nodes_[i].next);
          }
        }
      }
      for (size_t c = 0; c < next.size(); ++c) {
        if (next[c].empty()) continue;
        work += next[c].size() + 1;
        NodeSet closed = Close(next[c], /*at_start=*/false, /*at_end=*/false);
        work += closed.size() + nodes_.size() / 64;
        const auto [found, is_new] = index.try_emplace(closed, static_cast<uint32_t>(sets.size()));
        if (is_new) {
          states.emplace_back();
          states.back().accepts = Accepts(closed, /*at_start=*/false);
          sets.push_back(std::move(closed));
        }
        std::vector<CharEdge>& edges = states[s].edges;
        const CharRange range = {boundaries_[c], boundaries_[c + 1] - 1};
        if (!edges.empty() && edges.back().target == found->second &&
            edges.back().range.last + 1 == range.first) {
          edges.back().range.last = range.last;
        } else {
          edges.push_back({range, found->second});
        }
      }
      if (sets.size() > kMaxPatternStates || work > kMaxWork) {
        return Status::Unsupported("takes more than %zu states", kMaxPatternStates);
      }
    }
    return CharAutomaton(std::move(states));
  }

  static constexpr size_t kMaxPatternStates = 5000;
  static constexpr size_t kMaxWork = 20000000;

  std::vector<Node> nodes_;
  std::vector<char32_t> boundaries_;
};

}  // namespace

StatusOr<CharAutomaton> CompilePattern(std::string_view pattern) {
  std::optional<std::u32string> chars = CodePointsOf(pattern);
  if (!chars.has_value()) return Status::InvalidArgument("is not UTF-8");
  GEMMA4_ASSIGN_OR_RETURN(const Parser::Part part, Parser(std::move(*chars)).Parse());
  return AutomatonMaker().Make(part);
}

}  // namespace gemma4::constraint
