// SPDX-License-Identifier: Apache-2.0
// Two traces side by side, per request: what each takes, and whether a difference is more than the figures
// vary within a trace.
//
// For that each trace is cut into equal parts of the time in which it served (RequestParts: ten to twenty of
// them), and the range of a figure is from the least to the greatest of its parts. Parts that are not over,
// and those with fewer than kRequestsInPart requests, are left out; with fewer than kPartsForRange of them
// there is no range. The range takes in the value of the whole trace, so a trace never differs from itself.
// CPU time is read at the beginning and the end only: in a part it is taken to be spent as the time that
// loops ran, and where no loop was seen there is no range.
#pragma once

#include <array>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "trace-model/report.h"

namespace loopscope::trace_model {

inline constexpr uint64_t kRequestsInPart = 5;
inline constexpr size_t kPartsForRange = 4;
inline constexpr double kLoadsDiffer = 0.2;  // a share of the smaller

enum class Metric : uint8_t { P50, P90, P99, Max, Calls, Wakeups, Cpu, Switches, RingOperations, Rps };
inline constexpr size_t kMetrics = 10;
enum class MetricUnit : uint8_t { Duration, Count, PerSecond };

struct MetricSpec {
  Metric metric;
  std::string_view name;   // as --fail-if and the JSON name it
  std::string_view title;  // as the table does
  MetricUnit unit;
};
[[nodiscard]] const std::array<MetricSpec, kMetrics>& all_metrics();  // in the order of Metric
[[nodiscard]] std::string metric_text(const MetricSpec& spec, double value);

struct Range {
  double least = 0, greatest = 0;
};

// What counts of one trace.
struct TraceFigures {
  std::string name;
  std::optional<TraceHeader> header;
  bool complete = false, cut_short = false, scheduled = false;
  uint64_t requests = 0, exchanges = 0, unanswered = 0, connections = 0, lost = 0, overlap_loss = 0;
  Ns served_ns = 0;  // from the first request to the last answer
  std::string not_delimitable;
  std::array<std::optional<double>, kMetrics> values;
  std::array<std::optional<Range>, kMetrics> ranges;
  size_t parts = 0;
  Ns part_ns = 0;
};

// `requests`: with RequestOptions::parts; `report` has been through add_requests().
[[nodiscard]] TraceFigures trace_figures(const Report& report, const Requests& requests, std::string name);

enum class Verdict : uint8_t {
  Unknown,  // a value or a range is not known
  Within,   // one trace has a value that lies in the other's range
  Likely,   // neither has, but the ranges overlap
  Clear,    // the ranges do not overlap
};
[[nodiscard]] std::string_view verdict_name(Verdict verdict);

struct ComparisonRow {
  Metric metric = Metric::P50;
  std::optional<double> a, b;
  std::optional<Range> a_range, b_range;
  Verdict verdict = Verdict::Unknown;

  [[nodiscard]] std::optional<double> change() const;
  [[nodiscard]] std::optional<double> change_percent() const;  // absent too where A has 0
};

struct Comparison {
  TraceFigures a, b;
  std::vector<ComparisonRow> rows;    // of every metric
  std::vector<std::string> warnings;  // sentences: what makes the two less comparable
};
[[nodiscard]] Comparison compare(TraceFigures a, TraceFigures b);

// `failures`: sentences of conditions that hold (fail_condition.h).
[[nodiscard]] std::string comparison_text(const Comparison& comparison,
                                          const std::vector<std::string>& failures);
[[nodiscard]] std::string comparison_json(const Comparison& comparison,
                                          const std::vector<std::string>& failures);

}  // namespace loopscope::trace_model
