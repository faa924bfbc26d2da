// SPDX-License-Identifier: Apache-2.0
#include "trace-model/open_files.h"

#include <array>

namespace loopscope::trace_model {
namespace {

constexpr std::array<std::string_view, 24> kKinds{
    "unknown", "tcp",   "tcp6",    "udp",     "udp6",     "unix",    "netlink", "packet",
    "socket",  "epoll", "eventfd", "timerfd", "signalfd", "inotify", "pidfd",   "io_uring",
    "anon",    "pipe",  "fifo",    "file",    "dir",      "char",    "block",   "memfd"};

}  // namespace

std::string_view kind_name(FileKind kind) {
  return kKinds[size_t(kind)];
}

FileKind kind_of(std::string_view name) {
  for (size_t i = 0; i < kKinds.size(); ++i)
    if (kKinds[i] == name) return FileKind(i);
  return FileKind::Unknown;
}

bool is_socket(FileKind kind) {
  return kind >= FileKind::Tcp && kind <= FileKind::Socket;
}

void OpenFile::take(const SocketInfo& info) {
  if (const FileKind stated = kind_of(info.kind); stated != FileKind::Unknown) kind = stated;
  if (!info.state.empty()) state = info.state;
  if (!info.sock_type.empty()) sock_type = info.sock_type;
  if (!info.local.empty()) local = info.local;
  if (!info.peer.empty()) peer = info.peer;
  if (info.backlog) backlog = info.backlog;
  if (info.queue) queue = info.queue;
  if (info.drops) drops = info.drops;
  if (info.inode) inode = info.inode;
}

OpenFile* OpenFiles::find(FileId id) {
  auto* found = id ? files_.find(id) : nullptr;
  return found ? found->get() : nullptr;
}

const OpenFile* OpenFiles::find(FileId id) const {
  return const_cast<OpenFiles*>(this)->find(id);
}

OpenFile& OpenFiles::get(FileId id) {
  if (id == 0) id = next_private_++;
  auto& slot = files_[id];
  if (!slot) {
    slot = std::make_unique<OpenFile>();
    slot->id = id;
  }
  return *slot;
}

}  // namespace loopscope::trace_model
