// SPDX-License-Identifier: Apache-2.0
// What this kernel tells of threads that do not run, and how bpf/sched.bpf.c gets at it.
#pragma once

#include <bpf/btf.h>

#include <cstdint>
#include <optional>
#include <string>

namespace loopscope::tracer {

struct SchedProbes {
  bool there = false;           // sched_switch and sched_waking
  bool state_argument = false;  // sched_switch says what it switched away from (Linux 5.18+)
  bool context = false;         // in which context a thread is woken can be told
  // x86: from a CPU's run queue to its count of nested contexts, bytes. Both are variables of which each CPU
  // has its own, so the distance is the same on all; a program gets to the run queue from the thread it
  // interrupts. To name the variable itself takes a kernel with CONFIG_KALLSYMS_ALL.
  std::optional<int64_t> count_from_run_queue;
};

[[nodiscard]] SchedProbes sched_probes(const btf& types);

// For the header.
[[nodiscard]] std::string sched_probe_text(const SchedProbes& probes);

}  // namespace loopscope::tracer
