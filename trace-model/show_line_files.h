// SPDX-License-Identifier: Apache-2.0
// What stands behind a descriptor, in the few words that fit behind its number.
#pragma once

#include <string>

#include "trace-model/model_state.h"

namespace loopscope::trace_model {

// The file of that identity, or, where the record has none, what the process's table names by that number.
[[nodiscard]] const OpenFile* file_of(const Model::State& state, FileId file, Pid pid, int fd);

// "6<tcp 0.0.0.0:8079 listen>", "13</srv/balloons.py>", "5<epoll>"; the number alone where nothing is known.
void append_descriptor(std::string& out, const Model::State& state, FileId file, Pid pid, int64_t fd);

// "slot 3<tcp 127.0.0.1:8079->127.0.0.1:51124>": a registered file of a ring.
void append_slot(std::string& out, const Model::State& state, FileId file, int64_t slot);

// "tcp 127.0.0.1:8079->127.0.0.1:51124", "/srv/balloons.py". Appends nothing where nothing is known.
void append_file(std::string& out, const OpenFile& file);
void append_socket(std::string& out, const SocketInfo& socket);

// "{EPOLLIN, data=0x6 → fd 6 (listener 0.0.0.0:8079)}": what an epoll call returned and which registration it
// is.
void append_ready(std::string& out, const Model::State& state, Pid pid, const ReadyEntry& entry);

}  // namespace loopscope::trace_model
