// SPDX-License-Identifier: Apache-2.0
// The trace as lanes of text: what each listener did, when each loop was busy, which other threads worked.
// A sink of Analysis. Time is kept in at most kBins bins that are doubled as the trace grows, lanes are at
// most kMaxLanes, so memory is bounded.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "trace-model/analysis/analysis.h"
#include "trace-model/report.h"
#include "trace-model/text_page.h"

namespace loopscope::trace_model {

class Timeline : public AnalysisSink {
 public:
  static constexpr size_t kBins = 1024, kMaxLanes = 24;

  void confine_to(const Analysis& analysis) { analysis_ = &analysis; }

  void on_call(const Call& call, const Thread& thread) override;
  void on_cqe(const Cqe& cqe) override;
  void on_event(const Event& event) override;  // it lasts until then at least
  void on_burst_begun(const Burst& burst, const Thread& thread) override;
  void on_burst(const Burst& burst, const Thread& thread) override;

  // One column is as long everywhere; `utf8`: blocks, else ASCII.
  [[nodiscard]] std::string text(const Report& report, const PageOptions& options, bool utf8) const;
  [[nodiscard]] std::string json(const Report& report) const;

 private:
  using Counts = std::vector<uint64_t>;
  struct Lane {
    Counts busy;  // of a loop: ns; of another thread: calls
    bool loop = false;
    Pid pid = 0;
    uint64_t total = 0;
  };
  struct ListenerLane {
    Counts accepts, adds;
    std::string address;
    Pid pid = 0;
    int fd = -1;
  };
  struct Column {
    size_t count = 0;
    Ns from = 0, width = 0;
  };

  [[nodiscard]] bool place(Ns t, size_t& bin);  // false: outside of what is shown
  void widen();
  static void count(Counts& counts, size_t bin, uint64_t by);
  void listener(FileId file, Pid pid, int fd, Ns t, bool added);
  [[nodiscard]] Column columns(const Report& report, size_t most) const;
  [[nodiscard]] Counts in_columns(const Counts& counts, const Column& column) const;

  const Analysis* analysis_ = nullptr;
  Ns origin_ = 0, bin_ns_ = 1'000'000;
  bool started_ = false;
  std::map<Pid, Lane> lanes_;
  std::map<std::pair<FileId, Pid>, ListenerLane> listeners_;
  Counts wakeups_;
  uint64_t lanes_left_out_ = 0;
};

}  // namespace loopscope::trace_model
