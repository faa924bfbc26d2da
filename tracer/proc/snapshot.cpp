// SPDX-License-Identifier: Apache-2.0
#include "tracer/proc/snapshot.h"

#include <sys/utsname.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>
#include <map>

#include <fmt/chrono.h>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include "trace-model/uring_ops.h"
#include "tracer/proc/access.h"
#include "tracer/proc/call_in_progress.h"
#include "tracer/proc/file_identity.h"

namespace loopscope::tracer {
namespace {

using namespace trace_model;

int64_t clock_ns(clockid_t clock) {
  timespec now{};
  clock_gettime(clock, &now);
  return int64_t(now.tv_sec) * 1'000'000'000 + now.tv_nsec;
}

// One reading, phase by phase: descriptors, sockets, interest lists, calls in progress.
class Reading {
 public:
  Reading(const ProcFs& proc, const SnapshotOptions& options)
      : proc_(proc),
        options_(options),
        start_ns_(clock_ns(CLOCK_MONOTONIC)),
        started_ns_(clock_ns(CLOCK_REALTIME)),
        identity_(proc.is_real() ? kernel_comparison() : no_comparison()) {}

  [[nodiscard]] bool read_process(Pid pid);
  void read_sockets_of_all();
  void read_interest_lists();
  void read_calls();
  [[nodiscard]] bool knows(Pid pid) const { return processes_.contains(pid); }
  void missing(std::string what) { missing_.push_back(std::move(what)); }
  [[nodiscard]] std::vector<Event> events();

 private:
  struct Process {
    ProcessDir folder;
    ProcessRow row;
    std::vector<Descriptor> descriptors;
    std::vector<FdRow> rows;  // beside `descriptors`

    [[nodiscard]] const Descriptor* descriptor(int fd) const;
  };
  struct Holder {  // of an epoll instance
    Process* process;
    int epfd;
  };

  [[nodiscard]] Ns now() const { return clock_ns(CLOCK_MONOTONIC) - start_ns_; }
  [[nodiscard]] TraceHeader header() const;
  void add_ring(const FdRow& fd, const RingInfo& info);
  void decorate(const SocketTable& sockets, Process& process, const Descriptor& descriptor, FdRow& row) const;
  void read_interest_list(FileId file, const std::vector<Holder>& holders);
  void add_watch(FileId file, const std::vector<Holder>& holders, const EpollItem& item, unsigned nth, Ns t);
  [[nodiscard]] bool read_call(const Process& process, Pid tid);
  void name_files(Pending& pending) const;

  const ProcFs& proc_;
  const SnapshotOptions& options_;
  int64_t start_ns_, started_ns_;
  FileIdentity identity_;
  std::map<Pid, Process> processes_;
  std::vector<RingRow> rings_;
  std::vector<WatchRow> watches_;
  std::vector<Pending> calls_;
  std::vector<std::string> missing_;
};

const Descriptor* Reading::Process::descriptor(int fd) const {
  const auto at = std::ranges::lower_bound(descriptors, fd, {}, &Descriptor::fd);
  return at != descriptors.end() && at->fd == fd ? &*at : nullptr;
}

bool Reading::read_process(Pid pid) {
  auto folder = proc_.open(pid);
  if (!folder) return false;
  const auto status = folder->status();
  if (!status) return false;
  ProcessRow row;
  row.t = now();
  row.pid = pid;
  row.ppid = status->ppid;
  row.nspid = status->nspid.empty() || status->nspid.back() == pid ? 0 : status->nspid.back();
  row.comm = status->comm;
  row.exe = folder->exe().value_or("");
  row.cmdline = folder->cmdline().value_or(std::vector<std::string>());
  row.threads = folder->threads().value_or(std::vector<ThreadName>());
  row.netns = folder->namespace_inode("net").value_or(0);
  row.pidns = folder->namespace_inode("pid").value_or(0);
  auto found = descriptors(*folder, Details::AllButEpoll);
  if (!found) return false;
  row.fdtable = identity_.identify_table(pid);
  Process process{std::move(*folder), std::move(row), std::move(*found), {}};
  for (const Descriptor& d : process.descriptors) {
    FdRow fd;
    fd.t = now();
    fd.pid = pid;
    fd.fd = d.fd;
    fd.file = identity_.identify(pid, d);
    fd.socket.kind = d.kind;
    fd.socket.inode = d.inode;
    fd.path = d.path;
    fd.cloexec = d.info.cloexec;
    fd.nonblock = d.info.nonblock;
    if (d.info.ring) add_ring(fd, *d.info.ring);
    process.rows.push_back(std::move(fd));
  }
  processes_.emplace(pid, std::move(process));
  return true;
}

// fdinfo does not say how a ring was set up, but for its polling thread.
void Reading::add_ring(const FdRow& fd, const RingInfo& info) {
  RingRow ring;
  ring.t = fd.t;
  ring.pid = ring.tid = fd.pid;
  ring.fd = fd.fd;
  ring.ring = fd.file;
  ring.sq_entries = info.sq_entries;
  ring.cq_entries = info.cq_entries;
  ring.sq_thread = info.sq_thread;
  ring.flags = info.sq_thread ? uring::kSetupSqpoll : 0;
  ring.origin = Origin::Snapshot;
  rings_.push_back(ring);
}

void Reading::decorate(const SocketTable& sockets, Process& process, const Descriptor& d, FdRow& row) const {
  if (const SocketInfo* known = sockets.find(d.inode)) {
    row.socket = *known;
    return;
  }
  if (options_.sockets == SocketScope::Listening) return;
  const std::string protocol = socket_protocol(proc_, process.row.pid, d.fd);
  row.socket.kind = kind_of_protocol(protocol);
  if (row.socket.kind.starts_with("tcp")) row.socket.state = "close";  // neither bound nor connected
  if (row.socket.kind.starts_with("udp")) row.socket.state = "unconnected";
}

// After the descriptors, so that a socket that is open has been there to be listed.
void Reading::read_sockets_of_all() {
  std::map<uint64_t, SocketTable> by_namespace;
  for (auto& [pid, process] : processes_) {
    auto [at, is_new] = by_namespace.try_emplace(process.row.netns);
    if (is_new || process.row.netns == 0) {
      if (auto table = read_sockets(proc_, pid, options_.sockets))
        at->second = *std::move(table);
      else
        missing(table.error());
    }
    for (size_t i = 0; i < process.descriptors.size(); ++i)
      if (process.descriptors[i].kind == "socket")
        decorate(at->second, process, process.descriptors[i], process.rows[i]);
  }
}

void Reading::read_interest_lists() {
  std::map<FileId, std::vector<Holder>> instances;
  for (auto& [pid, process] : processes_)
    for (const FdRow& row : process.rows)
      if (row.socket.kind == "epoll") instances[row.file].push_back({&process, row.fd});
  for (const auto& [file, holders] : instances) read_interest_list(file, holders);
}

void Reading::read_interest_list(FileId file, const std::vector<Holder>& holders) {
  const Ns t = now();
  const auto info = fd_info(holders.front().process->folder, holders.front().epfd);
  if (!info) {
    if (!vanished(info.error()))
      missing(fmt::format("the interest list of fd {} of process {}: {}", holders.front().epfd,
                          holders.front().process->row.pid, std::strerror(info.error())));
    return;
  }
  for (const Holder& holder : holders)
    for (FdRow& row : holder.process->rows)
      if (row.fd == holder.epfd) row.cloexec = info->cloexec, row.nonblock = info->nonblock;
  std::map<int, unsigned> seen;  // entries of the same number follow the order in which kcmp counts them
  for (const EpollItem& item : info->epoll_items) add_watch(file, holders, item, seen[item.fd]++, t);
}

// The number was registered by one of those who hold the instance; it is the one in whose table it still
// fits.
void Reading::add_watch(FileId file, const std::vector<Holder>& holders, const EpollItem& item, unsigned nth,
                        Ns t) {
  WatchRow watch;
  watch.t = t;
  watch.file = file;
  watch.fd = item.fd;
  watch.events = item.events;
  watch.data = item.data;
  watch.target_closed = true;
  watch.pid = holders.front().process->row.pid;
  watch.epfd = holders.front().epfd;
  for (const Holder& holder : holders) {
    const Pid pid = holder.process->row.pid;
    const Descriptor* named = holder.process->descriptor(item.fd);
    if (!named || !identity_.names(pid, holder.epfd, item, nth, *named)) continue;
    watch.pid = pid;
    watch.epfd = holder.epfd;
    watch.target = identity_.of(pid, item.fd);
    watch.target_closed = false;
    break;
  }
  if (watch.target_closed) watch.target = identity_.closed_target(item);
  watches_.push_back(watch);
}

void Reading::name_files(Pending& pending) const {
  for (size_t i = 0; i < pending.spec->args.size(); ++i) {
    const ArgKind kind = pending.spec->args[i].kind;
    if ((kind == ArgKind::Fd || kind == ArgKind::DirFd) && pending.has(int(i)))
      pending.files[i] = identity_.of(pending.pid, int(pending.args[i]));
  }
  for (PollFd& entry : pending.poll_fds) entry.file = identity_.of(pending.pid, entry.fd);
}

// False when it is not permitted.
bool Reading::read_call(const Process& process, Pid tid) {
  const auto read = call_in_progress(process.folder, tid);
  if (!read) return !forbidden(read.error());
  const std::optional<CallInProgress>& call = *read;
  const CallSpec* spec = call ? interesting_call(call->number) : nullptr;
  if (!call || !spec) return true;
  Pending pending;
  pending.t = pending.seen = now();
  pending.start_known = false;
  pending.origin = Origin::Snapshot;
  pending.pid = process.row.pid;
  pending.tid = tid;
  describe_call(*call, *spec, memory_of(tid), pending);
  name_files(pending);
  calls_.push_back(std::move(pending));
  return true;
}

void Reading::read_calls() {
  for (const auto& [pid, process] : processes_)
    for (const Pid tid : process.folder.thread_ids().value_or(std::vector<Pid>()))
      if (!read_call(process, tid)) {
        missing(fmt::format("calls in progress of process {} ({})", pid, what_refuses_attach(proc_)));
        break;
      }
}

TraceHeader Reading::header() const {
  TraceHeader h;
  utsname system{};
  uname(&system);
  h.tool = "loopscope " LOOPSCOPE_VERSION;
  h.kernel = system.release;
  h.arch = system.machine;
  h.monotonic_ns = start_ns_;
  h.started = fmt::format("{:%Y-%m-%dT%H:%M:%S}.{:09}Z", fmt::gmtime(time_t(started_ns_ / 1'000'000'000)),
                          started_ns_ % 1'000'000'000);
  h.host_cpus = int(sysconf(_SC_NPROCESSORS_ONLN));
  h.command = options_.command;
  h.target = options_.pids;
  h.probes["snapshot"] = "/proc";
  h.probes["calls"] = "off: this is a snapshot";
  return h;
}

std::vector<Event> Reading::events() {
  std::vector<Event> all{header()};
  SnapshotEnd complete;
  for (auto& [pid, process] : processes_) {
    complete.pids.push_back(pid);
    all.emplace_back(std::move(process.row));
    for (FdRow& row : process.rows) all.emplace_back(std::move(row));
  }
  for (const RingRow& ring : rings_) all.emplace_back(ring);
  // Phases follow each other in time, but within a phase the map's order is not that of reading.
  std::ranges::stable_sort(all, {}, completion_time);
  for (WatchRow& watch : watches_) all.emplace_back(watch);
  for (Pending& call : calls_) all.emplace_back(std::move(call));
  complete.t = now();
  complete.incomplete = fmt::format("{}", fmt::join(missing_, "; "));
  all.emplace_back(complete);
  End end;
  end.t = complete.t;
  end.reason = "snapshot";
  all.emplace_back(end);
  RecordId id = 0;
  for (Event& event : all) std::visit([&](auto& record) { record.id = ++id; }, event);
  return all;
}

}  // namespace

std::expected<std::vector<Event>, std::string> proc_snapshot(const SnapshotOptions& options,
                                                             const ProcFs& proc) {
  std::vector<Pid> pids;
  for (const Pid pid : options.pids) {
    const auto why = why_unreadable(proc, pid);
    if (why && !options.skip_unreadable) return std::unexpected(*why);
    if (!why) pids.push_back(process_of(proc, pid));
  }
  Reading reading(proc, options);
  bool found_more = true;
  while (found_more) {  // a process may fork while its siblings are read
    found_more = false;
    for (const Pid pid : options.follow_children ? proc.with_descendants(pids) : pids) {
      if (reading.knows(pid)) continue;
      found_more |= reading.read_process(pid);
    }
  }
  for (const Pid pid : options.follow_children ? proc.with_descendants(pids) : pids)
    if (!reading.knows(pid))
      if (const auto why = why_unreadable(proc, pid)) reading.missing(*why);
  reading.read_sockets_of_all();
  reading.read_interest_lists();
  reading.read_calls();
  return reading.events();
}

}  // namespace loopscope::tracer
