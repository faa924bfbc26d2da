// SPDX-License-Identifier: Apache-2.0
// Listening sockets: a track for each process that has one, from socket to close, with what happened to it.
#include <algorithm>

#include <fmt/format.h>

#include "trace-model/call_table.h"
#include "trace-model/model_state.h"
#include "trace-model/terminal_text.h"
#include "viewer/logic/timeline_builder.h"

namespace loopscope::viewer {

using namespace trace_model;

namespace {

constexpr size_t kMostMade = 1 << 16;
constexpr int64_t kCtlAdd = 1, kCtlDel = 2;

uint64_t key_of(FileId file, Pid pid) {
  return uint64_t(file) << 32 | uint32_t(pid);
}

}  // namespace

void TimelineBuilder::note_file(FileId file) {
  const OpenFile* known = file ? analysis_.model().state().files.find(file) : nullptr;
  if (known)
    batch_.files.push_back({file, known->kind, known->listening, known->local, known->peer, known->path});
}

void TimelineBuilder::on_watched(FileId instance, InterestItem& item, Ns t) {
  WatchStep step;
  if (item.number == UINT32_MAX) {
    item.number = watched_++;
    step.kind = WatchStep::Kind::Added;
    note_file(item.target->id);
  }
  step.item = item.number;
  step.t = t;
  step.since = item.t;
  step.instance = instance;
  step.target = item.target->id;
  step.fd = item.fd;
  step.epfd = item.epfd;
  step.pid = item.pid;
  step.events = item.events;
  step.data = item.data;
  step.disarmed = item.disarmed;
  step.before = item.origin == Origin::Snapshot;
  batch_.watched.push_back(step);
}

void TimelineBuilder::on_unwatched(const InterestItem& item, Ns t) {
  WatchStep step;
  step.kind = WatchStep::Kind::Gone;
  step.item = item.number;
  step.t = t;
  batch_.watched.push_back(step);
}

// What the call made or named: later lines of the trace have only its number.
void TimelineBuilder::note_facts(const Call& call) {
  if (call.error != 0) return;
  note_file(call.ret_file);
  for (const FileId file : call.pair_files) note_file(file);
  for (const ReceivedFd& received : call.rights) note_file(received.file);
  if (call.spec && call.spec->family == CallFamily::Socket && call.files[0] != 0) note_file(call.files[0]);
}

TimelineBuilder::ListenerLanes* TimelineBuilder::ensure_listener(FileId file, Pid pid, int fd, Ns since) {
  if (file == 0 || pid == 0) return nullptr;
  ListenerLanes& lanes = listeners_[key_of(file, pid)];
  if (lanes.track != kNone) return &lanes;
  const OpenFile* known = analysis_.model().state().files.find(file);
  process_marks(pid);
  Track track;
  track.kind = TrackKind::Listener;
  track.process = process_number(pid);
  track.fd = fd;
  track.file = file;
  const std::string where = known ? terminal_text(known->local) : std::string();
  track.name = fd >= 0 ? fmt::format("fd {}  {}", fd, where) : fmt::format("listener  {}", where);
  lanes.fd = fd;
  lanes.track = add_track(std::move(track));
  lanes.life = add_lane(lanes.track, LaneRole::Life);
  lanes.marks = add_lane(lanes.track, LaneRole::Marks);
  lanes.open = true;
  append(lanes.life, since, kOpen, Look::Life, 0, row_);
  listening_[file] = 1;
  return &lanes;
}

void TimelineBuilder::end_listener(FileId file, Pid pid, Ns t) {
  ListenerLanes* lanes = listeners_.find(key_of(file, pid));
  if (!lanes || !lanes->open) return;
  lanes->open = false;
  ended_listeners_[lanes->track] = key_of(file, pid);
  end_open(lanes->life, t, Look::Life, lanes_[lanes->life].open_record);
}

void TimelineBuilder::mark_listener(FileId file, Pid pid, Ns t, Look look, uint32_t record) {
  if (!listening_.find(file)) return;
  ListenerLanes* lanes = ensure_listener(file, pid, -1, t);
  if (!lanes) return;
  const bool rare = look == Look::MarkAdd || look == Look::MarkMod || look == Look::MarkDel ||
                    look == Look::MarkListen || look == Look::MarkBind || look == Look::MarkClose;
  const uint8_t priority = look == Look::MarkAdd      ? 6
                           : look == Look::MarkListen ? 5
                           : rare                     ? 4
                           : look == Look::MarkAccept ? 1
                                                      : 0;
  append(lanes->marks, t, 0, look, priority, record);
}

void TimelineBuilder::mark_control(FileId file, Pid pid, Ns t, int64_t op) {
  mark_listener(file, pid, t,
                op == kCtlAdd   ? Look::MarkAdd
                : op == kCtlDel ? Look::MarkDel
                                : Look::MarkMod,
                row_);
}

void TimelineBuilder::began_to_listen(const Call& call) {
  const FileId file = call.files[0];
  const Made* made = made_.find(file);
  const bool since_socket = made && made->socket_row != kNone;
  ListenerLanes* lanes =
      ensure_listener(file, call.pid, int(call.args[0]), since_socket ? made->socket_t : call.t);
  if (!lanes) return;
  if (made && made->bind_row != kNone)
    mark_listener(file, call.pid, made->bind_t, Look::MarkBind, made->bind_row);
  mark_listener(file, call.pid, call.returned(), Look::MarkListen, row_);
  made_.erase(file);
}

void TimelineBuilder::take_listener_call(const Call& call, ThreadLanes& thread) {
  if (!call.spec || call.error != 0) return;
  const CallSpec& spec = *call.spec;
  const Ns t = call.returned();
  constexpr size_t kOp = 1, kFd = 2;
  switch (spec.family) {
    case CallFamily::Socket:
      if (made_.size() > kMostMade) made_.clear();
      if (spec.name == "socket" && call.ret_file) {
        Made& made = made_[call.ret_file];
        made.socket_t = call.t, made.socket_row = row_;
      } else if (spec.name == "bind" && call.files[0]) {
        Made& made = made_[call.files[0]];
        made.bind_t = t, made.bind_row = row_;
      } else if (spec.name == "listen" && call.files[0]) {
        began_to_listen(call);
      }
      return;
    case CallFamily::Accept: {
      scan_registrations(call, thread);
      const OpenFile* file = analysis_.model().state().files.find(call.files[0]);
      if (file && file->listening) ensure_listener(file->id, call.pid, int(call.args[0]), call.t);
      return mark_listener(call.files[0], call.pid, t, Look::MarkAccept, row_);
    }
    case CallFamily::Epoll:
      if (spec.name == "epoll_ctl") mark_control(call.files[kFd], call.pid, t, call.args[kOp]);
      return;
    case CallFamily::Poll:
      return scan_registrations(call, thread);
    case CallFamily::Close:
      made_.erase(call.files[0]);
      if (ListenerLanes* lanes = listeners_.find(key_of(call.files[0], call.pid));
          lanes && lanes->open && spec.name == "close" && int(call.args[0]) == lanes->fd) {
        mark_listener(call.files[0], call.pid, t, Look::MarkClose, row_);
        end_listener(call.files[0], call.pid, t);
      }
      return;
    default:
      return;
  }
}

// poll, select and a blocking accept watch without a call that registers: the first of each kind that a
// thread returns from is where the model saw it.
void TimelineBuilder::scan_registrations(const Call& call, ThreadLanes& thread) {
  const uint32_t bit = 1u << uint32_t(call.spec->wait);
  if (thread.scanned & bit) return;
  thread.scanned |= bit;
  analysis_.model().state().listeners.for_each([&](const Listener& listener) {
    for (const Holder& holder : listener.holders)
      for (const Registration& registration : holder.registrations)
        if (holder.pid == call.pid && registration.tid == call.tid &&
            (registration.how == WatchedBy::Poll || registration.how == WatchedBy::Select ||
             registration.how == WatchedBy::BlockingAccept))
          mark_listener(listener.file, holder.pid, call.t, Look::MarkAdd, row_);
  });
}

}  // namespace loopscope::viewer
