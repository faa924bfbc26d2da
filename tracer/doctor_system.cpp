// SPDX-License-Identifier: Apache-2.0
// What files and uname(2) say about tracing on this machine.
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/utsname.h>
#include <unistd.h>

#include <cstring>

#include <fmt/format.h>

#include "tracer/doctor.h"
#include "tracer/proc/access.h"
#include "tracer/proc/text_fields.h"

namespace loopscope::tracer {
namespace {

constexpr unsigned kCapSysPtrace = 19, kCapSysAdmin = 21, kCapPerfmon = 38, kCapBpf = 39;  // capabilities(7)
constexpr uint64_t kInitialPidNamespace = 0xEFFFFFFC;  // PROC_PID_INIT_INO, include/linux/proc_ns.h

std::optional<std::string> line_of(const std::string& path) {
  const auto text = read_file(AT_FDCWD, path.c_str());
  if (!text) return std::nullopt;
  return std::string(trimmed(*text));
}

// Task storage for tracing programs came with 5.12, bpf_task_pt_regs with 5.15.
ProbeResult kernel_probe() {
  utsname system{};
  uname(&system);
  std::string_view release = system.release;
  const auto major = number<int>(release.substr(0, release.find('.')));
  release.remove_prefix(std::min(release.find('.') + 1, release.size()));
  const auto minor = number<int>(release.substr(0, release.find_first_not_of("0123456789")));
  const bool ok = std::pair(major.value_or(0), minor.value_or(0)) >= std::pair(5, 15);
  return {
      .name = "kernel",
      .ok = ok,
      .detail = fmt::format("Linux {} {}{}", system.release, system.machine, ok ? "" : ", older than 5.15"),
      .remedy = ok ? "" : "recording takes Linux 5.15 or newer"};
}

ProbeResult btf_file_probe(const SystemFiles& files) {
  const std::string path = files.sys + "/kernel/btf/vmlinux";
  ProbeResult result{.name = "BTF file", .detail = path, .remedy = {}};
  struct stat file{};
  if (stat(path.c_str(), &file) != 0) {
    result.detail += ": " + std::string(std::strerror(errno));
    result.remedy = "use a kernel built with CONFIG_DEBUG_INFO_BTF=y; in a container, mount /sys";
  } else if (access(path.c_str(), R_OK) != 0) {
    result.detail += ": " + std::string(std::strerror(errno));
    result.remedy = remedy_for_capabilities();
  } else {
    result.ok = true;
    result.detail += fmt::format(", {} kB", file.st_size / 1024);
  }
  return result;
}

ProbeResult capability_probe(const ProcessStatus& self, std::string_view name, unsigned bit, bool required,
                             std::string_view purpose) {
  const bool has = self.cap_effective >> bit & 1, admin = self.cap_effective >> kCapSysAdmin & 1;
  const bool included = !has && admin && bit != kCapSysPtrace;  // CAP_SYS_ADMIN does what these two do
  return {.name = std::string(name),
          .ok = has || included,
          .detail = fmt::format("{}{}",
                                has        ? "effective"
                                : included ? "by CAP_SYS_ADMIN"
                                           : "missing",
                                has || included ? "" : fmt::format(": {}", purpose)),
          .remedy = has || included ? "" : remedy_for_capabilities(),
          .required = required};
}

ProbeResult seccomp_probe(const ProcessStatus& self) {
  return {.name = "seccomp",
          .ok = self.seccomp == 0,
          .detail = self.seccomp == 0 ? "no filter"
                                      : "a filter is on: it may refuse bpf() and io_uring to this shell",
          .remedy = self.seccomp == 0
                        ? ""
                        : "if bpf() is refused below: docker run --security-opt seccomp=unconfined",
          .required = false};
}

ProbeResult lockdown_probe(const SystemFiles& files) {
  const auto mode = line_of(files.sys + "/kernel/security/lockdown");
  const bool closed = mode && mode->find("[confidentiality]") != mode->npos;
  return {.name = "lockdown",
          .ok = !closed,
          .detail = mode ? *mode : "not there: no lockdown, or securityfs is not mounted",
          .remedy =
              closed ? "start the kernel with lockdown=integrity or none: programs may not read kernel memory"
                     : ""};
}

// Below kernel.; 0 is the value that restricts nothing.
ProbeResult sysctl_probe(const SystemFiles& files, std::string_view name, std::string_view meaning,
                         bool matters) {
  const auto text = line_of(fmt::format("{}/sys/kernel/{}", files.proc, name));
  const bool free = !text || *text == "0";
  return {.name = std::string(name),
          .ok = free || !matters,
          .detail = text ? fmt::format("{}{}{}", *text, free ? "" : ": ", free ? "" : meaning) : "not there",
          .remedy = {},
          .required = false};
}

ProbeResult pid_namespace_probe(const SystemFiles& files) {
  const auto self = ProcFs(files.proc).open(getpid());
  const auto inode = self ? self->namespace_inode("pid") : std::unexpected(ESRCH);
  const bool initial = inode && *inode == kInitialPidNamespace;
  return {.name = "PID namespace",
          .ok = true,
          .detail = initial
                        ? "the machine's own: every process is seen"
                        : "not the machine's own: PIDs are those of this one, processes outside are not seen",
          .remedy = {},
          .required = false};
}

ProbeResult tracefs_probe(const SystemFiles& files) {
  struct stat folder{};
  const bool there = stat((files.sys + "/kernel/tracing/events").c_str(), &folder) == 0;
  return {.name = "tracefs",
          .ok = there,
          .detail = there ? "mounted" : "not mounted or not readable; recording does not need it",
          .remedy = {},
          .required = false};
}

}  // namespace

ProbeResults system_probes(const SystemFiles& files) {
  ProbeResults results{kernel_probe(), btf_file_probe(files)};
  const auto text = read_file(AT_FDCWD, (files.proc + "/self/status").c_str());
  const auto self = text ? parse_status(*text) : std::nullopt;
  if (self) {
    results.push_back(capability_probe(*self, "CAP_BPF", kCapBpf, true, "loading programs takes it"));
    results.push_back(
        capability_probe(*self, "CAP_PERFMON", kCapPerfmon, true, "attaching to tracepoints takes it"));
    results.push_back(capability_probe(*self, "CAP_SYS_PTRACE", kCapSysPtrace, false,
                                       "processes of other users stay closed"));
    results.push_back(seccomp_probe(*self));
  } else {
    results.push_back(
        {.name = "/proc", .detail = files.proc + "/self/status cannot be read", .remedy = "mount /proc"});
  }
  results.push_back(lockdown_probe(files));
  results.push_back(sysctl_probe(files, "unprivileged_bpf_disabled", "programs are for CAP_BPF only", false));
  results.push_back(sysctl_probe(files, "yama/ptrace_scope",
                                 "without CAP_SYS_PTRACE, calls in progress of other programs are not shown",
                                 true));
  results.push_back(sysctl_probe(files, "io_uring_disabled", "programs here may not use io_uring", true));
  results.push_back(pid_namespace_probe(files));
  results.push_back(tracefs_probe(files));
  return results;
}

}  // namespace loopscope::tracer
