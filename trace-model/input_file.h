// SPDX-License-Identifier: Apache-2.0
// A file that is read from its beginning to its present end. Errors are sentences that name it.
#pragma once

#include <expected>
#include <span>
#include <string>

namespace loopscope::trace_model {

class InputFile {
 public:
  // "-" is standard input.
  [[nodiscard]] static std::expected<InputFile, std::string> open(const std::string& path);
  ~InputFile();
  InputFile(InputFile&& other) noexcept;
  InputFile& operator=(InputFile&& other) noexcept;

  // How many bytes there were; 0 at the end.
  [[nodiscard]] std::expected<size_t, std::string> read(std::span<char> room);

  [[nodiscard]] bool is_regular() const;  // reading never waits for someone to write
  [[nodiscard]] int fd() const { return fd_; }
  [[nodiscard]] const std::string& name() const { return name_; }

 private:
  InputFile(std::string name, int fd);

  std::string name_;
  int fd_;
};

}  // namespace loopscope::trace_model
