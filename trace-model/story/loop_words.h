// SPDX-License-Identifier: Apache-2.0
// One loop of a report in lines: how often it woke, of what, by whom, and where its time went.
#pragma once

#include <array>
#include <string>
#include <vector>

#include "trace-model/report.h"
#include "trace-model/text_page.h"

namespace loopscope::trace_model {

// Wake-ups by cause. Where the scheduler was recorded a wait that did not sleep woke nobody: what such a wait
// returned counts as "already ready", and one that returned nothing does not count. Without it these are the
// returns by cause.
[[nodiscard]] std::array<uint64_t, kWakeCauses> wakeups_of(const ReportLoop& loop);

struct LoopTextOptions {
  bool histogram = false, utf8 = true;
  bool io = true;  // reads and writes were recorded, so that what was not touched is known
};
void add_loop(TextPage& page, size_t indent, const ReportLoop& loop, const LoopTextOptions& options);

// Of all loops, the longest first.
[[nodiscard]] std::vector<const Burst*> slowest_of(const Report& report, size_t count);
[[nodiscard]] std::vector<std::string> slow_lines(const std::vector<const Burst*>& bursts);  // a table

// "1 µs ▁▂▃▅▇▃▁▁ 204 ms": one column for each power of two; "" for none.
[[nodiscard]] std::string histogram_words(const DurationHistogram& durations, bool utf8);
// Eighths as one character, 0 as a blank or a dot.
[[nodiscard]] std::string_view bar(unsigned eighths, bool utf8);

// How much of what was asked is known: "812 of 1 000 wakeups measured; 188 lack when they were made
// runnable".
[[nodiscard]] std::vector<std::string> coverage_lines(const Report& report);

}  // namespace loopscope::trace_model
