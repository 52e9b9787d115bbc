#include "lib/text/stop_strings.h"

#include <utility>

#include "lib/base/utf8.h"

namespace gemma4 {

// ---- StopStrings --------------------------------------------------------------------------------

StatusOr<StopStrings> StopStrings::Create(std::span<const std::string_view> strings) {
  if (strings.size() > kMaxStopStrings) {
    return Status::InvalidArgument("%zu stop strings are given; at most %zu are allowed",
                                   strings.size(), kMaxStopStrings);
  }
  StopStrings result;
  for (size_t i = 0; i < strings.size(); ++i) {
    if (strings[i].empty() || strings[i].size() > kMaxStopStringBytes) {
      return Status::InvalidArgument("stop string %zu has %zu bytes; it must have 1 to %zu", i,
                                     strings[i].size(), kMaxStopStringBytes);
    }
    GEMMA4_RETURN_IF_ERROR(CheckUtf8(strings[i]).WithPrefix("stop string " + std::to_string(i)));
    result.strings_.emplace_back(strings[i]);
    result.Insert(i);
  }
  result.LinkFallbacks();
  return result;
}

std::optional<StopStrings::Node> StopStrings::Child(Node node, char byte) const {
  for (const Edge& edge : nodes_[node].edges) {
    if (edge.byte == static_cast<unsigned char>(byte)) return edge.to;
  }
  return std::nullopt;
}

void StopStrings::Insert(size_t index) {
  Node node = kRoot;
  for (const char byte : strings_[index]) {
    std::optional<Node> child = Child(node, byte);
    if (!child) {
      child = static_cast<Node>(nodes_.size());
      NodeData data;
      data.string = static_cast<uint32_t>(index);
      data.size_bytes = nodes_[node].size_bytes + 1;
      nodes_.push_back(std::move(data));
      nodes_[node].edges.push_back({static_cast<unsigned char>(byte), *child});
    }
    node = *child;
  }
  if (nodes_[node].match < 0) nodes_[node].match = static_cast<int32_t>(index);
}

// Shorter texts first: a fallback is shorter than the node, and its own must be known.
void StopStrings::LinkFallbacks() {
  std::vector<Node> order = {kRoot};
  for (size_t i = 0; i < order.size(); ++i) {
    const Node node = order[i];
    for (const Edge& edge : nodes_[node].edges) {
      order.push_back(edge.to);
      NodeData& child = nodes_[edge.to];
      if (node != kRoot) child.fallback = Next(nodes_[node].fallback, static_cast<char>(edge.byte));
      if (child.match < 0) child.match = nodes_[child.fallback].match;
    }
  }
}

StopStrings::Node StopStrings::Next(Node node, char byte) const {
  for (;;) {
    if (const std::optional<Node> child = Child(node, byte)) return *child;
    if (node == kRoot) return kRoot;
    node = nodes_[node].fallback;
  }
}

// ---- StopStringFilter ---------------------------------------------------------------------------

StopStringFilter::StopStringFilter(std::shared_ptr<const StopStrings> strings) {
  if (strings != nullptr && strings->size() > 0) strings_ = std::move(strings);
}

std::string_view StopStringFilter::held() const {
  if (strings_ == nullptr || matched_) return {};
  return strings_->Text(node_);
}

std::optional<size_t> StopStringFilter::Feed(std::string_view text, std::string* out) {
  if (strings_ == nullptr) {
    out->append(text);
    return std::nullopt;
  }
  if (matched_) return matched_;
  // All that is not out yet is what was held before and then `text`; a node's text is its end.
  const std::string_view held_before = held();
  const size_t num_before = held_before.size();
  // Appends the first `size` bytes of held_before + text.
  const auto append_first = [&](size_t size) {
    out->append(held_before.substr(0, size));
    if (size > num_before) out->append(text.substr(0, size - num_before));
  };
  for (size_t i = 0; i < text.size(); ++i) {
    node_ = strings_->Next(node_, text[i]);
    matched_ = strings_->Match(node_);
    if (!matched_) continue;
    append_first(num_before + i + 1 - strings_->string(*matched_).size());
    return matched_;
  }
  append_first(num_before + text.size() - held().size());
  return std::nullopt;
}

void StopStringFilter::Finish(std::string* out) {
  out->append(held());
  node_ = StopStrings::kRoot;
  matched_.reset();
}

}  // namespace gemma4
