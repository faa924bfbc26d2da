// SPDX-License-Identifier: Apache-2.0
#include "trace-model/report_findings.h"

#include <fmt/format.h>

#include "trace-model/duration_text.h"

namespace loopscope::trace_model {
namespace {

constexpr size_t kMaxEvidence = 100;

Finding losses(const Report& report) {
  Finding finding{
      .kind = "lost events", .severity = "warning", .t = {}, .tid = 0, .evidence = {}, .text = {}};
  for (const ReportGap& gap : report.gaps)
    if (finding.evidence.size() < kMaxEvidence) finding.evidence.push_back(gap.id);
  const uint64_t lost = std::max(report.lost, report.end ? report.end->lost : 0);
  finding.text = fmt::format("{} could not be kept", counted(lost, "record"));
  if (!report.gaps.empty()) {
    finding.t = report.gaps.front().t;
    finding.text += fmt::format(", in {}, the first at {}", counted(report.gap_count, "gap"),
                                time_text(report.gaps.front().t));
  }
  finding.text += ": counts are lower bounds";
  return finding;
}

Finding unread_ring(const ReportProcess& process) {
  Finding finding{.kind = "io_uring not decoded",
                  .severity = "note",
                  .t = {},
                  .tid = process.pid,
                  .evidence = {},
                  .text = {}};
  finding.text = fmt::format(
      "process {} has an io_uring ring; operations through rings were not recorded here, so "
      "registrations, accepts and wakeups made that way are missing",
      process.pid);
  return finding;
}

}  // namespace

std::vector<Finding> findings_of(const Report& report) {
  std::vector<Finding> findings;
  if (report.lost > 0 || (report.end && report.end->lost > 0)) findings.push_back(losses(report));
  for (const ReportProcess& process : report.processes)
    if (process.io_uring && !report.recorded.ring_operations) findings.push_back(unread_ring(process));
  return findings;
}

}  // namespace loopscope::trace_model
