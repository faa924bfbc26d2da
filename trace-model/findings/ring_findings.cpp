// SPDX-License-Identifier: Apache-2.0
#include "trace-model/findings/ring_findings.h"

#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "trace-model/duration_text.h"
#include "trace-model/findings/finding_words.h"
#include "trace-model/report_ring_words.h"
#include "trace-model/uring_ops.h"

namespace loopscope::trace_model {
namespace {

constexpr uint64_t kFewPunts = 10;
constexpr auto kOfSockets =
    std::to_array<uint8_t>({uring::kAccept, uring::kRecv, uring::kSend, uring::kRecvmsg, uring::kSendmsg,
                            uring::kPollAdd, uring::kSendZc, uring::kSendmsgZc});

Finding finding_about(const ReportRing& ring, std::string_view kind) {
  Finding finding = finding_of(kind, kNote, kCertain);
  finding.pid = finding.tid = ring.pid;
  finding.fd = ring.fd;
  finding.file = ring.ring;
  return finding;
}

// One operation to a call is what a loop with little to do makes, too: only many calls a second are dear.
void add_unbatched(const ReportRing& ring, Ns until, const Thresholds& thresholds,
                   std::vector<Finding>& findings) {
  uint64_t taking = 0;
  for (size_t i = 1; i < ring.batches.size(); ++i) taking += ring.batches[i];
  const uint64_t single = ring.batches[1];
  const Ns during = time_between(ring.since, ring.closed_t.value_or(until));
  if (during <= 0 || single < taking - taking / 10) return;
  if (double(single) * 1e9 / double(during) < double(thresholds.unbatched)) return;
  Finding finding = finding_about(ring, "one operation a call");
  finding.hurt_ns = Ns(std::min<uint64_t>(single, 1'000'000'000)) * 500;
  finding.text = fmt::format(
      "{} of {} calls of io_uring_enter that took operations took one each: nothing is "
      "gained by the queue",
      count_text(single), count_text(taking));
  finding.advice = "prepare all operations that an iteration leads to, and submit them with the wait";
  finding.next = show_command_of("call=io_uring_enter");
  findings.push_back(std::move(finding));
}

void add_punts(const ReportRing& ring, std::vector<Finding>& findings) {
  for (const ReportOp& op : ring.ops) {
    if (std::ranges::find(kOfSockets, op.op) == kOfSockets.end() || op.punted < kFewPunts) continue;
    if (op.punted < op.submitted / 100) continue;
    Finding finding = finding_about(ring, "socket work on worker threads");
    finding.text = fmt::format(
        "{} of {} {} in io_uring {} were handed to worker threads: a socket needs none, for "
        "it can be polled",
        count_text(op.punted), count_text(op.submitted), op_words(op.op), ring.fd);
    finding.advice = "leave IOSQE_ASYNC out, and make the socket non-blocking or multishot";
    finding.next = show_command_of(fmt::format("type=sqe op={}", op_words(op.op)));
    findings.push_back(std::move(finding));
  }
}

}  // namespace

void add_ring_findings(const Report& report, const Thresholds& thresholds, std::vector<Finding>& findings) {
  for (const ReportRing& ring : report.rings) {
    add_unbatched(ring, report.last_t, thresholds, findings);
    add_punts(ring, findings);
  }
}

}  // namespace loopscope::trace_model
