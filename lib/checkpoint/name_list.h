// The first few of many names, for a message.
#ifndef GEMMA4_LIB_CHECKPOINT_NAME_LIST_H_
#define GEMMA4_LIB_CHECKPOINT_NAME_LIST_H_

#include <cstddef>
#include <string>

namespace gemma4 {

// "a, b, c and 4 more"
class NameList {
 public:
  // Calls `make_name` only for names that will be shown.
  template <typename MakeName>
  void Add(MakeName&& make_name) {
    if (++size_ > kMaxShown) return;
    if (!shown_.empty()) shown_ += ", ";
    shown_ += make_name();
  }

  size_t size() const { return size_; }
  std::string text() const {
    if (size_ <= kMaxShown) return shown_;
    return shown_ + " and " + std::to_string(size_ - kMaxShown) + " more";
  }

 private:
  static constexpr size_t kMaxShown = 3;
  std::string shown_;
  size_t size_ = 0;
};

}  // namespace gemma4

#endif  // GEMMA4_LIB_CHECKPOINT_NAME_LIST_H_
