// SPDX-License-Identifier: Apache-2.0
// Members that the line of a call and that of an operation of a ring have in common. For the writer only.
#pragma once

#include <span>

#include "trace-model/events.h"
#include "trace-model/json_line.h"
#include "trace-model/symbols.h"

namespace loopscope::trace_model {

inline constexpr int kAllArguments = -1;

// `"args"` and `"files"`, without argument `left_out`: an operation has members of its own for that.
void write_args(JsonLine& line, const CallBody& call, int left_out = kAllArguments);
void write_files(JsonLine& line, const CallBody& call, FileId ret_file, int left_out = kAllArguments);
void write_unreadable(JsonLine& line, const CallBody& call);

void write_error(JsonLine& line, uint64_t error);
void write_socket(JsonLine& line, const SocketInfo& socket);

enum class ReadyOf : uint8_t { Epoll, Poll };
void write_ready(JsonLine& line, std::span<const ReadyEntry> ready, size_t total, ReadyOf what);

}  // namespace loopscope::trace_model
