// SPDX-License-Identifier: Apache-2.0
#include "viewer/logic/timeline.h"

#include <algorithm>
#include <functional>
#include <iterator>
#include <utility>

namespace loopscope::viewer {
namespace {

constexpr size_t kLongestText = 4096;  // what is longer stands in the line of its record

uint64_t listener_key(FileId file, Pid pid) {
  return uint64_t(file) << 32 | uint32_t(pid);
}

template <typename Element>
void move_behind(std::vector<Element>& to, std::vector<Element>& from) {
  to.insert(to.end(), std::make_move_iterator(from.begin()), std::make_move_iterator(from.end()));
}

}  // namespace

void Batch::clear() {
  Batch empty;
  std::swap(empty.rows, rows);
  std::swap(empty.steps, steps);
  *this = std::move(empty);
  rows.clear();
  steps.clear();
}

void Timeline::apply(Batch& batch) {
  shape += !batch.freed_tracks.empty() + !batch.processes.empty() + !batch.tracks.empty() +
           !batch.lanes.empty() + !batch.process_names.empty() + !batch.track_names.empty() +
           !batch.track_kinds.empty();
  move_behind(processes, batch.processes);
  for (const uint32_t track : batch.freed_tracks) free_track(track);
  for (auto& [number, track] : batch.tracks) {
    if (number >= tracks.size())
      tracks.resize(number + 1);
    else
      --free_tracks_;
    if (track.kind == TrackKind::Loop || track.kind == TrackKind::Thread)
      thread_tracks_[uint64_t(track.tid)] = number;
    if (track.kind == TrackKind::Listener) {
      listener_tracks_[listener_key(track.file, processes[track.process].pid)] = number;
      listener_tracks_[listener_key(track.file, 0)] = number;
    }
    tracks[number] = std::move(track);
  }
  for (const NewLane& made : batch.lanes) {
    tracks[made.track].lanes.push_back(made.number);
    if (made.number >= lanes.size())
      lanes.resize(made.number + 1);
    else
      --free_lanes_;
    lanes[made.number].track = made.track;
    lanes[made.number].role = made.role;
  }
  for (auto& [process, name] : batch.process_names) processes[process].name = std::move(name);
  for (auto& [track, name] : batch.track_names) tracks[track].name = std::move(name);
  for (const auto& [track, kind] : batch.track_kinds) tracks[track].kind = kind;
  for (const RecordRow& row : batch.rows) records.append(row);
  for (const LaneStep& step : batch.steps) {
    Lane& lane = lanes[step.lane].lane;
    if (step.ends)
      lane.end_last(step.dur, step.look, step.record);
    else
      lane.append(step.start, step.dur, step.look, step.priority, step.record), ++events_;
  }
  for (const FileFact& fact : batch.files)
    files_[fact.id] = {fact.kind, fact.listening, intern(fact.local), intern(fact.peer), intern(fact.path)};
  for (const WatchStep& step : batch.watched) watched.take(step);
  move_behind(links, batch.links);
  move_behind(gaps, batch.gaps);
  first = std::min(first, batch.first);
  last = std::max(last, batch.last);
}

uint64_t Timeline::bytes() const {
  constexpr uint64_t kRecord = 24, kEvent = 20, kLane = 512, kTrack = 256, kFile = 40, kLink = 40;
  return (records.size() - records.first()) * kRecord + events_ * kEvent +
         (lanes.size() - free_lanes_) * kLane + (tracks.size() - free_tracks_) * kTrack +
         files_.size() * kFile + links.size() * kLink + watched.bytes();
}

void Timeline::drop_oldest(double share) {
  const auto kept = double(records.size() - records.first());
  uint32_t row = records.first() + uint32_t(kept * std::clamp(share, 0.0, 1.0));
  Ns t = INT64_MIN;
  for (uint32_t i = row; i < records.size() && t == INT64_MIN; ++i)
    if (has(records.lane(i), records.index(i))) t = lanes[records.lane(i)].lane.start(records.index(i));
  if (t == INT64_MIN || t <= kept_since_) return;
  records.drop_before(row);
  constexpr uint32_t kFewMarks = 10'000;
  for (LaneOfTrack& each : lanes) {
    const bool few = each.role == LaneRole::Life ||
                     (each.role == LaneRole::Marks && each.lane.size() - each.lane.first() < kFewMarks);
    if (!few) events_ -= each.lane.drop_before(t);
  }
  std::erase_if(links, [t](const LinkRow& link) { return link.t < t; });
  std::erase_if(gaps, [t](const GapRow& gap) { return gap.until < t; });
  watched.drop_before(t);
  kept_since_ = t;
  find_spent_tracks();
  drop_facts();
}

// The last event of a lane stays, and so do marks, until there is nothing else of the track.
void Timeline::find_spent_tracks() {
  for (uint32_t number = 0; number < tracks.size(); ++number) {
    uint64_t events = 0;
    const bool spent =
        !tracks[number].lanes.empty() && std::ranges::all_of(tracks[number].lanes, [&](uint32_t i) {
          const Lane& lane = lanes[i].lane;
          events += lane.size();
          return lane.empty() || lane.end(lane.size() - 1, INT64_MAX) < kept_since_;
        });
    if (spent) spent_tracks_.push_back({number, events});
  }
}

void Timeline::free_track(uint32_t number) {
  Track& track = tracks[number];
  const auto forget = [number](trace_model::FlatMap<uint32_t>& map, uint64_t key) {
    if (const uint32_t* known = map.find(key); known && *known == number) map.erase(key);
  };
  forget(thread_tracks_, uint64_t(track.tid));
  forget(listener_tracks_, listener_key(track.file, processes[track.process].pid));
  forget(listener_tracks_, listener_key(track.file, 0));
  for (const uint32_t i : track.lanes) {
    events_ -= lanes[i].lane.size() - lanes[i].lane.first();
    lanes[i].lane.clear();
    ++free_lanes_;
  }
  track = {};
  ++free_tracks_;
}

// Of connections and files that no record is about any more.
void Timeline::drop_facts() {
  trace_model::FlatMap<StoredFile> kept;
  const auto keep = [&](FileId id) {
    if (const StoredFile* file = id ? files_.find(id) : nullptr) kept[id] = *file;
  };
  for (uint32_t row = records.first(); row < records.size(); ++row) keep(records.file(row));
  watched.each_target(keep);
  files_.for_each([&](uint64_t id, const StoredFile& file) {
    if (file.listening || (file.peer == 0 && file.path == 0)) kept[id] = file;
  });
  files_ = std::move(kept);
}

uint32_t Timeline::intern(const std::string& text) {
  if (text.empty()) return 0;
  const std::string cut = text.size() > kLongestText ? text.substr(0, kLongestText) : text;
  const uint64_t hash = std::hash<std::string>()(cut);
  uint32_t& known = text_by_hash_[hash];
  if (known != 0 && texts_[known] == cut) return known;
  texts_.push_back(cut);
  return known = uint32_t(texts_.size() - 1);  // of two texts of one hash the later is found again
}

FileFact Timeline::file(FileId id) const {
  const StoredFile* stored = id ? files_.find(id) : nullptr;
  if (!stored) return {};
  return {
      id, stored->kind, stored->listening, texts_[stored->local], texts_[stored->peer], texts_[stored->path]};
}

bool Timeline::listens(FileId id) const {
  const StoredFile* stored = id ? files_.find(id) : nullptr;
  return stored && stored->listening;
}

uint32_t Timeline::lane_of(uint32_t track, LaneRole role, uint32_t n) const {
  if (track == kNone) return kNone;
  for (const uint32_t lane : tracks[track].lanes)
    if (lanes[lane].role == role && n-- == 0) return lane;
  return kNone;
}

uint32_t Timeline::thread_track(Pid tid) const {
  const uint32_t* found = thread_tracks_.find(uint64_t(tid));
  return found ? *found : kNone;
}

uint32_t Timeline::listener_track(FileId file, Pid pid) const {
  const uint32_t* found = listener_tracks_.find(listener_key(file, pid));
  return found ? *found : kNone;
}

uint32_t Timeline::event_at(const Lane& lane, Ns t) {
  const uint32_t after = t == INT64_MAX ? lane.size() : lane.first_from(t + 1);
  return after == lane.first() ? kNone : after - 1;
}

}  // namespace loopscope::viewer
