// SPDX-License-Identifier: Apache-2.0
// What goes wrong with listeners: several woken for one connection, no descriptors left, a queue that is
// full, workers that get unequal shares.
//
// A wakeup for nothing is one after which the *first* accept said EAGAIN: a loop that accepts until EAGAIN,
// as redis and asyncio do, ends with one every time. With EPOLLEXCLUSIVE the kernel wakes one or a few, and
// what is left over is not to be cured.
#pragma once

#include <map>

#include "trace-model/findings/detector.h"

namespace loopscope::trace_model {

class Accepts : public Detector {
 public:
  using Detector::Detector;
  void on_call(const Call& call, const Thread& thread) override;
  void on_event(const Event& event) override;
  void report(const Report& report, std::vector<Finding>& findings) const override;

 private:
  struct Worker {
    Pid pid = 0, tid = 0;
    uint64_t accepted = 0, for_nothing = 0;
  };
  struct Listening {
    int fd = -1;
    std::vector<Worker> workers;  // at most kMaxResults
    Ns first = 0;                 // the first accept
    std::vector<RecordId> accepts;
    uint64_t woken = 0, for_nothing = 0;
    Ns nothing_first = 0, nothing_last = 0;
    Pid nothing_pid = 0, nothing_tid = 0;
    std::vector<RecordId> nothing;

    uint64_t failed = 0, failed_in_a_row = 0, longest_row = 0;
    Ns row_first = 0, failed_first = 0, failed_last = 0, longest_row_ns = 0;
    Pid failed_pid = 0, failed_tid = 0;
    int error = 0;
    std::vector<RecordId> failures;

    uint64_t found_full = 0;
    std::optional<int64_t> drops_before;  // when the socket was last looked at
    int64_t dropped = 0;                  // attempts to connect
    int64_t most_queued = 0, backlog = 0;
    Ns full_first = 0, full_last = 0;
    Pid full_pid = 0, full_tid = 0;
    std::vector<RecordId> full;

    bool exclusive = false;
  };
  struct Seen {
    Ns t = 0, until = 0;
    Pid pid = 0, tid = 0;  // 0: the kernel's own count, once a second
    RecordId id = 0;
  };
  struct Woken {
    FileId file = 0;
    RecordId wait = 0;
  };

  Listening* at(FileId file);  // nullptr: there are too many
  void on_queue(const QueueRow& row);
  void woken(const Call& call, const Thread& thread);
  void accepted(const Call& call, const Thread& thread);
  void failed(const Call& call, const Thread& thread, Listening& listening) const;
  static void note_full(Listening& listening, const Seen& seen, int64_t waiting);
  static bool note_drops(Listening& listening, int64_t drops);
  Worker* worker(Listening& listening, const Thread& thread) const;
  [[nodiscard]] bool is_exclusive(FileId file) const;

  void add_herd(FileId file, const Listening& listening, std::vector<Finding>& findings) const;
  void add_failures(FileId file, const Listening& listening, std::vector<Finding>& findings) const;
  void add_overflow(FileId file, const Listening& listening, const Report& report,
                    std::vector<Finding>& findings) const;
  void add_uneven(const Report& report, std::vector<Finding>& findings) const;

  std::map<FileId, Listening> listening_;
  FlatMap<Woken> woken_;  // by thread: what it has not accepted from since
};

}  // namespace loopscope::trace_model
