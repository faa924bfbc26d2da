// SPDX-License-Identifier: Apache-2.0
// Taking what a call, or an operation of a ring, consists of out of a JSON line. For the reader only.
//
// Arguments and what stands by their names can be read only when CallBody::spec is known.
#pragma once

#include "trace-model/events.h"
#include "trace-model/json_values.h"

namespace loopscope::trace_model {

bool read_args(json::value& value, CallBody& call, Complaint& complaint);
bool read_files(json::value& value, CallBody& call, FileId& ret_file, Complaint& complaint);
bool read_unreadable(json::value& value, CallBody& call, Complaint& complaint);
bool read_ready(json::value& value, bool epoll, std::vector<ReadyEntry>& out, Complaint& complaint);
bool read_error(json::value& value, int& out, Complaint& complaint);
bool read_rights(json::value& value, std::vector<ReceivedFd>& out, Complaint& complaint);

// Empty lists are left out of a line: an argument that is a list and is not there was empty, unless it could
// not be read. EPOLL_CTL_DEL alone has no event to have an empty list of.
void add_lists_left_out(CallBody& call);

}  // namespace loopscope::trace_model
