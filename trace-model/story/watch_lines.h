// SPDX-License-Identifier: Apache-2.0
// Bursts as they end, a line each; or all loops of the last moment as rows. A sink of Analysis that hands its
// lines on at once. Memory follows the live threads.
#pragma once

#include <functional>
#include <map>
#include <string>
#include <vector>

#include "trace-model/analysis/analysis.h"
#include "trace-model/duration_histogram.h"

namespace loopscope::trace_model {

using PutLine = std::function<void(const std::string&)>;  // without the newline

// "  +3.210 s  4711  data on fd 9<tcp …>: 1.2 ms (ran 0.9 ms, no CPU 0.2 ms, asleep 0.1 ms), looked again 3×"
class WatchLines : public AnalysisSink {
 public:
  WatchLines(const Analysis& analysis, Ns slower, PutLine put)
      : analysis_(analysis), slower_(slower), put_(std::move(put)) {}

  void on_burst_begun(const Burst& burst, const Thread& thread) override;
  void on_burst(const Burst& burst, const Thread& thread) override;
  void on_event(const Event& event) override;  // losses, and exits of threads

 private:
  const Analysis& analysis_;
  Ns slower_;
  PutLine put_;
  std::map<Pid, std::string> ready_;  // what the burst that runs began with, named while it is open
};

class WatchTop : public AnalysisSink {
 public:
  static constexpr size_t kMaxRows = 64;

  explicit WatchTop(const Analysis& analysis) : analysis_(analysis) {}

  void on_burst(const Burst& burst, const Thread& thread) override;
  void on_event(const Event& event) override;

  // A table of what ended within the last `interval`, its heading first; begins a new one.
  [[nodiscard]] std::vector<std::string> rows(Ns interval);

 private:
  struct Row {
    std::string comm, wait;
    Ns busy = 0;
    uint64_t bursts = 0;
    DurationHistogram length;
    std::array<uint64_t, kWakeCauses> causes{};
  };

  const Analysis& analysis_;
  std::map<std::pair<Pid, FileId>, Row> rows_;
  uint64_t lost_ = 0;
};

}  // namespace loopscope::trace_model
