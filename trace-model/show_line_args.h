// SPDX-License-Identifier: Apache-2.0
// The arguments of a call between its parentheses.
#pragma once

#include <string>

#include "trace-model/model_state.h"

namespace loopscope::trace_model {

// `call` where the call has returned, for what it gave back through a pointer (ready events, the peer);
// nullptr for one in progress.
void append_arguments(std::string& out, const CallBody& body, const Call* call, const Model::State& state);

// Of an operation of a ring: what is known and says something, each behind ", " but for the first. `slot` is
// the argument that names a registered file, -1 for none.
void append_operation_arguments(std::string& out, const CallBody& body, int slot, const Model::State& state);

}  // namespace loopscope::trace_model
