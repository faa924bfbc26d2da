// SPDX-License-Identifier: Apache-2.0
// The system call a thread is blocked in, from /proc/PID/task/TID/syscall (proc_pid_syscall(5)), and what its
// pointers point to, read while the thread sleeps. Access is that of ptrace(2) ATTACH: Yama may refuse what
// /proc/PID/fd allows.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string_view>

#include "trace-model/events.h"
#include "tracer/proc/proc_fs.h"

namespace loopscope::tracer {

struct CallInProgress {
  uint32_t number = 0;
  std::array<uint64_t, 6> args{};
};

// Nothing for a thread that runs, or is blocked outside of a system call.
[[nodiscard]] std::optional<CallInProgress> parse_syscall(std::string_view text);
[[nodiscard]] OrErrno<std::optional<CallInProgress>> call_in_progress(const ProcessDir& process, Pid tid);

// Fills all of `into`, or says that it could not. Of another process: process_vm_readv(2).
using ReadMemory = std::function<bool(uint64_t address, std::span<std::byte> into)>;
[[nodiscard]] ReadMemory memory_of(Pid pid);

// nullptr for a call that is of no interest: its thread waits for something that is no descriptor.
[[nodiscard]] const trace_model::CallSpec* interesting_call(uint32_t number);

// Arguments of `spec` by what was passed. Those in memory that cannot be read are marked unreadable.
void describe_call(const CallInProgress& call, const trace_model::CallSpec& spec, const ReadMemory& read,
                   trace_model::CallBody& body);

}  // namespace loopscope::tracer
