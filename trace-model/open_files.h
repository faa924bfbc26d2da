// SPDX-License-Identifier: Apache-2.0
// What is known of each kernel file object: what it is, which descriptors name it, which epoll instances
// watch it. The identity is the trace's `file`; a file whose identity was not recorded gets a private one,
// from kFirstPrivateFile up.
//
// A file that no known descriptor names any more is kept for a while (the last kKeptClosed of them): it may
// be in flight in an SCM_RIGHTS message, or held by a process outside the trace.
#pragma once

#include <deque>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "trace-model/events.h"
#include "trace-model/flat_map.h"

namespace loopscope::trace_model {

inline constexpr FileId kFirstPrivateFile = 0x8000'0000;
inline constexpr size_t kKeptClosed = 1024;

enum class FileKind : uint8_t {
  Unknown,
  Tcp,
  Tcp6,
  Udp,
  Udp6,
  Unix,
  Netlink,
  Packet,
  Socket,
  Epoll,
  Eventfd,
  Timerfd,
  Signalfd,
  Inotify,
  Pidfd,
  IoUring,
  Anon,
  Pipe,
  Fifo,
  File,
  Dir,
  Char,
  Block,
  Memfd,
};
[[nodiscard]] std::string_view kind_name(FileKind kind);
[[nodiscard]] FileKind kind_of(std::string_view name);  // Unknown when it is not one
[[nodiscard]] bool is_socket(FileKind kind);

struct Place {
  FdTableId table = 0;
  int fd = -1;
  bool operator==(const Place&) const = default;
};

// A registered file of a ring.
struct SlotPlace {
  FileId ring = 0;
  uint32_t slot = 0;
  bool operator==(const SlotPlace&) const = default;
};

struct Watcher {
  FileId instance = 0;
  int fd = -1;  // the number it was registered under
  bool operator==(const Watcher&) const = default;
};

struct OpenFile {
  FileId id = 0;
  FileKind kind = FileKind::Unknown;
  bool listening = false;
  bool nonblock = false, nonblock_known = false;
  std::string state, sock_type, local, peer, path;
  std::optional<int64_t> backlog, queue, drops;
  uint64_t inode = 0;
  std::optional<Ns> bind_t, listen_t;
  std::vector<Place> places;      // every known descriptor that names it
  std::vector<SlotPlace> slots;   // and every known slot
  std::vector<Watcher> watchers;  // the interest lists it is in

  void take(const SocketInfo& info);  // what the record states replaces what was known
  [[nodiscard]] bool held() const { return !places.empty() || !slots.empty(); }
  void set_nonblock(bool on) { nonblock = on, nonblock_known = true; }
};

class OpenFiles {
 public:
  [[nodiscard]] OpenFile* find(FileId id);
  [[nodiscard]] const OpenFile* find(FileId id) const;
  OpenFile& get(FileId id);  // made when new; 0 asks for a private one
  // The last descriptor is gone. Calls `forget(OpenFile&)` for a file that is dropped to make room.
  template <typename Forget>
  void closed(OpenFile& file, Forget&& forget);
  template <typename Visit>
  void for_each(Visit&& visit) const {
    files_.for_each([&](uint64_t, const std::unique_ptr<OpenFile>& file) { visit(*file); });
  }
  [[nodiscard]] size_t size() const { return files_.size(); }

 private:
  FlatMap<std::unique_ptr<OpenFile>> files_;
  std::deque<FileId> closed_;
  FileId next_private_ = kFirstPrivateFile;
};

template <typename Forget>
void OpenFiles::closed(OpenFile& file, Forget&& forget) {
  closed_.push_back(file.id);
  if (closed_.size() <= kKeptClosed) return;
  const FileId oldest = closed_.front();
  closed_.pop_front();
  OpenFile* candidate = find(oldest);
  if (!candidate || candidate->held()) return;
  forget(*candidate);
  files_.erase(oldest);
}

}  // namespace loopscope::trace_model
