// SPDX-License-Identifier: Apache-2.0
// The analysis of a part of a trace. What lies before it is applied, so that its descriptors and bursts are
// known, and then no longer counts; a burst or a request that begins within it is followed to its end.
//
// Confined to the part: bursts, requests and all figures of them; findings; calls; accepts, drops, wakeups,
// iterations and waits of listeners and loops. As they were at its end: descriptors, interest lists,
// registrations, who is asleep. Of the whole trace: CPU times, operations of rings, losses, and
// registrations' times.
#pragma once

#include <expected>
#include <optional>
#include <string>
#include <string_view>

#include "trace-model/analysis/analysis.h"
#include "trace-model/report.h"

namespace loopscope::trace_model {

// A time of the trace, or a record by its id.
struct Bound {
  std::optional<Ns> t;
  RecordId id = 0;
};

// "1.5s", "200ms", "812us", "5ns", "+3.2" and "3.2" (seconds), "id=812", "#812". The error is a sentence.
[[nodiscard]] std::expected<Bound, std::string> parse_bound(std::string_view text);

class PartOfTrace {
 public:
  PartOfTrace(std::optional<Bound> from, std::optional<Bound> to);
  PartOfTrace(const PartOfTrace&) = delete;
  PartOfTrace& operator=(const PartOfTrace&) = delete;

  [[nodiscard]] Analysis& analysis() { return analysis_; }
  // Where a bound is an id it is known only once that record was met.
  [[nodiscard]] const Window& window() const { return analysis_.window(); }

  void take(Event& event);
  [[nodiscard]] Report finish();

 private:
  void begin(Ns t);
  void end(Ns t);

  Analysis analysis_;
  std::optional<Bound> from_, to_;
  bool begun_ = false, ended_ = false;
  std::optional<Report> at_end_;  // the state when the part ended
};

}  // namespace loopscope::trace_model
