// SPDX-License-Identifier: Apache-2.0
// Edge-triggered descriptors that were not read to the end (epoll(7), "Edge-triggered and level-triggered"):
// a read got all it had asked for, so more may be there, and then nobody read on: no edge will tell of the
// rest. Legal stops are EAGAIN, a short read, the end, a close, EPOLL_CTL_MOD (which reports anew), reading
// on later without a new event (Go, mio and coroutines remember), and an answer: who answers knew that the
// request was whole.
//
// How much is left the calls do not say, so one such read is suspicious only when nobody ever came back to
// it; several on one descriptor, each followed by a new event, are a habit. A listener tells: accept says how
// many wait.
#pragma once

#include "trace-model/findings/detector.h"

namespace loopscope::trace_model {

class Undrained : public Detector {
 public:
  using Detector::Detector;
  void on_call(const Call& call, const Thread& thread) override;
  void on_event(const Event& event) override;
  void on_cqe(const Cqe& cqe) override { open_.erase(cqe.of); }
  void report(const Report& report, std::vector<Finding>& findings) const override;

 private:
  struct Stop {
    RecordId read = 0;
    Ns t = 0;
    Pid pid = 0, tid = 0;
    int fd = -1;
    FileId instance = 0;
    uint64_t left = 0;     // connections, where that is known
    uint32_t habit = 0;    // how often a new event came after such a read
    bool event = false;    // one has come since
    bool stopped = true;   // the last read got all it asked for
    bool hung_up = false;  // the peer, when nobody had read on for long
    Ns first_t = 0, longest = 0;
    int64_t asked = 0;
    std::vector<RecordId> evidence;
  };

  void read(const Call& call, const Thread& thread, FileId file, int fd);
  void accepted(const Call& call, const Thread& thread);
  void full(const Call& call, const Thread& thread, FileId file, int fd, uint64_t left, int64_t asked);
  void drained(FileId file);
  void reported(const Call& call, const Thread& thread);
  void keep(const Stop& stop, FileId file);
  [[nodiscard]] FileId edge_triggered_by(FileId file) const;  // an instance that watches it so; 0: none

  FlatMap<Stop> open_;  // by file
  std::vector<std::pair<FileId, Stop>> results_;
};

}  // namespace loopscope::trace_model
