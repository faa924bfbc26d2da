// SPDX-License-Identifier: Apache-2.0
// How the calls of a thread make bursts.
#include <algorithm>

#include "trace-model/analysis/analysis.h"
#include "trace-model/call_plans.h"
#include "trace-model/model_state.h"

namespace loopscope::trace_model {
namespace {

constexpr int kEagain = 11;

// The descriptor that a call is about: its first.
int subject_of(const Call& call) {
  const int8_t index = plan_of(*call.spec).fds[0];
  return index >= 0 && call.has(index) ? int(call.args[size_t(index)]) : -1;
}
FileId subject_file(const Call& call) {
  const int8_t index = plan_of(*call.spec).fds[0];
  return index >= 0 ? call.files[size_t(index)] : 0;
}

Stretch stretch_of(const Call& call) {
  Stretch stretch;
  stretch.record = call.id;
  stretch.spec = call.spec;
  stretch.t = call.t;
  stretch.fd = subject_of(call);
  stretch.file = subject_file(call);
  return stretch;
}

void keep_longer(Stretch& longest, Stretch candidate, const Activity& activity) {
  if (candidate.dur <= longest.dur) return;
  candidate.serving = activity.serving;
  candidate.serving_fd = activity.serving_fd;
  longest = std::move(candidate);
}

// The thread went from its last call to `t` without another.
void keep_run(Activity& activity, Ns t) {
  Stretch run;
  run.record = activity.last_call;
  run.t = activity.last_end;
  run.dur = time_between(activity.off_since_last, time_between(activity.last_end, t));
  if (run.dur > activity.burst.longest_run.dur) {
    const RecentCall& before = activity.recent[(activity.recent_next - 1) % activity.recent.size()];
    if (before.id == run.record) run.spec = before.spec, run.fd = before.fd, run.file = before.file;
  }
  keep_longer(activity.burst.longest_run, std::move(run), activity);
}

void note_recent(Activity& activity, const Call& call) {
  RecentCall& slot = activity.recent[activity.recent_next++ % activity.recent.size()];
  slot = {call.id, call.spec, call.t, call.returned(), subject_of(call), subject_file(call)};
}

}  // namespace

Slept Analysis::slept_in(const Call& call, bool may_sleep) const {
  if (call.off && (call.off->state != 'R' || call.off->intervals > 1)) return Slept::Yes;
  if (!may_sleep) return Slept::No;
  if (scheduled_ && call.start_known && call.t >= lost_until_) return Slept::No;
  return time_between(call.late, call.dur) >= kTakenForSleep ? Slept::Likely : Slept::No;
}

void Analysis::after(const Call& call, Thread& thread) {
  Model::State& state = model_.state();
  Activity& activity = thread.activity;
  notifiers_.on_call(call, state.files);
  const bool died_waiting = call.killed && call.spec->wait != WaitKind::None;
  if (died_waiting && activity.in_burst) {
    keep_run(activity, call.t);
    end_burst(thread, call.t, false);
  } else if (state.last_wait.loop && !died_waiting)
    wait_returned(call, thread);
  else if (activity.in_burst)
    count(call, activity);
  else if (call.off)
    note_waker(thread, *call.off, call.id);
  const CallPlan& plan = plan_of(*call.spec);
  const int8_t moved = plan.reads >= 0 ? plan.reads : plan.writes;
  if (moved >= 0 && call.ret > 0) {
    const OpenFile* file = state.files.find(call.files[size_t(moved)]);
    if (file && is_socket(file->kind)) {
      activity.serving = file->id;
      activity.serving_fd = int(call.args[size_t(moved)]);
    }
  }
  note_recent(activity, call);
  activity.last_call = call.id;
  activity.last_end = call.returned();
  activity.off_since_last = 0;
}

void Analysis::wait_returned(const Call& call, Thread& thread) {
  const WaitSeen& wait = model_.state().last_wait;
  const Slept slept = slept_in(call, wait.may_sleep);
  Activity& activity = thread.activity;
  if (activity.in_burst && slept == Slept::No) return go_on(call, thread);
  if (activity.in_burst) {
    keep_run(activity, call.t);
    end_burst(thread, call.t, false);
  }
  begin_burst(call, thread, slept);
}

// The thread has been in a wait for long enough to be named: its burst ended when it went in.
void Analysis::on(const Pending& pending) {
  Thread* thread = model_.state().processes.find_thread(pending.tid);
  if (!thread || !thread->activity.in_burst || thread->asleep.pending != pending.id || !pending.start_known)
    return;
  if (pending.t < thread->activity.last_end) return;
  keep_run(thread->activity, pending.t);
  end_burst(*thread, pending.t, false);
}

// A wait inside a burst that did not sleep.
void Analysis::go_on(const Call& call, Thread& thread) {
  Activity& activity = thread.activity;
  Burst& burst = activity.burst;
  const WakeCause cause = model_.state().last_wait.cause;
  const bool nothing = call.ret == 0 || cause == WakeCause::LookedWithoutSleeping;
  count(call, activity);
  --burst.calls;
  ++burst.iterations;
  ++(nothing ? burst.looks : burst.found_ready);
  add_ready(call, thread);
}

void Analysis::begin_burst(const Call& call, Thread& thread, Slept slept) {
  const WaitSeen& wait = model_.state().last_wait;
  Activity& activity = thread.activity;
  Burst& burst = activity.burst;
  std::vector<ReadyFile> ready = std::move(burst.ready);  // keeps its memory
  std::vector<OpenedPath> opened = std::move(burst.opened);
  ready.clear(), opened.clear();
  burst = Burst{};
  burst.ready = std::move(ready);
  burst.opened = std::move(opened);
  activity.in_burst = true;
  activity.next_unserved = 0;
  activity.work = {};

  burst.id = burst.root = call.id;
  burst.pid = thread.pid;
  burst.tid = thread.tid;
  burst.kind = wait.loop->kind;
  burst.instance = wait.loop->instance;
  burst.fd = wait.loop->fd;
  burst.slept = slept;
  burst.cause = wait.cause;
  burst.start = burst.end = call.returned();
  burst.scheduled = scheduled_;
  burst.overlaps_loss = lost_until_ > call.t;
  if (call.start_known) burst.waited = time_between(call.late, call.dur);
  if (slept == Slept::No && wait.cause != WakeCause::LookedWithoutSleeping && call.error == 0)
    burst.cause = WakeCause::AlreadyReady;
  if (call.off && slept == Slept::Yes) {
    const Off& off = *call.off;
    burst.woken = {off.woken, off.delay, off.context, off.by_pid, off.by_tid, off.by_comm, 0, nullptr};
  }
  add_ready(call, thread);
  find_writer(burst, thread.tid);
  activity.off_since_last = 0;
  for (AnalysisSink* sink : sinks_) sink->on_burst_begun(burst, thread);
}

void Analysis::add_ready(const Call& call, Thread& thread) {
  Model::State& state = model_.state();
  Burst& burst = thread.activity.burst;
  const auto take = [&](ReadyFile ready) {
    ++burst.ready_total;
    if (burst.ready.size() < kMaxBurstReady) burst.ready.push_back(ready);
  };
  if (burst.kind == WaitKind::Uring || call.spec->wait == WaitKind::Uring) {
    std::vector<ReadyFile>* posted = completions_.find(state.last_wait.loop->instance);
    if (!posted) return;
    for (const ReadyFile& ready : *posted) take(ready);
    posted->clear();
    return;
  }
  if (call.spec->wait == WaitKind::Accept) {
    if (call.error != 0) return;
    ReadyFile ready;
    ready.fd = int(call.args[0]);
    ready.file = call.files[0];
    ready.listening = true;
    ready.returned = call.returned();
    ready.served = 0;
    ++burst.connections;
    return take(ready);
  }
  for (const ReadyEntry& entry : call.ready) {
    ReadyFile ready;
    ready.fd = entry.fd;
    ready.file = entry.file;
    ready.events = entry.events;
    ready.returned = call.returned();
    if (const OpenFile* file = entry.file ? state.files.find(entry.file) : nullptr) {
      ready.kind = file->kind;
      ready.listening = file->listening;
    }
    take(ready);
  }
  if (call.ready_total > call.ready.size())
    burst.ready_total += call.ready_total - uint32_t(call.ready.size());
}

void Analysis::count(const Call& call, Activity& activity) {
  Burst& burst = activity.burst;
  ++burst.calls;
  keep_run(activity, call.t);
  if (call.off) {
    Stretch where = stretch_of(call);
    where.path = call.text;
    take_off(activity, *call.off, where);
  }
  const FileId subject = subject_file(call);
  for (uint32_t i = activity.next_unserved; subject && i < burst.ready.size(); ++i) {
    ReadyFile& ready = burst.ready[i];
    if (ready.file != subject || ready.served) continue;
    ready.served = std::max<Ns>(0, time_between(ready.returned, call.t));
    ready.nothing_there = call.error == kEagain;
    while (activity.next_unserved < burst.ready.size() && burst.ready[activity.next_unserved].served)
      ++activity.next_unserved;
    break;
  }
  if (call.spec->family == CallFamily::Accept && call.error == 0) ++burst.connections;
  if (call.spec->family == CallFamily::Open && !call.text.empty()) {
    ++burst.opened_total;
    if (burst.opened.size() < kMaxBurstFiles)
      burst.opened.push_back({call.id, call.t, call.text, call.error});
  }
}

// Time inside a burst in which the thread did not run.
void Analysis::take_off(Activity& activity, const Off& off, const Stretch& where) {
  Burst& burst = activity.burst;
  burst.switches += off.intervals;
  Stretch stretch = where;
  stretch.state = off.state;
  if (where.spec == nullptr) activity.off_since_last = time_after(activity.off_since_last, off.dur);
  if (off.state == 'R' && off.intervals == 1) {
    burst.runnable = time_after(burst.runnable, off.dur);
    stretch.dur = off.dur;
    return keep_longer(burst.longest_runnable, std::move(stretch), activity);
  }
  const Ns delay = std::clamp<Ns>(off.delay, 0, std::max<Ns>(off.dur, 0));
  burst.runnable = time_after(burst.runnable, delay);
  burst.blocked = time_after(burst.blocked, off.dur - delay);
  stretch.dur = off.dur - delay;
  keep_longer(burst.longest_block, std::move(stretch), activity);
}

void Analysis::end_burst(Thread& thread, Ns t, bool unfinished) {
  Activity& activity = thread.activity;
  Burst& burst = activity.burst;
  burst.end = std::max(t, burst.start);
  burst.unfinished = unfinished;
  burst.overlaps_loss = burst.overlaps_loss || lost_until_ > burst.start;
  resolve_waker(thread);
  const auto empty = [](const ReadyFile& ready) { return ready.served && ready.nothing_there; };
  if (burst.slept != Slept::No && !burst.ready.empty() && burst.calls == burst.ready.size() &&
      std::ranges::all_of(burst.ready, empty))
    burst.cause = WakeCause::Spurious;
  activity.in_burst = false;
  activity.bursts[activity.bursts_next++ % activity.bursts.size()] = {burst.id, burst.root, burst.start,
                                                                      burst.end};
  if (window_.has(burst.start)) thread.loop(burst.kind, burst.instance, burst.start).figures.add(burst);
  for (AnalysisSink* sink : sinks_) sink->on_burst(burst, thread);
}

// Which write to what it is notified through woke the loop: one from the time it slept.
void Analysis::find_writer(Burst& burst, Pid tid) const {
  if (burst.slept == Slept::No || burst.caused_by) return;
  const Ns asleep = burst.waited ? time_between(*burst.waited, burst.start) : INT64_MIN;
  for (const ReadyFile& ready : burst.ready) {
    const Notification* written = notifiers_.first_within(ready.file, asleep, burst.start);
    if (!written) continue;
    if (burst.cause == WakeCause::Data && &ready == &burst.ready.front())
      burst.cause = WakeCause::Notification;
    if (written->tid == tid) return;
    burst.caused_by = Link{written->how, true, written->tid, tid, written->t, written->call, 0};
    return;
  }
}

void Analysis::resolve_waker(Thread& thread) {
  Model::State& state = model_.state();
  Burst& burst = thread.activity.burst;
  if (burst.slept == Slept::No) return;
  find_writer(burst, thread.tid);  // the record of the write may have come after that of the wait
  const bool by_thread =
      burst.woken.context == WakeContext::Task || burst.woken.context == WakeContext::Unknown;
  if (const Thread* waker = burst.woken.t && burst.woken.by_tid && by_thread
                                ? state.processes.find_thread(burst.woken.by_tid)
                                : nullptr)
    if (const RecentCall* in = waker->activity.call_at(*burst.woken.t)) {
      burst.woken.by_call = in->id;
      burst.woken.by_spec = in->spec;
    }
  if (!burst.caused_by) return;
  if (const Thread* from = state.processes.find_thread(burst.caused_by->from_tid)) {
    const Work work = work_of(*from, burst.caused_by->t);
    if (work.root) burst.root = burst.caused_by->root = work.root;
  }
  for (AnalysisSink* sink : sinks_) sink->on_link(*burst.caused_by);
}

}  // namespace loopscope::trace_model
