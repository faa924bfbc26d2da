// SPDX-License-Identifier: Apache-2.0
#include "tracer/proc/descriptors.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/xattr.h>

#include <array>

#include <fmt/format.h>

#include "tracer/proc/text_fields.h"

namespace loopscope::tracer {
namespace {

struct NamedKind {
  std::string_view name, kind;
};

constexpr std::array<NamedKind, 7> kAnonymousInodes{{{"[eventpoll]", "epoll"},
                                                     {"[eventfd]", "eventfd"},
                                                     {"[timerfd]", "timerfd"},
                                                     {"[signalfd]", "signalfd"},
                                                     {"inotify", "inotify"},
                                                     {"[pidfd]", "pidfd"},
                                                     {"[io_uring]", "io_uring"}}};

// sk->sk_prot->name, as the extended attribute system.sockprotoname of a socket's inode (net/socket.c).
constexpr std::array<NamedKind, 11> kProtocols{{{"TCP", "tcp"},
                                                {"TCPv6", "tcp6"},
                                                {"MPTCP", "tcp"},
                                                {"MPTCPv6", "tcp6"},
                                                {"UDP", "udp"},
                                                {"UDPv6", "udp6"},
                                                {"UNIX", "unix"},
                                                {"UNIX-STREAM", "unix"},
                                                {"UNIX-DGRAM", "unix"},
                                                {"NETLINK", "netlink"},
                                                {"PACKET", "packet"}}};

std::string_view kind_of_mode(unsigned mode) {
  if (S_ISREG(mode)) return "file";
  if (S_ISDIR(mode)) return "dir";
  if (S_ISCHR(mode)) return "char";
  if (S_ISBLK(mode)) return "block";
  if (S_ISFIFO(mode)) return "fifo";
  if (S_ISSOCK(mode)) return "socket";
  return "unknown";
}

// Without asking a file server, which may be gone.
void take_inode(const ProcessDir& process, const std::string& name, Descriptor& d) {
  struct statx file{};
  if (statx(process.fd(), name.c_str(), AT_STATX_DONT_SYNC, STATX_TYPE | STATX_INO, &file) != 0) {
    if (d.kind.empty()) d.kind = "unknown";
    return;
  }
  d.inode = file.stx_ino;
  d.device = makedev(file.stx_dev_major, file.stx_dev_minor);
  if (d.kind.empty()) d.kind = kind_of_mode(file.stx_mode);
}

}  // namespace

Descriptor describe_link(std::string_view link) {
  Descriptor d;
  if (link.starts_with("socket:")) {
    d.kind = "socket";
    d.inode = bracketed_number(link).value_or(0);
  } else if (link.starts_with("pipe:")) {
    d.kind = "pipe";
    d.inode = bracketed_number(link).value_or(0);
  } else if (link.starts_with("pidfd:")) {
    d.kind = "pidfd";  // pidfs, 6.9
  } else if (link.starts_with("anon_inode:")) {
    const std::string_view name = link.substr(sizeof "anon_inode:" - 1);
    d.kind = "anon";
    for (const auto& known : kAnonymousInodes)
      if (known.name == name) d.kind = known.kind;
    if (d.kind == "anon") d.path = link;
  } else {
    if (link.starts_with("/memfd:")) d.kind = "memfd";
    d.path = link;
  }
  return d;
}

std::string kind_of_protocol(std::string_view protocol) {
  for (const auto& known : kProtocols)
    if (known.name == protocol) return std::string(known.kind);
  return "socket";
}

std::string socket_protocol(const ProcFs& proc, Pid pid, int fd) {
  char name[64];
  const std::string path = fmt::format("{}/{}/fd/{}", proc.root(), pid, fd);
  const ssize_t length = getxattr(path.c_str(), "system.sockprotoname", name, sizeof name);
  if (length <= 0) return {};
  return std::string(name, size_t(length) - (name[length - 1] == '\0'));
}

OrErrno<FdInfo> fd_info(const ProcessDir& process, int fd) {
  const auto text = read_file(process.fd(), fmt::format("fdinfo/{}", fd).c_str());
  if (!text) return std::unexpected(text.error());
  return parse_fdinfo(*text);
}

OrErrno<std::vector<Descriptor>> descriptors(const ProcessDir& process, Details details) {
  const auto numbers = numbered_entries(process.fd(), "fd");
  if (!numbers) return std::unexpected(numbers.error());
  std::vector<Descriptor> found;
  found.reserve(numbers->size());
  for (const int fd : *numbers) {
    const std::string name = fmt::format("fd/{}", fd);
    const auto link = read_link(process.fd(), name.c_str());
    if (!link && link.error() == ENOENT) continue;  // closed meanwhile
    Descriptor d;
    if (link) d = describe_link(*link);
    d.fd = fd;
    if (d.inode == 0) take_inode(process, name, d);
    if (details == Details::AllButEpoll && d.kind != "epoll")
      if (auto info = fd_info(process, fd)) d.info = *std::move(info);
    found.push_back(std::move(d));
  }
  return found;
}

}  // namespace loopscope::tracer
