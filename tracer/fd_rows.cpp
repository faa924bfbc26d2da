// SPDX-License-Identifier: Apache-2.0
#include "tracer/fd_rows.h"

#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

#include "tracer/proc/descriptors.h"
#include "tracer/wire_sockets.h"

namespace loopscope::tracer {
namespace {

std::string_view kind_of_mode(const wire_fd_row& row) {
  switch (row.mode & S_IFMT) {
    case S_IFREG:
      return "file";
    case S_IFDIR:
      return "dir";
    case S_IFCHR:
      return "char";
    case S_IFBLK:
      return "block";
    case S_IFIFO:
      return row.name[0] ? "fifo" : "pipe";  // pipefs gives its entries no name
    default:
      return "unknown";
  }
}

// Without a link (the descriptor was closed meanwhile) the name of the directory entry says the same.
std::string entry_as_link(const wire_fd_row& row) {
  const std::string name(row.name, strnlen(row.name, sizeof(row.name)));
  return (row.mode & S_IFMT) == 0 ? "anon_inode:" + name : std::string();
}

}  // namespace

trace_model::FdRow fd_row(const wire_fd_row& row, std::string_view link) {
  trace_model::FdRow out;
  out.pid = trace_model::Pid(row.pid);
  out.fd = row.fd;
  out.cloexec = row.header.flags & WIRE_F_CLOEXEC;
  out.nonblock = row.open_flags & O_NONBLOCK;
  if (row.header.flags & WIRE_F_SOCKET) {
    out.socket = socket_info(row.socket);
    return out;
  }
  const Descriptor described = describe_link(link.empty() ? std::string_view(entry_as_link(row)) : link);
  out.socket.kind = described.kind.empty() ? std::string(kind_of_mode(row)) : described.kind;
  out.socket.inode = row.inode;
  out.path = described.path;
  return out;
}

}  // namespace loopscope::tracer
