// SPDX-License-Identifier: Apache-2.0
// Operations of rings, in the manner of the calls they are the form of.
#pragma once

#include <string>

#include "trace-model/model_state.h"

namespace loopscope::trace_model {

void append_submission(std::string& out, const Sqe& sqe, const Model::State& state);  // all of the line

// What completed, as Model::join found, and, once the record is applied, with what.
void append_completed(std::string& out, const Cqe& cqe, const Model::State& state);
void append_completion(std::string& out, const Cqe& cqe, const Model::State& state);

}  // namespace loopscope::trace_model
