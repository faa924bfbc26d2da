// SPDX-License-Identifier: Apache-2.0
#include "tracer/targets.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <set>

#include "trace-model/terminal_text.h"
#include "tracer/proc/access.h"
#include "tracer/proc/descriptors.h"
#include "tracer/proc/proc_fs.h"
#include "tracer/proc/sockets.h"

namespace loopscope::tracer {

using trace_model::Pid;

namespace {

std::expected<Pid, std::string> parse_pid(std::string_view word) {
  Pid pid = 0;
  const auto [at, error] = std::from_chars(word.data(), word.data() + word.size(), pid);
  if (error != std::errc() || at != word.data() + word.size() || pid <= 0)
    return std::unexpected(fmt::format("'{}' is not a process number; `loopscope list` shows who is there",
                                       trace_model::terminal_text(word)));
  return pid;
}

// Inodes of TCP sockets that listen on the port, in every network namespace that some process is in.
std::set<uint64_t> listening_inodes(const ProcFs& proc, const std::vector<Pid>& pids, uint16_t port) {
  const std::string suffix = fmt::format(":{}", port);
  std::set<uint64_t> namespaces, inodes;
  for (const Pid pid : pids) {
    const auto process = proc.open(pid);
    const uint64_t netns = process ? process->namespace_inode("net").value_or(0) : 0;
    if (!namespaces.insert(netns).second) continue;
    const auto sockets = read_sockets(proc, pid, SocketScope::Listening);
    if (!sockets) continue;
    for (const auto& [inode, socket] : sockets->all())
      if (socket.kind.starts_with("tcp") && socket.state == "listen" && socket.local.ends_with(suffix))
        inodes.insert(inode);
  }
  return inodes;
}

bool holds_one_of(const ProcFs& proc, Pid pid, const std::set<uint64_t>& inodes) {
  const auto process = proc.open(pid);
  if (!process) return false;
  const auto open = descriptors(*process, Details::LinksOnly);
  return open && std::ranges::any_of(*open, [&](const Descriptor& d) {
           return d.kind == "socket" && inodes.contains(d.inode);
         });
}

}  // namespace

std::expected<void, std::string> check_target(Pid pid) {
  if (pid == getpid()) return std::unexpected("loopscope does not record itself: name another process");
  const ProcFs proc;
  const auto process = proc.open(pid);
  if (!process)
    return std::unexpected(why_absent(proc, pid, process.error()) + "; `loopscope list` shows the servers");
  const auto status = process->status();
  if (!status) return std::unexpected(why_absent(proc, pid, status.error()));
  if (status->kernel_thread)
    return std::unexpected(fmt::format("process {} ({}) is a kernel thread: it makes no system calls", pid,
                                       trace_model::terminal_text(status->comm)));
  if (status->zombie)
    return std::unexpected(fmt::format("process {} ({}) has ended; its parent has yet to reap it", pid,
                                       trace_model::terminal_text(status->comm)));
  return {};
}

std::expected<std::vector<Pid>, std::string> parse_pids(const std::vector<std::string>& list) {
  std::vector<Pid> pids;
  const ProcFs proc;
  for (const std::string& words : list)
    for (size_t at = 0; at <= words.size();) {
      const size_t comma = std::min(words.find(',', at), words.size());
      const auto pid = parse_pid(std::string_view(words).substr(at, comma - at));
      if (!pid) return std::unexpected(pid.error());
      const Pid process = process_of(proc, *pid);
      if (auto good = check_target(process); !good) return std::unexpected(good.error());
      if (std::ranges::find(pids, process) == pids.end()) pids.push_back(process);
      at = comma + 1;
    }
  return pids;
}

std::expected<std::vector<Pid>, std::string> listening_on(uint16_t port) {
  const ProcFs proc;
  const std::vector<Pid> all = proc.pids();
  const auto inodes = listening_inodes(proc, all, port);
  if (inodes.empty())
    return std::unexpected(
        fmt::format("nothing listens on TCP port {}; `loopscope list` shows what listens where", port));
  std::vector<Pid> holders;
  for (const Pid pid : all)
    if (pid != getpid() && holds_one_of(proc, pid, inodes)) holders.push_back(pid);
  if (holders.empty())
    return std::unexpected(fmt::format("something listens on TCP port {}, but whose it is cannot be read: {}",
                                       port, remedy_for_capabilities()));
  return holders;
}

std::string why_not_observed(Pid pid) {
  if (!check_target(pid)) return fmt::format("process {} ended while loopscope attached to it", pid);
  std::string why = fmt::format(
      "process {} ({}) is there, but the kernel shows none of its threads to loopscope, so nothing can be "
      "recorded of it",
      pid, trace_model::terminal_text(name_of(pid)));
  if (const auto nameless = why_nameless(ProcFs(), pid))
    why += "; its files may not be read either: " + *nameless;
  return why;
}

std::string name_of(Pid pid) {
  const auto process = ProcFs().open(pid);
  return process ? process->comm().value_or("?") : "?";
}

}  // namespace loopscope::tracer
