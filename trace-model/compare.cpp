// SPDX-License-Identifier: Apache-2.0
#include "trace-model/compare.h"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "trace-model/duration_text.h"
#include "trace-model/terminal_text.h"

namespace loopscope::trace_model {
namespace {

constexpr size_t kCallsNamed = 5;

bool lies_in(double value, const Range& range) {
  return range.least <= value && value <= range.greatest;
}

Verdict verdict_of(const ComparisonRow& row) {
  if (!row.a || !row.b || !row.a_range || !row.b_range) return Verdict::Unknown;
  if (lies_in(*row.a, *row.b_range) || lies_in(*row.b, *row.a_range)) return Verdict::Within;
  const bool apart = row.a_range->greatest < row.b_range->least || row.b_range->greatest < row.a_range->least;
  return apart ? Verdict::Clear : Verdict::Likely;
}

// The value of the whole trace may lie outside the range of its parts: parts with few requests are left out
// of it. The figure does vary as far as that, too.
std::optional<Range> with_value(std::optional<Range> range, std::optional<double> value) {
  if (range && value) *range = {std::min(range->least, *value), std::max(range->greatest, *value)};
  return range;
}

bool differ(double a, double b) {
  return std::max(a, b) > std::min(a, b) * (1 + kLoadsDiffer);
}

void warn_of_load(Comparison& comparison) {
  const TraceFigures &a = comparison.a, &b = comparison.b;
  const auto &rate_a = a.values[size_t(Metric::Rps)], &rate_b = b.values[size_t(Metric::Rps)];
  if (rate_a && rate_b && differ(*rate_a, *rate_b))
    comparison.warnings.push_back(
        fmt::format("the load differs: {:.1f} requests a second in A, {:.1f} in B", *rate_a, *rate_b));
  if (differ(double(a.connections), double(b.connections)))
    comparison.warnings.push_back(fmt::format("the load differs: {} in A, {} in B",
                                              counted(a.connections, "connection"),
                                              count_text(b.connections)));
}

// Those that one trace has and the other does not.
std::string only_in(const std::vector<std::string>& these, const std::vector<std::string>& others) {
  std::vector<std::string> missing;
  for (const std::string& call : these)
    if (std::ranges::find(others, call) == others.end()) missing.push_back(terminal_text(call));
  if (missing.empty()) return {};
  const size_t left_out = missing.size() - std::min(missing.size(), kCallsNamed);
  missing.resize(missing.size() - left_out);
  return fmt::format("{}{}", fmt::join(missing, ", "), left_out ? fmt::format(" and {} more", left_out) : "");
}

void warn_of_machines(Comparison& comparison) {
  if (!comparison.a.header || !comparison.b.header) return;
  const TraceHeader &a = *comparison.a.header, &b = *comparison.b.header;
  const auto warn = [&](std::string_view what, const std::string& in_a, const std::string& in_b) {
    if (in_a != in_b)
      comparison.warnings.push_back(
          fmt::format("the {}: {} in A, {} in B", what, terminal_text(in_a), terminal_text(in_b)));
  };
  warn("kernels differ", a.kernel, b.kernel);
  warn("machines differ", a.arch, b.arch);
  warn("numbers of CPUs differ", std::to_string(a.host_cpus), std::to_string(b.host_cpus));
  for (const auto& [calls, name] :
       {std::pair(only_in(a.calls, b.calls), "A"), {only_in(b.calls, a.calls), "B"}})
    if (!calls.empty())
      comparison.warnings.push_back(
          fmt::format("only {} recorded {}: the numbers of calls cannot be compared", name, calls));
  if (comparison.a.scheduled != comparison.b.scheduled)
    comparison.warnings.push_back(
        fmt::format("only {} recorded when threads did not run", comparison.a.scheduled ? "A" : "B"));
}

void warn_of_trace(Comparison& comparison, const TraceFigures& trace, char name) {
  const auto warn = [&](std::string text) {
    comparison.warnings.push_back(fmt::format("{} {}", name, std::move(text)));
  };
  if (trace.requests == 0)
    warn(trace.not_delimitable.empty() ? "has no requests" : "has no requests: " + trace.not_delimitable);
  if (trace.requests && trace.values[size_t(Metric::P50)] && !trace.ranges[size_t(Metric::P50)])
    warn(fmt::format("has too few requests ({}) to tell a difference from chance: {} parts of {} are needed",
                     trace.requests, kPartsForRange, kRequestsInPart));
  if (trace.lost) warn(fmt::format("lost {}", counted(trace.lost, "record")));
  if (trace.overlap_loss)
    warn(fmt::format("has {} that overlap a loss: they are counted, and have no latency",
                     counted(trace.overlap_loss, "request")));
  if (trace.cut_short) warn("was cut short: it has no end record");
}

}  // namespace

const std::array<MetricSpec, kMetrics>& all_metrics() {
  static constexpr std::array<MetricSpec, kMetrics> specs{{
      {Metric::P50, "p50", "latency p50", MetricUnit::Duration},
      {Metric::P90, "p90", "latency p90", MetricUnit::Duration},
      {Metric::P99, "p99", "latency p99", MetricUnit::Duration},
      {Metric::Max, "max", "latency max", MetricUnit::Duration},
      {Metric::Calls, "calls", "calls / request", MetricUnit::Count},
      {Metric::Wakeups, "wakeups", "wake-ups / request", MetricUnit::Count},
      {Metric::Cpu, "cpu", "CPU / request", MetricUnit::Duration},
      {Metric::Switches, "switches", "context switches / request", MetricUnit::Count},
      {Metric::RingOperations, "ring_operations", "operations of rings / request", MetricUnit::Count},
      {Metric::Rps, "rps", "requests / s", MetricUnit::PerSecond},
  }};
  return specs;
}

std::string metric_text(const MetricSpec& spec, double value) {
  if (spec.unit == MetricUnit::Duration) return duration_text(Ns(std::llround(value)));
  return fmt::format("{:.{}f}", value, spec.unit == MetricUnit::PerSecond ? 1 : 2);
}

std::string_view verdict_name(Verdict verdict) {
  constexpr std::string_view kNames[]{"unknown", "within_spread", "likely", "clear"};
  return kNames[size_t(verdict)];
}

std::optional<double> ComparisonRow::change() const {
  return a && b ? std::optional(*b - *a) : std::nullopt;
}

std::optional<double> ComparisonRow::change_percent() const {
  return a && b && *a != 0 ? std::optional((*b - *a) / *a * 100) : std::nullopt;
}

Comparison compare(TraceFigures a, TraceFigures b) {
  Comparison comparison{std::move(a), std::move(b), {}, {}};
  for (const MetricSpec& spec : all_metrics()) {
    const auto i = size_t(spec.metric);
    ComparisonRow& row = comparison.rows.emplace_back();
    row.metric = spec.metric;
    row.a = comparison.a.values[i];
    row.b = comparison.b.values[i];
    row.a_range = with_value(comparison.a.ranges[i], row.a);
    row.b_range = with_value(comparison.b.ranges[i], row.b);
    row.verdict = verdict_of(row);
  }
  if (comparison.a.requests && comparison.b.requests) warn_of_load(comparison);
  warn_of_machines(comparison);
  warn_of_trace(comparison, comparison.a, 'A');
  warn_of_trace(comparison, comparison.b, 'B');
  return comparison;
}

}  // namespace loopscope::trace_model
