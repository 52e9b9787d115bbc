#include "lib/constraint/gbnf.h"

#include <algorithm>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "lib/base/one_line.h"
#include "lib/base/utf8.h"
#include "lib/constraint/program_builder.h"

namespace gemma4::constraint {
namespace {

constexpr size_t kMaxGroupDepth = 50;
constexpr uint32_t kMaxRepetitions = 100000;

struct Part {
  enum class Kind : uint8_t { kChars, kRule, kSequence, kEither, kRepeat };
  Kind kind = Kind::kSequence;
  CharRanges chars;
  uint32_t rule = 0;
  std::vector<Part> parts;
  uint32_t min = 0, max = 0;  // kRepeat
};

struct NamedRule {
  std::string name;
  std::optional<Part> body;
  size_t first_use_line = 0;
};

bool IsNameChar(char32_t c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
         c == '_';
}

class Parser {
 public:
  explicit Parser(std::u32string text) : text_(std::move(text)) {}

  StatusOr<std::vector<NamedRule>> Parse() {
    SkipSpace(/*over_lines=*/true);
    while (at_ < text_.size()) {
      const std::string name = Name();
      if (name.empty()) return Wrong("a rule is expected");
      SkipSpace(false);
      if (!TakeText(U"::=")) return Wrong("\"::=\" is expected");
      SkipSpace(true);
      const uint32_t rule = RuleNamed(name);
      if (rules_[rule].body.has_value()) {
        return Wrong(("the rule \"" + CutToOneLine(name) + "\" is there twice").c_str());
      }
      GEMMA4_ASSIGN_OR_RETURN(Part body, Either(0));
      rules_[rule].body = std::move(body);
      if (at_ < text_.size() && text_[at_] != '\n' && text_[at_] != '\r') {
        return Wrong("the end of a rule is expected");
      }
      SkipSpace(true);
    }
    for (const NamedRule& rule : rules_) {
      if (rule.body.has_value()) continue;
      return Status::InvalidArgument("line %zu: the rule \"%s\" is not there", rule.first_use_line,
                                     CutToOneLine(rule.name).c_str());
    }
    return std::move(rules_);
  }

 private:
  Status Wrong(const char* what) const {
    return Status::InvalidArgument("line %zu: %s", Line(), what);
  }
  size_t Line() const {
    const auto end = text_.begin() + static_cast<ptrdiff_t>(std::min(at_, text_.size()));
    return 1 + static_cast<size_t>(std::count(text_.begin(), end, U'\n'));
  }

  // Comments too.
  void SkipSpace(bool over_lines) {
    while (at_ < text_.size()) {
      const char32_t c = text_[at_];
      if (c == '#') {
        while (at_ < text_.size() && text_[at_] != '\n' && text_[at_] != '\r') ++at_;
      } else if (c == ' ' || c == '\t' || (over_lines && (c == '\n' || c == '\r'))) {
        ++at_;
      } else {
        return;
      }
    }
  }
  bool TakeText(std::u32string_view expected) {
    if (!std::u32string_view(text_).substr(at_).starts_with(expected)) return false;
    at_ += expected.size();
    return true;
  }
  bool Follows(char32_t c) const { return at_ < text_.size() && text_[at_] == c; }

  std::string Name() {
    std::string name;
    while (at_ < text_.size() && IsNameChar(text_[at_])) name += static_cast<char>(text_[at_++]);
    return name;
  }

  uint32_t RuleNamed(const std::string& name) {
    const auto [found, is_new] = index_.try_emplace(name, static_cast<uint32_t>(rules_.size()));
    if (is_new) rules_.push_back({name, std::nullopt, Line()});
    return found->second;
  }

  // Inside parentheses lines do not end anything.
  StatusOr<Part> Either(size_t depth) {
    if (depth > kMaxGroupDepth) {
      return Status::Unsupported("line %zu: there are more than %zu groups inside each other",
                                 Line(), kMaxGroupDepth);
    }
    Part either;
    either.kind = Part::Kind::kEither;
    GEMMA4_ASSIGN_OR_RETURN(Part first, Sequence(depth));
    either.parts.push_back(std::move(first));
    while (Follows('|')) {
      ++at_;
      SkipSpace(true);
      GEMMA4_ASSIGN_OR_RETURN(Part next, Sequence(depth));
      either.parts.push_back(std::move(next));
    }
    return either;
  }

  StatusOr<Part> Sequence(size_t depth) {
    const bool over_lines = depth > 0;
    Part sequence;
    while (at_ < text_.size()) {
      const char32_t c = text_[at_];
      Part part;
      if (c == '"') {
        GEMMA4_ASSIGN_OR_RETURN(part, Literal());
      } else if (c == '[') {
        GEMMA4_ASSIGN_OR_RETURN(part, Class());
      } else if (c == '.') {
        ++at_;
        part.kind = Part::Kind::kChars;
        part.chars = {{0, kMaxChar}};
      } else if (c == '(') {
        ++at_;
        SkipSpace(true);
        GEMMA4_ASSIGN_OR_RETURN(part, Either(depth + 1));
        if (!Follows(')')) return Wrong("\")\" is expected");
        ++at_;
      } else if (IsNameChar(c)) {
        const std::string name = Name();
        part.kind = Part::Kind::kRule;
        part.rule = RuleNamed(name);
      } else {
        return sequence;
      }
      SkipSpace(over_lines);
      GEMMA4_ASSIGN_OR_RETURN(part, Repeated(std::move(part), over_lines));
      sequence.parts.push_back(std::move(part));
    }
    return sequence;
  }

  StatusOr<Part> Repeated(Part part, bool over_lines) {
    for (int num_repeats = 0; at_ < text_.size(); ++num_repeats) {
      Part repeat;
      repeat.kind = Part::Kind::kRepeat;
      const char32_t c = text_[at_];
      if (c == '*' || c == '+' || c == '?') {
        ++at_;
        repeat.min = c == '+' ? 1 : 0;
        repeat.max = c == '?' ? 1 : kUnlimited;
      } else if (c == '{') {
        ++at_;
        SkipSpace(over_lines);
        const std::optional<uint32_t> min = Number();
        if (!min.has_value()) return Wrong("a number is expected after \"{\"");
        SkipSpace(over_lines);
        repeat.min = repeat.max = *min;
        if (Follows(',')) {
          ++at_;
          SkipSpace(over_lines);
          repeat.max = Number().value_or(kUnlimited);
          SkipSpace(over_lines);
        }
        if (!Follows('}')) return Wrong("\"}\" is expected");
        ++at_;
        const bool is_large = repeat.max != kUnlimited && repeat.max > kMaxRepetitions;
        if (repeat.min > kMaxRepetitions || is_large) {
          return Status::Unsupported("line %zu: at most %u repetitions are allowed", Line(),
                                     kMaxRepetitions);
        }
        if (repeat.min > repeat.max) return Wrong("{m,n} has m > n");
      } else {
        return part;
      }
      if (num_repeats >= 4) return Wrong("too many repetitions of one part");
      repeat.parts.push_back(std::move(part));
      part = std::move(repeat);
      SkipSpace(over_lines);
    }
    return part;
  }

  std::optional<uint32_t> Number() {
    if (at_ >= text_.size() || text_[at_] < '0' || text_[at_] > '9') return std::nullopt;
    uint32_t number = 0;
    for (; at_ < text_.size() && text_[at_] >= '0' && text_[at_] <= '9'; ++at_) {
      number = std::min<uint32_t>(number * 10 + (text_[at_] - '0'), kMaxRepetitions + 1);
    }
    return number;
  }

  StatusOr<Part> Literal() {
    ++at_;
    Part literal;
    while (!Follows('"')) {
      GEMMA4_ASSIGN_OR_RETURN(const char32_t c, Char());
      Part one;
      one.kind = Part::Kind::kChars;
      one.chars = {{c, c}};
      literal.parts.push_back(std::move(one));
    }
    ++at_;
    return literal;
  }

  StatusOr<Part> Class() {
    ++at_;
    const bool is_negated = Follows('^');
    if (is_negated) ++at_;
    Part part;
    part.kind = Part::Kind::kChars;
    while (!Follows(']')) {
      GEMMA4_ASSIGN_OR_RETURN(const char32_t first, Char());
      char32_t last = first;
      if (Follows('-') && at_ + 1 < text_.size() && text_[at_ + 1] != ']') {
        ++at_;
        GEMMA4_ASSIGN_OR_RETURN(last, Char());
        if (last < first) return Wrong("a class has a range that is none");
      }
      part.chars.push_back({first, last});
    }
    ++at_;
    part.chars = Normalize(std::move(part.chars));
    if (is_negated) part.chars = Complement(part.chars);
    return part;
  }

  StatusOr<char32_t> Char() {
    if (at_ >= text_.size() || text_[at_] == '\n') return Wrong("a literal or a class has no end");
    if (text_[at_] != '\\') return text_[at_++];
    ++at_;
    if (at_ >= text_.size()) return Wrong("a literal or a class has no end");
    const char32_t c = text_[at_++];
    switch (c) {
      case 'x': return Hex(2);
      case 'u': return Hex(4);
      case 'U': return Hex(8);
      case 't': return U'\t';
      case 'r': return U'\r';
      case 'n': return U'\n';
      case '\\':
      case '"':
      case '[':
      case ']':
      case '-':
      case '^': return c;
      default: return Wrong("an unknown escape");
    }
  }

  StatusOr<char32_t> Hex(size_t num_digits) {
    char32_t value = 0;
    for (size_t i = 0; i < num_digits; ++i, ++at_) {
      const char32_t c = at_ < text_.size() ? text_[at_] : 0;
      const bool is_digit = c >= '0' && c <= '9';
      const bool is_letter = (c | 0x20) >= 'a' && (c | 0x20) <= 'f';
      if (!is_digit && !is_letter) return Wrong("an escape has too few digits");
      value = value << 4 | (is_digit ? c - '0' : (c | 0x20) - 'a' + 10);
    }
    if (value > kMaxChar || (value >= 0xD800 && value <= 0xDFFF)) {
      return Wrong("an escape stands for no character");
    }
    return value;
  }

  std::u32string text_;
  size_t at_ = 0;
  std::vector<NamedRule> rules_;
  std::map<std::string, uint32_t> index_;
};

class CodeMaker {
 public:
  CodeMaker(const std::vector<NamedRule>& rules, ProgramBuilder* builder)
      : rules_(rules), builder_(*builder), may_be_empty_(rules.size(), 0) {
    // A rule is looked at again when one that it uses turns out to be empty at times.
    std::vector<std::vector<uint32_t>> users(rules_.size());
    std::vector<uint32_t> work;
    for (uint32_t i = 0; i < rules_.size(); ++i) {
      AddUses(*rules_[i].body, i, &users);
      work.push_back(i);
    }
    while (!work.empty()) {
      const uint32_t rule = work.back();
      work.pop_back();
      if (may_be_empty_[rule] || !MayBeEmpty(*rules_[rule].body)) continue;
      may_be_empty_[rule] = 1;
      work.insert(work.end(), users[rule].begin(), users[rule].end());
    }
  }

  void Make() {
    for (const NamedRule& rule : rules_) builder_.AddRule("the rule \"" + rule.name + "\"");
    for (size_t i = 0; i < rules_.size() && !builder_.is_full(); ++i) {
      builder_.SetRuleCode(static_cast<uint32_t>(i),
                           Emit(*rules_[i].body, ProgramBuilder::kReturn));
    }
  }

 private:
  static void AddUses(const Part& part, uint32_t user, std::vector<std::vector<uint32_t>>* users) {
    if (part.kind == Part::Kind::kRule) (*users)[part.rule].push_back(user);
    for (const Part& inner : part.parts) AddUses(inner, user, users);
  }

  bool MayBeEmpty(const Part& part) const {
    const auto may_be = [this](const Part& one) { return MayBeEmpty(one); };
    switch (part.kind) {
      case Part::Kind::kChars: return false;
      case Part::Kind::kRule: return may_be_empty_[part.rule] != 0;
      case Part::Kind::kSequence: return std::all_of(part.parts.begin(), part.parts.end(), may_be);
      case Part::Kind::kEither: return std::any_of(part.parts.begin(), part.parts.end(), may_be);
      case Part::Kind::kRepeat: break;
    }
    return part.min == 0 || MayBeEmpty(part.parts[0]);
  }

  uint32_t Emit(const Part& part, uint32_t next) {
    if (builder_.is_full()) return next;
    switch (part.kind) {
      case Part::Kind::kChars: return builder_.Chars(part.chars, next);
      case Part::Kind::kRule: return builder_.Call(part.rule, next);
      case Part::Kind::kSequence:
        for (size_t i = part.parts.size(); i-- > 0;) next = Emit(part.parts[i], next);
        return next;
      case Part::Kind::kEither: {
        std::vector<uint32_t> ways;
        for (const Part& one : part.parts) ways.push_back(Emit(one, next));
        return builder_.Split(ways);
      }
      case Part::Kind::kRepeat: return EmitRepeat(part, next);
    }
    return next;
  }

  uint32_t EmitRepeat(const Part& part, uint32_t next) {
    const Part& body = part.parts[0];
    if (part.max == kUnlimited && part.min <= 1) {
      const uint32_t loop = builder_.Placeholder();
      const uint32_t again = Emit(body, loop);
      builder_.SetTargets(loop, {again, next});
      return part.min == 0 ? loop : again;
    }
    if (part.max <= 1)
      return part.max == 0   ? next
             : part.min == 1 ? Emit(body, next)
                             : builder_.Split({Emit(body, next), next});
    if (MayBeEmpty(body)) return EmitEmptyRepeat(part, next);
    // A rule that counts.
    const uint32_t item = builder_.AddRule("a repetition");
    builder_.SetRuleCode(item, Emit(body, ProgramBuilder::kReturn));
    const uint32_t rule = builder_.AddRule("repetitions", part.min, part.max);
    const uint32_t loop = builder_.Placeholder();
    const uint32_t enough = builder_.Enough({part.min, {item}}, ProgramBuilder::kReturn);
    builder_.SetTargets(loop, {builder_.CountItem(builder_.Call(item, loop)), enough});
    builder_.SetRuleCode(rule, loop);
    return builder_.Call(rule, next);
  }

  // A body that may be empty needs no minimum, and to count it would go on without reading.
  uint32_t EmitEmptyRepeat(const Part& part, uint32_t next) {
    if (part.max == kUnlimited) {
      const uint32_t loop = builder_.Placeholder();
      const uint32_t again = Emit(body_of(part), loop);
      builder_.SetTargets(loop, {again, next});
      return loop;
    }
    uint32_t code = next;
    for (uint32_t i = 0; i < part.max && !builder_.is_full(); ++i) {
      code = builder_.Split({Emit(body_of(part), code), next});
    }
    return code;
  }
  static const Part& body_of(const Part& part) { return part.parts[0]; }

  const std::vector<NamedRule>& rules_;
  ProgramBuilder& builder_;
  std::vector<char> may_be_empty_;  // by rule
};

}  // namespace

StatusOr<Program> CompileGbnf(std::string_view grammar) {
  std::optional<std::u32string> text = CodePointsOf(grammar);
  if (!text.has_value()) return Status::InvalidArgument("the grammar is not UTF-8");
  GEMMA4_ASSIGN_OR_RETURN(const std::vector<NamedRule> rules, Parser(std::move(*text)).Parse());
  const auto root = std::find_if(rules.begin(), rules.end(),
                                 [](const NamedRule& rule) { return rule.name == "root"; });
  if (root == rules.end()) return Status::InvalidArgument("the grammar has no rule \"root\"");
  if (rules.size() > kMaxRules) {
    return Status::Unsupported("the grammar has %zu rules; at most %zu are allowed", rules.size(),
                               kMaxRules);
  }
  ProgramBuilder builder;
  CodeMaker(rules, &builder).Make();
  return std::move(builder).Finish(static_cast<uint32_t>(root - rules.begin()));
}

}  // namespace gemma4::constraint
