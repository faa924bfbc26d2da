// SPDX-License-Identifier: Apache-2.0
// From records and the analysis to Batches: which lane each record is drawn on. One pass, in file order, on
// the loader's thread.
//
//   Analysis analysis;
//   TimelineBuilder builder(analysis);       // adds itself as a sink
//   while (record) analysis.apply(*event), builder.take(*event, offset);
//   … builder.batch() whenever there is enough of it
//   analysis.finish(), builder.finish();
#pragma once

#include <array>
#include <string>
#include <vector>

#include "trace-model/analysis/analysis.h"
#include "trace-model/interest_lists.h"
#include "viewer/logic/timeline.h"

namespace loopscope::viewer {

class TimelineBuilder : public trace_model::AnalysisSink, public trace_model::InterestObserver {
 public:
  explicit TimelineBuilder(trace_model::Analysis& analysis);

  // Behind analysis.apply(event).
  void take(const trace_model::Event& event, uint64_t offset);
  void finish();
  [[nodiscard]] Batch batch(Batch spent = {});  // what has gathered since the last; its memory is used again
  // Right after batch(): which of these will not be drawn on any more, so that others can have their numbers.
  void free(const std::vector<SpentTrack>& spent);
  [[nodiscard]] uint32_t rows() const { return row_; }
  [[nodiscard]] Ns last() const { return last_; }  // the latest time seen; INT64_MIN: none

  void on_burst_begun(const trace_model::Burst& burst, const trace_model::Thread& thread) override;
  void on_burst(const trace_model::Burst& burst, const trace_model::Thread& thread) override;
  void on_link(const trace_model::Link& link) override;
  void on_watched(FileId instance, trace_model::InterestItem& item, Ns t) override;
  void on_unwatched(const trace_model::InterestItem& item, Ns t) override;

 private:
  static constexpr uint32_t kOperationRows = 24;

  struct LaneState {
    uint32_t track = 0, size = 0;
    Ns open_start = 0;
    bool open = false;
    uint32_t open_record = 0;
    Look open_look = Look::Other;
  };
  struct ThreadLanes {
    uint32_t track = kNone, waits = kNone, calls = kNone, off = kNone;
    Pid pid = 0;
    uint32_t scanned = 0;  // bits of WaitKind: for what watches listeners
    std::string comm;
  };
  struct ListenerLanes {
    uint32_t track = kNone, life = kNone, marks = kNone;
    int fd = -1;
    bool open = false;
  };
  struct RingLanes {
    uint32_t track = kNone, completions = kNone;
    std::vector<uint32_t> rows;
    std::vector<RecordId> in_row;  // the operation in each; 0: free
  };
  struct Made {  // of a socket that does not listen yet
    Ns socket_t = 0, bind_t = 0;
    uint32_t socket_row = kNone, bind_row = kNone;
  };

  void place(const trace_model::Call& call);
  void place(const trace_model::Pending& pending);
  void place(const trace_model::OffRow& row);
  void place(const trace_model::Sqe& sqe);
  void place(const trace_model::Cqe& cqe);
  void place(const trace_model::Exit& exit);
  void place(const trace_model::Lost& lost);
  void place(const trace_model::ProcessRow& row);
  void place(const trace_model::FdRow& row);
  void place(const trace_model::WatchRow& row);
  template <typename Record>
  void place(const Record& record);
  void mark_process(Pid pid, Ns t);

  void place_off(ThreadLanes& thread, const trace_model::Off& off, Ns begin, Ns end, bool waited);
  void take_listener_call(const trace_model::Call& call, ThreadLanes& thread);
  void began_to_listen(const trace_model::Call& call);
  void note_facts(const trace_model::Call& call);
  void note_file(FileId file);
  void scan_registrations(const trace_model::Call& call, ThreadLanes& thread);
  void mark_listener(FileId file, Pid pid, Ns t, Look look, uint32_t record);
  void mark_control(FileId file, Pid pid, Ns t, int64_t op);
  ListenerLanes* ensure_listener(FileId file, Pid pid, int fd, Ns since);
  void end_listener(FileId file, Pid pid, Ns t);
  RingLanes& ring_lanes(FileId ring, Pid pid);

  uint32_t process_number(Pid pid);
  uint32_t process_marks(Pid pid);
  ThreadLanes& thread_lanes(Pid pid, Pid tid, const std::string& comm);
  uint32_t waits_lane(ThreadLanes& thread);
  uint32_t off_lane(ThreadLanes& thread);
  uint32_t add_track(Track track);
  uint32_t add_lane(uint32_t track, LaneRole role);
  void append(uint32_t lane, Ns start, Ns dur, Look look, uint8_t priority, uint32_t record);
  void end_open(uint32_t lane, Ns end, Look look, uint32_t record);
  void place_here(uint32_t lane);  // the current record is that lane's last event
  void extend(Ns t);

  const trace_model::Analysis& analysis_;
  Batch batch_;
  RecordRow current_;
  uint32_t row_ = 0;  // of the current record
  Ns last_ = INT64_MIN;
  bool begun_ = false;  // the current record began a burst
  Look begun_look_ = Look::BurstOther;
  Ns begun_t_ = 0;

  std::vector<LaneState> lanes_;
  // Tracks of threads and processes that have ended and of listeners that were closed: by what they are
  // found.
  trace_model::FlatMap<uint64_t> ended_threads_, ended_listeners_, ended_processes_;
  std::vector<std::vector<uint32_t>> lanes_of_;  // by track
  std::vector<uint32_t> free_tracks_, free_lanes_;
  uint32_t tracks_ = 0, processes_ = 0, watched_ = 0;
  trace_model::FlatMap<uint32_t> process_numbers_, process_marks_;
  trace_model::FlatMap<ThreadLanes> threads_;
  trace_model::FlatMap<ListenerLanes> listeners_;  // by file and process
  trace_model::FlatMap<uint8_t> listening_;        // files that have a track
  trace_model::FlatMap<RingLanes> rings_;
  trace_model::FlatMap<uint32_t> operation_rows_;  // by the id of an operation in flight
  trace_model::FlatMap<Made> made_;
};

[[nodiscard]] Look look_of_cause(trace_model::WakeCause cause);
[[nodiscard]] Look look_of_call(const trace_model::CallSpec* spec);
[[nodiscard]] Look look_of_operation(uint8_t op);

}  // namespace loopscope::viewer
