// SPDX-License-Identifier: Apache-2.0
// Tracks, lanes, threads, and the records that belong to a process as a whole. Calls are in
// timeline_calls.cpp, listeners in timeline_listeners.cpp, rings in timeline_rings.cpp.
#include "viewer/logic/timeline_builder.h"

#include <algorithm>
#include <variant>

#include <fmt/format.h>

#include "trace-model/call_table.h"
#include "trace-model/model_state.h"
#include "trace-model/terminal_text.h"

namespace loopscope::viewer {

using namespace trace_model;

namespace {

constexpr size_t kLongestName = 200;

std::string name_of(std::string_view raw) {
  return terminal_text(raw.substr(0, kLongestName));
}

uint16_t what_of(const Event& event) {
  if (const auto* call = std::get_if<Call>(&event))
    return call->spec ? uint16_t(call->spec - all_calls().data()) : kUnknownCall;
  if (const auto* pending = std::get_if<Pending>(&event); pending && pending->spec)
    return uint16_t(pending->spec - all_calls().data());
  if (const auto* sqe = std::get_if<Sqe>(&event)) return uint16_t(kFirstSqe + sqe->op);
  if (const auto* cqe = std::get_if<Cqe>(&event)) return uint16_t(kFirstCqe + cqe->op.value_or(255));
  return uint16_t(kFirstType + event.index());
}

}  // namespace

TimelineBuilder::TimelineBuilder(Analysis& analysis) : analysis_(analysis) {
  analysis.add(*this);
  analysis.observe(*this);
}

void TimelineBuilder::take(const Event& event, uint64_t offset) {
  current_ = {};
  current_.offset = offset;
  current_.id = id_of(event);
  current_.what = what_of(event);
  std::visit([this](const auto& record) { place(record); }, event);
  batch_.rows.push_back(current_);
  ++row_;
  begun_ = false;
}

void TimelineBuilder::finish() {
  analysis_.model().state().listeners.for_each([this](const Listener& listener) {
    for (const Holder& holder : listener.holders)
      if (holder.closed_t) end_listener(listener.file, holder.pid, *holder.closed_t);
  });
}

Batch TimelineBuilder::batch(Batch spent) {
  spent.clear();
  return std::exchange(batch_, std::move(spent));
}

void TimelineBuilder::extend(Ns t) {
  batch_.first = std::min(batch_.first, t);
  last_ = batch_.last = std::max({batch_.last, last_, t});
}

uint32_t TimelineBuilder::add_track(Track track) {
  uint32_t number = tracks_;
  if (free_tracks_.empty()) {
    ++tracks_;
    lanes_of_.emplace_back();
  } else {
    number = free_tracks_.back();
    free_tracks_.pop_back();
  }
  batch_.tracks.emplace_back(number, std::move(track));
  return number;
}

uint32_t TimelineBuilder::add_lane(uint32_t track, LaneRole role) {
  auto number = uint32_t(lanes_.size());
  if (free_lanes_.empty()) {
    lanes_.emplace_back();
  } else {
    number = free_lanes_.back();
    free_lanes_.pop_back();
  }
  batch_.lanes.push_back({number, track, role});
  lanes_[number].track = track;
  lanes_of_[track].push_back(number);
  return number;
}

// One that has ended and nothing of which is on its way. Should its thread turn out to live, it gets another.
void TimelineBuilder::free(const std::vector<SpentTrack>& spent) {
  for (const auto& [track, events] : spent) {
    const uint64_t* tid = ended_threads_.find(track);
    const uint64_t* listener = ended_listeners_.find(track);
    const uint64_t* process = ended_processes_.find(track);
    if (!tid && !listener && !process) continue;
    uint64_t here = 0;
    for (const uint32_t lane : lanes_of_[track]) here += lanes_[lane].size;
    if (here != events) continue;
    if (const ThreadLanes* known = tid ? threads_.find(*tid) : nullptr; known && known->track == track)
      threads_.erase(*tid);
    if (const ListenerLanes* known = listener ? listeners_.find(*listener) : nullptr;
        known && known->track == track)
      listeners_.erase(*listener);
    if (const uint32_t* known = process ? process_marks_.find(*process) : nullptr;
        known && lanes_[*known].track == track)
      process_marks_.erase(*process);
    ended_processes_.erase(track);
    ended_threads_.erase(track);
    ended_listeners_.erase(track);
    for (const uint32_t lane : lanes_of_[track]) {
      lanes_[lane] = {.size = lanes_[lane].size};
      free_lanes_.push_back(lane);
    }
    lanes_of_[track].clear();
    free_tracks_.push_back(track);
    batch_.freed_tracks.push_back(track);
  }
}

void TimelineBuilder::append(uint32_t lane, Ns start, Ns dur, Look look, uint8_t priority, uint32_t record) {
  LaneState& state = lanes_[lane];
  ++state.size;
  state.open = dur == kOpen;
  state.open_start = start;
  state.open_record = record;
  state.open_look = look;
  batch_.steps.push_back(
      {lane, record, start, dur == kOpen ? kOpen : std::max<Ns>(dur, 0), look, priority, false});
  extend(start);
  if (dur > 0) extend(time_after(start, dur));
}

void TimelineBuilder::end_open(uint32_t lane, Ns end, Look look, uint32_t record) {
  if (lane == kNone || !lanes_[lane].open) return;
  LaneState& state = lanes_[lane];
  state.open = false;
  batch_.steps.push_back(
      {lane, record, 0, std::max<Ns>(0, time_between(state.open_start, end)), look, 0, true});
  extend(end);
}

void TimelineBuilder::place_here(uint32_t lane) {
  current_.lane = lane;
  current_.index = lanes_[lane].size - 1;
}

uint32_t TimelineBuilder::process_number(Pid pid) {
  if (const uint32_t* known = process_numbers_.find(uint64_t(pid))) return *known;
  const Process* process = analysis_.model().state().processes.find(pid);
  batch_.processes.push_back({pid, process ? name_of(process->comm) : std::string()});
  process_numbers_[uint64_t(pid)] = processes_;
  return processes_++;
}

uint32_t TimelineBuilder::process_marks(Pid pid) {
  if (const uint32_t* known = process_marks_.find(uint64_t(pid))) return *known;
  Track track;
  track.kind = TrackKind::Process;
  track.process = process_number(pid);
  track.name = fmt::format("process {}", pid);
  return process_marks_[uint64_t(pid)] = add_lane(add_track(std::move(track)), LaneRole::Marks);
}

TimelineBuilder::ThreadLanes& TimelineBuilder::thread_lanes(Pid pid, Pid tid, const std::string& comm) {
  ThreadLanes& thread = threads_[uint64_t(tid)];
  if (thread.track == kNone || thread.pid != pid) {
    if (thread.track != kNone) ended_threads_[thread.track] = uint64_t(tid);
    thread = {};
    thread.pid = pid;
    thread.comm = comm;
    process_marks(pid);  // comes first
    Track track;
    track.process = process_number(pid);
    track.tid = tid;
    track.name = fmt::format("{} {}", name_of(comm.empty() ? "thread" : comm), tid);
    thread.track = add_track(std::move(track));
    thread.calls = add_lane(thread.track, LaneRole::Calls);
  } else if (!comm.empty() && comm != thread.comm) {
    thread.comm = comm;
    batch_.track_names.emplace_back(thread.track, fmt::format("{} {}", name_of(comm), tid));
  }
  return thread;
}

uint32_t TimelineBuilder::waits_lane(ThreadLanes& thread) {
  if (thread.waits == kNone) {
    thread.waits = add_lane(thread.track, LaneRole::Waits);
    batch_.track_kinds.emplace_back(thread.track, TrackKind::Loop);
  }
  return thread.waits;
}

uint32_t TimelineBuilder::off_lane(ThreadLanes& thread) {
  if (thread.off == kNone) thread.off = add_lane(thread.track, LaneRole::Off);
  return thread.off;
}

void TimelineBuilder::mark_process(Pid pid, Ns t) {
  if (pid == 0) return;
  const uint32_t lane = process_marks(pid);
  append(lane, t, 0, Look::MarkRecord, 0, row_);
  place_here(lane);
}

template <typename Record>
void TimelineBuilder::place(const Record& record) {
  if constexpr (requires { record.pid; })
    mark_process(record.pid, record.t);
  else if constexpr (requires { record.t; })
    extend(record.t);
}

void TimelineBuilder::place(const Lost& lost) {
  batch_.gaps.push_back({lost.t, lost.until, lost.count, row_});
  extend(lost.until);
}

void TimelineBuilder::place(const ProcessRow& row) {
  const uint32_t number = process_number(row.pid);
  const std::string& name = row.comm.empty() ? row.exe : row.comm;
  if (!name.empty()) batch_.process_names.emplace_back(number, name_of(name));
  mark_process(row.pid, row.t);
}

void TimelineBuilder::place(const FdRow& row) {
  current_.file = row.file;
  mark_process(row.pid, row.t);
  note_file(row.file);
  if (row.socket.state == "listen") ensure_listener(row.file, row.pid, row.fd, row.t);
}

void TimelineBuilder::place(const WatchRow& row) {
  current_.file = row.target;
  mark_process(row.pid, row.t);
  const OpenFile* target = analysis_.model().state().files.find(row.target);
  if (!target || !target->listening) return;
  ensure_listener(row.target, row.pid, row.fd, row.t);
  mark_listener(row.target, row.pid, row.t, Look::MarkAdd, row_);
}

void TimelineBuilder::place(const Exit& exit) {
  mark_process(exit.pid, exit.t);
  if (exit.last) {
    ended_processes_[lanes_[process_marks(exit.pid)].track] = uint64_t(exit.pid);
    listeners_.for_each([&](uint64_t key, const ListenerLanes&) {
      if (Pid(uint32_t(key)) == exit.pid) end_listener(FileId(key >> 32), exit.pid, exit.t);
    });
  }
  threads_.for_each([&](uint64_t tid, ThreadLanes& thread) {
    if (thread.pid != exit.pid || (!exit.last && Pid(tid) != exit.tid)) return;
    ended_threads_[thread.track] = tid;
    for (const uint32_t lane : {thread.waits, thread.calls})
      if (lane != kNone) end_open(lane, exit.t, lanes_[lane].open_look, lanes_[lane].open_record);
  });
}

}  // namespace loopscope::viewer
