// SPDX-License-Identifier: Apache-2.0
// Who may look at what, said in sentences that name the remedy.
#pragma once

#include <optional>
#include <string>

#include "tracer/proc/proc_fs.h"

namespace loopscope::tracer {

// The command that gives this program what it lacks, for the user who runs it.
[[nodiscard]] std::string remedy_for_capabilities();

// Why `pid` cannot be looked at, and what helps; nothing when it can.
[[nodiscard]] std::optional<std::string> why_unreadable(const ProcFs& proc, Pid pid);

// The process that a thread belongs to; `pid` itself when it is gone.
[[nodiscard]] Pid process_of(const ProcFs& proc, Pid pid);

// Why calls in progress and memory of a process cannot be read though its descriptors can.
[[nodiscard]] std::string what_refuses_attach(const ProcFs& proc);

}  // namespace loopscope::tracer
