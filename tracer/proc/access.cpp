// SPDX-License-Identifier: Apache-2.0
#include "tracer/proc/access.h"

#include <fcntl.h>
#include <pwd.h>
#include <signal.h>
#include <unistd.h>

#include <cstring>

#include <fmt/format.h>

#include "tracer/proc/text_fields.h"

namespace loopscope::tracer {
namespace {

constexpr unsigned kCapSysPtrace = 19;  // capabilities(7)

bool may_look_at_others(const ProcFs& proc) {
  const auto text = read_file(AT_FDCWD, (proc.root() + "/self/status").c_str());
  const auto self = text ? parse_status(*text) : std::nullopt;
  return self && (self->cap_effective >> kCapSysPtrace & 1);
}

// ptrace(2), access mode checking: with the capability, only a security module or a foreign user namespace
// refuses.
std::string why_refused(const ProcFs& proc) {
  return may_look_at_others(proc)
             ? "refused although CAP_SYS_PTRACE is there: a security module forbids it, or it "
               "lives in a user namespace that is not ours"
             : "CAP_SYS_PTRACE is missing; " + remedy_for_capabilities();
}

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
  if (!process) return why_absent(proc, pid, process.error());
  const auto status = process->status();
  if (!status) return why_absent(proc, pid, status.error());
  if (status->kernel_thread)
    return fmt::format("process {} ({}) is a kernel thread, which has no descriptors", pid, status->comm);
  if (status->zombie)
    return fmt::format("process {} ({}) has ended; its parent has yet to reap it", pid, status->comm);
  const auto descriptors = numbered_entries(process->fd(), "fd");
  if (descriptors) return std::nullopt;
  if (!forbidden(descriptors.error()))
    return fmt::format("process {} ({}) cannot be read: {}", pid, status->comm,
                       std::strerror(descriptors.error()));
  return fmt::format("process {} ({}) of {} may not be read: {}", pid, status->comm, user_name(status->uid),
                     why_refused(proc));
}

std::string why_absent(const ProcFs& proc, Pid pid, int error) {
  // Signal 0 asks whether it is there, kill(2), and no mount option of /proc has a say in the answer.
  const bool ours = proc.is_real() && !why_numbers_differ(proc);
  const bool there = forbidden(error) || (ours && (kill(pid, 0) == 0 || errno == EPERM));
  if (!there) return fmt::format("there is no process {}", pid);
  return fmt::format(
      "process {} is there, but /proc does not show it to this user (see its mount option hidepid); {}", pid,
      remedy_for_capabilities());
}

std::optional<std::string> why_nameless(const ProcFs& proc, Pid pid) {
  const auto process = proc.open(pid);
  const auto program = process ? process->exe() : std::unexpected(ESRCH);
  if (program || !forbidden(program.error())) return std::nullopt;
  return why_refused(proc);
}

std::optional<std::string> why_numbers_differ(const ProcFs& proc) {
  const auto self = read_link(AT_FDCWD, (proc.root() + "/self").c_str());
  if (!self || *self == std::to_string(getpid())) return std::nullopt;
  return fmt::format(
      "/proc is that of another PID namespace (this process is {} there and {} here), so its numbers name "
      "other "
      "processes than loopscope's; mount this one's first: mount -t proc proc /proc",
      trimmed(*self), getpid());
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
