// SPDX-License-Identifier: Apache-2.0
#include "viewer/logic/relations.h"

#include <algorithm>

namespace loopscope::viewer {
namespace {

constexpr size_t kMostOpened = 8;
constexpr uint32_t kMostSteps = 100'000;  // events looked at for one answer

class Relations {
 public:
  Relations(const Timeline& timeline, const Selection& selection)
      : timeline_(timeline), selection_(selection) {}

  std::vector<Arrow> find() {
    if (!selection_.drawn()) return {};
    switch (here().role) {
      case LaneRole::Waits:
        of_wait();
        break;
      case LaneRole::Calls:
        of_call();
        break;
      case LaneRole::Off:
        of_off();
        break;
      case LaneRole::Marks:
        of_mark();
        break;
      case LaneRole::Completions:
      case LaneRole::Operations:
        of_ring();
        break;
      default:
        break;
    }
    return std::move(arrows_);
  }

 private:
  [[nodiscard]] const LaneOfTrack& here() const { return timeline_.lanes[selection_.lane]; }
  [[nodiscard]] const Track& track() const { return timeline_.tracks[here().track]; }
  [[nodiscard]] const Lane& lane(uint32_t number) const { return timeline_.lanes[number].lane; }
  [[nodiscard]] Ns end_of(uint32_t number, uint32_t i) const { return lane(number).end(i, timeline_.end()); }
  [[nodiscard]] End begin_of(uint32_t number, uint32_t i) const { return {number, i, lane(number).start(i)}; }

  void add(const End& from, const End& to, std::string_view what, bool certain = true) {
    if (from.lane == kNone || to.lane == kNone || arrows_.size() >= kMostArrows) return;
    arrows_.push_back({from, to, what, certain});
  }

  // The mark of any listener of this process that a record made.
  void add_marks(uint32_t row, Ns t, const End& to, Look look, std::string_view what) {
    for (uint32_t each = 0; each < timeline_.tracks.size(); ++each) {
      const Track& listener = timeline_.tracks[each];
      if (listener.kind != TrackKind::Listener || listener.process != track().process) continue;
      const uint32_t marks = timeline_.lane_of(each, LaneRole::Marks);
      if (marks == kNone) continue;
      for (uint32_t i = lane(marks).first_from(t); i < lane(marks).size() && lane(marks).start(i) == t; ++i)
        if (lane(marks).record(i) == row && lane(marks).look(i) == look) add(begin_of(marks, i), to, what);
    }
  }

  [[nodiscard]] End place_of_record(trace_model::RecordId id, Ns t) const {
    const auto row = timeline_.records.row_of(id);
    if (!row || !timeline_.has(timeline_.records.lane(*row), timeline_.records.index(*row))) return {};
    return {timeline_.records.lane(*row), timeline_.records.index(*row), t};
  }

  // Where a thread goes on after t: the burst that begins there, or else its next call.
  [[nodiscard]] End next_of_thread(Pid tid, Ns t) const {
    const uint32_t of = timeline_.thread_track(tid);
    if (of == kNone) return {};
    const uint32_t calls = timeline_.lane_of(of, LaneRole::Calls);
    const uint32_t waits = timeline_.lane_of(of, LaneRole::Waits);
    if (waits != kNone)
      if (const uint32_t burst = burst_after(timeline_, of, t - 1); burst != kNone)
        return begin_of(waits, burst);
    if (calls == kNone) return {};
    const uint32_t next = lane(calls).first_from(t);
    return next < lane(calls).size() ? begin_of(calls, next) : End{};
  }

  void links_to(Pid tid, Ns since, const End& to) {
    for (const LinkRow& link : timeline_.links)
      if (link.to_tid == tid && link.t >= since && link.t <= to.t)
        add(link_from(link), to, trace_model::link_how_name(link.how), link.certain);
  }
  void links_from(Pid tid, Ns since, Ns until) {
    for (const LinkRow& link : timeline_.links)
      if (link.from_tid == tid && link.t >= since && link.t <= until)
        add(link_from(link), next_of_thread(link.to_tid, link.t), trace_model::link_how_name(link.how),
            link.certain);
  }
  // The evidence may be the waking of the other thread: then it comes from what this one was doing.
  [[nodiscard]] End link_from(const LinkRow& link) const {
    End from = place_of_record(link.evidence, link.t);
    const uint32_t of = timeline_.thread_track(link.from_tid);
    if (of == kNone || (from.lane != kNone && timeline_.lanes[from.lane].track == of)) return from;
    for (const LaneRole role : {LaneRole::Calls, LaneRole::Waits}) {
      const uint32_t number = timeline_.lane_of(of, role);
      const uint32_t at = number == kNone ? kNone : Timeline::event_at(lane(number), link.t);
      const bool over = role == LaneRole::Calls && at != kNone && end_of(number, at) < link.t;
      if (at != kNone && !over) return {number, at, link.t};
    }
    return from;
  }

  void of_wait() {
    const uint32_t waits = selection_.lane;
    uint32_t burst = selection_.index;
    if (!is_burst(lane(waits).look(burst))) ++burst;  // of a wait: what it woke to
    if (burst >= lane(waits).size() || !is_burst(lane(waits).look(burst))) return;
    const End begin = begin_of(waits, burst);
    const uint32_t row = lane(waits).record(burst);
    const Ns asleep_since = burst > lane(waits).first() ? lane(waits).start(burst - 1) : begin.t;
    add_marks(row, begin.t, begin, Look::MarkWakeup, "ready");
    links_to(track().tid, asleep_since, begin);
    const uint32_t calls = timeline_.lane_of(here().track, LaneRole::Calls);
    const Ns end = end_of(waits, burst);
    if (calls != kNone) {
      size_t opened = 0;
      bool first = true;
      uint32_t steps = 0;
      for (uint32_t i = lane(calls).first_from(begin.t); i < lane(calls).size() && lane(calls).start(i) < end;
           ++i) {
        if (++steps > kMostSteps) break;
        const bool opens = lane(calls).look(i) == Look::Open && opened < kMostOpened;
        if (first) add(begin, begin_of(calls, i), "handled by");
        if (opens && !first) add(begin, begin_of(calls, i), "opened"), ++opened;
        first = false;
      }
    }
    links_from(track().tid, begin.t, end);
  }

  void of_call() {
    const uint32_t calls = selection_.lane, i = selection_.index;
    const End begin = begin_of(calls, i);
    const uint32_t burst = burst_at(timeline_, here().track, begin.t);
    const uint32_t waits = timeline_.lane_of(here().track, LaneRole::Waits);
    if (burst != kNone) add(begin_of(waits, burst), begin, "handled by");
    const Ns end = end_of(calls, i);
    add_marks(selection_.row, end, {calls, i, end}, Look::MarkAccept, "accepted");
    links_from(track().tid, begin.t, end);
    if (burst == kNone) {
      // A thread that is given work: the last hand-over before this call.
      const LinkRow* last = nullptr;
      for (const LinkRow& link : timeline_.links)
        if (link.to_tid == track().tid && link.t <= begin.t && (!last || link.t >= last->t)) last = &link;
      if (last) add(link_from(*last), begin, trace_model::link_how_name(last->how), last->certain);
    }
  }

  // Who let the thread run again.
  void of_off() {
    const Ns end = end_of(selection_.lane, selection_.index);
    links_to(track().tid, here().lane.start(selection_.index), {selection_.lane, selection_.index, end});
  }

  void of_mark() {
    const Look look = lane(selection_.lane).look(selection_.index);
    const End mark = begin_of(selection_.lane, selection_.index);
    const uint32_t row = selection_.row;
    uint32_t at = timeline_.records.has(row) ? timeline_.records.lane(row) : kNone;
    if (at != kNone && !timeline_.has(at, timeline_.records.index(row))) at = kNone;
    if (look == Look::MarkWakeup && at != kNone) {
      const uint32_t burst = burst_after(timeline_, timeline_.lanes[at].track, mark.t - 1);
      const uint32_t waits = timeline_.lane_of(timeline_.lanes[at].track, LaneRole::Waits);
      if (burst != kNone) return add(mark, begin_of(waits, burst), "ready");
    }
    if (at != kNone && at != selection_.lane)
      add({at, timeline_.records.index(row), mark.t}, mark, "did this");
    if (look != Look::MarkAdd && look != Look::MarkMod) return;
    const Lane& marks = here().lane;
    for (uint32_t i = selection_.index + 1, steps = 0; i < marks.size() && steps < kMostSteps; ++i, ++steps)
      if (marks.look(i) == Look::MarkWakeup) return add(mark, begin_of(selection_.lane, i), "next wakeup");
  }

  void of_ring() {
    const Lane& own = here().lane;
    const bool completion = own.look(selection_.index) == Look::MarkCompletion;
    const End begin = begin_of(selection_.lane, selection_.index);
    const Ns end = end_of(selection_.lane, selection_.index);
    const uint32_t completions = timeline_.lane_of(here().track, LaneRole::Completions);
    if (!completion && completions != kNone) {
      const uint32_t i = lane(completions).first_from(end);
      if (i < lane(completions).size() && lane(completions).start(i) == end)
        add({selection_.lane, selection_.index, end}, begin_of(completions, i), "completed");
      return;
    }
    for (uint32_t each = 0; each < timeline_.tracks.size(); ++each) {
      const Track& loop = timeline_.tracks[each];
      if (loop.kind != TrackKind::Loop || loop.process != track().process) continue;
      const uint32_t burst = burst_after(timeline_, each, begin.t - 1);
      if (burst == kNone) continue;
      add(begin, begin_of(timeline_.lane_of(each, LaneRole::Waits), burst), "ready");
      return;
    }
  }

  const Timeline& timeline_;
  const Selection& selection_;
  std::vector<Arrow> arrows_;
};

const Lane* waits_of(const Timeline& timeline, uint32_t track) {
  const uint32_t number = timeline.lane_of(track, LaneRole::Waits);
  return number == kNone ? nullptr : &timeline.lanes[number].lane;
}

}  // namespace

std::vector<Arrow> arrows_of(const Timeline& timeline, const Selection& selection) {
  return Relations(timeline, selection).find();
}

uint32_t burst_at(const Timeline& timeline, uint32_t track, Ns t) {
  const Lane* waits = waits_of(timeline, track);
  const uint32_t at = waits ? Timeline::event_at(*waits, t) : kNone;
  if (at == kNone || !is_burst(waits->look(at)) || waits->end(at, timeline.end()) < t) return kNone;
  return at;
}

uint32_t burst_after(const Timeline& timeline, uint32_t track, Ns t) {
  const Lane* waits = waits_of(timeline, track);
  if (!waits || t == INT64_MAX) return kNone;
  for (uint32_t i = waits->first_from(t + 1); i < waits->size(); ++i)
    if (is_burst(waits->look(i))) return i;
  return kNone;
}

uint32_t burst_before(const Timeline& timeline, uint32_t track, Ns t) {
  const Lane* waits = waits_of(timeline, track);
  if (!waits) return kNone;
  for (uint32_t i = waits->first_from(t); i-- > waits->first();)
    if (is_burst(waits->look(i))) return i;
  return kNone;
}

}  // namespace loopscope::viewer
