#include "lib/constraint/token_masks.h"

#include <bit>
#include <utility>

namespace gemma4::constraint {
namespace {

// A state takes 1.2 KiB or more. One walk through the tree may need more of them than are kept.
constexpr size_t kMaxStateBytes = size_t{6} << 20;
// A mask of 262,144 tokens has 32 KiB.
constexpr size_t kMaxFoundBytes = size_t{8} << 20;
// Of one mask, in readings, each some tenths of a microsecond. Schemas take thousands.
constexpr size_t kMaxWork = 1000000;
// Above this many allowed tokens a mask is smaller, and faster, than a list.
constexpr size_t kMaxListedTokens = 1024;

void SetBit(int32_t id, std::span<uint64_t> mask) {
  const size_t i = static_cast<size_t>(id);
  mask[i / 64] |= uint64_t{1} << (i % 64);
}

// Whether a token of plain text may begin with a byte of `set`.
bool HasPlainByte(std::bitset<256> set) {
  for (size_t byte = 0; byte < 0x20; ++byte) set.reset(byte);
  set.reset('"');
  set.reset('\\');
  return set.any();
}

}  // namespace

size_t TokenMasks::Found::size_bytes() const {
  return sizeof(Found) + mask.size() * sizeof(uint64_t) +
         (ids.size() + ends.size() + uncertain.size()) * sizeof(uint32_t);
}

TokenMasks::TokenMasks(const Program& program, const TokenIndex& index)
    : program_(program), index_(index), scratch_(index.num_mask_words(), 0) {
  max_bytes_ = static_cast<uint32_t>(index.max_token_bytes());
  // A byte is read after at most max_calls calls, and so is the end of the token.
  const uint64_t reach = uint64_t{program.max_frames_needed} +
                         (uint64_t{max_bytes_} + 1) * (uint64_t{program.max_calls} + 1) + 1;
  smallest_depth_ = reach < kMaxDepth ? kMaxDepth - static_cast<uint32_t>(reach) : 0;
}

void TokenMasks::Forget() {
  ++generation_;
  states_.clear();
  state_of_.clear();
  state_bytes_ = 0;
  found_.clear();
  found_bytes_ = 0;
}

// ---- States -------------------------------------------------------------------------------------

int32_t TokenMasks::Intern(ReadingSet set, uint32_t base_depth) {
  if (set.is_dead()) return kDead;
  std::string key(reinterpret_cast<const char*>(&base_depth), sizeof(base_depth));
  key += static_cast<char>(set.can_end | set.is_uncertain << 1);
  std::vector<Reading> kept;
  std::unordered_map<std::string, bool> is_kept;
  for (Reading& reading : set.readings) {
    reading.frame.Generalize(program_, max_bytes_);
    std::string part;
    reading.frame.AppendTo(&part);
    for (const StackNode* node = reading.parent.get(); node != nullptr; node = node->parent.get()) {
      part += 'P';
      node->frame.AppendTo(&part);
    }
    part += ';';
    if (set.readings.size() > 1 && !is_kept.try_emplace(part, true).second) continue;
    key += part;
    kept.push_back(std::move(reading));
  }
  set.readings = std::move(kept);
  const auto [found, is_new] = state_of_.try_emplace(std::move(key), 0);
  if (!is_new) return found->second;
  found->second = static_cast<int32_t>(states_.size());
  auto state = std::make_unique<State>();
  state_bytes_ += sizeof(State) + found->first.size() + 128 + set.readings.size() * sizeof(Reading);
  state->set = std::move(set);
  state->base_depth = base_depth;
  state->free_length = FreeTextLength(*state);
  state->next.fill(kUnknown);
  states_.push_back(std::move(state));
  return found->second;
}

int32_t TokenMasks::StateAt(const StackNode& node) {
  Frame frame = node.frame;
  // Frames that wait read no name, so only their counts are generalized.
  frame.Generalize(program_, max_bytes_);
  const uint32_t base_depth = BaseDepth(node.depth - 1);
  return Intern(Engine(program_, base_depth).Start({std::move(frame), nullptr}), base_depth);
}

int32_t TokenMasks::Next(int32_t state, uint8_t byte) {
  State& from = *states_[static_cast<size_t>(state)];
  if (from.next[byte] != kUnknown) return from.next[byte];
  const int32_t next =
      Intern(Engine(program_, from.base_depth).ReadByte(from.set, byte), from.base_depth);
  from.next[byte] = next;
  return next;
}

size_t TokenMasks::Charge(int32_t state, uint8_t byte, int32_t next) {
  State& from = *states_[static_cast<size_t>(state)];
  if (from.walk != num_walks_) {
    from.walk = num_walks_;
    from.is_charged.reset();
  }
  if (from.is_charged[byte]) return 0;
  from.is_charged.set(byte);
  const size_t num_visited =
      next == kDead ? 0 : states_[static_cast<size_t>(next)]->set.num_visited;
  return from.set.readings.size() + num_visited;
}

uint32_t TokenMasks::FreeTextLength(const State& state) const {
  if (state.set.can_end || state.set.is_uncertain) return 0;
  uint32_t length = 0;
  for (const Reading& reading : state.set.readings) {
    const Instruction& instruction = program_.code[reading.frame.place];
    const Frame& frame = reading.frame;
    switch (instruction.op) {
      case Op::kControl: break;
      case Op::kBytes:
        if (HasPlainByte(program_.byte_sets[instruction.operand])) return 0;
        break;
      case Op::kText:
        if (length != 0 || !frame.decoder.is_at_boundary() ||
            !program_.texts[instruction.operand].automaton.is_free()) {
          return 0;
        }
        length = frame.to_max;
        if (length == 0) return 0;
        break;
      case Op::kKey: {
        const uint32_t depth = reading.parent == nullptr ? state.base_depth : reading.parent->depth;
        if (length != 0 || !frame.decoder.is_at_boundary() || !frame.key->is_free() ||
            !program_.objects[instruction.operand].has_escapes ||
            !Engine(program_, state.base_depth).MayAddOther(frame, depth)) {
          return 0;
        }
        length = kUnlimited;
        break;
      }
      default: return 0;
    }
  }
  return length;
}

// ---- Walks --------------------------------------------------------------------------------------

void TokenMasks::Walk(int32_t* state, uint32_t begin, uint32_t end, uint32_t depth, Found* found) {
  std::array<int32_t, TokenIndex::kMaxTokenBytes + 1> path;  // by depth
  path[depth] = *state;
  for (uint32_t node = begin; node < end && found->work <= kMaxWork;) {
    const uint32_t node_depth = index_.node_depth(node);
    if (state_bytes_ > kMaxStateBytes) {
      // Only what leads here is needed.
      std::vector<std::pair<ReadingSet, uint32_t>> sets;
      for (uint32_t d = depth; d < node_depth; ++d) {
        const State& kept = *states_[static_cast<size_t>(path[d])];
        sets.emplace_back(kept.set, kept.base_depth);
      }
      Forget();
      for (uint32_t d = depth; d < node_depth; ++d) {
        path[d] = Intern(std::move(sets[d - depth].first), sets[d - depth].second);
      }
      *state = path[depth];
    }
    const uint8_t byte = index_.node_byte(node);
    const int32_t next = Next(path[node_depth - 1], byte);
    found->work += Charge(path[node_depth - 1], byte, next);
    if (next == kDead) {
      node = index_.subtree_end(node);
      continue;
    }
    const State& reached = *states_[static_cast<size_t>(next)];
    const ReadingSet& set = reached.set;
    if (reached.free_length == kUnlimited && node < index_.num_plain_nodes()) {
      // Plain text may follow as long as it likes.
      const uint32_t subtree_end = index_.subtree_end(node);
      for (const int32_t id : index_.TokensOf(node, subtree_end)) SetBit(id, scratch_);
      node = subtree_end;
      continue;
    }
    if (set.is_uncertain) {
      found->uncertain.push_back(node);
      node = index_.subtree_end(node);
      continue;
    }
    path[node_depth] = next;
    for (const int32_t id : index_.TokensOf(node, node + 1)) SetBit(id, scratch_);
    if (set.can_end && index_.subtree_end(node) != node + 1) found->ends.push_back(node);
    node = set.readings.empty() ? index_.subtree_end(node) : node + 1;
  }
}

void TokenMasks::AddFreeText(uint32_t max_length) {
  if (max_length > TokenIndex::kMaxTokenBytes) {
    const std::span<const uint64_t> plain = index_.plain_mask();
    for (size_t i = 0; i < plain.size(); ++i) scratch_[i] |= plain[i];
    return;
  }
  const std::span<const uint8_t> lengths = index_.plain_lengths();
  const std::span<const int32_t> ids = index_.TokensOf(0, index_.num_plain_nodes());
  for (size_t i = 0; i < ids.size(); ++i) {
    if (lengths[i] <= max_length) SetBit(ids[i], scratch_);
  }
}

std::shared_ptr<TokenMasks::Found> TokenMasks::FindAll(int32_t state) {
  const auto known = found_.find(state);
  if (known != found_.end()) return known->second;
  auto found = std::make_shared<Found>();
  ++num_walks_;
  const uint64_t generation = generation_;
  const uint32_t free_length = states_[static_cast<size_t>(state)]->free_length;
  int32_t start = state;
  if (free_length != 0) {
    AddFreeText(free_length);
  } else {
    Walk(&start, 0, index_.num_plain_nodes(), 0, found.get());
  }
  Walk(&start, index_.num_plain_nodes(), index_.num_nodes(), 0, found.get());
  Pack(found.get());
  if (generation == generation_) found_[state] = found;
  return found;
}

std::shared_ptr<TokenMasks::Found> TokenMasks::FindBelow(int32_t state,
                                                         const std::vector<uint32_t>& ends) {
  auto found = std::make_shared<Found>();
  ++num_walks_;
  const State& from = *states_[static_cast<size_t>(state)];
  if (from.set.is_uncertain) {
    for (const uint32_t node : ends) found->uncertain.push_back(node);
    return found;
  }
  if (from.set.can_end) found->ends = ends;
  for (const uint32_t node : ends) {
    Walk(&state, node + 1, index_.subtree_end(node), index_.node_depth(node), found.get());
  }
  std::sort(found->ends.begin(), found->ends.end());
  found->ends.erase(std::unique(found->ends.begin(), found->ends.end()), found->ends.end());
  Pack(found.get());
  return found;
}

void TokenMasks::Pack(Found* found) {
  if (found->work > kMaxWork) {
    std::fill(scratch_.begin(), scratch_.end(), 0);
    found->ends.clear();
    found->uncertain.clear();
  }
  size_t num_tokens = 0;
  for (const uint64_t word : scratch_) num_tokens += static_cast<size_t>(std::popcount(word));
  if (num_tokens > kMaxListedTokens) {
    found->mask = scratch_;
    std::fill(scratch_.begin(), scratch_.end(), 0);
  } else {
    found->ids.reserve(num_tokens);
    for (size_t i = 0; i < scratch_.size(); ++i) {
      for (uint64_t word = scratch_[i]; word != 0; word &= word - 1) {
        found->ids.push_back(static_cast<int32_t>(i * 64) + std::countr_zero(word));
      }
      scratch_[i] = 0;
    }
  }
  found->ends.shrink_to_fit();
  found_bytes_ += found->size_bytes();
}

// ---- Masks --------------------------------------------------------------------------------------

std::vector<TokenMasks::Group> TokenMasks::GroupsOf(const ReadingSet& state) {
  std::vector<Group> groups;
  std::unordered_map<uint64_t, std::vector<size_t>> by_hash;
  for (const Reading& reading : state.readings) {
    std::vector<size_t>& same_hash = by_hash[reading.parent == nullptr ? 0 : reading.parent->hash];
    Group* group = nullptr;
    for (const size_t i : same_hash) {
      if (SameStack(groups[i].parent, reading.parent)) group = &groups[i];
    }
    if (group == nullptr) {
      same_hash.push_back(groups.size());
      groups.push_back({{}, reading.parent});
      group = &groups.back();
    }
    group->set.readings.push_back({reading.frame, nullptr});
  }
  return groups;
}

bool TokenMasks::AddAllowed(const ReadingSet& state, std::span<uint64_t> mask) {
  try {
    if (FindAllowed(state, mask)) return true;
    std::fill(mask.begin(), mask.end(), 0);
    AddSingleBytes(state, mask);
    return false;
  } catch (...) {  // no memory: what was found in part would be taken for the whole
    Forget();
    std::fill(scratch_.begin(), scratch_.end(), 0);
    throw;
  }
}

bool TokenMasks::FindAllowed(const ReadingSet& state, std::span<uint64_t> mask) {
  if (state_bytes_ > kMaxStateBytes || found_bytes_ > kMaxFoundBytes) Forget();
  ++num_masks_;
  size_t work = 0;
  for (Group& group : GroupsOf(state)) {
    const StackNode* node = group.parent.get();
    const uint32_t depth = node == nullptr ? 0 : node->depth;
    const int32_t top = Intern(std::move(group.set), BaseDepth(depth));
    std::shared_ptr<Found> found = FindAll(top);
    if (!AddFound(found.get(), state, mask, &work)) return false;
    for (; node != nullptr && !found->ends.empty(); node = node->parent.get()) {
      const int32_t below = StateAt(*node);
      if (below == kDead) break;
      const auto known = found->below.find(below);
      std::shared_ptr<Found> next;
      if (known != found->below.end()) {
        next = known->second;
      } else {
        const uint64_t generation = generation_;
        next = FindBelow(below, found->ends);
        if (generation == generation_) found->below[below] = next;
      }
      if (!AddFound(next.get(), state, mask, &work)) return false;
      found = std::move(next);
    }
  }
  return true;
}

bool TokenMasks::AddFound(Found* found, const ReadingSet& state, std::span<uint64_t> mask,
                          size_t* work) const {
  if (found->mask_number == num_masks_) return true;  // of other readings above the same rules
  found->mask_number = num_masks_;
  *work += found->work;
  for (size_t i = 0; i < found->mask.size(); ++i) mask[i] |= found->mask[i];
  for (const int32_t id : found->ids) SetBit(id, mask);
  for (const uint32_t node : found->uncertain) {
    for (const int32_t id : index_.TokensOf(node, index_.subtree_end(node))) {
      if (*work > kMaxWork) return false;
      const std::string_view bytes = index_.Bytes(id);
      *work += bytes.size() * state.readings.size();
      if (AllowsExactly(state, bytes)) SetBit(id, mask);
    }
  }
  return *work <= kMaxWork;
}

void TokenMasks::AddSingleBytes(const ReadingSet& state, std::span<uint64_t> mask) const {
  const Engine engine(program_, 0);
  std::bitset<256> is_allowed;
  for (size_t byte = 0; byte < is_allowed.size(); ++byte) {
    is_allowed[byte] = !engine.ReadByte(state, static_cast<uint8_t>(byte)).is_dead();
  }
  for (uint32_t node = 0; node < index_.num_nodes(); node = index_.subtree_end(node)) {
    if (!is_allowed[index_.node_byte(node)]) continue;
    for (const int32_t id : index_.TokensOf(node, node + 1)) SetBit(id, mask);
  }
}

bool TokenMasks::AllowsExactly(const ReadingSet& state, std::string_view bytes) const {
  const Engine engine(program_, 0);
  ReadingSet set = state;
  for (const char byte : bytes) {
    set = engine.ReadByte(set, static_cast<uint8_t>(byte));
    if (set.is_dead()) return false;
  }
  return true;
}

}  // namespace gemma4::constraint
