// SPDX-License-Identifier: Apache-2.0
// Threads that look again and again, without a sleep and with nothing to do: waits with timeout 0 that found
// nothing, and after which no call was made. Counted in windows of a tenth of a second, in which the thread
// never slept and such looks were many and far more than anything else.
//
// asyncio looks with timeout 0 most of the time, but between two looks it works, and when it has nothing to
// do it sleeps.
#pragma once

#include "trace-model/findings/detector.h"

namespace loopscope::trace_model {

class BusyLoops : public Detector {
 public:
  using Detector::Detector;
  void on_call(const Call& call, const Thread& thread) override;
  void on_event(const Event& event) override;
  void on_burst_begun(const Burst& burst, const Thread& thread) override;
  void report(const Report& report, std::vector<Finding>& findings) const override;

 private:
  static constexpr Ns kWindow = 100'000'000;

  struct Looks {
    Pid pid = 0, tid = 0;
    WaitKind kind = WaitKind::None;
    int fd = -1;
    FileId instance = 0;
    // Of the window in progress.
    Ns window = 0;
    uint64_t empty = 0, calls = 0;
    bool slept = false, looked_last = false;
    RecordId first = 0;
    // In all.
    Ns first_t = 0, busy = 0;
    uint64_t count = 0;
    std::vector<RecordId> evidence;
  };

  static void open_window(Looks& looks, Ns t);
  void close_window(Looks& looks, Ns t) const;

  FlatMap<Looks> looks_;  // by thread
  std::vector<Looks> ended_;
};

}  // namespace loopscope::trace_model
