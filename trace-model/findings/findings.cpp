// SPDX-License-Identifier: Apache-2.0
#include "trace-model/findings/findings.h"

#include <algorithm>
#include <tuple>

#include "trace-model/findings/accepts.h"
#include "trace-model/findings/busy_loops.h"
#include "trace-model/findings/finding_words.h"
#include "trace-model/findings/iterations.h"
#include "trace-model/findings/not_checked.h"
#include "trace-model/findings/readiness.h"
#include "trace-model/findings/ring_findings.h"
#include "trace-model/findings/undrained.h"
#include "trace-model/model_state.h"

namespace loopscope::trace_model {

FileId Detector::file_named(const Call& call, const Thread& thread, int8_t index) {
  if (index < 0) return 0;
  if (call.files[size_t(index)] || !thread.table) return call.files[size_t(index)];
  const OpenFile* file = thread.table->at(int(call.args[size_t(index)]));
  return file ? file->id : 0;
}

Findings::Findings(Analysis& analysis, const Thresholds& thresholds)
    : analysis_(&analysis), thresholds_(thresholds) {
  detectors_.push_back(std::make_unique<Iterations>(analysis, thresholds));
  detectors_.push_back(std::make_unique<Readiness>(analysis, thresholds));
  detectors_.push_back(std::make_unique<Undrained>(analysis, thresholds));
  detectors_.push_back(std::make_unique<Accepts>(analysis, thresholds));
  detectors_.push_back(std::make_unique<BusyLoops>(analysis, thresholds));
  for (const auto& detector : detectors_) analysis.add(*detector);
}

std::vector<Finding> Findings::of(const Report& report) const {
  std::vector<Finding> findings;
  for (const auto& detector : detectors_) detector->report(report, findings);
  add_ring_findings(report, thresholds_, findings);
  return findings;
}

void sort_findings(std::vector<Finding>& findings) {
  std::ranges::stable_sort(findings, {}, [](const Finding& finding) {
    const Ns hurt = finding.hurt_ns == INT64_MIN ? 0 : finding.hurt_ns;
    return std::tuple(finding.severity != "warning", -hurt, finding.t.value_or(INT64_MIN));
  });
}

void add_findings(Report& report, const Findings& findings, std::string_view trace) {
  for (Finding& finding : findings.of(report)) report.findings.push_back(std::move(finding));
  for (Finding& finding : report.findings) {
    const size_t at = finding.next.find(kTraceWord);
    if (!trace.empty() && at != std::string::npos)
      finding.next.replace(at, kTraceWord.size(), shell_word(trace));
  }
  sort_findings(report.findings);
  report.not_checked = not_checked(report, findings.scheduled());
}

}  // namespace loopscope::trace_model
