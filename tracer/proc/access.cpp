// SPDX-License-Identifier: Apache-2.0
#include "tracer/proc/access.h"

#include <fcntl.h>
#include <pwd.h>
#include <unistd.h>

#include <cstring>

#include <fmt/format.h>

#include "tracer/proc/text_fields.h"

namespace loopscope::tracer {
namespace {

std::string user_name(uint32_t uid) {
  const passwd* user = getpwuid(uid);
  return user ? user->pw_name : fmt::format("uid {}", uid);
}

}  // namespace

std::string remedy_for_capabilities() {
  if (geteuid() == 0)
    return "root lacks capabilities here, as in a container: start that with --privileged, or with "
           "--cap-add BPF --cap-add PERFMON --cap-add SYS_PTRACE";
  return "run loopscope with sudo, or give it the capabilities once: "
         "sudo setcap cap_bpf,cap_perfmon,cap_sys_ptrace,cap_dac_read_search+ep $(command -v loopscope)";
}

std::optional<std::string> why_unreadable(const ProcFs& proc, Pid pid) {
  const auto process = proc.open(pid);
  if (!process) return fmt::format("there is no process {}", pid);
  const auto status = process->status();
  if (!status) return fmt::format("process {} has just ended", pid);
  if (status->kernel_thread)
    return fmt::format("process {} ({}) is a kernel thread, which has no descriptors", pid, status->comm);
  if (status->zombie)
    return fmt::format("process {} ({}) has ended; its parent has yet to reap it", pid, status->comm);
  const auto descriptors = numbered_entries(process->fd(), "fd");
  if (descriptors) return std::nullopt;
  if (!forbidden(descriptors.error()))
    return fmt::format("process {} ({}) cannot be read: {}", pid, status->comm,
                       std::strerror(descriptors.error()));
  return fmt::format("process {} ({}) of {} may not be read without CAP_SYS_PTRACE; {}", pid, status->comm,
                     user_name(status->uid), remedy_for_capabilities());
}

Pid process_of(const ProcFs& proc, Pid pid) {
  const auto process = proc.open(pid);
  const auto status = process ? process->status() : std::unexpected(ESRCH);
  return status ? status->tgid : pid;
}

std::string what_refuses_attach(const ProcFs& proc) {
  const auto scope = read_file(AT_FDCWD, (proc.root() + "/sys/kernel/yama/ptrace_scope").c_str());
  if (scope && trimmed(*scope) != "0")
    return fmt::format("kernel.yama.ptrace_scope is {}; CAP_SYS_PTRACE would do", trimmed(*scope));
  return "CAP_SYS_PTRACE is missing";
}

}  // namespace loopscope::tracer
