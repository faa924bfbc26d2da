// SPDX-License-Identifier: Apache-2.0
// `off` as a member of a call and as a record of its own.
#pragma once

#include "trace-model/events.h"
#include "trace-model/json_line.h"
#include "trace-model/json_values.h"

namespace loopscope::trace_model {

void write_off(JsonLine& line, const Off& off);  // the members, without what stands around them

// One member of those; false when it is wrong. `key` may be another's.
[[nodiscard]] bool read_off_member(json::value& value, std::string_view key, Off& off, Complaint& complaint);
[[nodiscard]] bool read_off(json::value& value, std::optional<Off>& off, Complaint& complaint);

}  // namespace loopscope::trace_model
