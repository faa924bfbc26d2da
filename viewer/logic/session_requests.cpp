// SPDX-License-Identifier: Apache-2.0
// What keys and panels ask of a trace.
#include <algorithm>
#include <cmath>

#include "viewer/logic/session.h"

namespace loopscope::viewer {

using trace_model::time_after;
using trace_model::time_between;

namespace {

constexpr double kZoomStep = 0.8, kPanShare = 0.08;

}  // namespace

void Session::clear() {
  if (selection_.any())
    set_selection({});
  else if (range_)
    range_.reset();
  else if (!search.query().empty())
    start_search("");
  else if (!layout.filter().empty())
    set_filter("");
}

void Session::perform(Action action) {
  const double x = mouse_x >= 0 ? mouse_x : view.width / 2;
  switch (action) {
    case Action::ZoomIn:
    case Action::ZoomOut:
      view.zoom(action == Action::ZoomIn ? kZoomStep : 1 / kZoomStep, x);
      view.keep_within(timeline.begin(), timeline.end());
      return moved();
    case Action::PanLeft:
    case Action::PanRight:
      view.pan((action == Action::PanRight ? kPanShare : -kPanShare) * view.width);
      view.keep_within(timeline.begin(), timeline.end());
      return moved();
    case Action::LaneUp:
      return step_lane(-1);
    case Action::LaneDown:
      return step_lane(1);
    case Action::GoToRegistration:
      return step_registration();
    case Action::AddNote: {
      if (range_) return add_note(range_->first, range_->second);
      const Ns t = mouse_x >= 0 && !selection_.drawn() ? view.t_at(mouse_x) : looked_at();
      return add_note(t, t);
    }
    case Action::NextNote:
      return step_note(1);
    case Action::PreviousNote:
      return step_note(-1);
    case Action::ToggleFollow:
      return set_following(!following());
    case Action::PinLane:
    case Action::HideLane:
      if (!selection_.drawn()) return;
      if (action == Action::PinLane)
        layout.toggle_pin(timeline.lanes[selection_.lane].track);
      else
        layout.hide(timeline.lanes[selection_.lane].track);
      return layout.update(timeline);
    case Action::ShowHidden:
      layout.show_hidden();
      return layout.update(timeline);
    case Action::RangeOfSelection:
      if (!selection_.drawn()) return;
      return set_range(span_of(selection_).first, time_after(span_of(selection_).second, 1));
    case Action::CycleSearchMode:
      return set_search_mode(SearchMode((uint8_t(search_mode_) + 1) % 3));
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
      if (live()) set_following(true);
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
    case Action::Clear:
      return clear();
    default:
      return;  // of the workspace
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
    case Pin:
      layout.toggle_pin(request.a);
      return layout.update(timeline);
    case Hide:
      layout.hide(request.a);
      return layout.update(timeline);
    case ShowHidden:
      layout.show_hidden();
      return layout.update(timeline);
    case SetRange:
      return set_range(request.from, request.to);
    case AddNote:
      return add_note(request.from, request.to);
    case EditNote:
      return notes.set_text(request.a, request.text);
    case RemoveNote:
      note = -1;
      return notes.remove(request.a);
    case GoToNote:
      return go_to_note(request.a);
    case SetSearchMode:
      return set_search_mode(SearchMode(std::min<uint32_t>(request.a, 2)));
    case StopReading:
      return loader.cancel();
    case Pan:
    case Zoom:
      if (request.kind == Pan)
        view.pan(request.amount);
      else
        view.zoom(request.amount, request.x);
      view.keep_within(timeline.begin(), timeline.end());
      return moved();
    case Scroll:
      scroll =
          std::clamp(scroll + float(request.amount), 0.0F, std::max(0.0F, layout.height() - lanes_height));
      return;
    case CentreOn:
      view.start = time_between(Ns(std::min(view.span / 2, 9e18)), request.from);
      view.keep_within(timeline.begin(), timeline.end());
      return moved();
    case ViewTo:
      view.show(request.from, request.to);
      view.keep_within(timeline.begin(), timeline.end());
      return moved();
    case Unselect:
      return set_selection({});
    default:
      return;  // of the workspace
  }
}

}  // namespace loopscope::viewer
