// SPDX-License-Identifier: Apache-2.0
#include "trace-model/report_rings.h"

#include <algorithm>
#include <tuple>

#include "trace-model/times.h"
#include "trace-model/uring_ops.h"

namespace loopscope::trace_model {
namespace {

std::vector<std::pair<int, uint64_t>> errors_of(const OperationCounts& counts) {
  std::vector<std::pair<int, uint64_t>> errors;
  counts.errors.for_each(
      [&](uint64_t number, const uint64_t& count) { errors.emplace_back(int(number), count); });
  std::ranges::sort(errors, {}, [](const auto& error) { return std::pair(~error.second, error.first); });
  return errors;
}

ReportOp op_row(uint8_t op, const OperationCounts& counts) {
  ReportOp row;
  row.op = op;
  row.submitted = counts.submitted;
  row.found = counts.found;
  row.completed = counts.completed;
  row.silent = counts.silent;
  row.in_flight = counts.in_flight;
  row.given_up = counts.given_up;
  row.results = counts.results;
  row.failed = counts.failed;
  row.unmatched = counts.unmatched;
  row.punted = counts.punted;
  row.ended = counts.ended;
  row.without_call = counts.without_call;
  row.errors = errors_of(counts);
  row.latency = quantiles_of(counts.latency);
  row.to_armed = quantiles_of(counts.to_armed);
  row.to_woken = quantiles_of(counts.to_woken);
  row.to_cqe = quantiles_of(counts.to_cqe);
  row.to_return = quantiles_of(counts.to_return);
  return row;
}

void add_ops(ReportRing& row, const Ring& ring) {
  ring.for_each_op([&](uint8_t op, const OperationCounts& counts) {
    row.ops.push_back(op_row(op, counts));
    if (const UringOp* known = uring_op(op); known && known->counts_as_call)
      row.calls_replaced += counts.results + counts.silent;
  });
  std::ranges::sort(row.ops, {}, [](const ReportOp& op) {
    return std::tuple(~std::max(op.submitted + op.found, op.results), op.op);
  });
}

// Whoever asks for no completion is settled when the call that submitted it returns, which may be later.
void note_undecided(ReportRing& row, const Ring& ring, const Rings& rings) {
  for (const RecordId id : ring.silent) {
    const Operation* op = rings.operation(id);
    if (!op || op->settled || op->ring != ring.id) continue;
    const auto of = std::ranges::find(row.ops, op->op, &ReportOp::op);
    if (of != row.ops.end()) ++of->undecided;
  }
}

std::optional<Ns> cpu_of_polling_thread(const Ring& ring, const CpuTimes& cpu) {
  if (!ring.sq_thread) return std::nullopt;
  if (const ThreadCpu* thread = cpu.find(ring.sq_thread)) return thread->ns();
  const ProcessCpu* process = cpu.process(ring.pid);
  if (!process) return std::nullopt;
  const auto ended = std::ranges::find(process->ended_helpers, ring.sq_thread, &ThreadCpu::tid);
  return ended != process->ended_helpers.end() ? ended->ns() : std::nullopt;
}

ReportRing ring_row(const Ring& ring, const CpuTimes& cpu) {
  ReportRing row;
  row.ring = ring.id;
  row.pid = ring.pid;
  row.fd = ring.fd;
  row.sq_entries = ring.sq_entries;
  row.cq_entries = ring.cq_entries;
  row.flags = ring.flags;
  row.polled = ring.polled();
  row.sq_thread = ring.sq_thread;
  row.sq_thread_cpu_ns = cpu_of_polling_thread(ring, cpu);
  row.since = ring.since;
  row.origin = ring.origin;
  row.closed_t = ring.closed_t;
  row.enters = ring.enters;
  row.sqes = ring.sqes;
  row.cqes = ring.cqes;
  row.overflows = ring.overflows;
  row.overflow_ids = ring.overflow_ids;
  row.overflow_t = ring.overflow_t;
  row.batch = quantiles_of(ring.batch);
  row.batches = ring.batches;
  for (const EndedMultishot& end : ring.ended)
    if (!end.again_t) row.ended.push_back(end);
  add_ops(row, ring);
  return row;
}

}  // namespace

std::vector<ReportRing> rings_of(const Model::State& state) {
  std::vector<ReportRing> rows;
  state.rings.for_each([&](const Ring& ring) {
    note_undecided(rows.emplace_back(ring_row(ring, state.cpu)), ring, state.rings);
  });
  std::ranges::sort(rows, {}, [](const ReportRing& row) {
    return std::tuple(row.pid, row.closed_t.has_value(), row.fd, row.ring);
  });
  return rows;
}

void add_cpu_times(std::vector<ReportProcess>& processes, const Model::State& state) {
  const auto of = [&](Pid pid) -> ReportProcess* {
    const auto at = std::ranges::lower_bound(processes, pid, {}, &ReportProcess::pid);
    return at != processes.end() && at->pid == pid ? &*at : nullptr;
  };
  const auto add = [&](ReportProcess& process, const ThreadCpu& thread) {
    const auto kind = state.cpu.helper(thread);
    if (!kind) return;
    Ns& of_kind = *kind == UringHelper::Poller ? process.cpu_sqpoll_ns : process.cpu_workers_ns;
    of_kind = time_after(of_kind, thread.ns().value_or(0));
  };
  for (ReportProcess& process : processes) {
    const ProcessCpu* known = state.cpu.process(process.pid);
    if (!known) continue;
    if (known->ended_ns > 0 || process.exit_t) process.cpu_ns = known->ended_ns;
    for (const ThreadCpu& thread : known->ended_helpers) add(process, thread);
  }
  state.cpu.for_each([&](const ThreadCpu& thread) {
    ReportProcess* process = of(thread.pid);
    if (!process || !thread.ns()) return;
    process->cpu_ns = time_after(process->cpu_ns.value_or(0), *thread.ns());
    add(*process, thread);
  });
}

}  // namespace loopscope::trace_model
