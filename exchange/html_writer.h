// SPDX-License-Identifier: Apache-2.0
// One page for a browser, with all in it that it needs: listeners, findings, loops, wakeups, and a timeline
// of the first calls of the part asked for, so many that a browser stays quick. What was left out is said on
// the page.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "exchange/exporter.h"
#include "trace-model/findings/findings.h"

namespace loopscope::exchange {

class HtmlWriter : public Exporter, private trace_model::AnalysisSink {
 public:
  static constexpr size_t kCalls = 40'000;  // unless another limit is asked for

  explicit HtmlWriter(size_t most_calls = kCalls)
      : most_calls_(most_calls), most_bursts_(most_calls / 2 + 1) {}

  void add_to(trace_model::Analysis& analysis) override;
  void take(const trace_model::Event& event, const trace_model::Model& model, bool inside,
            std::string& out) override;
  void finish(const trace_model::Report& report, std::string& out) override;
  [[nodiscard]] std::string left_out() const override;

 private:
  struct Shown {
    trace_model::RecordId id = 0;
    trace_model::Ns t = 0, dur = 0;
    trace_model::Pid pid = 0, tid = 0;
    trace_model::FileId file = 0;  // of the socket that it binds, watches, accepts from
    int kind = 0;
    bool failed = false;
    std::string text;
  };
  struct Opened {
    std::string what;
    unsigned times = 1;
  };
  struct ShownBurst {
    trace_model::RecordId id = 0;
    trace_model::Ns t = 0, dur = 0;
    trace_model::Pid pid = 0, tid = 0;
    std::string cause, did;
  };

  void on_call(const trace_model::Call& call, const trace_model::Thread& thread) override;
  void on_burst(const trace_model::Burst& burst, const trace_model::Thread& thread) override;
  [[nodiscard]] trace_model::Ns shown_until() const;
  [[nodiscard]] std::string data(const trace_model::Report& report) const;
  [[nodiscard]] std::string columns(const trace_model::Report& report) const;
  [[nodiscard]] std::string bursts() const;

  const trace_model::Analysis* analysis_ = nullptr;
  std::unique_ptr<trace_model::Findings> findings_;
  std::vector<Shown> calls_;
  std::vector<ShownBurst> bursts_;
  std::map<trace_model::RecordId, std::vector<Opened>> opened_;  // by the burst whose work it was
  std::map<trace_model::Pid, std::string> names_;
  size_t most_calls_, most_bursts_;
  uint64_t seen_ = 0, bursts_seen_ = 0;
  trace_model::Ns last_ = 0;  // the end of the last call of the part, shown or not
};

}  // namespace loopscope::exchange
