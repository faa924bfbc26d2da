// SPDX-License-Identifier: Apache-2.0
#include "tracer/proc/sockets.h"

#include <cstring>

#include <fmt/format.h>

namespace loopscope::tracer {

void SocketTable::resolve_unix_peers() {
  for (const auto& [inode, peer_inode] : unix_peers_) {
    const auto socket = by_inode_.find(inode);
    const auto peer = by_inode_.find(peer_inode);
    if (socket != by_inode_.end() && peer != by_inode_.end()) socket->second.peer = peer->second.local;
  }
  unix_peers_.clear();
}

std::expected<SocketTable, std::string> read_sockets(const ProcFs& proc, Pid pid, SocketScope scope) {
  OrErrno<SocketTable> table = std::unexpected(ENOSYS);
  if (proc.is_real()) table = sockets_by_diag(proc, pid, scope);
  if (!table) table = sockets_by_tables(proc, pid, scope);
  if (!table)
    return std::unexpected(
        fmt::format("the sockets of process {} cannot be read: {}", pid, std::strerror(table.error())));
  if (scope == SocketScope::All) add_other_families(proc, pid, *table);
  return *std::move(table);
}

}  // namespace loopscope::tracer
