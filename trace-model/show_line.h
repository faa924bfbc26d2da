// SPDX-License-Identifier: Apache-2.0
// A record as one line that a reader of strace(1) knows his way around in:
//
//        0.126000  4711          accept4(6<tcp 0.0.0.0:8079 listen>, 127.0.0.1:51124, SOCK_CLOEXEC) = 12<tcp
//        …> <900ns>
//
// Seconds since the attach (of a call: when it began), the process (and .thread where it is another), what
// happened. Arguments stand in the order of the system call; pointers that the trace has nothing about are
// "...". A descriptor is followed by what it is, as far as the model knows. Everything that came from the
// traced process is escaped: a line is one line, and moves no cursor.
//
// Operations of a ring are two lines, one when they are taken and one, or several, when they complete:
//
//   ring 5: ACCEPT(6<tcp 0.0.0.0:8079 listen>, multishot, user_data=0x1)
//   ring 5: ACCEPT(6<tcp 0.0.0.0:8079 listen>, user_data=0x1) = 12<tcp …> more, 1.2ms after it was taken
//
// A line is made in two halves, because what a call's arguments name is known before the record is applied to
// the model and what it made is known afterwards:
//
//   model.join(event);
//   append_line_begin(out, event, model.state());
//   model.apply(event);
//   append_line_end(out, event, model.state());       // ends with '\n'
#pragma once

#include <string>

#include "trace-model/events.h"
#include "trace-model/model.h"
#include "trace-model/model_state.h"

namespace loopscope::trace_model {

void append_line_begin(std::string& out, const Event& event, const Model::State& state);
void append_line_end(std::string& out, const Event& event, const Model::State& state);

}  // namespace loopscope::trace_model
