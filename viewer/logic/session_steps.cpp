// SPDX-License-Identifier: Apache-2.0
// From one thing to the next: events, lanes, wakeups, findings, notes, hits, arrows.
#include <algorithm>
#include <cmath>

#include "viewer/logic/session.h"

namespace loopscope::viewer {

using trace_model::time_after;
using trace_model::time_between;

void Session::step_event(int by) {
  if (!selection_.drawn()) return;
  const Lane& lane = timeline.lanes[selection_.lane].lane;
  const int64_t wanted = int64_t(selection_.index) + by;
  if (wanted < int64_t(lane.first()) || wanted >= int64_t(lane.size())) return;
  remember();
  select(selection_.lane, uint32_t(wanted));
  bring_into_view();
}

uint32_t Session::loop_track() const {
  if (selection_.drawn()) {
    const uint32_t track = timeline.lanes[selection_.lane].track;
    if (timeline.lane_of(track, LaneRole::Waits) != kNone) return track;
    for (uint32_t i = 0; i < timeline.tracks.size(); ++i)
      if (timeline.tracks[i].kind == TrackKind::Loop &&
          timeline.tracks[i].process == timeline.tracks[track].process)
        return i;
  }
  for (const Place& place : layout.places())
    if (timeline.tracks[place.track].kind == TrackKind::Loop) return place.track;
  return kNone;
}

void Session::step_burst(int by) {
  const uint32_t track = loop_track();
  if (track == kNone) return;
  const Ns from = selection_.drawn() ? span_of(selection_).first : by > 0 ? view.start : view.end();
  const uint32_t burst = by > 0 ? burst_after(timeline, track, from) : burst_before(timeline, track, from);
  if (burst == kNone) return;
  remember();
  select(timeline.lane_of(track, LaneRole::Waits), burst);
  bring_into_view();
}

void Session::step_finding(int by) {
  if (!loaded || loaded->report.findings.empty()) return;
  const int count = int(loaded->report.findings.size());
  finding = finding < 0 ? (by > 0 ? 0 : count - 1) : (finding + by + count) % count;
  const trace_model::Finding& found = loaded->report.findings[size_t(finding)];
  for (const RecordId id : found.evidence)
    if (const auto row = timeline.records.row_of(id)) return go_to_row(*row);
  if (!found.t) return;
  const Ns half = Ns(std::min(view.span / 2, 4e18));
  show(time_after(*found.t, -half), time_after(*found.t, half));
}

void Session::step_hit(bool forward) {
  const auto hit = forward ? search.next(selection_.row) : search.previous(selection_.row);
  if (hit) go_to_row(*hit);
}

void Session::follow_arrow(bool forward) {
  if (!selection_.drawn()) return;
  for (const Arrow& arrow : arrows()) {
    const End& near = forward ? arrow.from : arrow.to;
    const End& far = forward ? arrow.to : arrow.from;
    // An arrow of a wait begins at the burst behind it.
    const bool here = near.lane == selection_.lane &&
                      (near.index == selection_.index || near.index == selection_.index + 1);
    if (!here) continue;
    remember();
    select(far.lane, far.index);
    return bring_into_view();
  }
}

// To the lane above or below, and what it was doing then.
void Session::step_lane(int by) {
  std::vector<Band> bands;
  std::vector<uint32_t> lanes;
  for (const Place& place : layout.places()) {
    Layout::bands_of(timeline, place, bands);
    for (const Band& band : bands)
      if (timeline.lanes[band.lane].role != LaneRole::Life && !timeline.lanes[band.lane].lane.empty())
        lanes.push_back(band.lane);
  }
  if (lanes.empty()) return;
  const Ns t = looked_at();
  const auto here = std::ranges::find(lanes, selection_.lane);
  size_t next = by > 0 ? 0 : lanes.size() - 1;
  if (here != lanes.end()) {
    const auto at = int64_t(here - lanes.begin()) + by;
    if (at < 0 || at >= int64_t(lanes.size())) return;
    next = size_t(at);
  }
  const Lane& lane = timeline.lanes[lanes[next]].lane;
  const uint32_t event = Timeline::event_at(lane, t);
  remember();
  select(lanes[next], event == kNone ? lane.first() : event);
  bring_into_view();
}

// To where a listening socket was registered; again: the next one.
void Session::step_registration() {
  std::vector<std::pair<uint32_t, uint32_t>> all;
  for (const Place& place : layout.places()) {
    if (timeline.tracks[place.track].kind != TrackKind::Listener) continue;
    const uint32_t number = timeline.lane_of(place.track, LaneRole::Marks);
    if (number == kNone) continue;
    const Lane& marks = timeline.lanes[number].lane;
    for (uint32_t i = marks.first(), steps = 0; i < marks.size() && steps < 100'000; ++i, ++steps)
      if (marks.look(i) == Look::MarkAdd) {
        all.emplace_back(number, i);
        break;
      }
  }
  if (all.empty()) return;
  auto at = std::ranges::find(all, std::pair(selection_.lane, selection_.index));
  at = at == all.end() || at + 1 == all.end() ? all.begin() : at + 1;
  remember();
  select(at->first, at->second);
  bring_into_view();
}

void Session::add_note(Ns from, Ns to) {
  Note made;
  made.t = from;
  made.until = std::max(from, to);
  if (selection_.any() && to <= from) made.record = timeline.records.id(selection_.row);
  note = int(notes.add(std::move(made)));
  edit_note = true;
}

void Session::go_to_note(size_t i) {
  if (i >= notes.all().size()) return;
  note = int(i);
  const Note& at = notes.all()[i];
  if (at.record)
    if (const auto row = timeline.records.row_of(at.record)) return go_to_row(*row);
  const Ns half = Ns(std::min(view.span / 2, 4e18));
  const Ns around = std::max<Ns>(1, time_between(at.t, at.until) / 4);
  if (at.until > at.t)
    show(time_after(at.t, -around), time_after(at.until, around));
  else
    show(time_after(at.t, -half), time_after(at.t, half));
}

void Session::step_note(int by) {
  const int count = int(notes.all().size());
  if (count == 0) return;
  go_to_note(size_t(note < 0 || note >= count ? (by > 0 ? 0 : count - 1) : (note + by + count) % count));
}

}  // namespace loopscope::viewer
