// SPDX-License-Identifier: Apache-2.0
// A command started under observation: it exists and waits, is observed from before its first system call,
// and runs as who typed the command line, with the environment as it is.
#pragma once

#include <expected>
#include <optional>
#include <string>
#include <vector>

#include "tracer/proc/files.h"

namespace loopscope::tracer {

class LaunchedCommand {
 public:
  // The child waits in a read(2) until go(). Signals are as the caller had them, none blocked that was not.
  [[nodiscard]] static std::expected<LaunchedCommand, std::string> prepare(
      const std::vector<std::string>& command);
  LaunchedCommand(LaunchedCommand&&) noexcept = default;
  LaunchedCommand& operator=(LaunchedCommand&&) noexcept = delete;
  ~LaunchedCommand();  // a child that never got its go is ended

  [[nodiscard]] int pid() const { return pid_; }

  // Lets the command run. The error says why it could not be executed.
  [[nodiscard]] std::expected<void, std::string> go();

  // How it ended, as waitpid(2) encodes it; nothing while it runs. Does not block.
  [[nodiscard]] std::optional<int> ended();

 private:
  LaunchedCommand(int pid, UniqueFd go_pipe, UniqueFd error_pipe, std::string name)
      : pid_(pid), go_(std::move(go_pipe)), error_(std::move(error_pipe)), name_(std::move(name)) {}

  int pid_;
  UniqueFd go_, error_;
  std::string name_;
  std::optional<int> status_;
};

// "exited with 0", "was ended by SIGTERM"
[[nodiscard]] std::string describe_exit(int wait_status);

}  // namespace loopscope::tracer
