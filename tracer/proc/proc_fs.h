// SPDX-License-Identifier: Apache-2.0
// Processes as /proc shows them, proc(5). Everything is read through an open /proc/PID folder, so that a
// number that is reused meanwhile is noticed (ESRCH) and never mixed up with its predecessor. The root folder
// is a parameter: tests make a /proc of their own.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "trace-model/events.h"
#include "tracer/proc/files.h"

namespace loopscope::tracer {

using trace_model::Pid;

// /proc/PID/status, and what can only be had elsewhere.
struct ProcessStatus {
  std::string comm;  // raw bytes
  Pid pid = 0, tgid = 0, ppid = 0;
  uint32_t uid = 0, euid = 0;
  std::vector<Pid> nspid;  // outermost (ours) first; the last is the number in the process's own namespace
  bool kernel_thread = false;
  bool zombie = false;
  uint64_t cap_effective = 0;
  int seccomp = 0;  // 0: off, 1: strict, 2: filter
};
[[nodiscard]] std::optional<ProcessStatus> parse_status(std::string_view text);

// An open /proc/PID.
class ProcessDir {
 public:
  ProcessDir(Pid pid, UniqueFd fd) : pid_(pid), fd_(std::move(fd)) {}
  [[nodiscard]] Pid pid() const { return pid_; }
  [[nodiscard]] int fd() const { return fd_.get(); }

  [[nodiscard]] OrErrno<ProcessStatus> status() const;
  [[nodiscard]] OrErrno<std::string> comm() const;
  [[nodiscard]] OrErrno<std::string> exe() const;
  [[nodiscard]] OrErrno<std::vector<std::string>> cmdline()
      const;  // raw bytes; empty for kernel threads and zombies
  [[nodiscard]] OrErrno<uint64_t> namespace_inode(
      const char* name) const;  // "net", "pid"; needs ptrace access
  [[nodiscard]] OrErrno<std::vector<Pid>> thread_ids() const;
  [[nodiscard]] OrErrno<std::vector<trace_model::ThreadName>> threads() const;

 private:
  Pid pid_;
  UniqueFd fd_;
};

class ProcFs {
 public:
  explicit ProcFs(std::string root = "/proc") : root_(std::move(root)) {}
  [[nodiscard]] const std::string& root() const { return root_; }
  [[nodiscard]] bool is_real() const { return root_ == "/proc"; }

  [[nodiscard]] std::vector<Pid> pids() const;  // processes, not threads; ascending
  [[nodiscard]] OrErrno<ProcessDir> open(Pid pid) const;
  // Children of any of its threads; empty when it is gone.
  [[nodiscard]] std::vector<Pid> children(Pid pid) const;
  // `pids` and all that descend from them, without repetition, parents before children. One pass: who follows
  // forks calls it again until nothing new comes.
  [[nodiscard]] std::vector<Pid> with_descendants(std::vector<Pid> pids) const;

 private:
  std::string root_;
};

[[nodiscard]] std::vector<std::string> split_cmdline(std::string_view raw);

}  // namespace loopscope::tracer
