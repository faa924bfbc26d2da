// SPDX-License-Identifier: Apache-2.0
// The words that findings have in common.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "trace-model/model_state.h"
#include "trace-model/report.h"

namespace loopscope::trace_model {

inline constexpr std::string_view kCertain = "certain", kLikely = "likely";
inline constexpr std::string_view kWarning = "warning", kNote = "note";

[[nodiscard]] Finding finding_of(std::string_view kind, std::string_view severity, std::string_view sure);

// "fd 7 (127.0.0.1:8080 from 127.0.0.1:51124)", "fd 4 (/srv/slow.fifo)"; what is not known is left out. All
// text from the target is fit for a terminal.
[[nodiscard]] std::string fd_words(const Model::State& state, int fd, FileId file);
[[nodiscard]] std::string thread_words(Pid pid, Pid tid);  // "thread 12 of process 10", "process 10"

// Ids that a finding names, the first few.
void keep_evidence(std::vector<RecordId>& evidence, RecordId id);

// Commands to go on with. kTraceWord stands for the trace until its name is known.
inline constexpr std::string_view kTraceWord = "FILE";
[[nodiscard]] std::string explain_command(RecordId id);
[[nodiscard]] std::string show_command_of(std::string_view query);
[[nodiscard]] std::string profile_command(Pid pid, Pid tid);
// What to add to the advice where that does not tell all: of a Python program.
[[nodiscard]] std::string profile_advice(const Process* process);

// As a word of a shell's command line.
[[nodiscard]] std::string shell_word(std::string_view text);

}  // namespace loopscope::trace_model
