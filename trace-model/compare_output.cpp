// SPDX-License-Identifier: Apache-2.0
#include <cmath>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "trace-model/compare.h"
#include "trace-model/duration_text.h"
#include "trace-model/terminal_text.h"
#include "trace-model/text_table.h"

namespace loopscope::trace_model {
namespace {

using nlohmann::ordered_json;

std::string value_words(const MetricSpec& spec, const std::optional<double>& value,
                        const std::optional<Range>& range) {
  if (!value) return "-";
  if (!range) return metric_text(spec, *value);
  return fmt::format("{} ({} to {})", metric_text(spec, *value), metric_text(spec, range->least),
                     metric_text(spec, range->greatest));
}

std::string change_words(const MetricSpec& spec, const ComparisonRow& row) {
  const auto change = row.change();
  if (!change) return "-";
  std::string text = fmt::format("{}{}", *change < 0 ? "" : "+", metric_text(spec, *change));
  if (const auto percent = row.change_percent()) text += fmt::format(" ({:+.1f} %)", *percent);
  return text;
}

std::string_view verdict_words(Verdict verdict) {
  constexpr std::string_view kWords[]{"-", "within the spread", "likely", "clear"};
  return kWords[size_t(verdict)];
}

std::string trace_words(const TraceFigures& trace) {
  std::string text =
      fmt::format("{}: {} on {} in {}", terminal_text(trace.name), counted(trace.requests, "request"),
                  counted(trace.connections, "connection"), duration_text(trace.served_ns));
  if (trace.parts >= kPartsForRange)
    text += fmt::format(", {} parts of {}", trace.parts, duration_text(trace.part_ns));
  else
    text += ", too few requests for a spread";
  return text;
}

ordered_json trace_json(const TraceFigures& trace) {
  ordered_json json{{"file", trace.name},
                    {"requests", trace.requests},
                    {"exchanges", trace.exchanges},
                    {"unanswered", trace.unanswered},
                    {"connections", trace.connections},
                    {"served_ns", trace.served_ns},
                    {"lost", trace.lost},
                    {"complete", trace.complete},
                    {"parts", trace.parts},
                    {"part_ns", trace.part_ns},
                    {"kernel", {}},
                    {"arch", {}},
                    {"host_cpus", {}}};
  json["not_delimitable"] =
      trace.not_delimitable.empty() ? ordered_json() : ordered_json(trace.not_delimitable);
  if (!trace.header) return json;
  json["kernel"] = trace.header->kernel;
  json["arch"] = trace.header->arch;
  json["host_cpus"] = trace.header->host_cpus;
  return json;
}

ordered_json number_json(const std::optional<double>& value) {
  return value ? ordered_json(std::round(*value * 1000) / 1000) : ordered_json();
}

ordered_json range_json(const std::optional<Range>& range) {
  if (!range) return {};
  return ordered_json::array({number_json(range->least), number_json(range->greatest)});
}

std::string_view unit_name(MetricUnit unit) {
  return unit == MetricUnit::Duration ? "ns" : unit == MetricUnit::PerSecond ? "per_second" : "count";
}

}  // namespace

std::string comparison_text(const Comparison& comparison, const std::vector<std::string>& failures) {
  std::string text = fmt::format("A  {}\nB  {}\n\n", trace_words(comparison.a), trace_words(comparison.b));
  std::vector<TableRow> table{{"", "A (least to greatest part)", "B", "CHANGE", "DIFFERENT"}};
  for (const ComparisonRow& row : comparison.rows) {
    const MetricSpec& spec = all_metrics()[size_t(row.metric)];
    if (row.metric == Metric::RingOperations && row.a.value_or(0) == 0 && row.b.value_or(0) == 0) continue;
    table.push_back({std::string(spec.title), value_words(spec, row.a, row.a_range),
                     value_words(spec, row.b, row.b_range), change_words(spec, row),
                     std::string(verdict_words(row.verdict))});
  }
  for (const std::string& line : table_lines(table)) text += line + '\n';
  text +=
      "\nclear: the ranges of the parts do not overlap; likely: they do, but neither value lies in the "
      "other's;\nCPU includes the kernel's helpers; "
      "ranges of CPU are taken from the time that loops ran.\n";
  for (const std::string& warning : comparison.warnings) text += fmt::format("Warning: {}.\n", warning);
  for (const std::string& failure : failures) text += fmt::format("Failed: {}.\n", failure);
  return text;
}

std::string comparison_json(const Comparison& comparison, const std::vector<std::string>& failures) {
  ordered_json json{{"a", trace_json(comparison.a)}, {"b", trace_json(comparison.b)}};
  json["metrics"] = ordered_json::array();
  for (const ComparisonRow& row : comparison.rows) {
    const MetricSpec& spec = all_metrics()[size_t(row.metric)];
    json["metrics"].push_back({{"name", spec.name},
                               {"unit", unit_name(spec.unit)},
                               {"a", number_json(row.a)},
                               {"b", number_json(row.b)},
                               {"change", number_json(row.change())},
                               {"change_percent", number_json(row.change_percent())},
                               {"a_range", range_json(row.a_range)},
                               {"b_range", range_json(row.b_range)},
                               {"different", verdict_name(row.verdict)}});
  }
  json["rule"] = kRequestRule;
  json["warnings"] = comparison.warnings;
  json["failed"] = failures;
  return json.dump(1, ' ', false, ordered_json::error_handler_t::replace) + '\n';
}

}  // namespace loopscope::trace_model
