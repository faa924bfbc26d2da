// SPDX-License-Identifier: Apache-2.0
// Names of socket states and types, docs/trace-format.md, from the kernel's numbers
// (include/net/tcp_states.h).
#pragma once

#include <array>
#include <string>
#include <string_view>

#include "trace-model/symbols.h"

namespace loopscope::tracer {

inline constexpr unsigned kTcpEstablished = 1, kTcpClose = 7, kTcpListen = 10;

[[nodiscard]] inline std::string_view tcp_state_name(unsigned state) {
  constexpr std::array<std::string_view, 13> kNames{
      "",      "established", "syn_sent", "syn_recv", "fin_wait1", "fin_wait2", "time_wait",
      "close", "close_wait",  "last_ack", "listen",   "closing",   "syn_recv"};
  return state < kNames.size() ? kNames[state] : std::string_view();
}

// UDP and unix sockets use the same numbers, but know only these.
[[nodiscard]] inline std::string_view simple_state_name(unsigned state) {
  return state == kTcpClose ? "unconnected" : tcp_state_name(state);
}

[[nodiscard]] inline std::string socket_type_name(unsigned type) {
  const auto names = trace_model::names_of(trace_model::symbols::kSocketType, type);
  return names.empty() ? std::string() : names.front();
}

}  // namespace loopscope::tracer
