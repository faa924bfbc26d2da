// SPDX-License-Identifier: Apache-2.0
#include "exchange/epoch.h"

#include <algorithm>
#include <charconv>
#include <chrono>
#include <optional>

namespace loopscope::exchange {
namespace {

std::optional<int> number(std::string_view text) {
  int value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  return error == std::errc() && end == text.data() + text.size() ? std::optional(value) : std::nullopt;
}

}  // namespace

trace_model::Ns epoch_of(std::string_view started) {
  constexpr size_t kWhole = 19;  // 2026-11-22T10:00:00
  if (started.size() < kWhole) return 0;
  const auto part = [&](size_t at, size_t length) { return number(started.substr(at, length)); };
  const auto year = part(0, 4), month = part(5, 2), day = part(8, 2), hour = part(11, 2),
             minute = part(14, 2), second = part(17, 2);
  if (!year || !month || !day || !hour || !minute || !second) return 0;
  namespace ch = std::chrono;
  const ch::year_month_day date{ch::year(*year), ch::month(unsigned(*month)), ch::day(unsigned(*day))};
  if (!date.ok() || *year < 1970 || *year > 2200) return 0;
  const int64_t seconds =
      int64_t(ch::sys_days(date).time_since_epoch().count()) * 86400 + *hour * 3600 + *minute * 60 + *second;
  trace_model::Ns t = seconds * 1'000'000'000, unit = 100'000'000;
  for (size_t i = kWhole + 1; i < started.size() && started[i] >= '0' && started[i] <= '9'; ++i, unit /= 10)
    t += unit * (started[i] - '0');
  return t;
}

}  // namespace loopscope::exchange
