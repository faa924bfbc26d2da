// SPDX-License-Identifier: Apache-2.0
#include "tracer/doctor.h"

#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "tests/tracer/proc/fake_proc.h"

namespace loopscope::tracer {
namespace {

const ProbeResult* probe(const ProbeResults& results, std::string_view name) {
  const auto at = std::ranges::find(results, name, &ProbeResult::name);
  return at == results.end() ? nullptr : &*at;
}

// A machine under FakeProc: proc/ and sys/ in one folder.
class Machine {
 public:
  Machine() {
    status("000001ffffffffff", 0);
    root_.file("kernel/btf/vmlinux", "types");
    root_.file("kernel/security/lockdown", "none [integrity] confidentiality\n");
    root_.file("kernel/tracing/events/enable", "0");
    root_.link(fmt::format("{}/ns/pid", getpid()), "pid:[4026531836]");
  }
  void status(const std::string& capabilities, int seccomp) const {
    root_.file("self/status", fmt::format("Name:\tx\nTgid:\t7\nPid:\t7\nCapEff:\t{}\nSeccomp:\t{}\n",
                                          capabilities, seccomp));
  }
  void file(const std::string& path, std::string_view content) const { root_.file(path, content); }
  [[nodiscard]] ProbeResults probes() const { return system_probes({root_.root(), root_.root()}); }
  void remove(const std::string& path) const { std::filesystem::remove_all(root_.root() / path); }

 private:
  FakeProc root_;
};

TEST(Doctor, AMachineWhereAllIsWell) {
  const Machine machine;
  const auto results = machine.probes();
  for (const ProbeResult& result : results) EXPECT_TRUE(result.ok) << result.name << ": " << result.detail;
  EXPECT_EQ(probe(results, "PID namespace")->detail, "the machine's own: every process is seen");
}

TEST(Doctor, CapabilitiesOneByOne) {
  const Machine machine;
  machine.status("0000000000000000", 0);
  auto results = machine.probes();
  for (const char* name : {"CAP_BPF", "CAP_PERFMON", "CAP_SYS_PTRACE"}) {
    EXPECT_FALSE(probe(results, name)->ok);
    EXPECT_NE(probe(results, name)->remedy, "");
  }
  EXPECT_FALSE(can_record(results));
  machine.status("000000c000000000", 0);
  results = machine.probes();
  EXPECT_TRUE(probe(results, "CAP_BPF")->ok && probe(results, "CAP_PERFMON")->ok);
  EXPECT_FALSE(probe(results, "CAP_SYS_PTRACE")->ok);
  EXPECT_TRUE(can_record(results)) << "one's own processes";
  machine.status("0000000000200000", 0);
  results = machine.probes();
  EXPECT_EQ(probe(results, "CAP_BPF")->detail, "by CAP_SYS_ADMIN");
  EXPECT_FALSE(probe(results, "CAP_SYS_PTRACE")->ok);
  machine.status("0000004000000000", 0);
  EXPECT_FALSE(probe(machine.probes(), "CAP_BPF")->ok);
  EXPECT_TRUE(probe(machine.probes(), "CAP_PERFMON")->ok);
}

TEST(Doctor, WhatStandsInTheWay) {
  const Machine machine;
  machine.file("kernel/security/lockdown", "none integrity [confidentiality]\n");
  EXPECT_FALSE(can_record(machine.probes()));
  EXPECT_NE(probe(machine.probes(), "lockdown")->remedy, "");
  machine.file("kernel/security/lockdown", "[none] integrity confidentiality\n");
  EXPECT_TRUE(can_record(machine.probes()));
  machine.remove("kernel/btf");
  EXPECT_FALSE(can_record(machine.probes()));
  EXPECT_NE(probe(machine.probes(), "BTF file")->remedy.find("CONFIG_DEBUG_INFO_BTF"), std::string::npos);
}

TEST(Doctor, WhatOnlyLimits) {
  const Machine machine;
  machine.status("000001ffffffffff", 2);
  machine.file("sys/kernel/io_uring_disabled", "2\n");
  machine.file("sys/kernel/yama/ptrace_scope", "1\n");
  machine.file("sys/kernel/unprivileged_bpf_disabled", "2\n");
  machine.remove("kernel/tracing");
  const auto results = machine.probes();
  EXPECT_TRUE(can_record(results));
  EXPECT_FALSE(probe(results, "seccomp")->ok);
  EXPECT_EQ(probe(results, "io_uring_disabled")->detail, "2: programs here may not use io_uring");
  EXPECT_FALSE(probe(results, "yama/ptrace_scope")->ok);
  EXPECT_TRUE(probe(results, "unprivileged_bpf_disabled")->ok);
  EXPECT_FALSE(probe(results, "tracefs")->ok);
}

TEST(Doctor, ThisMachineAgainstItsKernel) {
  const auto btf = btf_probes();
  if (access("/sys/kernel/btf/vmlinux", R_OK) != 0) {
    EXPECT_FALSE(can_record(btf));
    return;
  }
  EXPECT_TRUE(can_record(btf));
  EXPECT_EQ(probe(btf, "tp_btf/sys_exit")->detail, "calls: (pt_regs*, long int)");
  EXPECT_EQ(probe(btf, "tp_btf/sched_process_exec")->detail, "exec: (task_struct*, pid_t, linux_binprm*)");
  EXPECT_TRUE(probe(btf, "iter/task_file")->ok);
}

TEST(Doctor, RefusedMapsNameTheCapability) {
  if (geteuid() != 0) GTEST_SKIP() << "needs two users";
  int result[2];
  ASSERT_EQ(pipe(result), 0);
  const Pid other = fork();
  if (other == 0) {
    if (setgid(65534) != 0 || setuid(65534) != 0) _exit(1);
    const auto results = map_probes({});
    const std::string text = fmt::format("{} {} {}", results[0].ok, results[0].detail, results[0].remedy);
    _exit(write(result[1], text.data(), text.size()) < 0);
  }
  char buffer[512];
  const ssize_t length = read(result[0], buffer, sizeof buffer);
  ASSERT_GT(length, 0);
  const std::string text(buffer, size_t(length));
  EXPECT_TRUE(text.starts_with("false EPERM: CAP_BPF is missing ")) << text;
  EXPECT_NE(text.find("sudo setcap cap_bpf,cap_perfmon"), text.npos) << text;
  EXPECT_EQ(waitpid(other, nullptr, 0), other);
  close(result[0]);
  close(result[1]);
}

TEST(Doctor, TextAndJson) {
  const ProbeResults results{
      {.name = "kernel", .ok = true, .detail = "Linux", .remedy = {}},
      {.name = "bpf()", .ok = false, .detail = "EPERM", .remedy = "do this"},
      {.name = "ring", .ok = false, .detail = "EPERM", .remedy = "do this"},
      {.name = "tracefs", .ok = false, .detail = "absent", .remedy = {}, .required = false},
  };
  EXPECT_EQ(doctor_text(results),
            "ok  kernel   Linux\n"
            "NO  bpf()    EPERM\n"
            "             → do this\n"
            "NO  ring     EPERM\n"
            "-   tracefs  absent\n"
            "\n"
            "Recording is not possible here, for want of: bpf(), ring.\n"
            "Without it, `loopscope list` and `loopscope report -p PID` still say who listens and how it is "
            "registered.\n");
  const auto json = nlohmann::json::parse(doctor_json(results));
  EXPECT_EQ(json["can_record"], false);
  EXPECT_EQ(json["probes"].size(), 4u);
  EXPECT_EQ(json["probes"][1]["remedy"], "do this");
  EXPECT_TRUE(doctor_text({results[0], results[3]}).ends_with("\nRecording is possible here.\n"));
}

TEST(Doctor, Targets) {
  const auto results = target_probes(ProcFs(), {getpid(), INT32_MAX});
  EXPECT_TRUE(results[0].ok);
  EXPECT_EQ(results[1].detail, fmt::format("there is no process {}", INT32_MAX));
}

}  // namespace
}  // namespace loopscope::tracer
