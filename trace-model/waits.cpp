// SPDX-License-Identifier: Apache-2.0
// Waits that returned or are in progress: which loop they belong to, what ended them, which listener they
// concern.
#include <algorithm>

#include "trace-model/call_plans.h"
#include "trace-model/model_state.h"

namespace loopscope::trace_model {
namespace {

using State = Model::State;

constexpr uint32_t kOneshot = 1u << 30;
constexpr int64_t kGetEvents = 1;  // IORING_ENTER_GETEVENTS
constexpr int kEintr = 4, kEagain = 11, kEtime = 62, kFirstRestart = 512, kLastRestart = 516;
constexpr int kUringMinComplete = 2, kUringFlags = 3;

std::optional<WakeCause> cause_without_events(const Call& call, bool may_sleep) {
  if (call.error == kEintr || (call.error >= kFirstRestart && call.error <= kLastRestart))
    return WakeCause::Signal;
  if (call.error == kEtime) return WakeCause::Timeout;
  if (call.error != 0) return WakeCause::Error;
  if (call.ret == 0) return may_sleep ? WakeCause::Timeout : WakeCause::LookedWithoutSleeping;
  return std::nullopt;
}

// What an epoll call returned, joined with the registrations known: counts for listeners, disarms one-shot
// items.
WakeCause epoll_cause(State& state, const Thread& thread, const Call& call, InterestList* list) {
  std::optional<WakeCause> first;
  for (const ReadyEntry& ready : call.ready) {
    std::optional<WakeCause> cause;
    bool agreed = true;
    InterestItem* only = nullptr;
    size_t found = 0;
    if (list)
      list->for_data(ready.data, [&](InterestItem& item) {
        const WakeCause says = cause_of(ready.events, item.target);
        agreed = agreed && (!cause || *cause == says);
        cause = says;
        only = &item;
        ++found;
      });
    if (found == 1) {
      only->confirmed = call.returned();
      if (only->events & kOneshot) {
        only->disarmed = true;
        list->tell(*only, call.returned());
      }
      if (only->target->listening) state.count_wakeup(thread, *only->target, only->fd);
    }
    if (found == 0 && list)
      if (const FormerItem* former = list->former(ready.data, call.t))
        cause = cause_of(ready.events, state.files.find(former->target));
    if (!first) first = cause && agreed ? *cause : cause_of(ready.events, nullptr);
  }
  return first.value_or(WakeCause::Unknown);
}

// poll and select report in the caller's order, so the first says nothing about what came first: a listener
// is named before anything else.
WakeCause poll_cause(State& state, const Thread& thread, const Call& call) {
  std::optional<WakeCause> cause;
  for (const ReadyEntry& ready : call.ready) {
    const OpenFile* file = thread.table->at(ready.fd);
    if (file && file->listening) state.count_wakeup(thread, *file, ready.fd);
    const WakeCause says = cause_of(ready.events, file);
    if (!cause || says == WakeCause::NewConnection) cause = says;
  }
  return cause.value_or(WakeCause::Unknown);
}

FileId instance_of(const Thread& thread, const CallBody& call, WaitKind kind) {
  if (kind == WaitKind::Poll || kind == WaitKind::Select) return 0;
  if (call.files[0] || names_registered_ring(call)) return call.files[0];
  const OpenFile* file = thread.table->at(int(call.args[0]));
  return file ? file->id : 0;
}

// io_uring_enter that only submits does not wait.
bool waits(const CallBody& call, WaitKind kind) {
  return kind != WaitKind::Uring || (call.has(kUringFlags) && (call.args[kUringFlags] & kGetEvents));
}

Loop& loop_of(const State& state, Thread& thread, const CallBody& call, WaitKind kind, Ns t) {
  Loop& loop = thread.loop(kind, instance_of(thread, call, kind), t);
  loop.fd = kind == WaitKind::Poll || kind == WaitKind::Select ? -1 : int(call.args[0]);
  if (names_registered_ring(call)) {
    const Ring* ring = state.rings.find(loop.instance);
    loop.fd = ring ? ring->fd : -1;
  }
  return loop;
}

}  // namespace

void State::wait_returned(Thread& thread, const Call& call, WaitKind kind) {
  if (kind == WaitKind::Uring) enter_returned(thread, call);
  if (!waits(call, kind)) return;
  const int timeout = plan_of(*call.spec).timeout;
  bool may_sleep = !(call.has(timeout) && call.args[size_t(timeout)] == 0);
  if (kind == WaitKind::Uring) may_sleep = call.args[kUringMinComplete] > 0;
  if (kind == WaitKind::Poll || kind == WaitKind::Select)
    note_waited_on(thread, call, kind, call.t, call.start_known ? Origin::Trace : Origin::Snapshot);
  std::optional<WakeCause> cause = cause_without_events(call, may_sleep);
  if (kind == WaitKind::Uring) cause = uring_cause(thread, call, cause);
  if (!cause && kind == WaitKind::Epoll) cause = epoll_cause(*this, thread, call, list_of(call));
  if (!cause) cause = poll_cause(*this, thread, call);
  count_wait(thread, call, loop_of(*this, thread, call, kind, call.t), *cause, may_sleep);
}

void State::note_ready(const Thread& thread, const Call& call) {
  (void)epoll_cause(*this, thread, call, list_of(call));
}

void State::accept_returned(Thread& thread, const Call& call, const OpenFile& listener) {
  if (!listener.listening || listener.nonblock || call.error == kEagain || !listener.watchers.empty()) return;
  Listener* known = listeners.find(listener.id);
  const Holder* holder = known ? known->holder_near(thread.pid, int(call.args[0])) : nullptr;
  const auto polled = [](const Registration& r) {
    return r.how == WatchedBy::Poll || r.how == WatchedBy::Select;
  };
  if (!holder || std::ranges::any_of(holder->registrations, polled)) return;
  note_waited_on(thread, call, WaitKind::Accept, call.t, call.start_known ? Origin::Trace : Origin::Snapshot);
  WakeCause cause = WakeCause::NewConnection;
  if (call.error != 0) cause = cause_without_events(call, true).value_or(WakeCause::Error);
  if (call.error == 0) count_wakeup(thread, listener, int(call.args[0]));
  count_wait(thread, call, loop_of(*this, thread, call, WaitKind::Accept, call.t), cause, true);
}

// poll(2) interrupted by a stop goes on as restart_syscall(2), which carries no arguments.
void State::restart_returned(Thread& thread, const Call& call) {
  const CallSpec* continued = find_call(call.continues);
  if (!continued || (continued->wait != WaitKind::Poll && continued->wait != WaitKind::Select)) return;
  const WakeCause cause = cause_without_events(call, true).value_or(poll_cause(*this, thread, call));
  count_wait(thread, call, thread.loop(continued->wait, 0, call.t), cause, true);
}

void State::count_wait(Thread& thread, const Call& call, Loop& loop, WakeCause cause, bool may_sleep) {
  if (thread.returned_from && call.start_known)
    thread.returned_from->busy.add(time_between(thread.returned_at, call.t));
  thread.returned_from = nullptr;
  if (call.killed) return;  // it did not return
  last_wait = {&loop, cause, may_sleep};
  ++loop.iterations;
  ++loop.wakeups[size_t(cause)];
  if (call.start_known && may_sleep) loop.wait.add(time_between(call.late, call.dur));
  thread.returned_from = &loop;
  thread.returned_at = call.returned();
}

void State::count_wakeup(const Thread& thread, const OpenFile& file, int fd) {
  Listener* listener = listeners.find(file.id);
  if (Holder* holder = listener ? listener->holder_near(thread.pid, fd) : nullptr) ++holder->wakeups;
}

void State::note_waited_on(const Thread& thread, const CallBody& call, WaitKind kind, Ns t, Origin origin) {
  const auto watch = [&](int fd, uint32_t events, WatchedBy how) {
    const OpenFile* file = thread.table->at(fd);
    Listener* listener = file && file->listening ? listeners.find(file->id) : nullptr;
    Holder* holder = listener ? listener->holder_near(thread.pid, fd) : nullptr;
    if (!holder) return;
    Registration made;
    made.how = how;
    made.fd = fd;
    made.tid = thread.tid;
    made.t = t;
    made.events = events;
    made.origin = origin;
    note(*holder, made);
  };
  constexpr uint32_t kIn = 1;
  if (kind == WaitKind::Poll)
    for (const PollFd& entry : call.poll_fds) watch(entry.fd, entry.events, WatchedBy::Poll);
  if (kind == WaitKind::Select)
    for (const int fd : call.fd_sets[0]) watch(fd, kIn, WatchedBy::Select);
  if (kind == WaitKind::Accept) watch(int(call.args[0]), 0, WatchedBy::BlockingAccept);
}

// A reading names calls in progress before the descriptors that they wait on.
void State::note_sleepers() {
  processes.for_each_thread([&](const Thread& sleeper) {
    if (!sleeper.asleep.pending || !sleeper.asleep_call) return;
    const CallBody& call = *sleeper.asleep_call;
    note_waited_on(sleeper, call, call.spec->wait, sleeper.asleep.since, sleeper.asleep_origin);
  });
}

void State::on(const Pending& pending) {
  Thread& sleeper = thread(pending.pid, pending.tid, pending.seen);
  sleeper.asleep = {};
  if (!pending.spec) return;
  confirm_arguments(*sleeper.table, pending, pending.t, pending.seen);
  const WaitKind kind = pending.spec->wait;
  if (kind == WaitKind::None || !waits(pending, kind)) return;
  sleeper.asleep_call.reset();
  if (kind == WaitKind::Poll || kind == WaitKind::Select || kind == WaitKind::Accept) {
    const bool before = pending.origin == Origin::Snapshot || !pending.start_known;
    sleeper.asleep_origin = before ? Origin::Snapshot : Origin::Trace;
    sleeper.asleep_call = std::make_unique<CallBody>(pending);
    note_waited_on(sleeper, pending, kind, pending.t, sleeper.asleep_origin);
  }
  sleeper.asleep = {pending.id, pending.t, pending.seen, pending.start_known, pending.spec->name};
  sleeper.asleep_loop = &loop_of(*this, sleeper, pending, kind, pending.t);
}

}  // namespace loopscope::trace_model
