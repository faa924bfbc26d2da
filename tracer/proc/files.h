// SPDX-License-Identifier: Apache-2.0
// Reading small files, links and folders relative to an open folder. Errors are errno values, because what
// they mean depends on who asks: ESRCH and ENOENT under /proc say that a process is gone, EACCES and EPERM
// that it is not ours.
#pragma once

#include <cerrno>
#include <expected>
#include <string>
#include <utility>
#include <vector>

namespace loopscope::tracer {

// Owns a file descriptor; -1: none.
class UniqueFd {
 public:
  UniqueFd() = default;
  explicit UniqueFd(int fd) : fd_(fd) {}
  UniqueFd(UniqueFd&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  UniqueFd& operator=(UniqueFd&& other) noexcept {
    std::swap(fd_, other.fd_);
    return *this;
  }
  ~UniqueFd();
  [[nodiscard]] int get() const { return fd_; }
  explicit operator bool() const { return fd_ >= 0; }

 private:
  int fd_ = -1;
};

template <typename T>
using OrErrno = std::expected<T, int>;

[[nodiscard]] OrErrno<UniqueFd> open_folder(int at, const char* path);
[[nodiscard]] OrErrno<std::string> read_file(int at, const char* path);  // whole, to its end
[[nodiscard]] OrErrno<std::string> read_link(int at, const char* path);
[[nodiscard]] OrErrno<std::vector<int>> numbered_entries(int at,
                                                         const char* path);  // names that are numbers, sorted

[[nodiscard]] inline bool vanished(int error) {
  return error == ENOENT || error == ESRCH;
}
[[nodiscard]] inline bool forbidden(int error) {
  return error == EACCES || error == EPERM;
}

}  // namespace loopscope::tracer
