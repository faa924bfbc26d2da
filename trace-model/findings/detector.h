// SPDX-License-Identifier: Apache-2.0
// One kind of mistake, or a few that show in the same calls: watches the calls of all threads in one pass and
// says at the end what it found. What it keeps is bounded by what lives and by kMaxResults.
#pragma once

#include <vector>

#include "trace-model/analysis/analysis.h"
#include "trace-model/findings/thresholds.h"
#include "trace-model/report.h"

namespace loopscope::trace_model {

inline constexpr size_t kMaxResults = 256;         // of a detector
inline constexpr size_t kMaxFindingEvidence = 16;  // ids of a finding, the first

class Detector : public AnalysisSink {
 public:
  Detector(const Analysis& analysis, const Thresholds& thresholds)
      : analysis_(&analysis), thresholds_(thresholds) {}
  // `report` is finished but for its findings.
  virtual void report(const Report& report, std::vector<Finding>& findings) const = 0;

 protected:
  [[nodiscard]] const Model::State& state() const { return analysis_->model().state(); }
  [[nodiscard]] const Thresholds& thresholds() const { return thresholds_; }

  // Whether what is at `t` lies in the part of the trace that findings are about.
  [[nodiscard]] bool counts(Ns t) const { return analysis_->window().has(t); }

  // The file an argument names; its number's where the trace does not say.
  [[nodiscard]] static FileId file_named(const Call& call, const Thread& thread, int8_t index);

 private:
  const Analysis* analysis_;
  Thresholds thresholds_;
};

}  // namespace loopscope::trace_model
