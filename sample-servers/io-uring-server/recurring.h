// SPDX-License-Identifier: Apache-2.0
// Something that may happen a thousand times a second, and is written to the log when it happens first, then
// at most once a second, and at the end, each time with how often it has happened.
#pragma once

#include <cstdint>
#include <string_view>

#include "sample-servers/common/event_log.h"

namespace loopscope::sample_servers {

class Recurring {
 public:
  // `event` is a literal.
  Recurring(const EventLog& log, std::string_view event) : log_(log), event_(event) {}
  ~Recurring() {
    if (times_ != written_times_) log_.write(event_, {{"times", times_}});
  }
  Recurring(const Recurring&) = delete;
  Recurring& operator=(const Recurring&) = delete;

  void happened() {
    const int64_t now_ns = monotonic_ns();
    if (times_++ != 0 && now_ns - written_ns_ < 1'000'000'000) return;
    log_.write_at(now_ns, event_, {{"times", times_}});
    written_ns_ = now_ns;
    written_times_ = times_;
  }

 private:
  const EventLog& log_;
  std::string_view event_;
  int64_t times_ = 0;
  int64_t written_ns_ = 0;
  int64_t written_times_ = 0;
};

}  // namespace loopscope::sample_servers
