// SPDX-License-Identifier: Apache-2.0
// What a server has to say while it runs, as JSON lines: {"t":CLOCK_MONOTONIC ns,"tid":…,"event":"…", …}. The
// time and the thread are those a trace of the server shows, so that the two can be laid side by side.
#pragma once

#include <cstdint>
#include <expected>
#include <initializer_list>
#include <string>
#include <string_view>
#include <variant>

#include "sample-servers/common/unique_fd.h"

namespace loopscope::sample_servers {

// CLOCK_MONOTONIC, in ns: the clock of a trace's "t".
[[nodiscard]] int64_t monotonic_ns();

class EventLog {
 public:
  struct Field {
    std::string_view name;
    std::variant<int64_t, std::string_view> value;
  };

  EventLog() = default;  // standard error
  // Adds to the file at `path`, or a sentence that says why not. "-" is standard error.
  [[nodiscard]] static std::expected<EventLog, std::string> open(const std::string& path);

  // One write(2) a line, so that lines of several threads do not mix. What cannot be written is dropped: a
  // full disk must not end a server.
  void write(std::string_view event, std::initializer_list<Field> fields = {}) const;
  void write_at(int64_t t_ns, std::string_view event, std::initializer_list<Field> fields = {}) const;

 private:
  UniqueFd file_;
};

}  // namespace loopscope::sample_servers
