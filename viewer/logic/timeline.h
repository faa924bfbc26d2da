// SPDX-License-Identifier: Apache-2.0
// All that the viewer keeps of a trace: a row a record, lanes of events, and the tracks that group lanes. A
// loader makes Batches on a thread of its own; whoever owns the Timeline applies them, so nothing here is
// locked.
#pragma once

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "trace-model/analysis/links.h"
#include "trace-model/flat_map.h"
#include "trace-model/open_files.h"
#include "viewer/logic/interest_log.h"
#include "viewer/logic/lane.h"
#include "viewer/logic/record_table.h"

namespace loopscope::viewer {

// In this order a process's tracks stand below each other.
enum class TrackKind : uint8_t { Process, Listener, Loop, Ring, Thread };

struct Track {
  TrackKind kind = TrackKind::Thread;
  uint32_t process = 0;
  Pid tid = 0;      // of threads
  int fd = -1;      // of listeners and rings
  FileId file = 0;  // likewise
  std::string name;
  std::vector<uint32_t> lanes;
};

enum class LaneRole : uint8_t { Marks, Life, Waits, Calls, Off, Completions, Operations };

struct LaneOfTrack {
  Lane lane;
  uint32_t track = 0;
  LaneRole role = LaneRole::Calls;
};

// A track that nothing is drawn on any more, and how many events its lanes have had.
struct SpentTrack {
  uint32_t track = 0;
  uint64_t events = 0;
};

struct ProcessName {
  Pid pid = 0;
  std::string name;
};

// Appends to a lane, or ends its open event.
struct LaneStep {
  uint32_t lane = 0, record = 0;
  Ns start = 0, dur = 0;  // of an end: only dur
  Look look = Look::Other;
  uint8_t priority = 0;
  bool ends = false;
};

// What a file was, as far as is known.
struct FileFact {
  FileId id = 0;
  trace_model::FileKind kind = trace_model::FileKind::Unknown;
  bool listening = false;
  std::string local, peer, path;
};

struct LinkRow {
  RecordId evidence = 0;
  Pid from_tid = 0, to_tid = 0;
  Ns t = 0;
  trace_model::LinkHow how = trace_model::LinkHow::Woken;
  bool certain = false;
};

struct GapRow {
  Ns t = 0, until = 0;
  uint64_t count = 0;
  uint32_t record = 0;
};

struct NewLane {
  uint32_t number = 0, track = 0;
  LaneRole role = LaneRole::Calls;
};

struct Batch {
  std::vector<ProcessName> processes;  // new ones; their numbers go on from those before
  // Come before all else: their numbers and those of their lanes are free for new ones.
  std::vector<uint32_t> freed_tracks;
  std::vector<std::pair<uint32_t, Track>> tracks;  // new ones by number, without lanes
  std::vector<NewLane> lanes;                      // new ones
  std::vector<std::pair<uint32_t, std::string>> process_names, track_names;  // changed
  std::vector<std::pair<uint32_t, TrackKind>> track_kinds;                   // changed
  std::vector<RecordRow> rows;
  std::vector<LaneStep> steps;
  std::vector<FileFact> files;
  std::vector<LinkRow> links;
  std::vector<GapRow> gaps;
  std::vector<WatchStep> watched;
  Ns first = INT64_MAX, last = INT64_MIN;

  void clear();  // keeps the memory of rows and steps
};

class Timeline {
 public:
  void apply(Batch& batch);  // leaves of it only its memory

  // What it holds, about. What it may hold is up to whoever follows a trace that does not end: the oldest
  // share of the records goes, with what is drawn of them; the few marks of a listener stay.
  [[nodiscard]] uint64_t bytes() const;
  void drop_oldest(double share);
  // Tracks of which all has been dropped, since this was last asked. Whether they will be drawn on again only
  // the builder knows, who says so by a Batch.
  [[nodiscard]] std::vector<SpentTrack> take_spent_tracks() { return std::exchange(spent_tracks_, {}); }
  [[nodiscard]] Ns kept_since() const { return kept_since_; }  // INT64_MIN: nothing was dropped

  RecordTable records;
  std::vector<LaneOfTrack> lanes;
  std::vector<Track> tracks;
  std::vector<ProcessName> processes;
  std::vector<LinkRow> links;
  std::vector<GapRow> gaps;
  InterestLog watched;
  Ns first = INT64_MAX, last = INT64_MIN;  // of all times in it; first > last: nothing yet
  Ns live_now = INT64_MIN;                 // what time it is, while the trace is being recorded
  uint64_t shape = 0;                      // counts changes of tracks and names

  [[nodiscard]] bool empty() const { return first > last; }
  [[nodiscard]] Ns begin() const { return empty() ? 0 : std::max(first, kept_since_); }
  [[nodiscard]] Ns end() const { return empty() ? 1'000'000'000 : std::max(last, live_now); }
  [[nodiscard]] Ns recorded_until() const { return empty() ? end() : last; }
  // Whether the event is still there, and its record.
  [[nodiscard]] bool has(uint32_t lane, uint32_t index) const {
    return lane < lanes.size() && lanes[lane].lane.has(index);
  }

  [[nodiscard]] FileFact file(FileId id) const;  // id 0 when nothing is known of it
  [[nodiscard]] bool listens(FileId id) const;
  template <typename Visit>
  void each_text(Visit&& visit) const {  // of files: addresses and paths
    for (const std::string& text : texts_) visit(text);
  }
  // The lane of a track that has this role, the n-th of them; kNone.
  [[nodiscard]] uint32_t lane_of(uint32_t track, LaneRole role, uint32_t n = 0) const;
  [[nodiscard]] uint32_t thread_track(Pid tid) const;                 // the last of that number; kNone
  [[nodiscard]] uint32_t listener_track(FileId file, Pid pid) const;  // pid 0: of any process; kNone
  // The event of a lane that is in progress at t, or the last that began before; kNone.
  [[nodiscard]] static uint32_t event_at(const Lane& lane, Ns t);

 private:
  // Texts of files, each once.
  [[nodiscard]] uint32_t intern(const std::string& text);

  struct StoredFile {
    trace_model::FileKind kind = trace_model::FileKind::Unknown;
    bool listening = false;
    uint32_t local = 0, peer = 0, path = 0;
  };
  void drop_facts();
  void find_spent_tracks();
  void free_track(uint32_t track);

  std::vector<SpentTrack> spent_tracks_;
  uint64_t free_tracks_ = 0, free_lanes_ = 0;
  Ns kept_since_ = INT64_MIN;
  uint64_t events_ = 0;  // of all lanes
  trace_model::FlatMap<StoredFile> files_;
  trace_model::FlatMap<uint32_t> thread_tracks_, listener_tracks_, text_by_hash_;
  std::vector<std::string> texts_{""};
};

}  // namespace loopscope::viewer
