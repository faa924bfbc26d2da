// SPDX-License-Identifier: Apache-2.0
// This program run again through sudo(8). Where there is a terminal, sudo may ask for a password on it; where
// there is none it is told not to (-n), what it and the program say is held back, and a password being needed
// is a sentence that names what to type.
#pragma once

#include <sys/types.h>

#include <expected>
#include <optional>
#include <string>
#include <vector>

#include "tracer/proc/files.h"

namespace loopscope::tracer {

class SudoRun {
 public:
  // `words` are this program's arguments.
  [[nodiscard]] static std::expected<SudoRun, std::string> start(std::vector<std::string> words);
  SudoRun(SudoRun&&) noexcept = default;
  SudoRun& operator=(SudoRun&&) noexcept = delete;
  ~SudoRun() = default;

  // Why it ended without having done anything; nothing while it runs. Does not block.
  [[nodiscard]] std::optional<std::string> failed() const;

  // Waits for its end and passes on to standard error what was held back.
  void finish() const;

 private:
  SudoRun(pid_t pid, UniqueFd said) : pid_(pid), said_(std::move(said)) {}
  pid_t pid_;
  UniqueFd said_;  // its standard error; none where that is ours
};

// Somebody sits at a terminal that this process may read from: it has one, and is in its foreground (a
// background job that asked would be stopped).
[[nodiscard]] bool can_ask();

}  // namespace loopscope::tracer
