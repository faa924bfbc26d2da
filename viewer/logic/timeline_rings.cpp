// SPDX-License-Identifier: Apache-2.0
// io_uring: completions as moments, and each operation from when it was taken to its last completion.
// Operations in flight at once stand in rows; what finds no row is a moment in the first.
#include <algorithm>

#include <fmt/format.h>

#include "trace-model/model_state.h"
#include "trace-model/uring_ops.h"
#include "viewer/logic/timeline_builder.h"

namespace loopscope::viewer {

using namespace trace_model;

TimelineBuilder::RingLanes& TimelineBuilder::ring_lanes(FileId ring, Pid pid) {
  RingLanes& lanes = rings_[ring];
  if (lanes.track != kNone) return lanes;
  const Ring* known = analysis_.model().state().rings.find(ring);
  if (known && known->pid != 0) pid = known->pid;
  if (pid != 0) process_marks(pid);
  Track track;
  track.kind = TrackKind::Ring;
  track.process = process_number(pid);
  track.fd = known ? known->fd : -1;
  track.file = ring;
  track.name = track.fd >= 0 ? fmt::format("io_uring {}", track.fd) : fmt::format("io_uring, file {}", ring);
  lanes.track = add_track(std::move(track));
  lanes.completions = add_lane(lanes.track, LaneRole::Completions);
  return lanes;
}

void TimelineBuilder::place(const Sqe& sqe) {
  RingLanes& ring = ring_lanes(sqe.ring, sqe.pid);
  current_.error = uint16_t(std::clamp(sqe.error, 0, 0xffff));
  current_.file = sqe.file_id;
  const Look look = look_of_operation(sqe.op);
  // A silent operation has no completion when it succeeds, so its end is not known.
  const bool silent = sqe.flags & uring::kSqeSkipSuccess;
  auto row = std::ranges::find(ring.in_row, RecordId(0));
  if (row == ring.in_row.end() && ring.in_row.size() < kOperationRows) {
    ring.rows.push_back(add_lane(ring.track, LaneRole::Operations));
    ring.in_row.push_back(0);
    row = ring.in_row.end() - 1;
  }
  if (row == ring.in_row.end()) {
    append(ring.completions, sqe.t, 0, look, 0, row_);
    place_here(ring.completions);
  } else {
    const size_t number = size_t(row - ring.in_row.begin());
    append(ring.rows[number], sqe.t, silent ? 0 : kOpen, look, 0, row_);
    place_here(ring.rows[number]);
    if (!silent) *row = sqe.id, operation_rows_[sqe.id] = uint32_t(number);
  }
  constexpr size_t kOp = 1, kFd = 2;
  if (sqe.op == uring::kAccept || sqe.op == uring::kPollAdd)
    mark_listener(sqe.file_id, sqe.pid, sqe.t, Look::MarkAdd, row_);
  else if (sqe.op == uring::kEpollCtl)
    mark_control(sqe.files[kFd], sqe.pid, sqe.t, sqe.args[kOp]);
}

void TimelineBuilder::place(const Cqe& cqe) {
  RingLanes& ring = ring_lanes(cqe.ring, cqe.pid);
  const uint8_t op = cqe.op.value_or(uring::kUnknown);
  // That its time has come, or that it was called off, is what an operation may be for.
  constexpr int64_t kEagain = 11, kEtime = 62, kEcanceled = 125;
  const bool failed = cqe.res < 0 && cqe.res != -kEagain && cqe.res != -kEtime && cqe.res != -kEcanceled;
  const uint8_t priority = failed ? 1 : 0;
  current_.error = uint16_t(std::clamp<int64_t>(-cqe.res, 0, 0xffff));
  current_.file = cqe.of;
  append(ring.completions, cqe.t, 0, Look::MarkCompletion, priority, row_);
  place_here(ring.completions);
  const uint32_t* number = cqe.sqe ? operation_rows_.find(cqe.sqe) : nullptr;
  if (number && !(cqe.flags & uring::kCqeMore)) {
    const uint32_t lane = ring.rows[*number];
    if (ring.in_row[*number] == cqe.sqe) {
      end_open(lane, cqe.t, lanes_[lane].open_look, lanes_[lane].open_record);
      ring.in_row[*number] = 0;
    }
    operation_rows_.erase(cqe.sqe);
  }
  if (cqe.res < 0) return;
  note_file(cqe.file);
  if (op == uring::kListen || op == uring::kBind) note_file(cqe.of);
  const Ring* known = analysis_.model().state().rings.find(cqe.ring);
  const Pid holder = known && known->pid ? known->pid : cqe.pid;
  const OpenFile* on = analysis_.model().state().files.find(cqe.of);
  if (on && on->listening && (op == uring::kListen || op == uring::kAccept))
    ensure_listener(cqe.of, holder, cqe.fixed ? -1 : cqe.fd, cqe.t);
  if (op == uring::kListen) mark_listener(cqe.of, holder, cqe.t, Look::MarkListen, row_);
  if (op == uring::kAccept) mark_listener(cqe.of, holder, cqe.t, Look::MarkAccept, row_);
}

}  // namespace loopscope::viewer
