// SPDX-License-Identifier: Apache-2.0
// Loops that were held up: iterations in which a thread did not come back to its wait for long, and why; and
// calls, and places outside recorded calls, in which such a thread slept though it was not its wait.
//
// Looked at are threads that wait for several things at once. One that waits in accept, or on an instance
// that several threads wait on, holds up nobody else. Bursts are not what is measured: a loop that is busy
// enough never sleeps, and is right not to.
#pragma once

#include <array>
#include <map>
#include <string>
#include <tuple>

#include "trace-model/findings/detector.h"

namespace loopscope::trace_model {

enum class HeldBy : uint8_t { Cpu, Sleep, NoCpu, Unusual };

// A time in which a loop did not go on.
struct Held {
  Ns t = 0, dur = 0;
  RecordId record = 0;             // the call it was in; else the call before it
  const CallSpec* spec = nullptr;  // likewise; nullptr: none known
  bool inside = false;             // in that call
  int fd = -1;                     // of that call
  FileId file = 0;
  std::string path;
  const CallSpec* next_spec = nullptr;  // the call after a time between two
  int next_fd = -1;
  FileId next_file = 0;
  int serving_fd = -1;  // the connection last read from or written to
  FileId serving = 0;
  uint64_t waited = 0;  // connections that were ready meanwhile
};

struct HeldUp {
  Pid pid = 0, tid = 0;
  WaitKind kind = WaitKind::None;
  FileId instance = 0;
  uint64_t count = 0, most_waited = 0;
  Ns total = 0, longest = 0, longest_t = 0;  // of the iterations, or the sleeps
  Ns usual = 0;                              // the median then, of HeldBy::Unusual
  RecordId longest_wait = 0;                 // the wait that began that iteration
  Held worst;
  std::vector<RecordId> evidence;
};

class Iterations : public Detector {
 public:
  using Detector::Detector;
  void on_call(const Call& call, const Thread& thread) override;
  void on_off(const OffRow& row, const Thread& thread) override;
  void on_event(const Event& event) override;
  void on_burst_begun(const Burst& burst, const Thread& thread) override;
  void on_burst(const Burst& burst, const Thread& thread) override;
  void report(const Report& report, std::vector<Finding>& findings) const override;

 private:
  using SleepKey = std::tuple<Pid, const CallSpec*, bool, FileId>;

  // The iteration of a thread that is in progress.
  struct Current {
    RecordId wait = 0;
    Ns start = 0, last_end = 0, off_since_last = 0;
    Ns runnable = 0, asleep = 0;
    RecordId last_call = 0;
    const CallSpec* last_spec = nullptr;
    int last_fd = -1;
    FileId last_file = 0;
    std::array<Held, 3> longest;  // by HeldBy, but Unusual
  };

  void begin(RecordId wait, Ns start, Pid tid);
  void finish(const Thread& thread, Ns end, RecordId next_wait);
  void add_call(const Call& call, const Thread& thread, Current& current);
  void add_run(Current& current, const Thread& thread, Ns until, const Call* next = nullptr);
  void add_off(Current& current, const Thread& thread, const Off& off, Held where);
  void add_sleep(const Thread& thread, const Held& held, WaitKind kind, FileId instance);
  void add_slow(const Thread& thread, const Current& current, Ns end, uint64_t waited, Ns usual);
  [[nodiscard]] Ns usual_for(const Thread& thread, Ns length) const;
  [[nodiscard]] bool is_shared(const HeldUp& held) const;
  [[nodiscard]] Finding slow_finding(const HeldUp& held, HeldBy by) const;
  [[nodiscard]] Finding sleep_finding(const HeldUp& held) const;

  FlatMap<Current> current_;  // by thread
  std::map<std::tuple<Pid, HeldBy, FileId>, HeldUp> slow_;
  std::map<SleepKey, HeldUp> sleeps_;
  FlatMap<uint32_t> widest_poll_;  // by thread: how many descriptors it named in poll or select
};

}  // namespace loopscope::trace_model
