#include "lib/constraint/char_automaton.h"

#include <algorithm>
#include <map>
#include <utility>

namespace gemma4::constraint {
namespace {

// The first edge of `state` that does not end before `c`.
auto EdgeFrom(const CharState& state, char32_t c) {
  return std::lower_bound(state.edges.begin(), state.edges.end(), c,
                          [](const CharEdge& edge, char32_t d) { return edge.range.last < d; });
}

// For each state, whether an accepting one can be reached.
std::vector<char> FindLive(const std::vector<CharState>& states) {
  std::vector<std::vector<uint32_t>> sources(states.size());
  std::vector<uint32_t> work;
  std::vector<char> is_live(states.size(), 0);
  for (uint32_t i = 0; i < states.size(); ++i) {
    for (const CharEdge& edge : states[i].edges) sources[edge.target].push_back(i);
    if (states[i].accepts) {
      is_live[i] = 1;
      work.push_back(i);
    }
  }
  while (!work.empty()) {
    const uint32_t state = work.back();
    work.pop_back();
    for (const uint32_t source : sources[state]) {
      if (is_live[source]) continue;
      is_live[source] = 1;
      work.push_back(source);
    }
  }
  return is_live;
}

}  // namespace

CharAutomaton::CharAutomaton(std::vector<CharState> states) {
  const std::vector<char> is_live = FindLive(states);
  if (states.empty() || !is_live[0]) return;
  std::vector<uint32_t> new_index(states.size(), kNone);
  std::vector<uint32_t> order = {0};
  new_index[0] = 0;
  for (size_t i = 0; i < order.size(); ++i) {
    CharState kept;
    kept.accepts = states[order[i]].accepts;
    for (const CharEdge& edge : states[order[i]].edges) {
      if (!is_live[edge.target]) continue;
      if (new_index[edge.target] == kNone) {
        new_index[edge.target] = static_cast<uint32_t>(order.size());
        order.push_back(edge.target);
      }
      kept.edges.push_back({edge.range, new_index[edge.target]});
    }
    states_.push_back(std::move(kept));
  }
  char32_t next = 0x20;
  for (const CharEdge& edge : states_[0].edges) {
    if (edge.target == 0 && edge.range.first <= next && edge.range.last >= next) {
      next = edge.range.last + 1;
    }
  }
  is_free_ = states_.size() == 1 && next > kMaxChar;
}

CharAutomaton CharAutomaton::AllOver(const CharRanges& alphabet) {
  CharState state;
  state.accepts = true;
  for (const CharRange& range : alphabet) state.edges.push_back({range, 0});
  return CharAutomaton({state});
}

CharAutomaton CharAutomaton::OneOf(std::span<const std::u32string> strings) {
  std::vector<std::map<char32_t, uint32_t>> children(1);
  std::vector<char> accepts(1, 0);
  for (const std::u32string& string : strings) {
    uint32_t state = 0;
    for (const char32_t c : string) {
      const auto [child, is_new] =
          children[state].try_emplace(c, static_cast<uint32_t>(children.size()));
      state = child->second;
      if (is_new) {
        children.emplace_back();
        accepts.push_back(0);
      }
    }
    accepts[state] = 1;
  }
  std::vector<CharState> states(children.size());
  for (size_t i = 0; i < children.size(); ++i) {
    states[i].accepts = accepts[i] != 0;
    for (const auto& [c, child] : children[i]) states[i].edges.push_back({{c, c}, child});
  }
  return CharAutomaton(std::move(states));
}

StatusOr<CharAutomaton> CharAutomaton::WithLength(uint32_t min, uint32_t max) const {
  // A product state is a state and a length; without a maximum, lengths from `min` on are alike.
  const bool is_bounded = max != UINT32_MAX;
  const uint32_t longest = is_bounded ? max : min;
  std::map<std::pair<uint32_t, uint32_t>, uint32_t> index;
  std::vector<std::pair<uint32_t, uint32_t>> order;
  std::vector<CharState> product;
  const auto find = [&](uint32_t state, uint32_t length) {
    const auto [found, is_new] =
        index.try_emplace({state, length}, static_cast<uint32_t>(order.size()));
    if (is_new) order.emplace_back(state, length);
    return found->second;
  };
  if (!is_empty()) find(0, 0);
  for (size_t i = 0; i < order.size(); ++i) {
    if (order.size() > kMaxStates) {
      return Status::Unsupported("needs an automaton of more than %zu states", kMaxStates);
    }
    const auto [state, length] = order[i];
    CharState made;
    made.accepts = states_[state].accepts && length >= min;
    if (length < longest || !is_bounded) {
      for (const CharEdge& edge : states_[state].edges) {
        made.edges.push_back({edge.range, find(edge.target, std::min(length + 1, longest))});
      }
    }
    product.push_back(std::move(made));
  }
  return CharAutomaton(std::move(product));
}

uint32_t CharAutomaton::Next(uint32_t state, char32_t c) const {
  const auto edge = EdgeFrom(states_[state], c);
  return edge != states_[state].edges.end() && edge->range.first <= c ? edge->target : kNone;
}

bool CharAutomaton::HasEdgeIn(uint32_t state, CharRange range) const {
  const auto edge = EdgeFrom(states_[state], range.first);
  return edge != states_[state].edges.end() && edge->range.first <= range.last;
}

}  // namespace gemma4::constraint
