// include/gemma4/save.h
#include <gemma4/save.h>

#include <algorithm>
#include <span>
#include <string>

#include "lib/api/boundary.h"
#include "lib/api/handles.h"
#include "lib/base/file_reader.h"
#include "lib/base/new_file.h"

namespace gemma4 {
namespace {

Status SaveFile(Session& session, const char* path) {
  GEMMA4_ASSIGN_OR_RETURN(NewFile file, NewFile::Create(path));
  GEMMA4_RETURN_IF_ERROR(
      session.Save([&](std::span<const std::byte> bytes) { return file.Write(bytes); }));
  return file.Commit();
}

Status SaveMemory(Session& session, std::span<std::byte> out, size_t* out_size_bytes) {
  size_t size_bytes = 0;
  GEMMA4_RETURN_IF_ERROR(session.Save([&](std::span<const std::byte> bytes) {
    if (size_bytes + bytes.size() <= out.size()) {
      std::copy(bytes.begin(), bytes.end(), out.begin() + static_cast<ptrdiff_t>(size_bytes));
    }
    size_bytes += bytes.size();
    return Status::Ok();
  }));
  *out_size_bytes = size_bytes;
  if (out.empty() || size_bytes <= out.size()) return Status::Ok();
  return Status::InvalidArgument("capacity is %zu bytes; the saved session has %zu", out.size(),
                                 size_bytes);
}

Status RestoreMemory(Session& session, std::span<const std::byte> bytes) {
  size_t offset = 0;
  const auto read = [&](std::span<std::byte> piece) -> Status {
    if (piece.size() > bytes.size() - offset) {
      return Status::Corrupt("the saved session ends after %zu bytes, and %zu more are expected",
                             bytes.size(), offset + piece.size() - bytes.size());
    }
    std::copy_n(bytes.data() + offset, piece.size(), piece.data());
    offset += piece.size();
    return Status::Ok();
  };
  const auto expect_end = [&]() -> Status {
    if (offset == bytes.size()) return Status::Ok();
    return Status::Corrupt("the saved session goes on after %zu bytes, where it should end",
                           offset);
  };
  return session.Restore(read, nullptr, expect_end);
}

}  // namespace
}  // namespace gemma4

using gemma4::AtBoundary;
using gemma4::RequireGiven;
using gemma4::Status;

gemma4_status gemma4_session_save_file(gemma4_session* session, const char* path) {
  return AtBoundary([&]() -> Status {
    GEMMA4_RETURN_IF_ERROR(RequireGiven(session, "session"));
    GEMMA4_RETURN_IF_ERROR(RequireGiven(path, "path"));
    return gemma4::SaveFile(*session->session, path);
  });
}

gemma4_status gemma4_session_save_memory(gemma4_session* session, void* out_bytes, size_t capacity,
                                         size_t* out_size_bytes) {
  return AtBoundary([&]() -> Status {
    GEMMA4_RETURN_IF_ERROR(RequireGiven(out_size_bytes, "out_size_bytes"));
    *out_size_bytes = 0;
    GEMMA4_RETURN_IF_ERROR(RequireGiven(session, "session"));
    if (capacity > 0) GEMMA4_RETURN_IF_ERROR(RequireGiven(out_bytes, "out_bytes"));
    return gemma4::SaveMemory(*session->session, {static_cast<std::byte*>(out_bytes), capacity},
                              out_size_bytes);
  });
}

gemma4_status gemma4_session_save(gemma4_session* session, gemma4_write write, void* userdata,
                                  const gemma4_cancel* cancel) {
  return AtBoundary([&]() -> Status {
    GEMMA4_RETURN_IF_ERROR(RequireGiven(session, "session"));
    if (write == nullptr) return Status::InvalidArgument("write is NULL");
    const auto sink = [&](std::span<const std::byte> bytes) -> Status {
      if (write(bytes.data(), bytes.size(), userdata) == 0) return Status::Ok();
      return Status::Stopped("the callback stopped the saving of the session");
    };
    return session->session->Save(sink, gemma4::FlagOf(cancel));
  });
}

gemma4_status gemma4_session_restore_file(gemma4_session* session, const char* path) {
  return AtBoundary([&]() -> Status {
    GEMMA4_RETURN_IF_ERROR(RequireGiven(session, "session"));
    GEMMA4_RETURN_IF_ERROR(RequireGiven(path, "path"));
    GEMMA4_ASSIGN_OR_RETURN(gemma4::FileReader file, gemma4::FileReader::Open(path));
    return session->session->Restore([&](std::span<std::byte> bytes) { return file.Read(bytes); },
                                     nullptr, [&] { return file.ExpectEnd(); });
  });
}

gemma4_status gemma4_session_restore_memory(gemma4_session* session, const void* bytes,
                                            size_t size_bytes) {
  return AtBoundary([&]() -> Status {
    GEMMA4_RETURN_IF_ERROR(RequireGiven(session, "session"));
    if (size_bytes > 0) GEMMA4_RETURN_IF_ERROR(RequireGiven(bytes, "bytes"));
    return gemma4::RestoreMemory(*session->session,
                                 {static_cast<const std::byte*>(bytes), size_bytes});
  });
}

gemma4_status gemma4_session_restore(gemma4_session* session, gemma4_read read, void* userdata,
                                     const gemma4_cancel* cancel) {
  return AtBoundary([&]() -> Status {
    GEMMA4_RETURN_IF_ERROR(RequireGiven(session, "session"));
    if (read == nullptr) return Status::InvalidArgument("read is NULL");
    const auto source = [&](std::span<std::byte> bytes) -> Status {
      if (read(bytes.data(), bytes.size(), userdata) == 0) return Status::Ok();
      return Status::Io("the callback could not read %zu bytes of the saved session", bytes.size());
    };
    return session->session->Restore(source, gemma4::FlagOf(cancel));
  });
}
