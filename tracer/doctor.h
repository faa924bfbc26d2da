// SPDX-License-Identifier: Apache-2.0
// `loopscope doctor`: can I trace here? Each thing that recording rests on is tried by itself, named, and
// given its remedy when it is missing. Nothing is concluded from a version where it can be tried.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "tracer/proc/proc_fs.h"

namespace loopscope::tracer {

struct ProbeResult {
  std::string name;
  bool ok = false;
  std::string detail;    // what was found
  std::string remedy;    // what to do; empty when ok, or when nothing helps
  bool required = true;  // recording is impossible without it
};
using ProbeResults = std::vector<ProbeResult>;

// What to look at; tests have files of their own.
struct SystemFiles {
  std::string proc = "/proc", sys = "/sys";
};

// From files and uname(2) alone: kernel, BTF file, capabilities, seccomp, sysctls, lockdown, namespaces,
// tracefs.
[[nodiscard]] ProbeResults system_probes(const SystemFiles& files);
// By trying: bpf(2) itself and the maps that recording uses.
[[nodiscard]] ProbeResults map_probes(const SystemFiles& files);
// By the kernel's BTF: the tracepoints with their shapes, the iterators.
[[nodiscard]] ProbeResults btf_probes();
// May these processes be looked into?
[[nodiscard]] ProbeResults target_probes(const ProcFs& proc, const std::vector<Pid>& targets);

[[nodiscard]] bool can_record(const ProbeResults& results);
[[nodiscard]] std::string doctor_text(const ProbeResults& results);
[[nodiscard]] std::string doctor_json(const ProbeResults& results);

struct DoctorOptions {
  bool json = false;
  std::vector<Pid> targets;
  std::function<ProbeResults()> more_probes;  // of those who load programs; may be empty
};
// Prints to standard output. Exit code 0: recording is possible here, 1: not.
[[nodiscard]] int doctor_command(const DoctorOptions& options);

}  // namespace loopscope::tracer
