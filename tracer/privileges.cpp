// SPDX-License-Identifier: Apache-2.0
#include "tracer/privileges.h"

#include <fmt/format.h>
#include <linux/capability.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <array>
#include <climits>
#include <cstdint>

namespace loopscope::tracer {
namespace {

uint64_t effective_capabilities() {
  __user_cap_header_struct header{_LINUX_CAPABILITY_VERSION_3, 0};
  std::array<__user_cap_data_struct, 2> data{};
  if (syscall(SYS_capget, &header, data.data()) != 0) return 0;
  return data[0].effective | uint64_t(data[1].effective) << 32;
}

bool holds(uint64_t capabilities, int which) {
  return capabilities >> which & 1;
}

}  // namespace

std::string own_program() {
  std::array<char, PATH_MAX> path{};
  return readlink("/proc/self/exe", path.data(), path.size() - 1) > 0 ? path.data() : "loopscope";
}

bool may_load_bpf() {
  const uint64_t have = effective_capabilities();
  return holds(have, CAP_SYS_ADMIN) || (holds(have, CAP_BPF) && holds(have, CAP_PERFMON));
}

std::string missing_capabilities() {
  const uint64_t have = effective_capabilities();
  std::string missing;
  if (!holds(have, CAP_BPF)) missing += "CAP_BPF";
  if (!holds(have, CAP_PERFMON)) missing += missing.empty() ? "CAP_PERFMON" : " and CAP_PERFMON";
  if (missing.empty())
    return "the kernel refuses bpf() although the capabilities are there: a container's seccomp profile or "
           "kernel "
           "lockdown does that; `loopscope doctor` says which";
  return fmt::format(
      "tracing needs {}, which this process lacks: run it with sudo, or grant them once with `sudo setcap "
      "cap_bpf,cap_perfmon,cap_sys_ptrace,cap_dac_read_search+ep {}`",
      missing, own_program());
}

}  // namespace loopscope::tracer
