// SPDX-License-Identifier: Apache-2.0
// All findings of a trace: everything wrong with it or with what it shows, and what is worth knowing.
//
//   Findings findings(analysis, thresholds);   // before the first record
//   …                                          // the analysis runs, and finishes
//   Report report = make_report(analysis.model());
//   add_findings(report, findings, "web.loopscope.jsonl");
#pragma once

#include <memory>
#include <string_view>
#include <vector>

#include "trace-model/findings/detector.h"

namespace loopscope::trace_model {

class Findings {
 public:
  Findings(Analysis& analysis, const Thresholds& thresholds);  // which must outlive the analysis

  [[nodiscard]] std::vector<Finding> of(const Report& report) const;
  [[nodiscard]] bool scheduled() const { return analysis_->scheduled(); }

 private:
  const Analysis* analysis_;
  Thresholds thresholds_;
  std::vector<std::unique_ptr<Detector>> detectors_;
};

// `trace`: how a command line names it; empty: not known.
void add_findings(Report& report, const Findings& findings, std::string_view trace);

// Warnings first, then what hurt longest, then the earlier.
void sort_findings(std::vector<Finding>& findings);

}  // namespace loopscope::trace_model
