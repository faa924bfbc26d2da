// SPDX-License-Identifier: Apache-2.0
// The arguments and results that strace printed, as a record of a trace has them.
#pragma once

#include <array>
#include <string>

#include "exchange/strace/call_text.h"

namespace loopscope::exchange::strace {

// What stood in angle brackets behind descriptors: empty without -y.
struct Descriptions {
  std::array<std::string_view, trace_model::kMaxArgs> args;
  std::array<std::string_view, 2> pair;
};

// Fills `body`, whose `spec` is set, from the arguments. False where one that cannot be done without is not
// there or cannot be read: a descriptor, an operation.
[[nodiscard]] bool read_arguments(const CallText& text, trace_model::CallBody& body, Descriptions& described);

// And what came back, of a call that returned: what was ready, a peer.
void read_results(const CallText& text, trace_model::Call& call);

}  // namespace loopscope::exchange::strace
