// SPDX-License-Identifier: Apache-2.0
#include "viewer/logic/layout.h"

#include <algorithm>
#include <cctype>
#include <numeric>
#include <tuple>

#include <fmt/format.h>

namespace loopscope::viewer {
namespace {

constexpr float kProcess = 22, kListener = 26, kWaits = 22, kCalls = 20, kOff = 7, kPadding = 7,
                kSummary = 14;
constexpr float kCompletions = 14, kOperationsMost = 170, kOperationMost = 16;

std::string lower(std::string_view text) {
  std::string made(text);
  std::ranges::transform(made, made.begin(), [](unsigned char c) { return char(std::tolower(c)); });
  return made;
}

size_t operation_rows(const Timeline& timeline, const Track& track) {
  return size_t(std::ranges::count_if(
      track.lanes, [&](uint32_t lane) { return timeline.lanes[lane].role == LaneRole::Operations; }));
}

float operation_height(size_t rows) {
  return rows == 0 ? 0 : std::min(kOperationMost, kOperationsMost / float(rows));
}

float height_of(const Timeline& timeline, const Track& track) {
  switch (track.kind) {
    case TrackKind::Process:
      return kProcess;
    case TrackKind::Listener:
      return kListener;
    case TrackKind::Ring: {
      const size_t rows = operation_rows(timeline, track);
      return kCompletions + operation_height(rows) * float(rows) + kPadding;
    }
    default:
      break;
  }
  float height = kPadding;
  for (const uint32_t lane : track.lanes) {
    const LaneRole role = timeline.lanes[lane].role;
    height += role == LaneRole::Waits ? kWaits : role == LaneRole::Off ? kOff : kCalls;
  }
  return height;
}

}  // namespace

void Layout::set_filter(std::string filter) {
  filter_ = std::move(filter);
  words_.clear();
  std::string word;
  for (const char c : lower(filter_) + ",") {
    if (c != ',') {
      if (c != ' ' || !word.empty()) word += c;
      continue;
    }
    while (word.ends_with(' ')) word.pop_back();
    if (!word.empty()) words_.push_back(word);
    word.clear();
  }
  seen_shape_ = UINT64_MAX;
}

void Layout::set_only(std::vector<uint8_t> tracks) {
  if (tracks == only_) return;
  only_ = std::move(tracks);
  seen_shape_ = UINT64_MAX;
}

void Layout::toggle(uint32_t track) {
  if (!collapsed_.erase(track)) collapsed_.insert(track);
  seen_shape_ = UINT64_MAX;
}

void Layout::toggle_pin(uint32_t track) {
  if (!pinned_.erase(track)) pinned_.insert(track);
  seen_shape_ = UINT64_MAX;
}

void Layout::hide(uint32_t track) {
  hidden_.insert(track);
  seen_shape_ = UINT64_MAX;
}

void Layout::show_hidden() {
  hidden_.clear();
  seen_shape_ = UINT64_MAX;
}

void Layout::expand(const Timeline& timeline, uint32_t track) {
  bool changed = collapsed_.erase(track) + hidden_.erase(track) > 0;
  for (uint32_t each = 0; each < timeline.tracks.size() && !(collapsed_.empty() && hidden_.empty()); ++each)
    if (timeline.tracks[each].kind == TrackKind::Process &&
        timeline.tracks[each].process == timeline.tracks[track].process)
      changed = collapsed_.erase(each) + hidden_.erase(each) > 0 || changed;
  if (changed) seen_shape_ = UINT64_MAX;
}

bool Layout::passes(const Timeline& timeline, const Track& track) const {
  if (words_.empty()) return true;
  const std::string own = lower(track.name);
  const ProcessName& process = timeline.processes[track.process];
  const std::string of = lower(fmt::format("{} {}", process.name, process.pid));
  return std::ranges::any_of(words_, [&](const std::string& word) {
    return own.find(word) != own.npos || of.find(word) != of.npos;
  });
}

bool Layout::shows(const Timeline& timeline, uint32_t i) const {
  return !timeline.tracks[i].lanes.empty() && passes(timeline, timeline.tracks[i]) &&
         (only_.empty() || (i < only_.size() && only_[i]));
}

void Layout::update(const Timeline& timeline) {
  if (seen_shape_ == timeline.shape) return;
  seen_shape_ = timeline.shape;
  const auto& tracks = timeline.tracks;
  std::vector<uint32_t> order(tracks.size());
  std::iota(order.begin(), order.end(), 0);
  std::ranges::stable_sort(order, {},
                           [&](uint32_t i) { return std::pair(tracks[i].process, tracks[i].kind); });
  std::vector<uint8_t> shown(timeline.processes.size(), words_.empty() && only_.empty()),
      folded(timeline.processes.size(), 0), gone(timeline.processes.size(), 0);
  for (auto* chosen : {&collapsed_, &pinned_, &hidden_})
    std::erase_if(*chosen, [&](uint32_t each) { return each < tracks.size() && tracks[each].lanes.empty(); });
  for (uint32_t i = 0; i < tracks.size(); ++i) {
    if (shows(timeline, i)) shown[tracks[i].process] = 1;
    if (tracks[i].kind != TrackKind::Process) continue;
    if (collapsed(i)) folded[tracks[i].process] = 1;
    if (hidden_.contains(i)) gone[tracks[i].process] = 1;
  }
  places_.clear();
  place_by_track_.assign(tracks.size(), kNone);
  height_ = 0;
  const auto put = [&](uint32_t i, bool is_pinned) {
    const bool is_folded = collapsed(i);
    const float height =
        is_folded && tracks[i].kind != TrackKind::Process ? kSummary : height_of(timeline, tracks[i]);
    place_by_track_[i] = uint32_t(places_.size());
    places_.push_back({i, height_, height, is_folded, is_pinned});
    height_ += height;
  };
  for (const uint32_t i : order)
    if (pinned(i) && tracks[i].kind != TrackKind::Process) put(i, true);
  for (const uint32_t i : order) {
    const Track& track = tracks[i];
    const bool header = track.kind == TrackKind::Process;
    if (gone[track.process] || hidden_.contains(i) || (pinned(i) && !header)) continue;
    if (header ? !shown[track.process] : folded[track.process] || !shows(timeline, i)) continue;
    put(i, false);
  }
}

size_t Layout::first_at(float y) const {
  return size_t(std::ranges::upper_bound(places_, y, {}, [](const Place& p) { return p.y + p.height; }) -
                places_.begin());
}

const Place* Layout::place_of(uint32_t track) const {
  if (track >= place_by_track_.size() || place_by_track_[track] == kNone) return nullptr;
  return &places_[place_by_track_[track]];
}

void Layout::bands_of(const Timeline& timeline, const Place& place, std::vector<Band>& bands) {
  bands.clear();
  const Track& track = timeline.tracks[place.track];
  if (place.collapsed && track.kind != TrackKind::Process) {
    for (const LaneRole role :
         {LaneRole::Life, LaneRole::Marks, LaneRole::Waits, LaneRole::Completions, LaneRole::Calls}) {
      const uint32_t lane = timeline.lane_of(place.track, role);
      if (lane == kNone) continue;
      bands.push_back({lane, 2, place.height - 4});
      if (role != LaneRole::Life) break;
    }
    return;
  }
  float y = 3;
  const auto put = [&](LaneRole role, float height) {
    for (const uint32_t lane : track.lanes)
      if (timeline.lanes[lane].role == role) bands.push_back({lane, y, height - 2}), y += height;
  };
  switch (track.kind) {
    case TrackKind::Process:
    case TrackKind::Listener:
      for (const uint32_t lane : track.lanes) bands.push_back({lane, 3, place.height - 6});
      return;
    case TrackKind::Ring:
      put(LaneRole::Completions, kCompletions);
      put(LaneRole::Operations, operation_height(operation_rows(timeline, track)));
      for (Band& band : bands) band.height = std::max(band.height, 2.0F);
      return;
    default:
      put(LaneRole::Waits, kWaits);
      put(LaneRole::Calls, kCalls);
      put(LaneRole::Off, kOff);
  }
}

}  // namespace loopscope::viewer
