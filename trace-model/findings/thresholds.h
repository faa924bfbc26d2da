// SPDX-License-Identifier: Apache-2.0
// From where on something is worth a finding. What makes others wait is measured absolutely, and not only by
// what the loop usually takes: a handler that sleeps in every request would raise such a measure, and hide
// behind it. Below that, an iteration is told of where it is far from what is usual in this run.
#pragma once

#include <cstdint>
#include <expected>
#include <span>
#include <string>
#include <string_view>

#include "trace-model/events.h"

namespace loopscope::trace_model {

struct Thresholds {
  Ns long_iteration = 10'000'000;  // a loop did not look at its connections for so long
  Ns outlier_least = 2'000'000;    // an iteration that took so long,
  uint64_t outlier = 100;          // and so many times the median of its loop, is none of the usual ones
  Ns blocking_call = 1'000'000;    // a loop slept for so long where it should not
  Ns worth_warning = 25'000'000;   // one of these that is longer is a warning though it happened once
  uint64_t repeated = 5;           // and shorter ones are when there are so many
  uint64_t ignored = 16;           // a descriptor was returned so often in a row, and nobody touched it
  Ns undrained = 100'000'000;      // what was left unread lay there for so long
  Ns not_rearmed = 1'000'000'000;  // an EPOLLONESHOT registration that fired was left alone for so long
  uint64_t herd_wakeups = 3;       // so many wakeups for nothing,
  uint64_t herd_percent = 10;      // and a warning where it is so many of a hundred wakeups
  uint64_t empty_looks = 2000;     // a second, that found nothing and after which nothing was done
  uint64_t accept_failures = 10;   // in a row, for want of descriptors
  uint64_t storm = 20;             // of them a second
  uint64_t uneven = 2;             // one worker accepted so many times its share
  uint64_t unbatched = 1000;       // io_uring_enter a second, for one operation each

  // NAME is that of a member with hyphens; durations are "10ms", "2s", "500us" or "300ns".
  [[nodiscard]] std::expected<void, std::string> set(std::string_view name, std::string_view value);
};

struct ThresholdName {
  std::string_view name;
  Ns Thresholds::* duration;  // one of the two
  uint64_t Thresholds::* count;
};
[[nodiscard]] std::span<const ThresholdName> threshold_names();

}  // namespace loopscope::trace_model
