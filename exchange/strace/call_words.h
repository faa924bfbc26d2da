// SPDX-License-Identifier: Apache-2.0
// A call of a trace as strace prints it: what it printed when the call began, and when it returned. What a
// trace does not keep is written the way strace writes nothing: pointers NULL, data ""..., and the size of
// the room for an address as the address that came back.
#pragma once

#include <string>

#include "trace-model/events.h"

namespace loopscope::exchange::strace {

struct CallWords {
  std::string begun;   // epoll_wait(5,
  std::string rest;    // [{events=EPOLLIN, …}], 1023, -1
  std::string result;  // 1 ([…])
};

[[nodiscard]] CallWords words_of(const trace_model::Call& call);
[[nodiscard]] std::string words_of_begun(const trace_model::CallBody& call);

}  // namespace loopscope::exchange::strace
