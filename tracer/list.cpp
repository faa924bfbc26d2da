// SPDX-License-Identifier: Apache-2.0
#include "tracer/list.h"

#include <algorithm>
#include <map>

#include <fmt/format.h>

#include "trace-model/uring_ops.h"
#include "tracer/print.h"
#include "tracer/proc/container.h"
#include "tracer/proc/descriptors.h"
#include "tracer/proc/snapshot.h"
#include "tracer/proc/sockets.h"

namespace loopscope::tracer {
namespace {

using namespace trace_model;

enum class Holds { Listener, None, Unreadable };

// Looks for listeners with as few system calls as it takes: a link read per descriptor, a dump per namespace.
class Search {
 public:
  explicit Search(const ProcFs& proc) : proc_(proc) {}

  [[nodiscard]] Holds look_at(Pid pid) {
    const auto process = proc_.open(pid);
    if (!process) return Holds::None;
    const auto fds = numbered_entries(process->fd(), "fd");
    if (!fds) return forbidden(fds.error()) && is_program(*process) ? Holds::Unreadable : Holds::None;
    for (const int fd : *fds) {
      const auto link = read_link(process->fd(), fmt::format("fd/{}", fd).c_str());
      if (!link || !link->starts_with("socket:")) continue;
      if (listeners_of(*process).find(describe_link(*link).inode)) return Holds::Listener;
    }
    return Holds::None;
  }

 private:
  static bool is_program(const ProcessDir& process) {
    const auto status = process.status();
    return status && !status->kernel_thread && !status->zombie;
  }

  const SocketTable& listeners_of(const ProcessDir& process) {
    const uint64_t ns = process.namespace_inode("net").value_or(0);
    const auto [at, is_new] = by_namespace_.try_emplace(ns);
    if (is_new)
      if (auto table = read_sockets(proc_, process.pid(), SocketScope::Listening))
        at->second = *std::move(table);
    return at->second;
  }

  const ProcFs& proc_;
  std::map<uint64_t, SocketTable> by_namespace_;
};

// Turns the records of a snapshot into servers.
class Gathering {
 public:
  void take(const Event& event) {
    if (const auto* row = std::get_if<ProcessRow>(&event)) take(*row);
    if (const auto* row = std::get_if<FdRow>(&event)) take(*row);
    if (const auto* row = std::get_if<WatchRow>(&event)) take(*row);
    if (const auto* row = std::get_if<Pending>(&event)) take(*row);
    if (const auto* row = std::get_if<SnapshotEnd>(&event)) list_.incomplete = row->incomplete;
  }

  [[nodiscard]] ServerList finish(const ProcFs& proc) {
    for (auto& [pid, server] : servers_) {
      if (server.listeners.empty()) continue;
      add_rings(proc, server);
      if (const auto process = proc.open(pid)) {
        if (const auto status = process->status()) server.uid = status->euid;
        server.container = container_of_cgroup(read_file(process->fd(), "cgroup").value_or(""));
      }
      list_.servers.push_back(std::move(server));
    }
    return std::move(list_);
  }

 private:
  // An accept that waits in a ring is for one of the listeners that nothing else waits for, as far as can be
  // seen.
  void add_rings(const ProcFs& proc, Server& server) {
    const auto process = proc.open(server.pid);
    for (const int fd : rings_[server.pid]) {
      const auto info = process ? fd_info(*process, fd) : std::unexpected(0);
      const auto ring = info ? info->ring : std::nullopt;
      if (!ring) continue;
      server.rings.push_back({fd, *ring});
      const auto armed = ring->armed.find(uring::kAccept);
      const size_t accepts = armed == ring->armed.end() ? 0 : armed->second;
      for (ServerListener& listener : server.listeners)
        if (listener.waits.empty() || !listener.waits.back().certain)
          listener.waits.push_back({.how = "io_uring",
                                    .certain = accepts > 0 && server.listeners.size() == 1,
                                    .ring_fd = fd,
                                    .ring_polled = ring->sq_thread != 0});
    }
  }

  void take(const ProcessRow& row) {
    Server& server = servers_[row.pid];
    server.pid = row.pid;
    server.comm = row.comm;
    server.cmdline = row.cmdline;
  }

  void take(const FdRow& row) {
    if (row.socket.kind == "io_uring") rings_[row.pid].push_back(row.fd);
    if (row.socket.kind == "epoll") instances_[row.file].emplace(row.pid, row.fd);
    if (row.socket.state != "listen") return;
    ServerListener listener;
    listener.fd = row.fd;
    listener.file = row.file;
    listener.socket = row.socket;
    servers_[row.pid].listeners.push_back(std::move(listener));
  }

  // Whoever holds the instance and the listener may wait in it, whoever registered it.
  void take(const WatchRow& row) {
    for (const auto& [pid, epfd] : instances_[row.file])
      add(pid, row.target, {.how = "epoll_ctl", .epfd = epfd, .events = row.events, .data = row.data});
  }

  void take(const Pending& call) {
    const WaitKind wait = call.spec->wait;
    if (wait == WaitKind::Accept)
      add(call.pid, call.file("sockfd"), {.how = "blocking_accept", .tid = call.tid});
    for (const PollFd& entry : call.poll_fds) add(call.pid, entry.file, {.how = "poll", .tid = call.tid});
    for (const auto& set : call.fd_sets)
      for (const int fd : set) add_number(call.pid, fd, {.how = "select", .tid = call.tid});
  }

  void add(Pid pid, FileId file, const ListenerWait& wait) {
    if (file == 0) return;
    for (ServerListener& listener : servers_[pid].listeners)
      if (listener.file == file) listener.waits.push_back(wait);
  }

  void add_number(Pid pid, int fd, const ListenerWait& wait) {
    for (ServerListener& listener : servers_[pid].listeners)
      if (listener.fd == fd) listener.waits.push_back(wait);
  }

  ServerList list_;
  std::map<Pid, Server> servers_;
  std::map<Pid, std::vector<int>> rings_;
  std::map<FileId, std::map<Pid, int>> instances_;  // epoll instance → who holds it, under which number
};

}  // namespace

ServerList find_servers(const ProcFs& proc) {
  Search search(proc);
  SnapshotOptions options{
      .pids = {}, .follow_children = false, .skip_unreadable = true, .sockets = SocketScope::Listening};
  size_t unreadable = 0;
  for (const Pid pid : proc.pids()) {
    const Holds holds = search.look_at(pid);
    if (holds == Holds::Listener) options.pids.push_back(pid);
    if (holds == Holds::Unreadable) ++unreadable;
  }
  Gathering gathering;
  if (!options.pids.empty())
    if (const auto events = proc_snapshot(options, proc))
      for (const Event& event : *events) gathering.take(event);
  ServerList list = gathering.finish(proc);
  list.unreadable = unreadable;
  return list;
}

int list_command(const ListOptions& options) {
  const ServerList list = find_servers();
  return print(options.json ? server_list_json(list) : server_list_text(list));
}

}  // namespace loopscope::tracer
