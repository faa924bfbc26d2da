// SPDX-License-Identifier: Apache-2.0
// When a comparison is a failure, as `compare --fail-if` takes it: METRIC>VALUE or METRIC<VALUE. A value with
// % or a sign is a change from A to B, one without either is what B itself may have: 'p99>+10%', 'cpu>+5us',
// 'p99>30ms', 'rps<-10%'.
#pragma once

#include <expected>
#include <optional>
#include <string>
#include <string_view>

#include "trace-model/compare.h"

namespace loopscope::trace_model {

struct FailCondition {
  enum class Of : uint8_t { Value, Change, ChangePercent };

  std::string text;
  Metric metric = Metric::P50;
  bool greater = true;
  Of of = Of::Value;
  double limit = 0;  // in the unit of the metric, or in percent
};

// The error is a sentence that names what is allowed.
[[nodiscard]] std::expected<FailCondition, std::string> parse_fail_condition(std::string_view text);

// A sentence where it holds. Where a trace does not have the value it cannot be said to be kept: that is a
// failure too.
[[nodiscard]] std::optional<std::string> failure_of(const FailCondition& condition,
                                                    const Comparison& comparison);

}  // namespace loopscope::trace_model
