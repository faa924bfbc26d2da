// SPDX-License-Identifier: Apache-2.0
#include "trace-model/input_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <utility>

#include <fmt/format.h>

namespace loopscope::trace_model {
namespace {

std::unexpected<std::string> cannot_read(const std::string& name) {
  return std::unexpected(fmt::format("cannot read {}: {}", name, std::strerror(errno)));
}

}  // namespace

std::expected<InputFile, std::string> InputFile::open(const std::string& path) {
  const bool standard_input = path == "-";
  const int fd =
      standard_input ? fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 3) : ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  const std::string name = standard_input ? "standard input" : path;
  if (fd < 0) return cannot_read(name);
  return InputFile(name, fd);
}

InputFile::InputFile(std::string name, int fd) : name_(std::move(name)), fd_(fd) {}

InputFile::~InputFile() {
  if (fd_ >= 0) close(fd_);
}

InputFile::InputFile(InputFile&& other) noexcept
    : name_(std::move(other.name_)), fd_(std::exchange(other.fd_, -1)) {}

InputFile& InputFile::operator=(InputFile&& other) noexcept {
  std::swap(name_, other.name_);
  std::swap(fd_, other.fd_);
  return *this;
}

bool InputFile::is_regular() const {
  struct stat status{};
  return fstat(fd_, &status) == 0 && S_ISREG(status.st_mode);
}

std::expected<size_t, std::string> InputFile::read(std::span<char> room) {
  ssize_t n = 0;
  do n = ::read(fd_, room.data(), room.size());
  while (n < 0 && errno == EINTR);
  if (n < 0) return cannot_read(name_);
  return size_t(n);
}

}  // namespace loopscope::trace_model
