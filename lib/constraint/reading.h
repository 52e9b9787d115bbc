// Reading: one way in which a grammar can have read the text so far; and the engine that reads on.
//
// A grammar may allow several readings of the same text at once ("a" can begin the first or the
// second alternative), so a state is a set of them. Each is a place in the program and a stack of
// the rules that wait for this one to end. Whatever is in a set can be read on to an end: readings
// that cannot are never made.
#ifndef GEMMA4_LIB_CONSTRAINT_READING_H_
#define GEMMA4_LIB_CONSTRAINT_READING_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "lib/constraint/char_decoder.h"
#include "lib/constraint/program.h"

namespace gemma4::constraint {

// The properties that an object has so far.
struct Members {
  PropertySet seen;
  std::vector<std::u32string> others;  // names that are not declared; sorted
  // There is another one whose name is not known here: see Frame::Generalize.
  bool has_unknown = false;

  bool operator==(const Members&) const = default;
};

// In the midst of a property's name: the names that begin like it, as ranges of sorted lists.
struct KeyProgress {
  uint32_t names_begin = 0, names_end = 0;    // Object::names
  uint32_t others_begin = 0, others_end = 0;  // Members::others
  uint32_t length = 0;                        // while one of the ranges is not empty
  std::u32string text;                        // where a name that is not declared may come of it
  bool is_unknown = false;                    // `text` is not kept

  bool is_free() const { return names_begin == names_end && others_begin == others_end; }
  bool operator==(const KeyProgress&) const = default;
};

// A rule being run. Copies are cheap.
struct Frame {
  uint32_t place = 0;  // in Program::code
  uint32_t to_min = 0;
  uint32_t to_max = kUnlimited;
  uint32_t text_state = 0;  // of the automaton of kText
  CharDecoder decoder;
  std::shared_ptr<const Members> members;  // of kKey's object; null: none yet
  std::shared_ptr<const KeyProgress> key;  // null: no name is being read

  bool operator==(const Frame& other) const;
  uint64_t Hash() const;
  // Forgets what cannot matter within the next `max_bytes` bytes, so that states that differ in
  // nothing else become one: counts that are far away, and the names that others are not told from.
  void Generalize(const Program& program, uint32_t max_bytes);
  // Appends all that makes it different from others.
  void AppendTo(std::string* text) const;
};

struct StackNode;
using StackPtr = std::shared_ptr<const StackNode>;

// A rule that waits for the one above to end; `frame.place` is where it goes on.
struct StackNode {
  Frame frame;
  StackPtr parent;     // null: the bottom
  uint32_t depth = 0;  // nodes from this one down to the document's first rule
  uint64_t hash = 0;

  // Long chains are taken apart one by one.
  ~StackNode();
};

bool SameStack(const StackPtr& a, const StackPtr& b);

struct Reading {
  Frame frame;
  StackPtr parent;

  bool operator==(const Reading& other) const {
    return frame == other.frame && SameStack(parent, other.parent);
  }
  uint64_t Hash() const;
};

// All readings wait for something to read.
struct ReadingSet {
  std::vector<Reading> readings;
  bool can_end = false;  // the rule at the bottom may end here
  // A name is being read that cannot be told from an unknown one.
  bool is_uncertain = false;
  // How many places were gone through to find the readings: what it cost.
  size_t num_visited = 0;

  bool is_dead() const { return readings.empty() && !can_end && !is_uncertain; }
};

// Runs a program. A set never has more readings than max_readings(): those found later are dropped,
// so the text stays inside the grammar whatever happens.
class Engine {
 public:
  // `program` must outlive it. Below the bottom of the stacks are `base_depth` more frames.
  Engine(const Program& program, uint32_t base_depth)
      : program_(program), base_depth_(base_depth), max_readings_(2 * program.code.size() + 1024) {}

  static Frame FrameOf(const Program& program, uint32_t rule);

  ReadingSet Start(const Reading& reading) const { return Close({reading}); }
  ReadingSet ReadByte(const ReadingSet& set, uint8_t byte) const;
  ReadingSet ReadControl(const ReadingSet& set, ControlToken token) const;

  // What a reading at kKey does, for those who ask what it can go on with.
  bool MayAddOther(const Frame& frame, uint32_t depth) const;

 private:
  class Closure;

  ReadingSet Close(std::vector<Reading> readings) const;
  uint32_t DepthOf(const Reading& reading) const {
    return reading.parent == nullptr ? base_depth_ : reading.parent->depth;
  }
  bool HasRoom(uint32_t place, uint32_t depth) const {
    const uint32_t needed = program_.frames_needed[place];
    return needed != kNeverEnds && depth + needed <= kMaxDepth;
  }
  bool MayAdd(const Object& object, const Frame& frame, size_t property, uint32_t depth) const;
  bool MayAddAny(const Object& object, const Frame& frame, uint32_t begin, uint32_t end,
                 uint32_t depth) const;

  // Each appends to `next` what becomes of `reading` when it reads `byte`.
  void ReadChar(const Reading& reading, uint8_t byte, std::vector<Reading>* next) const;
  void ReadText(const Reading& reading, uint8_t byte, std::vector<Reading>* next) const;
  void ReadKey(const Reading& reading, uint8_t byte, std::vector<Reading>* next) const;

  const Program& program_;
  uint32_t base_depth_;
  size_t max_readings_;
};

}  // namespace gemma4::constraint

#endif  // GEMMA4_LIB_CONSTRAINT_READING_H_
