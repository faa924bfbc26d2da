// SPDX-License-Identifier: Apache-2.0
// A descriptor that is closed exactly once: when its owner goes. -1 is "none".
#pragma once

#include <unistd.h>

#include <utility>

namespace loopscope::sample_servers {

class UniqueFd {
 public:
  UniqueFd() = default;
  explicit UniqueFd(int fd) : fd_(fd) {}
  UniqueFd(UniqueFd&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  UniqueFd& operator=(UniqueFd&& other) noexcept {
    std::swap(fd_, other.fd_);
    return *this;
  }
  UniqueFd(const UniqueFd&) = delete;
  UniqueFd& operator=(const UniqueFd&) = delete;
  ~UniqueFd() {
    // No retry on EINTR: Linux has freed the number by then, and another thread may own it already
    // (close(2)).
    if (fd_ >= 0) ::close(fd_);
  }

  [[nodiscard]] int get() const { return fd_; }
  explicit operator bool() const { return fd_ >= 0; }

 private:
  int fd_ = -1;
};

}  // namespace loopscope::sample_servers
