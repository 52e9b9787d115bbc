#include "lib/constraint/reading.h"

#include <algorithm>
#include <unordered_map>
#include <utility>

namespace gemma4::constraint {
namespace {

uint64_t Mix(uint64_t hash, uint64_t value) {
  hash = (hash ^ value) * 0x9E3779B97F4A7C15u;
  return hash ^ (hash >> 32);
}

template <typename T>
bool SameContent(const std::shared_ptr<const T>& a, const std::shared_ptr<const T>& b) {
  return a == b || (a != nullptr && b != nullptr && *a == *b);
}

template <typename T>
void Append(T value, std::string* text) {
  text->append(reinterpret_cast<const char*>(&value), sizeof(value));
}

void AppendString(const std::u32string& string, std::string* text) {
  Append(static_cast<uint32_t>(string.size()), text);
  text->append(reinterpret_cast<const char*>(string.data()), string.size() * sizeof(char32_t));
}

bool HasWord(const PropertySet& seen) { return seen.any(); }

// Narrows [*begin, *end) of sorted `names`, which agree in the first `length` code points, to those
// that go on with `c`.
void Narrow(const std::vector<std::u32string>& names, uint32_t length, char32_t c, uint32_t* begin,
            uint32_t* end) {
  const auto at = [length](const std::u32string& name) {
    return name.size() > length ? static_cast<int64_t>(name[length]) : -1;
  };
  const auto first = names.begin() + *begin, last = names.begin() + *end;
  const int64_t wanted = c;
  const auto lower =
      std::lower_bound(first, last, wanted,
                       [&](const std::u32string& name, int64_t value) { return at(name) < value; });
  const auto upper =
      std::upper_bound(lower, last, wanted,
                       [&](int64_t value, const std::u32string& name) { return value < at(name); });
  *begin = static_cast<uint32_t>(lower - names.begin());
  *end = static_cast<uint32_t>(upper - names.begin());
}

const Members& MembersOf(const Frame& frame) {
  static const Members none;
  return frame.members == nullptr ? none : *frame.members;
}

void CountDown(Frame* frame) {
  if (frame->to_min > 0 && frame->to_min != kUnlimited) --frame->to_min;
  if (frame->to_max != kUnlimited) --frame->to_max;
}

}  // namespace

// ---- Frame, StackNode, Reading ------------------------------------------------------------------

bool Frame::operator==(const Frame& other) const {
  return place == other.place && to_min == other.to_min && to_max == other.to_max &&
         text_state == other.text_state && decoder == other.decoder &&
         SameContent(members, other.members) && SameContent(key, other.key);
}

uint64_t Frame::Hash() const {
  uint64_t hash = Mix(place, uint64_t{to_min} << 32 | to_max);
  hash = Mix(hash, uint64_t{text_state} << 32 | decoder.value());
  hash = Mix(hash, decoder.phase());
  if (members != nullptr) {
    hash = Mix(hash, std::hash<PropertySet>()(members->seen));
    hash = Mix(hash, members->others.size() * 2 + members->has_unknown);
  }
  if (key != nullptr) {
    hash = Mix(hash, uint64_t{key->names_begin} << 32 | key->names_end);
    hash = Mix(hash, uint64_t{key->others_begin} << 32 | key->length);
  }
  return hash;
}

void Frame::Generalize(const Program& program, uint32_t max_bytes) {
  // Whatever is counted takes a byte, and kUnlimited never counts down. What is left of an object's
  // maximum is also compared with the number of required properties.
  if (to_min > max_bytes) to_min = kUnlimited;
  const uint32_t margin = program.code[place].op == Op::kText ? 0 : kMaxProperties;
  if (to_max > max_bytes + margin) to_max = kUnlimited;
  if (key == nullptr || key->is_unknown) return;
  const Object& object = program.objects[program.code[place].operand];
  if (object.additional_code == 0) return;
  KeyProgress general = *key;
  general.text.clear();
  general.is_unknown = true;
  if (general.is_free()) {
    general.names_begin = general.names_end = general.others_begin = general.others_end = 0;
    general.length = std::min<uint32_t>(general.length, 1);  // "" is not like the others
  }
  key = std::make_shared<const KeyProgress>(std::move(general));
}

void Frame::AppendTo(std::string* text) const {
  Append(place, text);
  Append(to_min, text);
  Append(to_max, text);
  Append(text_state, text);
  Append(decoder.phase(), text);
  Append(decoder.value(), text);
  Append(static_cast<uint8_t>((members != nullptr) | (key != nullptr) << 1), text);
  if (members != nullptr) {
    const bool has_seen = HasWord(members->seen);
    Append(static_cast<uint8_t>(has_seen | members->has_unknown << 1), text);
    if (has_seen) Append(members->seen, text);
    Append(static_cast<uint32_t>(members->others.size()), text);
    for (const std::u32string& other : members->others) AppendString(other, text);
  }
  if (key != nullptr) {
    Append(key->names_begin, text);
    Append(key->names_end, text);
    Append(key->others_begin, text);
    Append(key->others_end, text);
    Append(key->length, text);
    Append(static_cast<uint8_t>(key->is_unknown), text);
    AppendString(key->text, text);
  }
}

StackNode::~StackNode() {
  StackPtr next = std::move(parent);
  while (next != nullptr && next.use_count() == 1) {
    // Ours alone, and about to go: its parent may be taken.
    StackPtr after = std::move(const_cast<StackNode*>(next.get())->parent);
    next = std::move(after);
  }
}

bool SameStack(const StackPtr& a, const StackPtr& b) {
  const StackNode* x = a.get();
  const StackNode* y = b.get();
  while (x != y) {
    if (x == nullptr || y == nullptr || x->hash != y->hash || x->depth != y->depth ||
        !(x->frame == y->frame)) {
      return false;
    }
    x = x->parent.get();
    y = y->parent.get();
  }
  return true;
}

uint64_t Reading::Hash() const { return Mix(frame.Hash(), parent == nullptr ? 0 : parent->hash); }

// ---- Engine -------------------------------------------------------------------------------------

Frame Engine::FrameOf(const Program& program, uint32_t rule) {
  Frame frame;
  frame.place = program.rules[rule].entry;
  frame.to_min = program.rules[rule].min;
  frame.to_max = program.rules[rule].max;
  return frame;
}

bool Engine::MayAdd(const Object& object, const Frame& frame, size_t property,
                    uint32_t depth) const {
  const PropertySet& seen = MembersOf(frame).seen;
  if (seen[property] || frame.to_max == 0 || !HasRoom(object.codes[property], depth)) return false;
  if (object.required[property] || frame.to_max == kUnlimited) return true;
  return frame.to_max > (object.required & ~seen).count();
}

bool Engine::MayAddAny(const Object& object, const Frame& frame, uint32_t begin, uint32_t end,
                       uint32_t depth) const {
  for (uint32_t i = begin; i < end; ++i) {
    if (MayAdd(object, frame, i, depth)) return true;
  }
  return false;
}

bool Engine::MayAddOther(const Frame& frame, uint32_t depth) const {
  const Object& object = program_.objects[program_.code[frame.place].operand];
  if (object.additional_code == 0 || !HasRoom(object.additional_code, depth)) return false;
  if (frame.to_max == kUnlimited) return true;
  return frame.to_max > (object.required & ~MembersOf(frame).seen).count();
}

// Goes through all that can be done without reading anything.
class Engine::Closure {
 public:
  explicit Closure(const Engine& engine) : engine_(engine), program_(engine.program_) {}

  void Add(Reading reading) { work_.push_back(std::move(reading)); }

  ReadingSet Run() {
    std::reverse(work_.begin(), work_.end());  // the first one first
    while (!work_.empty() && num_visited_ < engine_.max_readings_) {
      Reading reading = std::move(work_.back());
      work_.pop_back();
      Visit(std::move(reading));
    }
    set_.num_visited = num_visited_;
    return std::move(set_);
  }

 private:
  void Visit(Reading reading) {
    if (!engine_.HasRoom(reading.frame.place, engine_.DepthOf(reading))) return;
    const Instruction& instruction = program_.code[reading.frame.place];
    // What can be visited only once needs no look at what was visited before.
    if (instruction.op != Op::kReturn && !IsNew(reading)) return;
    switch (instruction.op) {
      case Op::kFail: return;
      case Op::kReturn:
        if (reading.parent == nullptr) {
          set_.can_end = true;
        } else {
          const StackPtr parent = reading.parent;
          work_.push_back({parent->frame, parent->parent});
        }
        return;
      case Op::kSplit:
        for (uint32_t i = instruction.next; i-- > 0;) {
          Reading target = reading;
          target.frame.place = program_.targets[instruction.operand + i];
          work_.push_back(std::move(target));
        }
        return;
      case Op::kCall: Call(std::move(reading), instruction); return;
      case Op::kCount:
        if (reading.frame.to_max == 0) return;
        CountDown(&reading.frame);
        GoOn(std::move(reading), instruction.next);
        return;
      case Op::kEnough:
        if (reading.frame.to_min == 0) GoOn(std::move(reading), instruction.next);
        return;
      case Op::kMore:
        if (reading.frame.to_max > 0) GoOn(std::move(reading), instruction.next);
        return;
      case Op::kMayAdd: {
        const Object& object = program_.objects[instruction.operand];
        const uint32_t depth = engine_.DepthOf(reading);
        if (engine_.MayAddOther(reading.frame, depth) ||
            engine_.MayAddAny(object, reading.frame, 0, static_cast<uint32_t>(object.names.size()),
                              depth)) {
          GoOn(std::move(reading), instruction.next);
        }
        return;
      }
      case Op::kMayEnd: {
        const Object& object = program_.objects[instruction.operand];
        if (reading.frame.to_min == 0 &&
            (object.required & ~MembersOf(reading.frame).seen).none()) {
          GoOn(std::move(reading), instruction.next);
        }
        return;
      }
      case Op::kKey: VisitKey(std::move(reading), program_.objects[instruction.operand]); return;
      case Op::kText: VisitText(std::move(reading), instruction); return;
      case Op::kBytes:
      case Op::kChar:
      case Op::kControl: set_.readings.push_back(std::move(reading)); return;
    }
  }

  void GoOn(Reading reading, uint32_t place) {
    reading.frame.place = place;
    work_.push_back(std::move(reading));
  }

  void Call(Reading reading, const Instruction& call) {
    Frame called = FrameOf(program_, call.operand);
    if (program_.code[call.next].op == Op::kReturn) {  // the caller is not needed any more
      work_.push_back({std::move(called), std::move(reading.parent)});
      return;
    }
    const uint32_t depth = engine_.DepthOf(reading) + 1;
    if (!engine_.HasRoom(called.place, depth)) return;
    auto node = std::make_shared<StackNode>();
    node->frame = std::move(reading.frame);
    node->frame.place = call.next;
    node->depth = depth;
    node->hash = Mix(node->frame.Hash(), reading.parent == nullptr ? 0 : reading.parent->hash);
    node->parent = std::move(reading.parent);
    work_.push_back({std::move(called), std::move(node)});
  }

  void VisitText(Reading reading, const Instruction& instruction) {
    const CharAutomaton& automaton = program_.texts[instruction.operand].automaton;
    if (reading.frame.decoder.is_at_boundary() && automaton.Accepts(reading.frame.text_state) &&
        reading.frame.to_min == 0) {
      Reading after = reading;
      after.frame.text_state = 0;
      GoOn(std::move(after), instruction.next);
    }
    set_.readings.push_back(std::move(reading));
  }

  void VisitKey(Reading reading, const Object& object) {
    if (reading.frame.key == nullptr) {
      if (MembersOf(reading.frame).has_unknown) {
        set_.is_uncertain = true;
        return;
      }
      auto key = std::make_shared<KeyProgress>();
      key->names_end = static_cast<uint32_t>(object.names.size());
      key->others_end = static_cast<uint32_t>(MembersOf(reading.frame).others.size());
      reading.frame.key = std::move(key);
    }
    const uint32_t depth = engine_.DepthOf(reading);
    const KeyProgress& key = *reading.frame.key;
    const Members& members = MembersOf(reading.frame);
    if (reading.frame.decoder.is_at_boundary()) {
      const bool is_name =
          key.names_begin < key.names_end && object.names[key.names_begin].size() == key.length;
      const bool is_other = key.others_begin < key.others_end &&
                            members.others[key.others_begin].size() == key.length;
      const bool is_empty = key.length == 0;
      if (is_name) {
        if (engine_.MayAdd(object, reading.frame, key.names_begin, depth)) {
          Members with = members;
          with.seen.set(key.names_begin);
          EndKey(reading, std::move(with), object.codes[key.names_begin]);
        }
      } else if (!is_other && (!is_empty || object.additional_may_be_empty) &&
                 engine_.MayAddOther(reading.frame, depth)) {
        Members with = members;
        if (key.is_unknown) {
          with.has_unknown = true;
        } else {
          with.others.insert(std::upper_bound(with.others.begin(), with.others.end(), key.text),
                             key.text);
        }
        EndKey(reading, std::move(with), object.additional_code);
      }
    }
    set_.readings.push_back(std::move(reading));
  }

  void EndKey(const Reading& reading, Members members, uint32_t code) {
    Reading after = reading;
    after.frame.key = nullptr;
    after.frame.members = std::make_shared<const Members>(std::move(members));
    CountDown(&after.frame);
    GoOn(std::move(after), code);
  }

  bool IsNew(const Reading& reading) {
    std::vector<Reading>& same_hash = visited_[reading.Hash()];
    for (const Reading& other : same_hash) {
      if (other == reading) return false;
    }
    same_hash.push_back(reading);
    ++num_visited_;
    return true;
  }

  const Engine& engine_;
  const Program& program_;
  std::vector<Reading> work_;
  std::unordered_map<uint64_t, std::vector<Reading>> visited_;
  size_t num_visited_ = 0;
  ReadingSet set_;
};

ReadingSet Engine::Close(std::vector<Reading> readings) const {
  Closure closure(*this);
  for (Reading& reading : readings) closure.Add(std::move(reading));
  return closure.Run();
}

ReadingSet Engine::ReadByte(const ReadingSet& set, uint8_t byte) const {
  std::vector<Reading> next;
  for (const Reading& reading : set.readings) {
    const Instruction& instruction = program_.code[reading.frame.place];
    switch (instruction.op) {
      case Op::kBytes:
        if (program_.byte_sets[instruction.operand][byte]) {
          next.push_back(reading);
          next.back().frame.place = instruction.next;
        }
        break;
      case Op::kChar: ReadChar(reading, byte, &next); break;
      case Op::kText: ReadText(reading, byte, &next); break;
      case Op::kKey: ReadKey(reading, byte, &next); break;
      default: break;  // kControl
    }
  }
  return Close(std::move(next));
}

ReadingSet Engine::ReadControl(const ReadingSet& set, ControlToken token) const {
  std::vector<Reading> next;
  for (const Reading& reading : set.readings) {
    const Instruction& instruction = program_.code[reading.frame.place];
    if (instruction.op != Op::kControl || instruction.operand != static_cast<uint32_t>(token)) {
      continue;
    }
    next.push_back(reading);
    next.back().frame.place = instruction.next;
  }
  return Close(std::move(next));
}

void Engine::ReadChar(const Reading& reading, uint8_t byte, std::vector<Reading>* next) const {
  const Instruction& instruction = program_.code[reading.frame.place];
  const CharRanges& chars = program_.char_sets[instruction.operand];
  Reading read = reading;
  char32_t c = 0;
  switch (read.frame.decoder.Read(byte, /*has_escapes=*/false, &c)) {
    case CharDecoder::Result::kRefused: return;
    case CharDecoder::Result::kPartial: {
      const PossibleChars possible = read.frame.decoder.Possible();
      for (size_t i = 0; i < possible.num_ranges; ++i) {
        if (!Intersects(chars, possible.ranges[i])) continue;
        next->push_back(std::move(read));
        return;
      }
      return;
    }
    case CharDecoder::Result::kChar:
      if (!Contains(chars, c)) return;
      read.frame.place = instruction.next;
      next->push_back(std::move(read));
  }
}

void Engine::ReadText(const Reading& reading, uint8_t byte, std::vector<Reading>* next) const {
  const Text& text = program_.texts[program_.code[reading.frame.place].operand];
  if (reading.frame.to_max == 0) return;
  Reading read = reading;
  Frame& frame = read.frame;
  char32_t c = 0;
  switch (frame.decoder.Read(byte, text.has_escapes, &c)) {
    case CharDecoder::Result::kRefused: return;
    case CharDecoder::Result::kPartial: {
      const PossibleChars possible = frame.decoder.Possible();
      for (size_t i = 0; i < possible.num_ranges; ++i) {
        if (!text.automaton.HasEdgeIn(frame.text_state, possible.ranges[i])) continue;
        next->push_back(std::move(read));
        return;
      }
      return;
    }
    case CharDecoder::Result::kChar:
      frame.text_state = text.automaton.Next(frame.text_state, c);
      if (frame.text_state == CharAutomaton::kNone) return;
      CountDown(&frame);
      next->push_back(std::move(read));
  }
}

void Engine::ReadKey(const Reading& reading, uint8_t byte, std::vector<Reading>* next) const {
  const Object& object = program_.objects[program_.code[reading.frame.place].operand];
  const uint32_t depth = DepthOf(reading);
  Reading read = reading;
  Frame& frame = read.frame;
  const KeyProgress& key = *frame.key;
  const bool may_add_other = MayAddOther(frame, depth);
  char32_t c = 0;
  switch (frame.decoder.Read(byte, object.has_escapes, &c)) {
    case CharDecoder::Result::kRefused: return;
    case CharDecoder::Result::kPartial: {
      const PossibleChars possible = frame.decoder.Possible();
      for (size_t r = 0; r < possible.num_ranges; ++r) {
        const CharRange range = possible.ranges[r];
        bool goes_on = may_add_other && Intersects(object.additional_chars, range);
        for (uint32_t i = key.names_begin; i < key.names_end && !goes_on; ++i) {
          const std::u32string& name = object.names[i];
          goes_on = name.size() > key.length && name[key.length] >= range.first &&
                    name[key.length] <= range.last && MayAdd(object, frame, i, depth);
        }
        if (!goes_on) continue;
        next->push_back(std::move(read));
        return;
      }
      return;
    }
    case CharDecoder::Result::kChar: break;
  }
  KeyProgress longer = key;
  Narrow(object.names, key.length, c, &longer.names_begin, &longer.names_end);
  Narrow(MembersOf(frame).others, key.length, c, &longer.others_begin, &longer.others_end);
  const bool may_be_other = may_add_other && Contains(object.additional_chars, c);
  if (!may_be_other && !MayAddAny(object, frame, longer.names_begin, longer.names_end, depth)) {
    return;
  }
  if (longer.is_free()) {
    longer.names_begin = longer.names_end = longer.others_begin = longer.others_end = 0;
    longer.length = 1;  // "" is not like the others
  } else {
    ++longer.length;
  }
  if (object.additional_code != 0 && !longer.is_unknown) longer.text += c;
  frame.key = std::make_shared<const KeyProgress>(std::move(longer));
  next->push_back(std::move(read));
}

}  // namespace gemma4::constraint
