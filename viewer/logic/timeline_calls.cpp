// SPDX-License-Identifier: Apache-2.0
// Calls, waits, bursts, and time off the CPU.
#include <algorithm>
#include <array>

#include "trace-model/call_table.h"
#include "trace-model/model_state.h"
#include "trace-model/uring_ops.h"
#include "viewer/logic/timeline_builder.h"

namespace loopscope::viewer {

using namespace trace_model;

namespace {

constexpr uint8_t kWakeupPriority = 1;  // it is short, and what one looks for

Look look_of(const CallSpec& spec) {
  const auto named = [&](std::string_view part) { return spec.name.find(part) != std::string_view::npos; };
  if (spec.wait == WaitKind::Accept) return Look::Accept;
  if (spec.wait != WaitKind::None) return Look::Looked;
  switch (spec.family) {
    case CallFamily::Io:
      return named("read") || named("recv") ? Look::Read : Look::Write;
    case CallFamily::Epoll:
    case CallFamily::Uring:
      return Look::Control;
    case CallFamily::Open:
      return Look::Open;
    case CallFamily::Socket:
      return spec.name == "connect" ? Look::Connect : Look::Control;
    default:
      return Look::Other;
  }
}

// What a program expects from a call that would have to wait is no error worth a colour.
bool is_failure(int error) {
  constexpr int kEintr = 4, kEagain = 11, kEinprogress = 115, kFirstInternal = 512;
  return error != 0 && error != kEagain && error != kEintr && error != kEinprogress && error < kFirstInternal;
}

FileId main_file(const CallBody& call) {
  constexpr size_t kEpollCtlFd = 2;
  if (call.spec && call.spec->name == "epoll_ctl") return call.files[kEpollCtlFd];
  for (const FileId file : call.files)
    if (file != 0) return file;
  return 0;
}

}  // namespace

Look look_of_cause(WakeCause cause) {
  switch (cause) {
    case WakeCause::NewConnection:
      return Look::BurstConnection;
    case WakeCause::Data:
    case WakeCause::Writable:
    case WakeCause::HangUp:
      return Look::BurstData;
    case WakeCause::Completion:
      return Look::BurstCompletion;
    case WakeCause::Notification:
    case WakeCause::NestedEpoll:
    case WakeCause::Signal:
      return Look::BurstNotify;
    case WakeCause::Timer:
    case WakeCause::Timeout:
      return Look::BurstTimer;
    default:
      return Look::BurstOther;
  }
}

Look look_of_call(const CallSpec* spec) {
  static const std::array<Look, 256> looks = [] {
    std::array<Look, 256> made{};
    size_t i = 0;
    for (const CallSpec& each : all_calls()) made[i++] = look_of(each);
    return made;
  }();
  return spec ? looks[size_t(spec - all_calls().data())] : Look::Other;
}

Look look_of_operation(uint8_t op) {
  if (op == uring::kEpollCtl || op == uring::kPollAdd) return Look::Control;
  const CallSpec* spec = call_of_op(op);
  return spec ? look_of_call(spec) : Look::Operation;
}

void TimelineBuilder::on_burst_begun(const Burst& burst, const Thread&) {
  begun_ = true;
  begun_look_ = look_of_cause(burst.cause);
  begun_t_ = burst.start;
  if (burst.kind == WaitKind::Accept) return;  // the accept itself is marked
  for (const ReadyFile& ready : burst.ready)
    if (ready.listening) mark_listener(ready.file, burst.pid, burst.start, Look::MarkWakeup, row_);
}

void TimelineBuilder::on_burst(const Burst& burst, const Thread& thread) {
  ThreadLanes& lanes = thread_lanes(thread.pid, thread.tid, thread.comm);
  const uint32_t lane = waits_lane(lanes);
  if (lanes_[lane].open && is_burst(lanes_[lane].open_look))
    end_open(lane, burst.end, look_of_cause(burst.cause), lanes_[lane].open_record);
}

void TimelineBuilder::on_link(const Link& link) {
  batch_.links.push_back({link.evidence, link.from_tid, link.to_tid, link.t, link.how, link.certain});
}

void TimelineBuilder::place(const Call& call) {
  static const std::string none;
  const Thread* known = analysis_.model().state().processes.find_thread(call.tid);
  ThreadLanes& thread =
      thread_lanes(call.pid, call.tid, known && known->pid == call.pid ? known->comm : none);
  const Ns returned = call.returned();
  const uint8_t priority = is_failure(call.error) ? 1 : 0;
  const bool in_wait = thread.waits != kNone && lanes_[thread.waits].open &&
                       lanes_[thread.waits].open_look == Look::Wait && call.spec &&
                       call.spec->wait != WaitKind::None;
  // Nothing began behind a wait in which the thread died.
  const bool died_waiting = call.killed && call.spec && call.spec->wait != WaitKind::None;
  current_.error = uint16_t(std::clamp(call.error, 0, 0xffff));
  current_.file = main_file(call);
  extend(call.end());
  if (begun_ || in_wait || died_waiting) {
    const uint32_t lane = waits_lane(thread);
    if (in_wait)
      end_open(lane, returned, Look::Wait, row_);
    else
      append(lane, call.t, time_between(call.t, returned), Look::Wait, 0, row_);
    place_here(lane);
    if (begun_) append(lane, begun_t_, kOpen, begun_look_, kWakeupPriority, row_);
  } else {
    if (lanes_[thread.calls].open)
      end_open(thread.calls, returned, look_of_call(call.spec), row_);
    else
      append(thread.calls, call.t, time_between(call.t, returned), look_of_call(call.spec), priority, row_);
    place_here(thread.calls);
  }
  if (call.off) place_off(thread, *call.off, call.t, returned, begun_ || in_wait || died_waiting);
  note_facts(call);
  take_listener_call(call, thread);
}

// Time off the CPU within [begin, end]. Of several intervals only their sum and the last are known: they are
// drawn as one that ends with the last. A wait is drawn as such already; there only the time it was kept from
// running after it was woken is news.
void TimelineBuilder::place_off(ThreadLanes& thread, const Off& off, Ns begin, Ns end, bool waited) {
  Ns ran = off.woken ? time_after(*off.woken, off.delay) : end;
  ran = std::clamp(ran, begin, std::max(begin, end));
  const Ns delay = off.state == 'R' ? off.dur : std::clamp<Ns>(off.delay, 0, std::max<Ns>(off.dur, 0));
  const Ns since = std::max(begin, time_between(off.dur, ran));
  const Ns runnable_since = std::max(begin, time_between(delay, ran));
  if (!waited && runnable_since > since)
    append(off_lane(thread), since, time_between(since, runnable_since), Look::Blocked, 0, row_);
  if (ran > runnable_since)
    append(off_lane(thread), runnable_since, time_between(runnable_since, ran), Look::Runnable, 0, row_);
}

void TimelineBuilder::place(const OffRow& row) {
  static const std::string none;
  const Thread* known = analysis_.model().state().processes.find_thread(row.tid);
  ThreadLanes& thread = thread_lanes(row.pid, row.tid, known && known->pid == row.pid ? known->comm : none);
  const uint32_t before = thread.off == kNone ? 0 : lanes_[thread.off].size;
  place_off(thread, row.off, row.t, time_after(row.t, row.off.dur), false);
  if (thread.off != kNone && lanes_[thread.off].size > before) {
    current_.lane = thread.off;
    current_.index = before;
  }
}

void TimelineBuilder::place(const Pending& pending) {
  static const std::string none;
  const Thread* known = analysis_.model().state().processes.find_thread(pending.tid);
  ThreadLanes& thread =
      thread_lanes(pending.pid, pending.tid, known && known->pid == pending.pid ? known->comm : none);
  extend(pending.seen);
  current_.file = main_file(pending);
  const bool waits = pending.spec && pending.spec->wait != WaitKind::None;
  const uint32_t lane = waits ? waits_lane(thread) : thread.calls;
  const bool known_already = lanes_[lane].open && !is_burst(lanes_[lane].open_look);
  if (!known_already)
    append(lane, pending.t, kOpen, waits ? Look::Wait : look_of_call(pending.spec), 0, row_);
  place_here(lane);
}

}  // namespace loopscope::viewer
