// SPDX-License-Identifier: Apache-2.0
#include "trace-model/report_ring_words.h"

#include <algorithm>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "trace-model/duration_text.h"
#include "trace-model/symbols.h"
#include "trace-model/text_table.h"
#include "trace-model/uring_ops.h"

namespace loopscope::trace_model {
namespace {

constexpr size_t kMaxErrors = 4;  // named of one kind of operation

std::string flag_words(uint32_t flags) {
  std::vector<std::string> names = names_of(symbols::kUringSetupFlags, flags);
  for (std::string& name : names)
    if (name.starts_with("IORING_SETUP_")) name.erase(0, 13);
  return fmt::format("{}", fmt::join(names, "|"));
}

std::string heading_words(const ReportRing& ring, const Report& report) {
  std::string text = ring.fd >= 0 ? fmt::format("io_uring {}", ring.fd) : "io_uring without a descriptor";
  if (ring.sq_entries) text += fmt::format(": {} and {} entries", ring.sq_entries, ring.cq_entries);
  if (ring.flags) text += ", " + flag_words(ring.flags);
  if (ring.origin == Origin::Trace)
    text += fmt::format(", made at {}", time_text(ring.since));
  else if (report.recorded.anything)
    text += ", made before the recording began";
  if (ring.closed_t) text += fmt::format(", closed at {}", time_text(*ring.closed_t));
  return text;
}

// "none 2, 1 in 200, 2 to 3 in 50"
std::string batch_words(const ReportRing& ring) {
  std::vector<std::string> parts;
  for (size_t i = 0; i < ring.batches.size(); ++i) {
    if (ring.batches[i] == 0) continue;
    const uint64_t from = i ? uint64_t{1} << (i - 1) : 0, to = i ? (uint64_t{1} << i) - 1 : 0;
    parts.push_back(from == to ? fmt::format("{}: {}", from, count_text(ring.batches[i]))
                               : fmt::format("{}-{}: {}", from, to, count_text(ring.batches[i])));
  }
  return fmt::format("{}", fmt::join(parts, "  "));
}

std::vector<std::string> traffic_words(const ReportRing& ring) {
  std::vector<std::string> lines{fmt::format("{} taken, {} posted, {} of io_uring_enter",
                                             counted(ring.sqes, "operation"),
                                             counted(ring.cqes, "completion"), counted(ring.enters, "call"))};
  if (ring.polled) {
    lines.push_back(fmt::format(
        "a thread of the kernel{} takes operations without a call{}",
        ring.sq_thread ? fmt::format(" ({})", ring.sq_thread) : "",
        ring.sq_thread_cpu_ns ? fmt::format("; it ran for {}", duration_text(*ring.sq_thread_cpu_ns)) : ""));
  } else if (ring.enters) {
    lines.push_back("operations taken by a call, and how often:  " + batch_words(ring));
  }
  if (ring.calls_replaced > ring.enters)
    lines.push_back(fmt::format("without the ring: {} of their own; {} saved",
                                counted(ring.calls_replaced, "call"),
                                count_text(ring.calls_replaced - ring.enters)));
  else if (ring.calls_replaced)
    lines.push_back(
        fmt::format("without the ring: {} of their own; none saved", counted(ring.calls_replaced, "call")));
  return lines;
}

std::string median(const std::optional<Quantiles>& q) {
  return q ? duration_text(q->p50) : "-";
}

std::vector<std::string> op_table(const ReportRing& ring) {
  std::vector<TableRow> rows{
      {"OPERATION", "TAKEN", "RESULTS", "FIRST RESULT p50 / p99", "ARMED", "READY", "POSTED", "RETURNED"}};
  for (const ReportOp& op : ring.ops)
    rows.push_back(
        {op_words(op.op), count_text(op.submitted), count_text(op.results),
         op.latency ? fmt::format("{} / {}", duration_text(op.latency->p50), duration_text(op.latency->p99))
                    : "-",
         median(op.to_armed), median(op.to_woken), median(op.to_cqe), median(op.to_return)});
  return table_lines(rows, {1, 2});
}

// "ACCEPT 1, RECV 4" of those that have any.
template <typename Number>
std::string each_op(const ReportRing& ring, Number&& number) {
  std::vector<std::string> parts;
  for (const ReportOp& op : ring.ops)
    if (const uint64_t count = number(op))
      parts.push_back(fmt::format("{} {}", op_words(op.op), count_text(count)));
  return fmt::format("{}", fmt::join(parts, ", "));
}

std::string failed_words(const ReportOp& op) {
  std::vector<std::string> errors;
  for (size_t i = 0; i < std::min(op.errors.size(), kMaxErrors); ++i) {
    const auto& [number, count] = op.errors[i];
    const std::string_view name = error_name(number);
    errors.push_back(fmt::format("{} {}", name.empty() ? fmt::format("error {}", number) : std::string(name),
                                 count_text(count)));
  }
  if (op.errors.size() > kMaxErrors) errors.emplace_back("…");
  // A TIMEOUT that does what it is there for ends with ETIME.
  const bool timeouts = op.op == uring::kTimeout || op.op == uring::kLinkTimeout;
  return fmt::format("{} {}: {}", op_words(op.op), timeouts ? "ended" : "failed", fmt::join(errors, ", "));
}

std::vector<std::string> remarks(const ReportRing& ring) {
  std::vector<std::string> lines;
  const auto say = [&](std::string_view what, const std::string& ops) {
    if (!ops.empty()) lines.push_back(fmt::format("{}: {}", what, ops));
  };
  for (const ReportOp& op : ring.ops)
    if (op.failed) lines.push_back(failed_words(op));
  say("handed to worker threads", each_op(ring, [](const ReportOp& op) { return op.punted; }));
  say("in progress when the recording began", each_op(ring, [](const ReportOp& op) { return op.found; }));
  say("in progress at the end",
      each_op(ring, [](const ReportOp& op) { return op.in_flight - op.undecided; }));
  say("asked for no completion, and had none",
      each_op(ring, [](const ReportOp& op) { return op.silent + op.undecided; }));
  say("results of operations that were not seen taken",
      each_op(ring, [](const ReportOp& op) { return op.unmatched; }));
  say("too many at once to be followed", each_op(ring, [](const ReportOp& op) { return op.given_up; }));
  say("posted while no thread was in io_uring_enter, so when the loop saw them is not known",
      each_op(ring, [](const ReportOp& op) { return op.without_call; }));
  return lines;
}

}  // namespace

std::string op_words(uint8_t op) {
  const UringOp* known = uring_op(op);
  if (known) return std::string(known->name);
  return op == uring::kUnknown ? "(unknown)" : fmt::format("{:#x}", op);
}

RingWords ring_words(const ReportRing& ring, const Report& report) {
  RingWords words{heading_words(ring, report), {}, {}, {}};
  if (!report.recorded.ring_operations) return words;
  if (ring.enters == 0 && ring.ops.empty()) {
    words.heading += "; nothing went through it";
    return words;
  }
  words.above = traffic_words(ring);
  if (!ring.ops.empty()) words.table = op_table(ring);
  words.below = remarks(ring);
  return words;
}

std::string cpu_words(const ReportProcess& process) {
  if (!process.cpu_ns) return {};
  std::vector<std::string> helpers;
  if (process.cpu_sqpoll_ns)
    helpers.push_back(duration_text(process.cpu_sqpoll_ns) + " in threads that poll its rings");
  if (process.cpu_workers_ns)
    helpers.push_back(duration_text(process.cpu_workers_ns) + " in worker threads of its rings");
  std::string text = duration_text(*process.cpu_ns) + " on the CPU";
  if (!helpers.empty()) text += fmt::format(", of it {}", fmt::join(helpers, " and "));
  return text;
}

}  // namespace loopscope::trace_model
