// SPDX-License-Identifier: Apache-2.0
#include "trace-model/findings/iterations.h"

#include <algorithm>

#include "trace-model/call_plans.h"
#include "trace-model/findings/finding_words.h"
#include "trace-model/model_state.h"

namespace loopscope::trace_model {
namespace {

constexpr uint64_t kEnoughToCompare = 1000;  // iterations

bool multiplexes(WaitKind kind) {
  return kind == WaitKind::Epoll || kind == WaitKind::Uring || kind == WaitKind::Poll ||
         kind == WaitKind::Select;
}

bool is_main(WaitKind kind) {
  return kind == WaitKind::Epoll || kind == WaitKind::Uring;
}

// The epoll instance or ring that the thread waits on, where it has one.
const Loop* main_loop(const Thread& thread) {
  for (const auto& loop : thread.loops)
    if (is_main(loop->kind) && loop->iterations > 0) return loop.get();
  return nullptr;
}

bool is_connection(const ReadyFile& ready) {
  return is_socket(ready.kind) || (ready.kind == FileKind::Unknown && ready.fd >= 0);
}

// What was ready and had to wait until `held` was over; `next` is the wait after it, 0 where that one slept.
uint64_t waited_during(const Held& held, const std::vector<ReadyFile>& ready, Ns next_returned) {
  const Ns end = time_after(held.t, held.dur);
  const auto waited = [&](const ReadyFile& each) {
    if (!is_connection(each) || (each.file && each.file == held.serving)) return false;
    // Posted once the thread is in the kernel again, for most rings.
    if (each.completion) return each.returned >= held.t;
    if (each.returned <= held.t) return !each.served || time_after(each.returned, *each.served) >= end;
    return next_returned && each.returned == next_returned;
  };
  return uint64_t(std::ranges::count_if(ready, waited));
}

Held in_call(const Call& call, int8_t subject) {
  Held held;
  held.record = call.id;
  held.spec = call.spec;
  held.inside = true;
  held.t = call.t;
  if (subject >= 0 && call.has(subject)) {
    held.fd = int(call.args[size_t(subject)]);
    held.file = call.files[size_t(subject)];
  }
  return held;
}

void keep_longer(Held& longest, Held candidate, const Thread& thread) {
  if (candidate.dur <= longest.dur) return;
  candidate.serving = thread.activity.serving;
  candidate.serving_fd = thread.activity.serving_fd;
  longest = std::move(candidate);
}

}  // namespace

void Iterations::begin(RecordId wait, Ns start, Pid tid) {
  Current& current = current_[uint64_t(tid)];
  current.wait = wait;
  current.start = current.last_end = start;
  current.off_since_last = current.runnable = current.asleep = 0;
  current.last_call = 0;
  current.last_spec = nullptr;
  current.last_fd = -1;
  current.last_file = 0;
  for (Held& each : current.longest)
    if (each.dur != 0) each = Held{};
}

void Iterations::on_burst_begun(const Burst& burst, const Thread& thread) {
  if (multiplexes(burst.kind)) begin(burst.id, burst.start, thread.tid);
}

void Iterations::on_burst(const Burst& burst, const Thread& thread) {
  if (!multiplexes(burst.kind)) return;
  Current* current = current_.find(uint64_t(thread.tid));
  if (current && current->wait != 0) {
    add_run(*current, thread, burst.end);
    if (!burst.unfinished) finish(thread, burst.end, 0);
    current->wait = 0;
  }
}

void Iterations::on_call(const Call& call, const Thread& thread) {
  const Loop* waited_on = state().last_wait.loop;
  if (waited_on && (waited_on->kind == WaitKind::Poll || waited_on->kind == WaitKind::Select)) {
    uint32_t& widest = widest_poll_[uint64_t(thread.tid)];
    const size_t named = std::max(call.poll_fds.size(), call.fd_sets[0].size() + call.fd_sets[1].size());
    widest = std::max(widest, uint32_t(named));
  }
  Current* current = current_.find(uint64_t(thread.tid));
  if (waited_on && !is_main(waited_on->kind)) {
    // A thread with an epoll instance that sleeps in poll does not look at the instance meanwhile.
    const Loop* loop = main_loop(thread);
    if (loop && call.off && call.start_known && thread.activity.burst.kind == waited_on->kind) {
      Held held = in_call(call, plan_of(*call.spec).fds[0]);
      if (!call.poll_fds.empty()) held.fd = call.poll_fds[0].fd, held.file = call.poll_fds[0].file;
      held.dur = call.off->dur;
      add_sleep(thread, held, loop->kind, loop->instance);
    }
  }
  if (!current || current->wait == 0 || call.id == current->wait || !thread.activity.in_burst) return;
  // A wait that its thread died in returned nothing, and held up nobody.
  if (call.killed && call.spec->wait != WaitKind::None) {
    current->wait = 0;
    return;
  }
  if (!waited_on) return add_call(call, thread, *current);
  add_run(*current, thread, call.t);
  finish(thread, call.t, call.id);
  begin(call.id, call.returned(), thread.tid);
}

void Iterations::add_call(const Call& call, const Thread& thread, Current& current) {
  add_run(current, thread, call.t, &call);
  const int8_t subject = plan_of(*call.spec).fds[0];
  const Ns running = time_between(call.off ? call.off->dur : 0, time_between(call.late, call.dur));
  if (call.off || running > current.longest[size_t(HeldBy::Cpu)].dur) {
    Held held = in_call(call, subject);
    held.dur = running;
    held.path = call.text;
    keep_longer(current.longest[size_t(HeldBy::Cpu)], held, thread);
    if (call.off) add_off(current, thread, *call.off, std::move(held));
  }
  current.last_call = call.id;
  current.last_spec = call.spec;
  const bool named = subject >= 0 && call.has(subject);
  current.last_fd = named ? int(call.args[size_t(subject)]) : -1;
  current.last_file = named ? call.files[size_t(subject)] : 0;
  current.last_end = call.returned();
  current.off_since_last = 0;
}

// On the CPU since the last call, or the wait.
void Iterations::add_run(Current& current, const Thread& thread, Ns until, const Call* next) {
  const Ns dur = time_between(current.off_since_last, time_between(current.last_end, until));
  if (dur <= current.longest[size_t(HeldBy::Cpu)].dur) return;
  Held held;
  held.t = current.last_end;
  held.dur = dur;
  held.record = current.last_call ? current.last_call : current.wait;
  held.spec = current.last_spec;
  held.fd = current.last_fd;
  held.file = current.last_file;
  if (next) {
    const Held before = in_call(*next, plan_of(*next->spec).fds[0]);
    held.next_spec = next->spec;
    held.next_fd = before.fd;
    held.next_file = before.file;
  }
  keep_longer(current.longest[size_t(HeldBy::Cpu)], std::move(held), thread);
}

void Iterations::on_off(const OffRow& row, const Thread& thread) {
  Current* current = current_.find(uint64_t(thread.tid));
  if (!current || current->wait == 0 || !thread.activity.in_burst) return;
  Held held;
  held.t = row.t;
  held.record = row.id;
  current->off_since_last = time_after(current->off_since_last, std::max<Ns>(row.off.dur, 0));
  add_off(*current, thread, row.off, held);
}

void Iterations::add_off(Current& current, const Thread& thread, const Off& off, Held where) {
  if (off.dur <= 0 || (off.state != 'R' && off.state != 'S' && off.state != 'D')) return;
  if (off.state == 'R' && off.intervals == 1) {
    current.runnable = time_after(current.runnable, off.dur);
    where.dur = off.dur;
    return keep_longer(current.longest[size_t(HeldBy::NoCpu)], std::move(where), thread);
  }
  const Ns delay = std::clamp<Ns>(off.delay, 0, off.dur);
  current.runnable = time_after(current.runnable, delay);
  current.asleep = time_after(current.asleep, off.dur - delay);
  where.dur = off.dur - delay;
  where.serving = thread.activity.serving;
  where.serving_fd = thread.activity.serving_fd;
  if (where.dur >= thresholds().blocking_call)
    add_sleep(thread, where, thread.activity.burst.kind, thread.activity.burst.instance);
  keep_longer(current.longest[size_t(HeldBy::Sleep)], std::move(where), thread);
}

void Iterations::add_sleep(const Thread& thread, const Held& held, WaitKind kind, FileId instance) {
  if (held.dur < thresholds().blocking_call || !counts(held.t)) return;
  const SleepKey key{thread.tid, held.spec, held.inside, held.file};
  if (sleeps_.size() >= kMaxResults && !sleeps_.contains(key)) return;
  HeldUp& sleep = sleeps_[key];
  sleep.pid = thread.pid;
  sleep.tid = thread.tid;
  sleep.kind = kind;
  sleep.instance = instance;
  ++sleep.count;
  sleep.total = time_after(sleep.total, held.dur);
  keep_evidence(sleep.evidence, held.record);
  if (held.dur <= sleep.longest) return;
  sleep.longest = held.dur;
  sleep.longest_t = held.t;
  sleep.longest_wait = thread.activity.in_burst ? thread.activity.burst.id : 0;
  sleep.worst = held;
}

// The thread is back in a wait, which returned as `next_wait` without a sleep; 0: it slept there.
void Iterations::finish(const Thread& thread, Ns end, RecordId next_wait) {
  Current& current = *current_.find(uint64_t(thread.tid));
  const Burst& burst = thread.activity.burst;
  const Ns next_returned = next_wait && !burst.ready.empty() ? burst.ready.back().returned : 0;
  const Held& asleep = current.longest[size_t(HeldBy::Sleep)];
  if (asleep.dur >= thresholds().blocking_call)
    if (const auto known = sleeps_.find({thread.tid, asleep.spec, asleep.inside, asleep.file});
        known != sleeps_.end()) {
      const uint64_t waited = waited_during(asleep, burst.ready, next_returned);
      known->second.most_waited = std::max(known->second.most_waited, waited);
    }
  const Ns length = time_between(current.start, end);
  const Ns usual = length < thresholds().long_iteration ? usual_for(thread, length) : 0;
  if ((usual == 0 && length < thresholds().long_iteration) || !counts(current.start)) return;
  const Held& run = current.longest[size_t(HeldBy::Cpu)];
  const Held& most = run.dur >= asleep.dur ? run : asleep;
  add_slow(thread, current, end, waited_during(most, burst.ready, next_returned), usual);
}

// What an iteration of this loop usually takes, where one of `length` is far from it; else 0.
Ns Iterations::usual_for(const Thread& thread, Ns length) const {
  if (length < thresholds().outlier_least) return 0;
  const Burst& burst = thread.activity.burst;
  for (const auto& loop : thread.loops) {
    if (loop->kind != burst.kind || loop->instance != burst.instance) continue;
    if (loop->busy.count() < kEnoughToCompare) return 0;
    const Ns median = std::max<Ns>(loop->busy.quantile(0.5), 1);
    return uint64_t(length / median) >= thresholds().outlier ? median : 0;
  }
  return 0;
}

void Iterations::add_slow(const Thread& thread, const Current& current, Ns end, uint64_t waited, Ns usual) {
  const Burst& burst = thread.activity.burst;
  const Ns length = time_between(current.start, end);
  const Ns running = time_between(current.asleep, time_between(current.runnable, length));
  HeldBy by = HeldBy::Cpu;
  const bool computed = running >= thresholds().long_iteration && running >= current.asleep;
  if (!computed && current.asleep >= current.runnable && current.asleep > running) by = HeldBy::Sleep;
  if (!computed && current.runnable > current.asleep && current.runnable > running) by = HeldBy::NoCpu;
  // Told of as what it slept in.
  if (by == HeldBy::Sleep && current.longest[size_t(by)].dur >= thresholds().blocking_call) return;
  if (usual && running < length / 2) return;  // it waited for something: that has findings of its own
  if (usual) by = HeldBy::Unusual;
  const std::tuple key{thread.tid, by, burst.instance};
  if (slow_.size() >= kMaxResults && !slow_.contains(key)) return;
  HeldUp& slow = slow_[key];
  slow.pid = thread.pid;
  slow.tid = thread.tid;
  slow.kind = burst.kind;
  slow.instance = burst.instance;
  ++slow.count;
  slow.total = time_after(slow.total, length);
  slow.most_waited = std::max(slow.most_waited, waited);
  keep_evidence(slow.evidence, current.wait);
  if (length <= slow.longest) return;
  slow.longest = length;
  slow.longest_t = current.start;
  slow.longest_wait = current.wait;
  slow.usual = usual;
  slow.worst = current.longest[size_t(usual ? HeldBy::Cpu : by)];
  slow.worst.waited = waited;
}

void Iterations::on_event(const Event& event) {
  // The wait that ended an iteration may be among what is missing.
  if (std::holds_alternative<Lost>(event)) current_.for_each([](uint64_t, Current& each) { each.wait = 0; });
  const Exit* exit = std::get_if<Exit>(&event);
  if (!exit) return;
  current_.erase(uint64_t(exit->tid));
}

}  // namespace loopscope::trace_model
