// SPDX-License-Identifier: Apache-2.0
// A /proc made for a test, removed with it. Links may dangle, as those of /proc do.
#pragma once

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>

#include "tracer/proc/proc_fs.h"

namespace loopscope::tracer {

class FakeProc {
 public:
  FakeProc() {
    std::string pattern = (std::filesystem::temp_directory_path() / "fake-proc-XXXXXX").string();
    root_ = mkdtemp(pattern.data());
  }
  ~FakeProc() { std::filesystem::remove_all(root_); }
  FakeProc(const FakeProc&) = delete;
  FakeProc& operator=(const FakeProc&) = delete;

  void file(const std::string& path, std::string_view content) const {
    const auto full = root_ / path;
    std::filesystem::create_directories(full.parent_path());
    std::ofstream(full, std::ios::binary) << content;
  }
  void link(const std::string& path, const std::string& target) const {
    const auto full = root_ / path;
    std::filesystem::create_directories(full.parent_path());
    std::filesystem::create_symlink(target, full);
  }
  // The least that makes a process of one thread.
  void process(Pid pid, Pid ppid, const std::string& comm,
               const std::string& more_status = "Kthread:\t0\n") const {
    const std::string folder = std::to_string(pid) + "/", id = std::to_string(pid);
    file(folder + "status", "Name:\t" + comm + "\nState:\tS (sleeping)\nTgid:\t" + id + "\nPid:\t" + id +
                                "\nPPid:\t" + std::to_string(ppid) +
                                "\nUid:\t1000\t1001\t1000\t1000\nNSpid:\t" + id + "\n" + more_status);
    file(folder + "comm", comm + "\n");
    file(folder + "task/" + id + "/comm", comm + "\n");
    file(folder + "task/" + id + "/children", "");
  }
  [[nodiscard]] ProcFs proc() const { return ProcFs(root_.string()); }
  [[nodiscard]] const std::filesystem::path& root() const { return root_; }

 private:
  std::filesystem::path root_;
};

}  // namespace loopscope::tracer
