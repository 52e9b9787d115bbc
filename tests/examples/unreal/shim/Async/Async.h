#pragma once

#include "Async/Future.h"

enum class EAsyncExecution { Thread };

template <typename Function>
auto Async(EAsyncExecution, Function function) {
  return TFuture<decltype(function())>(std::async(std::launch::async, std::move(function)));
}
