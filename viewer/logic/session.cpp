// SPDX-License-Identifier: Apache-2.0
#include "viewer/logic/session.h"

#include <algorithm>
#include <cmath>

namespace loopscope::viewer {

using trace_model::time_after;
using trace_model::time_between;

namespace {

constexpr size_t kMostVisited = 200;
constexpr double kAround = 4;  // what is shown has this much around it
constexpr double kLiveSpan = 10e9, kLiveShare = 0.95, kDroppedShare = 0.25;
constexpr float kMargin = 30;

}  // namespace

Session::Session(const std::string& path, const std::function<void()>& wake, const SessionOptions& options)
    : search(wake),
      loader(path, wake, options.follow),
      texts(timeline, loader.text()),
      notes(path),
      most_bytes_(options.most_bytes) {}

bool Session::take_loaded(Ns budget_ns) {
  bool changed = loader.apply_to(timeline, budget_ns);
  if (changed) {
    drop_what_is_too_much();
    if (live()) forget_what_is_gone();
    layout.update(timeline);
    if (!moved_ && !live()) view.show(timeline.begin(), timeline.end());
    arrows_known_ = false;
  }
  keep_live();
  if (auto result = loader.take_result()) {
    if (!loaded) {
      if (const auto read = notes.read(); !read) result->missing.push_back(read.error());
    }
    const bool was_live = loaded && !loaded->complete;
    loaded = std::move(result);
    changed = true;
    // Nobody went elsewhere.
    if (loaded->complete && (!moved_ || (was_live && following_))) show_all();
  }
  if (search.poll()) {
    changed = true;
    note_hits();
    if (std::exchange(go_to_first_hit_, false)) step_hit(true);
  }
  return changed;
}

// The clock goes on between records: what sleeps is seen to sleep.
void Session::keep_live() {
  timeline.live_now = loader.live_now().value_or(INT64_MIN);
  if (!following() || timeline.empty()) return;
  if (!moved_) {
    moved_ = true;
    view.span = kLiveSpan;
  }
  view.start = time_after(timeline.end(), -Ns(std::min(view.span * kLiveShare, 9e18)));
}

void Session::set_following(bool on) {
  following_ = on;
  keep_live();
}

void Session::drop_what_is_too_much() {
  if (!live() || timeline.bytes() <= most_bytes_) return;
  timeline.drop_oldest(kDroppedShare);
  loader.free_tracks(timeline.take_spent_tracks());
  const RecordTable& records = timeline.records;
  if (records.first() < records.size()) loader.text()->drop_before(records.offset(records.first()));
  search.drop_before(records.first());
  hits_noted_ = 0;
}

void Session::forget_what_is_gone() {
  const auto gone = [this](const Selection& each) {
    return each.any() &&
           (!timeline.records.has(each.row) || (each.drawn() && !timeline.has(each.lane, each.index)));
  };
  if (gone(selection_)) set_selection({});
  for (Visited& each : visited_)
    if (gone(each.selection)) each.selection = {};
}

// Somebody went elsewhere: the newest no longer is what they look at.
void Session::moved() {
  moved_ = true;
  if (live() && view.end() < timeline.end()) following_ = false;
}

void Session::show_all() {
  const Ns around = std::max<Ns>(1, time_between(timeline.begin(), timeline.end()) / 100);
  view.show(time_after(timeline.begin(), -around), time_after(timeline.end(), around));
}

void Session::show(Ns from, Ns to) {
  remember();
  view.show(from, to);
  view.keep_within(timeline.begin(), timeline.end());
  moved();
}

void Session::remember() {
  moved_ = true;
  following_ = false;
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
  if (!timeline.has(lane, index)) return;
  set_selection({lane, index, timeline.lanes[lane].lane.record(index)});
}

void Session::select_row(uint32_t row) {
  if (!timeline.records.has(row)) return;
  const uint32_t lane = timeline.records.lane(row), index = timeline.records.index(row);
  set_selection(timeline.has(lane, index) ? Selection{lane, index, row} : Selection{kNone, kNone, row});
}

const std::vector<Arrow>& Session::arrows() const {
  if (!arrows_known_) arrows_ = arrows_of(timeline, selection_);
  arrows_known_ = true;
  return arrows_;
}

std::pair<Ns, Ns> Session::span_of(const Selection& selection) const {
  if (!timeline.has(selection.lane, selection.index)) return {0, 0};
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
  if (!timeline.records.has(row)) return;
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

void Session::start_search(const std::string& query) {
  const RecordTable& records = timeline.records;
  const bool cut = records.first() > 0 && records.first() < records.size();
  search.start(query, loader.text(), cut ? records.offset(records.first()) : 0, cut ? records.first() : 0);
  go_to_first_hit_ = true;
  hits_noted_ = 0;
  hit_tracks_.clear();
  note_hits();
}

void Session::set_filter(const std::string& filter) {
  layout.set_filter(filter);
  layout.update(timeline);
  scroll = std::clamp(scroll, 0.0F, std::max(0.0F, layout.height() - lanes_height));
}

void Session::set_search_mode(SearchMode mode) {
  search_mode_ = mode;
  note_hits();
}

// Which tracks have one.
void Session::note_hits() {
  if (search_mode_ != SearchMode::Only || search.query().empty() || !search.error().empty()) {
    layout.set_only({});
    return layout.update(timeline);
  }
  hit_tracks_.resize(std::max<size_t>(1, timeline.tracks.size()), 0);
  const auto& hits = search.hits();
  for (; hits_noted_ < hits.size() && hits[hits_noted_] < timeline.records.size(); ++hits_noted_) {
    if (!timeline.records.has(hits[hits_noted_])) continue;
    const uint32_t lane = timeline.records.lane(hits[hits_noted_]);
    if (lane != kNone) hit_tracks_[timeline.lanes[lane].track] = 1;
  }
  layout.set_only(hit_tracks_);
  layout.update(timeline);
}

Ns Session::looked_at() const {
  if (selection_.drawn()) return span_of(selection_).first;
  return time_after(view.start, Ns(std::min(view.span / 2, 9e18)));
}

void Session::set_range(Ns from, Ns to) {
  if (to <= from)
    range_.reset();
  else
    range_ = std::pair(from, to);
}

const RangeFigures& Session::range_figures() const {
  const auto [from, to] = range_.value_or(std::pair(timeline.begin(), time_after(timeline.end(), 1)));
  const uint32_t rows = timeline.records.size();
  // Of a trace that grows all of it would be counted for every frame.
  const bool all_of_live = !range_ && live() && figures_rows_ != kNone && rows < figures_rows_ * 1.2;
  if (all_of_live || (figures_rows_ == rows && range_figures_.from == from && range_figures_.until == to))
    return range_figures_;
  figures_rows_ = rows;
  return range_figures_ = figures_of(timeline, from, to);
}

const InterestAnswer& Session::watched_at(Ns t) const {
  if (watched_.t == t && watched_steps_ == timeline.watched.steps()) return watched_;
  watched_steps_ = timeline.watched.steps();
  return watched_ = interest_at(timeline, t);
}

bool Session::has_hit(uint32_t lane, uint32_t first, uint32_t count) const {
  const auto& hits = search.hits();
  if (hits.empty()) return false;
  const Lane& of = timeline.lanes[lane].lane;
  if (count == 1) return search.is_hit(of.record(first));
  // Records of a lane stand in its order.
  constexpr int kMostLooked = 64;
  const uint32_t last = of.record(first + count - 1);
  auto hit = std::ranges::lower_bound(hits, of.record(first));
  for (int looked = 0; hit != hits.end() && *hit <= last && looked < kMostLooked; ++hit, ++looked)
    if (timeline.records.has(*hit) && timeline.records.lane(*hit) == lane) return true;
  return false;
}

}  // namespace loopscope::viewer
