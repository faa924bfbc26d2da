// SPDX-License-Identifier: Apache-2.0
// Sums and differences of times. A damaged or hostile trace has times whose sum no int64 holds: the nearest
// that one holds stands for it.
#pragma once

#include <cstdint>

namespace loopscope::trace_model {

using Ns = int64_t;

[[nodiscard]] constexpr Ns time_after(Ns t, Ns duration) {
  Ns sum = 0;
  if (!__builtin_add_overflow(t, duration, &sum)) return sum;
  return duration < 0 ? INT64_MIN : INT64_MAX;
}

[[nodiscard]] constexpr Ns time_between(Ns from, Ns to) {
  Ns difference = 0;
  if (!__builtin_sub_overflow(to, from, &difference)) return difference;
  return from < 0 ? INT64_MAX : INT64_MIN;
}

}  // namespace loopscope::trace_model
