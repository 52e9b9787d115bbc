#include "lib/constraint/token_index.h"

#include <algorithm>
#include <utility>

#include "lib/constraint/char_decoder.h"

namespace gemma4 {
namespace {

// The number of code points of a plain token; 0 where it is not plain.
uint8_t PlainLength(std::string_view bytes) {
  constraint::CharDecoder decoder;
  uint8_t length = 0;
  for (const char byte : bytes) {
    char32_t c = 0;
    if (byte == '\\') return 0;
    switch (decoder.Read(static_cast<uint8_t>(byte), /*has_escapes=*/true, &c)) {
      case constraint::CharDecoder::Result::kRefused: return 0;
      case constraint::CharDecoder::Result::kPartial: break;
      case constraint::CharDecoder::Result::kChar: ++length;
    }
  }
  return decoder.is_at_boundary() ? length : 0;
}

}  // namespace

// Most tokens differ in their first eight bytes, so that few comparisons look at the others.
struct TokenIndex::Entry {
  uint64_t prefix = 0;  // eight bytes, the first one highest, zeros at the end
  int32_t id = 0;
  uint8_t plain_length = 0;
};

StatusOr<std::shared_ptr<const TokenIndex>> TokenIndex::Create(const TokenIndexSource& source) {
  const auto check_id = [&](int32_t id, const char* what) -> Status {
    if (id >= 0 && static_cast<size_t>(id) < source.vocab_size) return Status::Ok();
    return Status::InvalidArgument("%s %d is not in the vocabulary of %zu tokens", what, id,
                                   source.vocab_size);
  };
  if (source.vocab_size > INT32_MAX) {
    return Status::InvalidArgument("the vocabulary has %zu tokens; at most %d are allowed",
                                   source.vocab_size, INT32_MAX);
  }
  std::shared_ptr<TokenIndex> index(new TokenIndex());
  index->vocab_size_ = source.vocab_size;
  std::vector<char> has_text(source.vocab_size, 1);
  for (size_t i = 0; i < source.vocab_size; ++i) {
    if (source.is_control && source.is_control(static_cast<int32_t>(i))) has_text[i] = 0;
  }
  for (const int32_t id : source.end_ids) {
    GEMMA4_RETURN_IF_ERROR(check_id(id, "the end token"));
    has_text[static_cast<size_t>(id)] = 0;
    index->end_ids_.push_back(id);
  }
  std::sort(index->end_ids_.begin(), index->end_ids_.end());
  index->control_ids_ = {source.tool_call_begin_id, source.tool_call_end_id, source.quote_id};
  for (const int32_t id : index->control_ids_) {
    if (id == -1) continue;
    GEMMA4_RETURN_IF_ERROR(check_id(id, "the control token"));
    has_text[static_cast<size_t>(id)] = 0;
  }

  index->CopyBytes(source, has_text);
  index->token_begins_.push_back(0);
  index->plain_mask_.assign(index->num_mask_words(), 0);
  const std::vector<Entry> plain = index->SortedEntries(true);
  index->AddTree(plain);
  for (const Entry& entry : plain) {
    index->plain_lengths_.push_back(entry.plain_length);
    const size_t id = static_cast<size_t>(entry.id);
    index->plain_mask_[id / 64] |= uint64_t{1} << (id % 64);
  }
  index->num_plain_nodes_ = index->num_nodes();
  index->AddTree(index->SortedEntries(false));
  index->node_bytes_.shrink_to_fit();
  index->node_depths_.shrink_to_fit();
  index->subtree_ends_.shrink_to_fit();
  index->token_begins_.shrink_to_fit();
  return std::shared_ptr<const TokenIndex>(std::move(index));
}

void TokenIndex::CopyBytes(const TokenIndexSource& source, const std::vector<char>& has_text) {
  bytes_begin_.reserve(vocab_size_ + 1);
  for (size_t i = 0; i < vocab_size_; ++i) {
    bytes_begin_.push_back(static_cast<uint32_t>(bytes_.size()));
    if (!has_text[i]) continue;
    const std::string_view bytes = source.bytes(static_cast<int32_t>(i));
    if (bytes.size() > kMaxTokenBytes) continue;
    bytes_.append(bytes);
    max_token_bytes_ = std::max(max_token_bytes_, bytes.size());
  }
  bytes_begin_.push_back(static_cast<uint32_t>(bytes_.size()));
  bytes_.shrink_to_fit();
}

std::vector<TokenIndex::Entry> TokenIndex::SortedEntries(bool plain) const {
  std::vector<Entry> entries;
  for (size_t i = 0; i < vocab_size_; ++i) {
    const int32_t id = static_cast<int32_t>(i);
    const std::string_view bytes = Bytes(id);
    if (bytes.empty()) continue;
    const uint8_t plain_length = PlainLength(bytes);
    if ((plain_length != 0) != plain) continue;
    uint64_t prefix = 0;
    for (size_t b = 0; b < 8; ++b) {
      prefix = prefix << 8 | (b < bytes.size() ? static_cast<uint8_t>(bytes[b]) : 0);
    }
    entries.push_back({prefix, id, plain_length});
  }
  std::sort(entries.begin(), entries.end(), [this](const Entry& a, const Entry& b) {
    if (a.prefix != b.prefix) return a.prefix < b.prefix;
    const int order = Bytes(a.id).compare(Bytes(b.id));
    return order != 0 ? order < 0 : a.id < b.id;
  });
  return entries;
}

void TokenIndex::AddTree(const std::vector<Entry>& entries) {
  std::vector<uint32_t> path;  // the nodes of the token before
  std::string_view before;
  const auto close_from = [&](size_t depth) {
    for (size_t d = depth; d < path.size(); ++d) subtree_ends_[path[d]] = num_nodes();
    path.resize(depth);
  };
  for (const Entry& entry : entries) {
    const std::string_view bytes = Bytes(entry.id);
    size_t shared = 0;
    while (shared < bytes.size() && shared < before.size() && bytes[shared] == before[shared]) {
      ++shared;
    }
    close_from(shared);
    for (size_t d = shared; d < bytes.size(); ++d) {
      path.push_back(num_nodes());
      node_bytes_.push_back(static_cast<uint8_t>(bytes[d]));
      node_depths_.push_back(static_cast<uint8_t>(d + 1));
      subtree_ends_.push_back(0);
      token_begins_.push_back(static_cast<uint32_t>(token_ids_.size()));
    }
    token_ids_.push_back(entry.id);
    token_begins_.back() = static_cast<uint32_t>(token_ids_.size());
    before = bytes;
  }
  close_from(0);
}

bool TokenIndex::IsEnd(int32_t id) const {
  return std::binary_search(end_ids_.begin(), end_ids_.end(), id);
}

size_t TokenIndex::size_bytes() const {
  return bytes_.capacity() + bytes_begin_.capacity() * sizeof(uint32_t) + node_bytes_.capacity() +
         node_depths_.capacity() + subtree_ends_.capacity() * sizeof(uint32_t) +
         token_begins_.capacity() * sizeof(uint32_t) + token_ids_.capacity() * sizeof(int32_t) +
         plain_mask_.capacity() * sizeof(uint64_t) + plain_lengths_.capacity();
}

}  // namespace gemma4
