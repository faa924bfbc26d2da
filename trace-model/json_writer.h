// SPDX-License-Identifier: Apache-2.0
// Writes records as the lines of docs/trace-format.md: appends one JSON object and its newline to a string
// that the caller keeps and empties, so that a recorder allocates nothing per line. Members stand in the
// order in which the format page lists them, what is default is left out, and the line is valid UTF-8
// whatever bytes the record holds.
//
// Records are written as they are: ids, order and times are the caller's.
#pragma once

#include <string>

#include "trace-model/events.h"

namespace loopscope::trace_model {

void append_line(std::string& out, const Event& event);

void append_line(std::string& out, const Call& call);
void append_line(std::string& out, const Pending& pending);
void append_line(std::string& out, const TraceHeader& header);
void append_line(std::string& out, const ProcessRow& row);
void append_line(std::string& out, const FdRow& row);
void append_line(std::string& out, const WatchRow& row);
void append_line(std::string& out, const RingRow& row);
void append_line(std::string& out, const SnapshotEnd& end);
void append_line(std::string& out, const Sqe& sqe);
void append_line(std::string& out, const Cqe& cqe);
void append_line(std::string& out, const CpuRow& row);
void append_line(std::string& out, const OffRow& row);
void append_line(std::string& out, const QueueRow& row);
void append_line(std::string& out, const Fork& fork);
void append_line(std::string& out, const Exec& exec);
void append_line(std::string& out, const Unshare& unshare);
void append_line(std::string& out, const Exit& exit);
void append_line(std::string& out, const Lost& lost);
void append_line(std::string& out, const End& end);
void append_line(std::string& out,
                 const Unknown& unknown);  // type and id: the rest of its line is not known here

}  // namespace loopscope::trace_model
