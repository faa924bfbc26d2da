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

// Why `pid` is not found under /proc, of the errno value that said so: it may be hidden.
[[nodiscard]] std::string why_absent(const ProcFs& proc, Pid pid, int error);

// Why neither the program of a process nor its files can be named though its calls can be recorded; nothing
// when they can.
[[nodiscard]] std::optional<std::string> why_nameless(const ProcFs& proc, Pid pid);

// Why the numbers under /proc are not those that this process's system calls use; nothing where they are.
[[nodiscard]] std::optional<std::string> why_numbers_differ(const ProcFs& proc);

// The process that a thread belongs to; `pid` itself when it is gone.
[[nodiscard]] Pid process_of(const ProcFs& proc, Pid pid);

// Why calls in progress and memory of a process cannot be read though its descriptors can.
[[nodiscard]] std::string what_refuses_attach(const ProcFs& proc);

}  // namespace loopscope::tracer
