// A stand-in for the types of Unreal Engine that the plugin names, so that its C++ is compiled and
// run without the engine. The engine's own have the same names and meanings, and a great deal more.
#pragma once

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <functional>
#include <future>
#include <memory>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

using uint8 = std::uint8_t;
using int32 = std::int32_t;
using int64 = std::int64_t;
using uint64 = std::uint64_t;
using TCHAR = char16_t;
#define TEXT(text) u##text
inline constexpr uint64 MAX_uint64 = ~uint64{0};

// What Unreal's header tool reads.
#define UCLASS(...)
#define UENUM(...)
#define UPROPERTY(...)
#define UFUNCTION(...)
#define GENERATED_BODY() using Super = ShimSuper;
#define GEMMA4UNREAL_API

template <typename T>
class TArray {
 public:
  TArray() = default;
  TArray(const T* data, int32 count) : items_(data, data + count) {}
  int32 Num() const { return static_cast<int32>(items_.size()); }
  T* GetData() { return items_.data(); }
  T& operator[](int32 index) { return items_.at(static_cast<size_t>(index)); }
  const T& operator[](int32 index) const { return items_.at(static_cast<size_t>(index)); }
  T& Last() { return items_.back(); }
  void Add(T item) { items_.push_back(std::move(item)); }
  void Append(const TArray& other) { items_.insert(items_.end(), other.begin(), other.end()); }
  void RemoveAt(int32 index, int32 count = 1) {
    items_.erase(items_.begin() + index, items_.begin() + index + count);
  }
  void Remove(const T& item) { std::erase(items_, item); }
  void Empty() { items_.clear(); }
  auto begin() const { return items_.begin(); }
  auto end() const { return items_.end(); }

 private:
  std::vector<T> items_;
};

// UTF-8 to UTF-16 and back, as the engine's converters: they own what they return.
class FUTF8ToTCHAR {
 public:
  explicit FUTF8ToTCHAR(const char* utf8)
      : FUTF8ToTCHAR(utf8, static_cast<int32>(std::strlen(utf8))) {}
  FUTF8ToTCHAR(const char* utf8, int32 size) {
    for (int32 i = 0; i < size;) {
      const auto lead = static_cast<unsigned char>(utf8[i]);
      const int32 length = lead < 0x80 ? 1 : lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4;
      char32_t point = length == 1 ? lead : lead & (0xff >> (length + 1));
      for (int32 j = 1; j < length; ++j) point = point << 6 | (utf8[i + j] & 0x3f);
      if (point >= 0x10000) {
        text_ += static_cast<TCHAR>(0xd7c0 + (point >> 10));
        text_ += static_cast<TCHAR>(0xdc00 + (point & 0x3ff));
      } else {
        text_ += static_cast<TCHAR>(point);
      }
      i += length;
    }
  }
  const TCHAR* Get() const { return text_.c_str(); }
  int32 Length() const { return static_cast<int32>(text_.size()); }

 private:
  std::u16string text_;
};

class FTCHARToUTF8 {
 public:
  explicit FTCHARToUTF8(const TCHAR* text) {
    for (size_t i = 0; text[i] != 0; ++i) {
      char32_t point = text[i];
      if (point >= 0xd800 && point < 0xdc00) {
        ++i;
        point = 0x10000 + ((point - 0xd800) << 10) + (text[i] - 0xdc00u);
      }
      if (point < 0x80) {
        utf8_ += static_cast<char>(point);
        continue;
      }
      const int32 num_more = point < 0x800 ? 1 : point < 0x10000 ? 2 : 3;
      utf8_ += static_cast<char>((0xf00 >> num_more & 0xff) | (point >> (6 * num_more)));
      for (int32 j = num_more - 1; j >= 0; --j) {
        utf8_ += static_cast<char>(0x80 | ((point >> (6 * j)) & 0x3f));
      }
    }
  }
  const char* Get() const { return utf8_.c_str(); }
  int32 Length() const { return static_cast<int32>(utf8_.size()); }

 private:
  std::string utf8_;
};
#define UTF8_TO_TCHAR(text) (FUTF8ToTCHAR(text).Get())
#define TCHAR_TO_UTF8(text) (FTCHARToUTF8(text).Get())

class FString {
 public:
  FString() = default;
  FString(const TCHAR* text) : text_(text) {}
  FString(int32 count, const TCHAR* text) : text_(text, static_cast<size_t>(count)) {}
  const TCHAR* operator*() const { return text_.c_str(); }
  bool IsEmpty() const { return text_.empty(); }
  void Empty() { text_.clear(); }
  FString& operator+=(const FString& other) {
    text_ += other.text_;
    return *this;
  }

 private:
  std::u16string text_;
};

template <typename Signature>
using TFunction = std::function<Signature>;
template <typename T>
using TObjectPtr = T*;

struct FMath {
  template <typename T>
  static T Max(T a, T b) {
    return std::max(a, b);
  }
  template <typename T>
  static T Min(T a, T b) {
    return std::min(a, b);
  }
};

inline uint64 GFrameCounter = 0;

class UObject {
 public:
  virtual ~UObject() = default;
  virtual void BeginDestroy() {}
};

// Blueprint events. The engine binds UFUNCTIONs by name; here anything that can be called.
template <typename... Arguments>
class TShimDelegate {
 public:
  void Broadcast(Arguments... arguments) const {
    const auto listeners = listeners_;
    for (const auto& listener : listeners) listener(arguments...);
  }
  void Listen(std::function<void(Arguments...)> listener) {
    listeners_.push_back(std::move(listener));
  }

 private:
  std::vector<std::function<void(Arguments...)>> listeners_;
};
#define DECLARE_DYNAMIC_MULTICAST_DELEGATE_OneParam(name, type0, name0) \
  using name = TShimDelegate<type0>
#define DECLARE_DYNAMIC_MULTICAST_DELEGATE_TwoParams(name, type0, name0, type1, name1) \
  using name = TShimDelegate<type0, type1>
#define DECLARE_DYNAMIC_MULTICAST_DELEGATE_ThreeParams(name, type0, name0, type1, name1, type2, \
                                                       name2)                                   \
  using name = TShimDelegate<type0, type1, type2>
