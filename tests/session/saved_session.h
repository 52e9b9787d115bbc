// Sessions saved to memory and restored from it.
#ifndef GEMMA4_TESTS_SESSION_SAVED_SESSION_H_
#define GEMMA4_TESTS_SESSION_SAVED_SESSION_H_

#include <gtest/gtest.h>

#include <algorithm>
#include <cstddef>
#include <span>
#include <vector>

#include "lib/session/session.h"

namespace gemma4 {

using Bytes = std::vector<std::byte>;

inline Bytes Saved(Session& session) {
  Bytes bytes;
  const Status status = session.Save([&](std::span<const std::byte> piece) {
    bytes.insert(bytes.end(), piece.begin(), piece.end());
    return Status::Ok();
  });
  EXPECT_TRUE(status.ok()) << status.message();
  return bytes;
}

inline Status RestoreFrom(const Bytes& bytes, Session& session) {
  size_t offset = 0;
  return session.Restore(
      [&](std::span<std::byte> piece) -> Status {
        if (piece.size() > bytes.size() - offset) return Status::Corrupt("cut short");
        std::copy_n(bytes.begin() + static_cast<ptrdiff_t>(offset), piece.size(), piece.begin());
        offset += piece.size();
        return Status::Ok();
      },
      nullptr, [&] { return offset == bytes.size() ? Status::Ok() : Status::Corrupt("goes on"); });
}

}  // namespace gemma4

#endif  // GEMMA4_TESTS_SESSION_SAVED_SESSION_H_
