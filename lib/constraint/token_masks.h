// TokenMasks: which tokens may follow, for states of one program over one vocabulary.
//
// The states are those of the machine without what lies below its topmost rule: most tokens neither
// end that rule nor look below it, so the answer for them is found once and kept. Where a token may
// end the rule, the places in the vocabulary's tree are kept, and the rule below reads on from
// there.
#ifndef GEMMA4_LIB_CONSTRAINT_TOKEN_MASKS_H_
#define GEMMA4_LIB_CONSTRAINT_TOKEN_MASKS_H_

#include <algorithm>
#include <array>
#include <bitset>
#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "lib/constraint/program.h"
#include "lib/constraint/reading.h"
#include "lib/constraint/token_index.h"

namespace gemma4::constraint {

// Not thread-safe. Memory is bounded: what was found is forgotten when there is too much of it.
class TokenMasks {
 public:
  TokenMasks(const Program& program, const TokenIndex& index);

  // Sets the bits of the tokens of text that `state` allows, after which something else, or the
  // end, may follow. `mask` is all zeros; `state` has nothing below its bottom. False: the text has
  // so many readings that finding all tokens would take seconds; only those of a single byte are
  // set. Which it is depends on `state` alone, not on what was asked before.
  bool AddAllowed(const ReadingSet& state, std::span<uint64_t> mask);

 private:
  // What may be read, and by each byte what state follows. Nothing is below its bottom.
  struct State {
    ReadingSet set;
    uint32_t base_depth = 0;
    uint32_t free_length = 0;       // see FreeTextLength
    std::array<int32_t, 256> next;  // kUnknown, kDead, or a state
    // Which steps from here the walk of this number has been charged for.
    uint64_t walk = 0;
    std::bitset<256> is_charged;
  };
  static constexpr int32_t kUnknown = -2, kDead = -1;

  // What tokens do from certain places of the tree on, in a certain state.
  struct Found {
    std::vector<uint64_t> mask;  // of allowed tokens, where they are many
    std::vector<int32_t> ids;    // where they are few
    std::vector<uint32_t> ends;  // nodes where the topmost rule may end and tokens go on; sorted
    std::vector<uint32_t> uncertain;  // nodes below which each token needs a look of its own
    std::map<int32_t, std::shared_ptr<Found>> below;  // by state: how it goes on from `ends`
    // Readings that were looked at, as if nothing had been known before. Above kMaxWork the walk
    // was given up, and the rest is empty.
    size_t work = 0;
    uint64_t mask_number = 0;  // of the last mask that it was added to

    size_t size_bytes() const;
  };

  // Readings above the same stack.
  struct Group {
    ReadingSet set;
    StackPtr parent;
  };

  // False: too much work; the mask has some of the tokens.
  bool FindAllowed(const ReadingSet& state, std::span<uint64_t> mask);
  void AddSingleBytes(const ReadingSet& state, std::span<uint64_t> mask) const;
  static std::vector<Group> GroupsOf(const ReadingSet& state);
  // Adds to `*work`; false: it is too much.
  bool AddFound(Found* found, const ReadingSet& state, std::span<uint64_t> mask,
                size_t* work) const;
  bool AllowsExactly(const ReadingSet& state, std::string_view bytes) const;

  uint32_t BaseDepth(uint32_t depth) const { return std::max(depth, smallest_depth_); }
  int32_t Intern(ReadingSet set, uint32_t base_depth);
  int32_t StateAt(const StackNode& node);
  int32_t Next(int32_t state, uint8_t byte);

  // All tokens from the top of the tree; or those below the nodes where `above` may end.
  std::shared_ptr<Found> FindAll(int32_t state);
  std::shared_ptr<Found> FindBelow(int32_t state, const std::vector<uint32_t>& ends);
  // Walks the nodes [begin, end), whose first stands below a node of depth `depth`. False: states
  // were forgotten on the way, `*state` is found anew.
  void Walk(int32_t* state, uint32_t begin, uint32_t end, uint32_t depth, Found* found);
  // The work of the step from `state` by `byte`, if this walk has not been charged for it yet.
  size_t Charge(int32_t state, uint8_t byte, int32_t next);
  // How many more code points a state in the midst of free text takes; 0: it is not one.
  uint32_t FreeTextLength(const State& state) const;
  void AddFreeText(uint32_t max_length);
  // From scratch_, which is cleared.
  void Pack(Found* found);
  void Forget();

  const Program& program_;
  const TokenIndex& index_;
  uint32_t max_bytes_;       // of a token
  uint32_t smallest_depth_;  // up to there depth makes no difference within a token
  uint64_t generation_ = 0;  // counts how often all was forgotten
  std::vector<std::unique_ptr<State>> states_;
  std::unordered_map<std::string, int32_t> state_of_;
  size_t state_bytes_ = 0;
  std::unordered_map<int32_t, std::shared_ptr<Found>> found_;  // from the top of the tree, by state
  size_t found_bytes_ = 0;
  uint64_t num_walks_ = 0;
  uint64_t num_masks_ = 0;
  std::vector<uint64_t> scratch_;  // a mask, all zeros between calls
};

}  // namespace gemma4::constraint

#endif  // GEMMA4_LIB_CONSTRAINT_TOKEN_MASKS_H_
