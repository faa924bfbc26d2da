// SPDX-License-Identifier: Apache-2.0
#include "trace-model/report_findings.h"

#include <algorithm>

#include <fmt/format.h>

#include "trace-model/duration_text.h"
#include "trace-model/findings/finding_words.h"
#include "trace-model/report_ring_words.h"
#include "trace-model/symbols.h"
#include "trace-model/uring_ops.h"

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
  finding.text += ": everything below is understated";
  finding.advice = "record again with a larger --buffer, with --no-io, or with fewer --calls";
  finding.next = show_command_of("type=lost");
  finding.hurt_ns = INT64_MAX;  // it stands first, for it qualifies the rest
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
  finding.pid = process.pid;
  finding.advice = "`loopscope doctor` says what this kernel lacks for them";
  finding.next = "loopscope doctor";
  return finding;
}

std::string ring_name(const ReportRing& ring) {
  return ring.fd >= 0 ? fmt::format("io_uring {} of process {}", ring.fd, ring.pid)
                      : fmt::format("a ring of process {}", ring.pid);
}

Finding overflow(const ReportRing& ring) {
  Finding finding{.kind = "completion queue overflow",
                  .severity = "warning",
                  .t = ring.overflow_t,
                  .tid = ring.pid,
                  .evidence = ring.overflow_ids,
                  .text = {}};
  finding.text = fmt::format(
      "the completion queue of {} ({} entries) was full for {}, the first at {}: the loop does not take them "
      "fast enough, and the kernel keeps them aside until it asks",
      ring_name(ring), ring.cq_entries, counted(ring.overflows, "completion"),
      time_text(ring.overflow_t.value_or(0)));
  finding.pid = ring.pid;
  finding.fd = ring.fd;
  finding.file = ring.ring;
  finding.advice =
      "take completions more often, or make the queue larger (IORING_SETUP_CQSIZE): multishot operations and "
      "many in flight need more than twice the entries that are submitted";
  if (!ring.overflow_ids.empty())
    finding.next = show_command_of(fmt::format("id={}", ring.overflow_ids.front()));
  return finding;
}

Finding ended_multishot(const ReportRing& ring, const EndedMultishot& end) {
  Finding finding{.kind = "multishot ended",
                  .severity = "warning",
                  .t = end.t,
                  .tid = end.tid,
                  .evidence = {end.sqe, end.cqe},
                  .text = {}};
  const std::string_view error = error_name(end.error);
  finding.text =
      fmt::format("multishot {} on {} {} in {} ended at {}{} and was not submitted again: {}",
                  op_words(end.op), end.fixed ? "slot" : "fd", end.fd, ring_name(ring), time_text(end.t),
                  error.empty() ? "" : fmt::format(" with {}", error),
                  end.op == uring::kRecv || end.op == uring::kRecvmsg || end.op == uring::kReadMultishot
                      ? "what arrives there is not received through it any more"
                      : "connections that come there are not noticed through it any more");
  finding.pid = ring.pid;
  finding.fd = end.fixed ? -1 : end.fd;
  finding.advice =
      "a completion without IORING_CQE_F_MORE is the last of its operation: submit it again then";
  finding.next = show_command_of(fmt::format("id={}", end.cqe));
  return finding;
}

}  // namespace

std::vector<Finding> findings_of(const Report& report) {
  std::vector<Finding> findings;
  if (report.lost > 0 || (report.end && report.end->lost > 0)) findings.push_back(losses(report));
  for (const ReportProcess& process : report.processes)
    if (process.io_uring && !report.recorded.ring_operations) findings.push_back(unread_ring(process));
  for (const ReportRing& ring : report.rings) {
    if (ring.overflows) findings.push_back(overflow(ring));
    if (ring.closed_t) continue;
    for (const EndedMultishot& end : ring.ended) findings.push_back(ended_multishot(ring, end));
  }
  std::ranges::stable_sort(findings, {},
                           [](const Finding& finding) { return finding.severity != "warning"; });
  return findings;
}

}  // namespace loopscope::trace_model
