// SPDX-License-Identifier: Apache-2.0
// Which wakeup opened which file, also where another thread did it that the wakeup set to work: the question
// of the lab, "which wakeup opened balloons.py". A sink of Analysis; memory is bounded.
#pragma once

#include <array>
#include <deque>
#include <string>
#include <vector>

#include "trace-model/analysis/analysis.h"

namespace loopscope::trace_model {

// The burst in which work began.
struct RootSeen {
  RecordId id = 0;
  Pid tid = 0;
  Ns t = 0;
  WakeCause cause = WakeCause::Unknown;
  int fd = -1;  // the first that was ready
};

struct OpenedFile {
  RecordId call = 0;
  Ns t = 0;
  Pid pid = 0, tid = 0;
  std::string path;
  int error = 0;
  RecordId burst = 0;       // of the thread that opened it; 0: it is in none
  RootSeen root;            // id 0: not known
  std::vector<Link> links;  // from the root's thread to this one
  [[nodiscard]] bool certain() const { return Work{root.id, root.tid, links}.certain(); }
};

class OpenedFiles : public AnalysisSink {
 public:
  struct Options {
    std::string
        contains;  // empty: any path of the program's own, outside /usr and the like, opened by a wakeup
    size_t max_kept = 64;
  };
  explicit OpenedFiles(Options options) : options_(std::move(options)) {}

  // Only what lies within the window of this analysis counts.
  void confine_to(const Analysis& analysis) { window_ = &analysis.window(); }

  void on_call(const Call& call, const Thread& thread) override;
  void on_burst_begun(const Burst& burst, const Thread& /*thread*/) override { note(burst); }
  void on_burst(const Burst& burst, const Thread& thread) override;

  // With `contains` the first that were found, else the last. Failures only where nothing was opened.
  [[nodiscard]] std::vector<OpenedFile> found() const;
  [[nodiscard]] uint64_t opened() const { return opened_; }  // in all
  [[nodiscard]] uint64_t failed() const { return failed_; }
  [[nodiscard]] uint64_t bursts() const { return bursts_; }
  [[nodiscard]] uint64_t connections() const { return connections_; }

 private:
  static constexpr size_t kRoots = 4096;

  void note(const Burst& burst);
  [[nodiscard]] bool wanted(const Call& call) const;

  [[nodiscard]] bool inside(Ns t) const { return !window_ || window_->has(t); }

  Options options_;
  const Window* window_ = nullptr;
  std::deque<OpenedFile> opened_files_, failed_files_;
  std::array<RootSeen, kRoots> roots_{};  // the last ones, by the remainder of the id
  uint64_t opened_ = 0, failed_ = 0, bursts_ = 0, connections_ = 0;
};

}  // namespace loopscope::trace_model
