#pragma once

#include "CoreMinimal.h"

template <typename T>
class TFuture {
 public:
  TFuture() = default;
  explicit TFuture(std::future<T> future) : future_(std::move(future)) {}
  bool IsValid() const { return future_.valid(); }
  bool IsReady() const {
    return future_.wait_for(std::chrono::seconds(0)) == std::future_status::ready;
  }
  void Wait() const { future_.wait(); }
  T Get() { return future_.get(); }
  void Reset() { future_ = {}; }

 private:
  std::future<T> future_;
};
