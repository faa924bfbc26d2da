// SPDX-License-Identifier: Apache-2.0
#include "trace-model/analysis/analysis.h"

#include <algorithm>

#include "trace-model/call_plans.h"
#include "trace-model/model_state.h"

namespace loopscope::trace_model {

void Analysis::apply(Call& call) {
  model_.join(call);
  Model::State& state = model_.state();
  model_.apply(call);
  if (!state.last_thread) return;
  Thread& thread = *state.last_thread;
  after(call, thread);
  for (AnalysisSink* sink : sinks_) sink->on_call(call, thread);
}

void Analysis::apply(Event& event) {
  if (Call* call = std::get_if<Call>(&event)) return apply(*call);
  if (const Exit* exit = std::get_if<Exit>(&event)) end_bursts_of(exit->pid, exit->t, exit->last, exit->tid);
  model_.join(event);
  model_.apply(event);
  if (const auto* header = std::get_if<TraceHeader>(&event)) scheduled_ = header->probed("off-CPU");
  if (const auto* row = std::get_if<FdRow>(&event)) notifiers_.on_row(*row);
  if (const auto* row = std::get_if<OffRow>(&event)) return on(*row);
  if (const auto* cqe = std::get_if<Cqe>(&event)) return on(*cqe);
  if (const auto* fork = std::get_if<Fork>(&event)) on(*fork);
  if (const auto* pending = std::get_if<Pending>(&event)) on(*pending);
  if (const auto* lost = std::get_if<Lost>(&event)) on(*lost);
  for (AnalysisSink* sink : sinks_) sink->on_event(event);
}

void Analysis::observe(InterestObserver& observer) {
  model_.state().interest.observe(observer);
}

void Analysis::finish() {
  Model::State& state = model_.state();
  state.processes.for_each_thread([&](Thread& thread) {
    if (thread.activity.in_burst) end_burst(thread, std::max(state.last_t, thread.activity.last_end), true);
  });
}

void Analysis::forget_counts() {
  Model::State& state = model_.state();
  state.calls = 0;
  const auto clear = [](Thread& thread) {
    for (const auto& loop : thread.loops) {
      loop->iterations = 0;
      loop->wakeups = {};
      loop->busy = loop->wait = {};
    }
  };
  state.processes.for_each_thread(clear);
  for (const auto& thread : state.processes.ended()) clear(*thread);
  state.listeners.for_each([](Listener& listener) { listener.forget_counts(); });
}

void Analysis::on(const Lost& lost) {
  lost_until_ = std::max(lost_until_, lost.until);
}

void Analysis::on(const Fork& fork) {
  Model::State& state = model_.state();
  const Thread* parent = state.processes.find_thread(fork.tid);
  Thread* child = state.processes.find_thread(fork.child_tid);
  if (!parent || !child) return;
  Work work = work_of(*parent, fork.t);
  if (work.root == 0) return;
  link(*child, std::move(work), {LinkHow::Created, true, fork.tid, fork.child_tid, fork.t, fork.id, 0});
}

void Analysis::on(const OffRow& row) {
  Model::State& state = model_.state();
  Thread* thread = state.processes.find_thread(row.tid);
  if (!thread || thread->pid != row.pid) return;
  Stretch where;
  where.record = row.id;
  where.t = row.t;
  if (thread->activity.in_burst)
    take_off(thread->activity, row.off, where);
  else
    note_waker(*thread, row.off, row.id);
  for (AnalysisSink* sink : sinks_) sink->on_off(row, *thread);
}

void Analysis::on(const Cqe& cqe) {
  std::vector<ReadyFile>& posted = completions_[cqe.ring];
  if (posted.size() < kMaxBurstReady) {
    ReadyFile& ready = posted.emplace_back();
    ready.completion = true;
    ready.op = cqe.op.value_or(0);
    ready.fd = cqe.fd;
    ready.file = cqe.of;
    ready.returned = cqe.t;
    if (const OpenFile* file = model_.state().files.find(cqe.of)) {
      ready.kind = file->kind;
      ready.listening = file->listening;
    }
  }
  for (AnalysisSink* sink : sinks_) sink->on_cqe(cqe);
}

void Analysis::end_bursts_of(Pid pid, Ns t, bool whole_process, Pid tid) {
  Model::State& state = model_.state();
  if (!whole_process) {
    Thread* thread = state.processes.find_thread(tid);
    if (thread && thread->activity.in_burst) end_burst(*thread, t, true);
    return;
  }
  state.processes.for_each_thread([&](Thread& thread) {
    if (thread.pid == pid && thread.activity.in_burst) end_burst(thread, t, true);
  });
}

Work Analysis::work_of(const Thread& thread, Ns t) {
  const Activity& activity = thread.activity;
  if (activity.in_burst && activity.burst.start <= t) {
    Work work{activity.burst.root, thread.tid, {}};
    if (activity.burst.caused_by && activity.burst.root != activity.burst.id)
      work.path.push_back(*activity.burst.caused_by);
    return work;
  }
  if (const RecentBurst* past = activity.burst_at(t)) return {past->root, thread.tid, {}};
  return activity.in_burst ? Work{} : activity.work;
}

void Analysis::link(Thread& to, Work work, const Link& link) {
  if (work.path.size() >= kMaxLinks) return;
  work.path.push_back(link);
  work.path.back().root = work.root;
  to.activity.work = std::move(work);
  for (AnalysisSink* sink : sinks_) sink->on_link(to.activity.work.path.back());
}

// When the burst began in which a thread was at that time; the beginning of time where it was in none.
static Ns burst_start(const Thread& thread, Ns t) {
  const Activity& activity = thread.activity;
  if (activity.in_burst && activity.burst.start <= t) return activity.burst.start;
  const RecentBurst* past = activity.burst_at(t);
  return past ? past->start : INT64_MIN;
}

// A thread that is no loop was made runnable by another that is traced.
void Analysis::note_waker(Thread& thread, const Off& off, RecordId evidence) {
  const bool by_thread = off.context == WakeContext::Task || off.context == WakeContext::Unknown;
  if (off.state == 'R' || !off.woken || off.by_tid == 0 || off.by_tid == thread.tid || !by_thread) return;
  const Thread* waker = model_.state().processes.find_thread(off.by_tid);
  if (!waker) return;
  const Ns asleep = std::max<Ns>(time_between(off.delay, off.dur), 0);
  const Ns since = time_between(asleep, *off.woken);
  if (thread.activity.work.root && asleep <= kLockWait && since >= burst_start(*waker, *off.woken)) return;
  Work work = work_of(*waker, *off.woken);
  if (work.root == 0) return;
  if (work.root == thread.activity.work.root && thread.activity.work.certain()) return;  // it goes on with it
  link(thread, std::move(work), {LinkHow::Woken, false, off.by_tid, thread.tid, *off.woken, evidence, 0});
}

}  // namespace loopscope::trace_model
