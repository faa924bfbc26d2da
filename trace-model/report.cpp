// SPDX-License-Identifier: Apache-2.0
#include "trace-model/report.h"

#include <algorithm>
#include <tuple>

#include "trace-model/model_state.h"
#include "trace-model/report_findings.h"
#include "trace-model/report_rings.h"

namespace loopscope::trace_model {
namespace {

// Calls that arm64 does not have are those whose names are given second.
bool has_both(const TraceHeader& header, std::string_view everywhere, std::string_view not_on_arm64) {
  const auto has = [&](std::string_view name) {
    return std::ranges::find(header.calls, name) != header.calls.end();
  };
  return has(everywhere) && (has(not_on_arm64) || header.arch == "aarch64");
}

Recorded recorded_by(const std::optional<TraceHeader>& header) {
  Recorded recorded;
  if (!header) return recorded;
  recorded.anything = !header->calls.empty();
  recorded.io = header->io && recorded.anything;
  recorded.accepts = has_both(*header, "accept4", "accept");
  recorded.epoll = has_both(*header, "epoll_pwait", "epoll_wait");
  recorded.poll = has_both(*header, "ppoll", "poll");
  recorded.select = has_both(*header, "pselect6", "select");
  recorded.ring_operations = header->probed("io_uring");
  recorded.scheduled = header->probed("off-CPU");
  recorded.wake_contexts = recorded.scheduled && header->probes.at("off-CPU").find(
                                                     "missing: in which context") == std::string::npos;
  return recorded;
}

std::vector<ReportProcess> processes_of(const Model::State& state) {
  std::vector<ReportProcess> rows;
  state.processes.for_each([&](const Process& process) {
    ReportProcess& row = rows.emplace_back();
    row.pid = process.pid;
    row.ppid = process.ppid;
    row.nspid = process.nspid;
    row.comm = process.comm;
    row.exe = process.exe;
    row.cmdline = process.cmdline;
    row.io_uring = process.used_uring;
    row.exit_t = process.exit_t;
    row.exit_code = process.exit_code;
    row.exit_signal = process.exit_signal;
  });
  std::ranges::sort(rows, {}, &ReportProcess::pid);
  state.processes.for_each_thread([&](const Thread& thread) {
    const auto at = std::ranges::lower_bound(rows, thread.pid, {}, &ReportProcess::pid);
    if (at != rows.end() && at->pid == thread.pid) at->threads.push_back({thread.tid, thread.comm});
  });
  for (ReportProcess& row : rows) std::ranges::sort(row.threads, {}, &ThreadName::tid);
  return rows;
}

ReportListener listener_row(const Listener& listener, const Holder& holder, const Recorded& recorded) {
  ReportListener row;
  row.pid = holder.pid;
  row.fd = holder.fd;
  row.file = listener.file;
  row.inode = listener.inode;
  row.address = listener.address;
  row.kind = listener.kind;
  row.backlog = listener.backlog;
  row.queue_max = listener.queue_max;
  row.dropped = listener.dropped;
  row.origin = holder.origin;
  row.bind_t = listener.bind_t;
  row.listen_t = listener.listen_t;
  row.closed_t = holder.closed_t;
  row.registrations = holder.registrations;
  const bool unseen = !recorded.ring_operations &&
                      std::ranges::any_of(holder.registrations, [](const Registration& registration) {
                        return registration.how == WatchedBy::Uring;
                      });
  if (recorded.accepts && !unseen) row.accepts = holder.accepts;
  const auto seen = [&](const Registration& registration) { return recorded.waits(registration.how); };
  if (recorded.anything && !unseen && std::ranges::all_of(holder.registrations, seen))
    row.wakeups = holder.wakeups;
  return row;
}

std::vector<ReportListener> listeners_of(const Model::State& state, const Recorded& recorded) {
  std::vector<ReportListener> rows;
  state.listeners.for_each([&](const Listener& listener) {
    for (const Holder& holder : listener.holders) rows.push_back(listener_row(listener, holder, recorded));
  });
  std::ranges::stable_sort(rows, {}, [](const ReportListener& row) {
    return std::tuple(row.pid, row.closed_t.has_value(), row.fd, row.closed_t.value_or(0));
  });
  return rows;
}

ReportLoop loop_row(const Thread& thread, const Loop& loop, const Recorded& recorded) {
  ReportLoop row;
  row.pid = loop.pid;
  row.tid = loop.tid;
  row.comm = thread.comm;
  row.wait = loop.kind;
  row.fd = loop.fd;
  if (recorded.waits(loop.kind)) row.iterations = loop.iterations;
  row.wakeups = loop.wakeups;
  row.figures = loop.figures;
  row.instance = loop.instance;
  row.scheduled = recorded.scheduled;
  row.cpu_ns = thread.cpu_ns;
  row.first = loop.first;
  row.until = thread.exit_t;
  row.busy = quantiles_of(loop.busy);
  row.slept = quantiles_of(loop.wait);
  if (thread.asleep.pending && thread.asleep_loop == &loop && !thread.exit_t) {
    row.asleep = thread.asleep;
    row.asleep_all_along = loop.iterations == 0 && !thread.asleep.start_known;
  }
  return row;
}

std::vector<ReportLoop> loops_of(const Model::State& state, const Recorded& recorded) {
  std::vector<ReportLoop> rows;
  const auto take = [&](const Thread& thread) {
    for (const auto& loop : thread.loops) rows.push_back(loop_row(thread, *loop, recorded));
  };
  state.processes.for_each_thread(take);
  for (const auto& thread : state.processes.ended()) take(*thread);
  std::ranges::stable_sort(rows, {}, [](const ReportLoop& row) {
    return std::tuple(row.pid, row.tid != row.pid, row.tid, row.wait, row.fd);
  });
  return rows;
}

// How much of the time that it was seen a loop was busy, and how often it woke.
void add_rates(ReportLoop& loop, const Model::State& state, const Window& window) {
  if (!loop.cpu_ns)
    if (const ThreadCpu* cpu = state.cpu.find(loop.tid)) loop.cpu_ns = cpu->ns();
  const Ns from = std::max({loop.first, window.from, Ns(0)});
  const Ns until =
      std::min({loop.until.value_or(INT64_MAX), window.until, std::max(state.last_t, loop.figures.last)});
  loop.observed = std::max<Ns>(time_between(from, until), 0);
  if (loop.observed == 0) return;
  const LoopFigures& figures = loop.figures;
  const double busy = double(figures.running) + double(figures.runnable) + double(figures.blocked);
  loop.load = std::clamp(busy / double(loop.observed), 0.0, 1.0);
  loop.rate_per_s = double(figures.bursts) / (double(loop.observed) / 1e9);
}

}  // namespace

std::optional<Quantiles> quantiles_of(const DurationHistogram& durations) {
  if (durations.count() == 0) return std::nullopt;
  return Quantiles{durations.quantile(0.5), durations.quantile(0.99), durations.max()};
}

bool Recorded::waits(WaitKind kind) const {
  switch (kind) {
    case WaitKind::Epoll:
      return epoll;
    case WaitKind::Poll:
      return poll;
    case WaitKind::Select:
      return select;
    case WaitKind::Accept:
      return accepts;
    default:
      return anything;
  }
}

bool Recorded::waits(WatchedBy how) const {
  switch (how) {
    case WatchedBy::EpollCtl:
    case WatchedBy::UringEpollCtl:
      return epoll;
    case WatchedBy::Poll:
      return poll;
    case WatchedBy::Select:
      return select;
    case WatchedBy::BlockingAccept:
      return accepts;
    default:
      return anything;
  }
}

Report make_report(const Model& model, const Window& window) {
  const Model::State& state = model.state();
  Report report;
  report.header = state.header;
  report.end = state.end;
  report.recorded = recorded_by(state.header);
  report.calls = state.calls;
  report.last_t = state.last_t;
  report.processes = processes_of(state);
  report.listeners = listeners_of(state, report.recorded);
  report.loops = loops_of(state, report.recorded);
  report.rings = rings_of(state);
  add_cpu_times(report.processes, state);
  report.lost = state.lost;
  report.gap_count = state.gap_count;
  for (const Gap& gap : state.gaps)
    report.gaps.push_back({gap.id, gap.t, gap.until, gap.count, gap.loss_class});
  report.incomplete = state.incomplete;
  report.window = window;
  for (ReportLoop& loop : report.loops) add_rates(loop, state, window);
  report.listeners_left_out = state.listeners.left_out();
  report.threads_left_out = state.processes.left_out();
  const bool lost = state.lost > 0 || (state.end && state.end->lost > 0);
  report.complete = state.end && !lost && state.end->error.empty() && state.incomplete.empty();
  report.findings = findings_of(report);
  return report;
}

}  // namespace loopscope::trace_model
