// SPDX-License-Identifier: Apache-2.0
#include "trace-model/duration_text.h"

#include <array>
#include <cmath>

#include <fmt/format.h>

namespace loopscope::trace_model {
namespace {

constexpr Ns kSecond = 1'000'000'000;
constexpr Ns kMinute = 60 * kSecond;

std::string in_minutes(Ns duration) {
  const Ns seconds = duration / kSecond + (duration % kSecond >= kSecond / 2);
  if (seconds < 3600) return fmt::format("{} min {} s", seconds / 60, seconds % 60);
  return fmt::format("{} h {} min", seconds / 3600, seconds / 60 % 60);
}

}  // namespace

std::string duration_text(Ns duration) {
  if (duration < 0) return duration == INT64_MIN ? "unknown" : "-" + duration_text(-duration);
  if (duration < 1000) return fmt::format("{} ns", duration);
  if (duration >= 2 * kMinute) return in_minutes(duration);
  constexpr std::array<std::string_view, 3> kUnits{"µs", "ms", "s"};
  double value = double(duration) / 1000;
  size_t unit = 0;
  while (unit + 1 < kUnits.size() && value >= 999.5) value /= 1000, ++unit;
  return fmt::format("{:.{}f} {}", value, value < 9.95 ? 1 : 0, kUnits[unit]);
}

std::string time_text(Ns t) {
  const uint64_t microseconds = (t < 0 ? 0 - uint64_t(t) : uint64_t(t)) / 1000;
  return fmt::format("{}{}.{:03} {:03} s", t < 0 ? "-" : "", microseconds / 1'000'000,
                     microseconds / 1000 % 1000, microseconds % 1000);
}

std::string count_text(uint64_t count) {
  std::string digits = std::to_string(count);
  for (size_t i = digits.size(); i > 3;) digits.insert(i -= 3, " ");
  return digits;
}

std::string counted(uint64_t count, std::string_view noun) {
  return fmt::format("{} {}{}", count_text(count), noun, count == 1 ? "" : "s");
}

}  // namespace loopscope::trace_model
