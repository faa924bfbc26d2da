// SPDX-License-Identifier: Apache-2.0
// The sentences of a report about single things: one listener, one registration, one wait.
#pragma once

#include <string>
#include <vector>

#include "trace-model/report.h"

namespace loopscope::trace_model {

// "fd 6 is the listening socket: tcp 0.0.0.0:8079, backlog 128, inode 41019", and what follows it, one line
// each.
[[nodiscard]] std::vector<std::string> listener_words(const ReportListener& listener, const Report& report);

// "epoll 5", "poll", "accept on fd 3"
[[nodiscard]] std::string wait_words(const ReportLoop& loop);

// "new connection 40, data 12", the most frequent first
[[nodiscard]] std::string cause_words(const std::array<uint64_t, kWakeCauses>& counts);

// One sentence, what to do about it, and how to see more.
[[nodiscard]] std::vector<std::string> finding_words(const Finding& finding);
// "Not checked: ready fd ignored, … because reads and writes were not recorded."
[[nodiscard]] std::vector<std::string> not_checked_words(const Report& report);

// "asleep in epoll_wait for the whole recording"; empty for a loop that is awake
[[nodiscard]] std::string asleep_words(const ReportLoop& loop, const Report& report);

}  // namespace loopscope::trace_model
