// SPDX-License-Identifier: Apache-2.0
// Records that are no calls, in the manner in which strace tells of signals and exits: --- so --- and +++ so
// +++.
#pragma once

#include <string>

#include "trace-model/events.h"
#include "trace-model/model_state.h"

namespace loopscope::trace_model {

// All of the line behind the time; without the newline. Not for Call, Pending, Sqe and Cqe.
void append_row(std::string& out, const Event& event, const Model::State& state);

void append_who(std::string& out, Pid pid, Pid tid);  // the column of process and thread; 0: nobody
void append_origin(std::string& out, Origin origin);  // " [snapshot]"

}  // namespace loopscope::trace_model
