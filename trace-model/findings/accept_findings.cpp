// SPDX-License-Identifier: Apache-2.0
// What Accepts found, in words.
#include <algorithm>

#include <fmt/format.h>

#include "trace-model/duration_text.h"
#include "trace-model/findings/accepts.h"
#include "trace-model/findings/finding_words.h"
#include "trace-model/terminal_text.h"

namespace loopscope::trace_model {
namespace {

constexpr Ns kSecond = 1'000'000'000;
constexpr uint64_t kEnoughToCompare = 50;  // accepts a worker

// So many in so long are more than `rate` a second.
bool faster_than(uint64_t count, Ns during, uint64_t rate) {
  return double(count) * double(kSecond) > double(rate) * double(std::max<Ns>(during, 1));
}

}  // namespace

void Accepts::add_herd(FileId file, const Listening& listening, std::vector<Finding>& findings) const {
  const auto took =
      std::ranges::count_if(listening.workers, [](const Worker& each) { return each.accepted > 0; });
  if (listening.workers.size() < 2 || took == 0 || listening.for_nothing < thresholds().herd_wakeups) return;
  const bool many =
      double(listening.for_nothing) * 100 >= double(listening.woken) * double(thresholds().herd_percent);
  Finding finding = finding_of("thundering herd", many ? kWarning : kNote, kCertain);
  finding.t = listening.nothing_first;
  finding.pid = listening.nothing_pid;
  finding.tid = listening.nothing_tid;
  finding.fd = listening.fd;
  finding.file = file;
  finding.evidence = listening.nothing;
  finding.hurt_ns = Ns(std::min<uint64_t>(listening.for_nothing, 1'000'000'000)) * 10'000;  // 10 µs a wakeup
  finding.text = fmt::format(
      "{} of {} that share {} were for nothing, the first at {}: another of the {} threads had taken the "
      "connection, and accept said EAGAIN",
      counted(listening.for_nothing, "wakeup"), count_text(listening.woken),
      fd_words(state(), listening.fd, file), time_text(listening.nothing_first), listening.workers.size());
  finding.advice = "register the listener with EPOLLEXCLUSIVE, or give each worker its own with SO_REUSEPORT";
  finding.next = listening.nothing.empty() ? "" : explain_command(listening.nothing.front());
  findings.push_back(std::move(finding));
}

void Accepts::add_failures(FileId file, const Listening& listening, std::vector<Finding>& findings) const {
  if (listening.failed == 0) return;
  // Servers that pause (nginx, for half a second), or give one descriptor up to turn a client away (libuv),
  // cope; one that is told again and again at once burns the processor.
  const bool storm = listening.longest_row >= thresholds().accept_failures &&
                     faster_than(listening.longest_row, listening.longest_row_ns, thresholds().storm);
  Finding finding =
      finding_of(storm ? "EMFILE storm" : "out of descriptors", storm ? kWarning : kNote, kCertain);
  finding.t = listening.failed_first;
  finding.pid = listening.failed_pid;
  finding.tid = listening.failed_tid;
  finding.fd = listening.fd;
  finding.file = file;
  finding.evidence = listening.failures;
  finding.hurt_ns = std::max<Ns>(0, time_between(listening.failed_first, listening.failed_last));
  finding.text = fmt::format(
      "accept on {} failed {} with {}, the first at {}{}", fd_words(state(), listening.fd, file),
      counted(listening.failed, "time"), error_name(listening.error), time_text(listening.failed_first),
      storm ? fmt::format(", {} in a row within {}: the connection stays in the queue, so the "
                          "loop is told at once again",
                          count_text(listening.longest_row), duration_text(listening.longest_row_ns))
            : std::string());
  finding.advice =
      "raise the limit (ulimit -n, LimitNOFILE=), close what is not needed, and stop listening for a while";
  finding.next = fmt::format("prlimit --nofile --pid {}", listening.failed_pid);
  findings.push_back(std::move(finding));
}

void Accepts::add_overflow(FileId file, const Listening& listening, const Report& report,
                           std::vector<Finding>& findings) const {
  if (listening.found_full == 0) return;
  const bool dropped = listening.dropped > 0;
  Finding finding = finding_of("accept queue full", kWarning, dropped ? kCertain : kLikely);
  finding.t = listening.full_first;
  finding.pid = listening.full_pid;
  finding.tid = listening.full_tid;
  finding.fd = listening.fd;
  finding.file = file;
  const auto row = std::ranges::find(report.listeners, file, &ReportListener::file);
  if (row != report.listeners.end()) {  // nobody accepted while it was full
    if (finding.fd < 0) finding.fd = row->fd;
    if (finding.pid == 0) finding.pid = finding.tid = row->pid;
  }
  finding.evidence = listening.full;
  finding.hurt_ns = std::max<Ns>(0, time_between(listening.full_first, listening.full_last));
  const std::string queue = fd_words(state(), finding.fd, file);
  if (dropped)
    finding.text = fmt::format(
        "{} to connect to {} were dropped by the kernel, first seen at {}: up to {} waited where the backlog "
        "is {}; "
        "clients try again after 1 s, then 2 s, then 4 s",
        counted(uint64_t(listening.dropped), "attempt"), queue, time_text(listening.full_first),
        listening.most_queued, listening.backlog);
  else
    finding.text = fmt::format(
        "the queue of {} was full ({} of {}) {}, the first at {}: meanwhile the kernel drops what clients "
        "send to connect, and they try again after 1 s, then 2 s, then 4 s",
        queue, listening.most_queued, listening.backlog, counted(listening.found_full, "time"),
        time_text(listening.full_first));
  finding.advice = "accept more often, or listen with a larger backlog (and net.core.somaxconn)";
  finding.next = "nstat -az TcpExtListenOverflows TcpExtListenDrops";
  findings.push_back(std::move(finding));
}

void Accepts::add_uneven(const Report& report, std::vector<Finding>& findings) const {
  struct Shared {
    std::vector<Worker> workers;
    FileId file = 0;
    int fd = -1;
    uint64_t total = 0;
    Ns first = 0;
    std::vector<RecordId> accepts;
  };
  std::map<std::string, Shared> by_address;  // SO_REUSEPORT: several files, one address
  const auto waits = [&](Pid pid, Pid tid) {
    return std::ranges::any_of(report.loops, [&](const ReportLoop& loop) {
      return loop.pid == pid && (tid == 0 || loop.tid == tid);
    });
  };
  for (const auto& [file, listening] : listening_) {
    const OpenFile* known = state().files.find(file);
    if (!known || known->local.empty()) continue;
    Shared& shared = by_address[known->local];
    shared.file = file;
    shared.fd = listening.fd;
    if (!listening.accepts.empty()) {
      shared.first = shared.accepts.empty() ? listening.first : std::min(shared.first, listening.first);
      for (const RecordId id : listening.accepts) keep_evidence(shared.accepts, id);
    }
    for (const Worker& worker : listening.workers) {
      shared.total += worker.accepted;
      if (shared.workers.size() < kMaxResults) shared.workers.push_back(worker);
    }
  }
  // Workers that have the listener and never accepted.
  for (const ReportListener& listener : report.listeners) {
    const auto shared = by_address.find(listener.address);
    if (shared == by_address.end() || listener.registrations.empty() || listener.closed_t ||
        !waits(listener.pid, 0))
      continue;
    const auto same = [&](const Worker& worker) { return worker.pid == listener.pid; };
    if (std::ranges::none_of(shared->second.workers, same) && shared->second.workers.size() < kMaxResults)
      shared->second.workers.push_back({listener.pid, listener.pid});
  }
  for (const auto& [address, shared] : by_address) {
    const size_t count = shared.workers.size();
    if (count < 2 || shared.total < kEnoughToCompare * count) continue;
    const Worker& most = *std::ranges::max_element(shared.workers, {}, &Worker::accepted);
    const Worker& least = *std::ranges::min_element(shared.workers, {}, &Worker::accepted);
    const double fair = double(shared.total) / double(count);
    if (double(most.accepted) < fair * double(thresholds().uneven) && double(least.accepted) * 4 > fair)
      continue;
    Finding finding = finding_of("uneven workers", kNote, kCertain);
    finding.t = shared.first;
    finding.evidence = shared.accepts;
    finding.pid = most.pid;
    finding.tid = most.tid;
    finding.fd = shared.fd;
    finding.file = shared.file;
    finding.text = fmt::format("of {} on {}, {} took {} and {} took {}; a fair share were {:.0f}",
                               counted(shared.total, "connection"), terminal_text(address),
                               thread_words(most.pid, most.tid), count_text(most.accepted),
                               thread_words(least.pid, least.tid), count_text(least.accepted), fair);
    finding.advice =
        "connections are not load, but if one worker is busier too: SO_REUSEPORT shares by hash, and "
        "long-lived connections can be handed over";
    finding.next = show_command_of("call~accept");
    findings.push_back(std::move(finding));
  }
}

}  // namespace loopscope::trace_model
