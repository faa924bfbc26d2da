// SPDX-License-Identifier: Apache-2.0
// A program started by the viewer, and ended with it.
#pragma once

#include <sys/types.h>

#include <expected>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace loopscope::viewer {

// A program of this project: beside the viewer, as it is built and installed; else wherever PATH has it.
[[nodiscard]] std::string sibling_program(const std::string& name);
[[nodiscard]] bool is_installed(const std::string& name);  // somewhere in PATH

class ChildProcess {
 public:
  // `output`: a descriptor for its standard output, which stays the caller's; -1: kept, as what it says on
  // standard error always is. `held`: its standard input is a pipe that release() closes.
  [[nodiscard]] static std::expected<ChildProcess, std::string> start(const std::vector<std::string>& words,
                                                                      int output = -1, bool held = false);
  ChildProcess() = default;  // none
  ChildProcess(ChildProcess&& other) noexcept;
  ChildProcess& operator=(ChildProcess&& other) noexcept;
  ~ChildProcess();  // ends it, and waits for that

  // Its exit code, 128 + the signal where one ended it; nothing while it runs. Does not block.
  [[nodiscard]] std::optional<int> status();
  int wait();
  void signal(int number);
  void release();
  [[nodiscard]] pid_t pid() const { return pid_; }
  [[nodiscard]] std::string output() const;  // so far; without `output` only
  [[nodiscard]] std::string errors() const;

 private:
  void take(int raw_status);

  pid_t pid_ = -1;
  int output_ = -1, errors_ = -1, input_ = -1;
  std::optional<int> status_;
};

// Why pkexec(1) did not run `command`, if its exit code says so: nobody let it.
[[nodiscard]] std::optional<std::string> refused_by_polkit(const ChildProcess& child, int status,
                                                           std::string_view command);

// The last line of what a program said, for a sentence.
[[nodiscard]] std::string last_line(std::string text);

}  // namespace loopscope::viewer
