// SPDX-License-Identifier: Apache-2.0
#include "trace-model/findings/thresholds.h"

#include <array>
#include <charconv>
#include <optional>
#include <utility>

#include <fmt/format.h>

namespace loopscope::trace_model {
namespace {

constexpr auto kNames = std::to_array<ThresholdName>({
    {"long-iteration", &Thresholds::long_iteration, nullptr},
    {"outlier-least", &Thresholds::outlier_least, nullptr},
    {"outlier", nullptr, &Thresholds::outlier},
    {"blocking-call", &Thresholds::blocking_call, nullptr},
    {"worth-warning", &Thresholds::worth_warning, nullptr},
    {"repeated", nullptr, &Thresholds::repeated},
    {"ignored", nullptr, &Thresholds::ignored},
    {"undrained", &Thresholds::undrained, nullptr},
    {"not-rearmed", &Thresholds::not_rearmed, nullptr},
    {"herd-wakeups", nullptr, &Thresholds::herd_wakeups},
    {"herd-percent", nullptr, &Thresholds::herd_percent},
    {"empty-looks", nullptr, &Thresholds::empty_looks},
    {"accept-failures", nullptr, &Thresholds::accept_failures},
    {"storm", nullptr, &Thresholds::storm},
    {"uneven", nullptr, &Thresholds::uneven},
    {"unbatched", nullptr, &Thresholds::unbatched},
});

constexpr std::pair<std::string_view, int64_t> kUnits[]{
    {"ns", 1}, {"us", 1'000}, {"ms", 1'000'000}, {"s", 1'000'000'000}};

std::optional<int64_t> number_of(std::string_view digits) {
  int64_t value = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
  if (error != std::errc() || end != digits.data() + digits.size() || value < 0) return std::nullopt;
  return value;
}

std::optional<Ns> duration_of(std::string_view text) {
  const std::string_view digits = text.substr(0, text.find_first_not_of("0123456789"));
  const std::optional<int64_t> value = number_of(digits);
  for (const auto& [unit, factor] : kUnits)
    if (value && text.substr(digits.size()) == unit && *value <= INT64_MAX / factor) return *value * factor;
  return std::nullopt;
}

}  // namespace

std::span<const ThresholdName> threshold_names() {
  return kNames;
}

std::expected<void, std::string> Thresholds::set(std::string_view name, std::string_view value) {
  for (const ThresholdName& known : kNames) {
    if (known.name != name) continue;
    if (known.duration) {
      const std::optional<Ns> duration = duration_of(value);
      if (!duration)
        return std::unexpected(fmt::format("{} takes a duration such as 10ms, not '{}'", name, value));
      this->*known.duration = *duration;
    } else {
      const std::optional<int64_t> number = number_of(value);
      if (!number) return std::unexpected(fmt::format("{} takes a number, not '{}'", name, value));
      this->*known.count = uint64_t(*number);
    }
    return {};
  }
  return std::unexpected(fmt::format("there is no threshold '{}'", name));
}

}  // namespace loopscope::trace_model
