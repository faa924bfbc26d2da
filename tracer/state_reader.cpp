// SPDX-License-Identifier: Apache-2.0
#include "tracer/state_reader.h"

#include <fmt/format.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#include <algorithm>
#include <map>
#include <tuple>
#include <utility>

#include "tracer/kernel_types.h"
#include "tracer/proc/proc_fs.h"

namespace loopscope::tracer {

using trace_model::Ns;
using trace_model::Origin;
using trace_model::Pid;

namespace {

constexpr int kMostPasses = 20;

bool asked_for(const std::set<Pid>& only, Pid pid) {
  return only.empty() || only.contains(pid);
}

template <typename Row>
Row row_at(std::span<const std::byte> bytes) {
  Row row{};
  memcpy(&row, bytes.data(), std::min(bytes.size(), sizeof(Row)));
  return row;
}

// Calls `visit` with each record in a run of them.
void for_each_record(std::span<const std::byte> bytes, auto&& visit) {
  while (bytes.size() >= sizeof(wire_header)) {
    const auto header = row_at<wire_header>(bytes);
    if (header.size < sizeof(wire_header) || header.size > bytes.size()) return;
    visit(header, bytes.first(header.size));
    bytes = bytes.subspan(header.size);
  }
}

// Sockets and pipes say all by themselves; the link of anything else names the file or the kind of anonymous
// inode.
std::string link_of(Pid pid, const wire_fd_row& row) {
  if (S_ISSOCK(row.mode)) return {};
  const auto link = read_link(-1, fmt::format("/proc/{}/fd/{}", pid, row.fd).c_str());
  return link ? *link : std::string();
}

// Where epoll instances are found: which file each is, and by which number each process knows it.
struct Instances {
  std::map<uint64_t, uint64_t> file_of;                 // struct eventpoll → struct file
  std::map<std::pair<uint64_t, Pid>, int> number_in;    // file, process → descriptor
  std::map<uint64_t, std::pair<Pid, int>> any;          // file → some process that has it
  std::map<std::pair<Pid, int>, uint64_t> descriptors;  // process, descriptor → file
};

Instances find_instances(std::span<const std::byte> rows) {
  Instances found;
  for_each_record(rows, [&](const wire_header& header, std::span<const std::byte> bytes) {
    if (header.type != WIRE_FD_ROW) return;
    const auto row = row_at<wire_fd_row>(bytes);
    found.descriptors[{Pid(row.pid), row.fd}] = row.file;
    if (strncmp(row.name, "[eventpoll]", sizeof(row.name)) != 0) return;
    found.file_of[row.private_data] = row.file;
    found.number_in.try_emplace({row.file, Pid(row.pid)}, row.fd);
    found.any.try_emplace(row.file, Pid(row.pid), row.fd);
  });
  return found;
}

}  // namespace

uint64_t monotonic_ns() {
  timespec now{};
  clock_gettime(CLOCK_MONOTONIC, &now);
  return uint64_t(now.tv_sec) * 1'000'000'000 + uint64_t(now.tv_nsec);
}

std::expected<std::vector<wire_task_row>, std::string> StateReader::mark_threads() {
  for (int pass = 0;; ++pass) {
    auto rows = bpf_.threads();
    if (!rows) return rows;
    const bool settled =
        std::ranges::none_of(*rows, [](const auto& row) { return row.header.flags & WIRE_F_NEW; });
    if (settled || pass == kMostPasses) return rows;
  }
}

void StateReader::add_processes(Origin origin, const std::vector<wire_task_row>& threads,
                                const std::set<Pid>& only, std::vector<Pid>& pids) {
  std::map<Pid, ProcessObservation> processes;
  std::map<Pid, uint64_t> times;
  for (const wire_task_row& thread : threads) {
    const Pid pid = Pid(thread.pid);
    if (!asked_for(only, pid)) continue;
    ProcessObservation& process = processes[pid];
    trace_model::ProcessRow& row = process.row;
    row.pid = pid;
    row.origin = origin;
    row.threads.push_back(
        {Pid(thread.tid), std::string(thread.comm, strnlen(thread.comm, sizeof(thread.comm)))});
    if (!(thread.header.flags & WIRE_F_LEADER)) {
      process.apart.emplace_back(thread.tid, thread.files);
      continue;
    }
    row.ppid = Pid(thread.ppid);
    row.nspid = thread.own_pid == thread.pid ? 0 : Pid(thread.own_pid);
    row.comm = row.threads.back().comm;
    process.files = thread.files;
    times[pid] = thread.time_ns;
  }
  const ProcFs proc;
  for (auto& [pid, process] : processes) {
    pids.push_back(pid);
    std::erase_if(process.apart, [&](const auto& thread) { return thread.second == process.files; });
    if (const auto dir = proc.open(pid)) {
      process.row.exe = dir->exe().value_or("");
      process.row.cmdline = dir->cmdline().value_or(std::vector<std::string>());
      process.row.netns = dir->namespace_inode("net").value_or(0);
      process.row.pidns = dir->namespace_inode("pid").value_or(0);
    }
    const uint64_t time_ns = times.contains(pid) ? times[pid] : monotonic_ns();
    process.row.t = Ns(time_ns - start_ns_);
    order_.add(time_ns, std::move(process));
  }
}

void StateReader::add_descriptors(Origin origin, std::span<const std::byte> rows, const std::set<Pid>& only) {
  const Instances instances = find_instances(rows);
  std::set<std::tuple<uint64_t, uint64_t, int>> seen;  // instance, target, number: one item may be met often
  for_each_record(rows, [&](const wire_header& header, std::span<const std::byte> bytes) {
    if (header.type == WIRE_FD_ROW) {
      const auto row = row_at<wire_fd_row>(bytes);
      if (asked_for(only, Pid(row.pid)))
        order_.add(row.time_ns, FdObservation{row, link_of(Pid(row.pid), row), origin});
    } else if (header.type == WIRE_WATCH_ROW) {
      const auto row = row_at<wire_watch_row>(bytes);
      const auto instance = instances.file_of.find(row.ep);
      if (instance == instances.file_of.end()) return;  // an instance of nobody we observe
      const uint64_t file = instance->second;
      if (!seen.emplace(file, row.target_file, row.fd).second) return;
      auto [pid, epfd] = instances.any.at(file);
      if (const auto own = instances.number_in.find({file, Pid(row.pid)}); own != instances.number_in.end())
        pid = Pid(row.pid), epfd = own->second;
      if (!asked_for(only, pid)) return;
      const auto named = instances.descriptors.find({pid, row.fd});
      const bool closed = named == instances.descriptors.end() || named->second != row.target_file;
      order_.add(row.time_ns, WatchObservation{row, file, epfd, pid, closed, origin});
    }
  });
}

// A ring that several processes or numbers lead to is listed once for each, what waits in it once.
void StateReader::add_rings(Origin origin, std::span<const std::byte> rows, const std::set<Pid>& only) {
  const Instances instances = find_instances(rows);
  std::map<std::pair<Pid, uint64_t>, int> number_of;
  for (const auto& [where, file] : instances.descriptors)
    number_of.try_emplace({where.first, file}, where.second);
  std::set<uint64_t> seen;
  for_each_record(rows, [&](const wire_header& header, std::span<const std::byte> bytes) {
    if (header.type == WIRE_RING) {
      const auto row = row_at<wire_ring>(bytes);
      if (asked_for(only, Pid(row.pid))) order_.add(row.time_ns, RingObservation{row, origin});
    } else if (header.type == WIRE_ARMED_ROW) {
      const auto row = row_at<wire_armed_row>(bytes);
      if (!asked_for(only, Pid(row.pid)) || !seen.insert(row.request).second) return;
      if (!multishot_bit_) multishot_bit_ = kernel_enumerator("REQ_F_APOLL_MULTISHOT_BIT").value_or(64);
      ArmedObservation observed{row, -1, false, origin};
      if (*multishot_bit_ < 64) observed.multishot = row.request_flags >> *multishot_bit_ & 1;
      if (const auto fd = number_of.find({Pid(row.pid), row.file}); fd != number_of.end())
        observed.fd = fd->second;
      order_.add(row.time_ns, observed);
    }
  });
}

void StateReader::add_cpu_times(const std::vector<wire_task_row>& threads) {
  std::map<Pid, trace_model::CpuRow> rows;
  for (const wire_task_row& thread : threads) {
    auto& row = rows[Pid(thread.pid)];
    row.pid = Pid(thread.pid);
    row.threads.push_back({Pid(thread.tid),
                           std::string(thread.comm, strnlen(thread.comm, sizeof(thread.comm))),
                           Ns(thread.cpu_ns)});
  }
  const uint64_t now_ns = monotonic_ns();
  for (auto& [pid, row] : rows) {
    row.t = Ns(now_ns - start_ns_);
    order_.add(now_ns, trace_model::Event(std::move(row)));
  }
}

std::expected<void, std::string> StateReader::read(Origin origin, const std::vector<wire_task_row>& threads,
                                                   const std::set<Pid>& only) {
  const uint64_t since_ns = monotonic_ns();
  trace_model::SnapshotEnd end;
  end.origin = origin;
  end.since = Ns(since_ns - start_ns_);
  add_processes(origin, threads, only, end.pids);
  const auto rows = bpf_.descriptors();
  if (rows) {
    add_descriptors(origin, *rows, only);
    add_rings(origin, *rows, only);
  } else {
    end.incomplete = rows.error();
  }
  const uint64_t now_ns = monotonic_ns();
  end.t = Ns(now_ns - start_ns_);
  order_.add(now_ns, trace_model::Event(std::move(end)));
  if (!rows) return std::unexpected(rows.error());
  return {};
}

}  // namespace loopscope::tracer
