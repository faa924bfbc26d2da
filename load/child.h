// SPDX-License-Identifier: Apache-2.0
// A program that is run beside us: a server, a load generator, a recorder. It is ended when this object goes,
// and with us should we die (PR_SET_PDEATHSIG).
#pragma once

#include <sys/types.h>

#include <chrono>
#include <expected>
#include <string>
#include <vector>

namespace loopscope::load {

class Child {
 public:
  enum class Output : uint8_t { Discard, Keep };  // standard output; standard error is always kept

  // The error is a sentence: the program is not there, …
  [[nodiscard]] static std::expected<Child, std::string> start(const std::vector<std::string>& command,
                                                               Output output);
  ~Child();
  Child(Child&& other) noexcept;
  Child& operator=(Child&& other) noexcept;

  [[nodiscard]] pid_t pid() const { return pid_; }
  [[nodiscard]] bool runs();  // and reads what it has said
  // Until its standard error holds `words`; false when it ended or the time was up.
  [[nodiscard]] bool await_words(std::string_view words, std::chrono::milliseconds limit);
  // Until it ends: its exit code, 128 and more for a signal. The error: it took longer than `limit`.
  [[nodiscard]] std::expected<int, std::string> finish(std::chrono::milliseconds limit);
  void signal(int number) const;

  [[nodiscard]] const std::string& output() const { return output_; }
  [[nodiscard]] const std::string& errors() const { return errors_; }

 private:
  Child(pid_t pid, int output, int errors) : pid_(pid), output_fd_(output), errors_fd_(errors) {}
  void read_some(int wait_ms);
  void end();

  pid_t pid_ = -1;
  int output_fd_ = -1, errors_fd_ = -1, code_ = -1;
  std::string output_, errors_;
};

}  // namespace loopscope::load
