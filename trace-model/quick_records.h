// SPDX-License-Identifier: Apache-2.0
// The lines that traces consist of, in the form our own writer gives them. They are read several times as
// fast as JSON is, and mean the same. For the reader only.
//
// False: the line has another form, whatever that is worth, and the record may be half filled.
#pragma once

#include "trace-model/events.h"
#include "trace-model/quick_text.h"

namespace loopscope::trace_model {

// `in` stands behind `{"type":"call","id":` and its like. What is left out of a line is not filled in.
[[nodiscard]] bool read_quickly(QuickText& in, Call& call);
[[nodiscard]] bool read_quickly(QuickText& in, Sqe& sqe);
[[nodiscard]] bool read_quickly(QuickText& in, Cqe& cqe);
[[nodiscard]] bool read_quickly(QuickText& in, OffRow& row);

}  // namespace loopscope::trace_model
