// SPDX-License-Identifier: Apache-2.0
#include "viewer/logic/session.h"

#include <algorithm>
#include <cmath>

namespace loopscope::viewer {

using trace_model::time_after;
using trace_model::time_between;

namespace {

constexpr size_t kMostVisited = 200;
constexpr double kZoomStep = 0.8, kPanShare = 0.08, kAround = 4;  // what is shown has this much around it
constexpr float kMargin = 30;

}  // namespace

Session::Session(std::string path, const std::function<void()>& wake)
    : search(wake), loader(std::move(path), wake), texts(timeline, loader.text()) {}

bool Session::take_loaded(Ns budget_ns) {
  bool changed = loader.apply_to(timeline, budget_ns);
  if (changed) {
    layout.update(timeline);
    if (!moved_) view.show(timeline.begin(), timeline.end());
    arrows_known_ = false;
  }
  if (auto result = loader.take_result()) {
    loaded = std::move(result);
    changed = true;
    if (!moved_) show_all();
  }
  if (search.poll()) {
    changed = true;
    if (std::exchange(go_to_first_hit_, false)) step_hit(true);
  }
  return changed;
}

void Session::show_all() {
  const Ns around = std::max<Ns>(1, time_between(timeline.begin(), timeline.end()) / 100);
  view.show(time_after(timeline.begin(), -around), time_after(timeline.end(), around));
}

void Session::show(Ns from, Ns to) {
  remember();
  view.show(from, to);
  view.keep_within(timeline.begin(), timeline.end());
}

void Session::remember() {
  moved_ = true;
  if (visited_.size() >= kMostVisited) visited_.erase(visited_.begin());
  visited_.push_back({view, scroll, selection_});
}

void Session::undo() {
  if (visited_.empty()) return;
  const double width = view.width;
  view = visited_.back().view;
  view.width = width;
  scroll = visited_.back().scroll;
  set_selection(visited_.back().selection);
  visited_.pop_back();
}

void Session::set_selection(const Selection& selection) {
  if (selection == selection_) return;
  selection_ = selection;
  arrows_known_ = false;
}

void Session::select(uint32_t lane, uint32_t index) {
  if (lane >= timeline.lanes.size() || index >= timeline.lanes[lane].lane.size()) return;
  set_selection({lane, index, timeline.lanes[lane].lane.record(index)});
}

void Session::select_row(uint32_t row) {
  if (row >= timeline.records.size()) return;
  set_selection({timeline.records.lane(row), timeline.records.index(row), row});
}

const std::vector<Arrow>& Session::arrows() {
  if (!arrows_known_) arrows_ = arrows_of(timeline, selection_);
  arrows_known_ = true;
  return arrows_;
}

std::pair<Ns, Ns> Session::span_of(const Selection& selection) const {
  if (!selection.drawn()) return {0, 0};
  const Lane& lane = timeline.lanes[selection.lane].lane;
  return {lane.start(selection.index), lane.end(selection.index, timeline.end())};
}

void Session::reveal_track(uint32_t track) {
  if (!layout.place_of(track)) {
    layout.expand(timeline, track);
    layout.update(timeline);
    if (!layout.place_of(track)) {
      layout.set_filter("");
      layout.update(timeline);
    }
  }
  const Place* place = layout.place_of(track);
  if (!place) return;
  if (place->y < scroll) scroll = std::max(0.0F, place->y - kMargin);
  if (place->y + place->height > scroll + lanes_height)
    scroll = std::max(0.0F, place->y + place->height + kMargin - lanes_height);
}

// Moves no more than it must: what can be seen stays where it is.
void Session::bring_into_view() {
  if (!selection_.drawn()) return;
  reveal_track(timeline.lanes[selection_.lane].track);
  const auto [from, to] = span_of(selection_);
  const bool seen = from >= view.start && from < view.end();
  const double px = double(time_between(from, to)) / view.ns_per_px();
  if (seen && px <= view.width) return;
  if (px > view.width / 2) return show_selection();
  view.start = time_between(Ns(std::min(view.span / 3, 9e18)), from);
}

void Session::go_to_row(uint32_t row) {
  if (row >= timeline.records.size()) return;
  remember();
  select_row(row);
  bring_into_view();
}

void Session::show_selection() {
  if (!selection_.drawn()) return show_all();
  const auto [from, to] = span_of(selection_);
  const double length = std::max(1000.0, double(time_between(from, to)));
  const Ns around = Ns(std::min(length * (kAround - 1) / 2, 4e18));
  const ViewRange before = view;
  // Of what lies before and behind the trace no more than a little.
  const Ns beyond = Ns(std::min(length / 8, 4e18));
  view.show(std::max(time_after(from, -around), std::min(from, time_after(timeline.begin(), -beyond))),
            std::min(time_after(to, around), std::max(to, time_after(timeline.end(), beyond))));
  view.keep_within(timeline.begin(), timeline.end());
  if (before.start == view.start && std::abs(before.span - view.span) < 1) show_all();
  reveal_track(timeline.lanes[selection_.lane].track);
}

void Session::step_event(int by) {
  if (!selection_.drawn()) return;
  const Lane& lane = timeline.lanes[selection_.lane].lane;
  const int64_t wanted = int64_t(selection_.index) + by;
  if (wanted < 0 || wanted >= int64_t(lane.size())) return;
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

void Session::clear() {
  if (help_open)
    help_open = false;
  else if (selection_.any())
    set_selection({});
  else if (!search.query().empty())
    start_search("");
  else if (!layout.filter().empty())
    set_filter("");
}

void Session::start_search(const std::string& query) {
  search.start(query, loader.text());
  go_to_first_hit_ = true;
}

void Session::set_filter(const std::string& filter) {
  layout.set_filter(filter);
  layout.update(timeline);
  scroll = std::clamp(scroll, 0.0F, std::max(0.0F, layout.height() - lanes_height));
}

void Session::perform(Action action) {
  const double x = mouse_x >= 0 ? mouse_x : view.width / 2;
  switch (action) {
    case Action::ZoomIn:
    case Action::ZoomOut:
      moved_ = true;
      view.zoom(action == Action::ZoomIn ? kZoomStep : 1 / kZoomStep, x);
      return view.keep_within(timeline.begin(), timeline.end());
    case Action::PanLeft:
    case Action::PanRight:
      moved_ = true;
      view.pan((action == Action::PanRight ? kPanShare : -kPanShare) * view.width);
      return view.keep_within(timeline.begin(), timeline.end());
    case Action::Focus:
      return remember(), show_selection();
    case Action::ShowAll:
      return remember(), show_all();
    case Action::GoToStart:
      remember();
      view.start = time_between(Ns(std::min(view.span / 50, 9e18)), timeline.begin());
      return;
    case Action::GoToEnd:
      remember();
      view.start = time_between(Ns(std::min(view.span * 0.98, 9e18)), timeline.end());
      return;
    case Action::Undo:
      return undo();
    case Action::PreviousEvent:
      return step_event(-1);
    case Action::NextEvent:
      return step_event(1);
    case Action::PreviousBurst:
      return step_burst(-1);
    case Action::NextBurst:
      return step_burst(1);
    case Action::ArrowBack:
      return follow_arrow(false);
    case Action::ArrowForward:
      return follow_arrow(true);
    case Action::NextHit:
      return step_hit(true);
    case Action::PreviousHit:
      return step_hit(false);
    case Action::NextFinding:
      return step_finding(1);
    case Action::PreviousFinding:
      return step_finding(-1);
    case Action::OpenSearch:
      focus_search = true;
      return;
    case Action::Filter:
      focus_filter = true;
      return;
    case Action::ToggleDrawer:
      drawer_open = !drawer_open;
      return;
    case Action::Bigger:
      text_scale = std::min(3.0F, text_scale * 1.1F);
      return;
    case Action::Smaller:
      text_scale = std::max(0.6F, text_scale / 1.1F);
      return;
    case Action::Clear:
      return clear();
    case Action::Help:
      help_open = !help_open;
      return;
  }
}

void Session::handle(const Request& request) {
  using enum Request::Kind;
  switch (request.kind) {
    case Select:
      return select(request.lane, request.a);
    case SelectRow:
      return select_row(request.a);
    case GoTo:
      remember();
      select(request.lane, request.a);
      return bring_into_view();
    case GoToRow:
      return go_to_row(request.a);
    case ShowRange:
      return show(request.from, request.to);
    case Perform:
      return perform(request.action);
    case Fold:
      layout.toggle(request.a);
      return layout.update(timeline);
    case Pan:
    case Zoom:
      moved_ = true;
      if (request.kind == Pan)
        view.pan(request.amount);
      else
        view.zoom(request.amount, request.x);
      return view.keep_within(timeline.begin(), timeline.end());
    case Scroll:
      scroll =
          std::clamp(scroll + float(request.amount), 0.0F, std::max(0.0F, layout.height() - lanes_height));
      return;
    case CentreOn:
      moved_ = true;
      view.start = time_between(Ns(std::min(view.span / 2, 9e18)), request.from);
      return view.keep_within(timeline.begin(), timeline.end());
    case ViewTo:
      moved_ = true;
      view.show(request.from, request.to);
      return view.keep_within(timeline.begin(), timeline.end());
    case Unselect:
      return set_selection({});
  }
}

}  // namespace loopscope::viewer
