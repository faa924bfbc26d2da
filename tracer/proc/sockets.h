// SPDX-License-Identifier: Apache-2.0
// The sockets of a process's network namespace, by inode: what `ss` would print inside it.
//
// They are asked for by sock_diag(7), which filters by state in the kernel and knows the backlogs. Another
// namespace is entered by a thread made for that (setns(2) concerns the calling thread alone). Where that is
// not permitted, the tables under /proc/PID/net are read: they show the process's namespace to anybody, but
// not the limits of backlogs, and cost a line per socket.
#pragma once

#include <cstdint>
#include <expected>
#include <string>
#include <unordered_map>

#include "trace-model/events.h"
#include "tracer/proc/proc_fs.h"

namespace loopscope::tracer {

enum class SocketScope { Listening, All };

class SocketTable {
 public:
  void add(trace_model::SocketInfo socket) { by_inode_.insert_or_assign(socket.inode, std::move(socket)); }
  [[nodiscard]] const trace_model::SocketInfo* find(uint64_t inode) const {
    const auto at = by_inode_.find(inode);
    return at == by_inode_.end() ? nullptr : &at->second;
  }
  [[nodiscard]] const std::unordered_map<uint64_t, trace_model::SocketInfo>& all() const { return by_inode_; }
  // Unix sockets know their peers by inode; once all are there, peers get the peer's address.
  void add_unix_peer(uint64_t inode, uint64_t peer_inode) { unix_peers_[inode] = peer_inode; }
  void resolve_unix_peers();

 private:
  std::unordered_map<uint64_t, trace_model::SocketInfo> by_inode_;
  std::unordered_map<uint64_t, uint64_t> unix_peers_;
};

// An error is a sentence. `proc` other than the real one is read by its tables only.
[[nodiscard]] std::expected<SocketTable, std::string> read_sockets(const ProcFs& proc, Pid pid,
                                                                   SocketScope scope);

// The two ways, apart.
[[nodiscard]] OrErrno<SocketTable> sockets_by_diag(const ProcFs& proc, Pid pid, SocketScope scope);
[[nodiscard]] OrErrno<SocketTable> sockets_by_tables(const ProcFs& proc, Pid pid, SocketScope scope);
// Netlink and packet sockets, which only the tables list.
void add_other_families(const ProcFs& proc, Pid pid, SocketTable& table);

}  // namespace loopscope::tracer
