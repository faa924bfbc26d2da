// SPDX-License-Identifier: Apache-2.0
// Chrome's JSON trace format, which Perfetto (ui.perfetto.dev) and chrome://tracing open: each call a slice
// of its thread, within a slice for what its loop did from a wakeup to its next sleep, and an arrow from the
// registration of a descriptor to every wakeup that it caused.
//
// Times are microseconds with three decimals, so that nothing is rounded.
#pragma once

#include <map>
#include <set>
#include <tuple>

#include "exchange/exporter.h"

namespace loopscope::exchange {

class ChromeWriter : public Exporter, private trace_model::AnalysisSink {
 public:
  void add_to(trace_model::Analysis& analysis) override;
  void take(const trace_model::Event& event, const trace_model::Model& model, bool inside,
            std::string& out) override;
  void finish(const trace_model::Report& report, std::string& out) override;

 private:
  // An instance, what it watches, and the number it does so under.
  using Watch = std::tuple<trace_model::FileId, trace_model::FileId, int>;
  struct Registration {
    trace_model::Ns t = 0;
    trace_model::Pid pid = 0, tid = 0;
  };

  void on_call(const trace_model::Call& call, const trace_model::Thread& thread) override;
  void on_burst(const trace_model::Burst& burst, const trace_model::Thread& thread) override;
  void take(const trace_model::Call& call, const trace_model::Model& model);
  void take(const trace_model::WatchRow& row);
  void take(const trace_model::Cqe& cqe, const trace_model::Model& model);
  void slice(std::string_view name, std::string_view category, trace_model::Ns t, trace_model::Ns dur,
             trace_model::Pid pid, trace_model::Pid tid, std::string_view args);
  void name_thread(trace_model::Pid pid, trace_model::Pid tid, std::string_view name);
  void arrow(const Registration& from, const trace_model::Burst& to);
  void separator();

  const trace_model::Analysis* analysis_ = nullptr;
  std::string pending_;  // from the sinks, not handed out yet
  std::map<Watch, Registration> registrations_;
  std::set<trace_model::Pid> tracks_;  // of watches that were found, made by now
  uint64_t arrows_ = 0;
  bool headed_ = false, any_ = false;
};

}  // namespace loopscope::exchange
