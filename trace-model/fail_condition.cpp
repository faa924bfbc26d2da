// SPDX-License-Identifier: Apache-2.0
#include "trace-model/fail_condition.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <limits>

#include <fmt/format.h>

#include "trace-model/terminal_text.h"

namespace loopscope::trace_model {
namespace {

constexpr std::string_view kAllowed =
    "allowed are p50, p90, p99, max, calls, wakeups, cpu, switches, ring_operations, rps; > or <; and a "
    "change with % or a sign, or a value for B: 'p99>+10%', 'cpu>+5us', 'p99>30ms', 'rps<-10%'. Durations "
    "have a unit: ns, us, ms or s";

std::optional<double> unit_factor(std::string_view unit, MetricUnit of) {
  if (of != MetricUnit::Duration) return unit.empty() ? std::optional(1.0) : std::nullopt;
  if (unit == "ns") return 1;
  if (unit == "us" || unit == "µs") return 1e3;
  if (unit == "ms") return 1e6;
  if (unit == "s") return 1e9;
  return std::nullopt;
}

std::string_view without_spaces_around(std::string_view text) {
  const auto from = text.find_first_not_of(' ');
  if (from == text.npos) return {};
  return text.substr(from, text.find_last_not_of(' ') - from + 1);
}

bool take_limit(std::string_view word, FailCondition& condition) {
  const bool sign = word.starts_with('+') || word.starts_with('-');
  const bool negative = word.starts_with('-');
  if (sign) word.remove_prefix(1);
  if (word.empty() || word.front() < '0' || word.front() > '9') return false;
  double value = 0;
  const auto [end, error] =
      std::from_chars(word.data(), word.data() + word.size(), value, std::chars_format::fixed);
  if (error != std::errc() || !std::isfinite(value)) return false;
  const std::string_view unit = without_spaces_around(word.substr(size_t(end - word.data())));
  if (unit == "%") {
    condition.of = FailCondition::Of::ChangePercent;
  } else {
    condition.of = sign ? FailCondition::Of::Change : FailCondition::Of::Value;
    const auto factor = unit_factor(unit, all_metrics()[size_t(condition.metric)].unit);
    if (!factor) return false;
    value *= *factor;
  }
  condition.limit = negative ? -value : value;
  return true;
}

std::string percent_words(double change) {
  return std::isinf(change) ? "from nothing" : fmt::format("by {:+.1f} %", change);
}

}  // namespace

std::expected<FailCondition, std::string> parse_fail_condition(std::string_view text) {
  const auto wrong = [&] {
    return std::unexpected(fmt::format("'{}' is no condition: {}", terminal_text(text), kAllowed));
  };
  const size_t at = text.find_first_of("<>");
  if (at == text.npos) return wrong();
  FailCondition condition;
  condition.text = text;
  condition.greater = text[at] == '>';
  const std::string_view name = without_spaces_around(text.substr(0, at));
  const auto spec = std::ranges::find(all_metrics(), name, &MetricSpec::name);
  if (spec == all_metrics().end()) return wrong();
  condition.metric = spec->metric;
  if (!take_limit(without_spaces_around(text.substr(at + 1)), condition)) return wrong();
  return condition;
}

std::optional<std::string> failure_of(const FailCondition& condition, const Comparison& comparison) {
  const MetricSpec& spec = all_metrics()[size_t(condition.metric)];
  const auto row = std::ranges::find(comparison.rows, condition.metric, &ComparisonRow::metric);
  const bool needs_a = condition.of != FailCondition::Of::Value;
  const std::optional<double> a = row == comparison.rows.end() ? std::nullopt : row->a;
  const std::optional<double> b = row == comparison.rows.end() ? std::nullopt : row->b;
  if (!b || (needs_a && !a))
    return fmt::format("{} cannot be judged: {} is not known of {}", condition.text, spec.title,
                       !b ? "B" : "A");
  double value = *b;
  if (condition.of == FailCondition::Of::Change) value = row->change().value_or(0);
  if (condition.of == FailCondition::Of::ChangePercent)
    value = row->change_percent().value_or(*b == 0 ? 0 : std::numeric_limits<double>::infinity());
  if (condition.greater ? value <= condition.limit : value >= condition.limit) return std::nullopt;
  const std::string in_b = metric_text(spec, *b);
  if (condition.of == FailCondition::Of::Value)
    return fmt::format("{}: {} is {} in B", condition.text, spec.title, in_b);
  const std::string in_a = metric_text(spec, a.value_or(0));
  const std::string change = condition.of == FailCondition::Of::ChangePercent
                                 ? percent_words(value)
                                 : fmt::format("by {}{}", value >= 0 ? "+" : "", metric_text(spec, value));
  return fmt::format("{}: {} went {} from {} to {}", condition.text, spec.title, change, in_a, in_b);
}

}  // namespace loopscope::trace_model
