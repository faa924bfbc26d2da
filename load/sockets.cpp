// SPDX-License-Identifier: Apache-2.0
#include "load/sockets.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fmt/format.h>
#include <netinet/in.h>
#include <poll.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

namespace loopscope::load {
namespace {

sockaddr_in loopback(uint16_t port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return address;
}

bool connected(int fd, int limit_ms) {
  pollfd wait{fd, POLLOUT, 0};
  int error = 0;
  socklen_t size = sizeof error;
  return poll(&wait, 1, limit_ms) == 1 && getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &size) == 0 &&
         error == 0;
}

}  // namespace

std::expected<uint16_t, std::string> free_port(uint16_t wanted) {
  const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const int on = 1;
  setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  sockaddr_in address = loopback(wanted);
  socklen_t size = sizeof address;
  const bool bound = bind(fd, reinterpret_cast<sockaddr*>(&address), size) == 0 && listen(fd, 1) == 0 &&
                     getsockname(fd, reinterpret_cast<sockaddr*>(&address), &size) == 0;
  const int error = errno;
  close(fd);
  if (bound) return ntohs(address.sin_port);
  if (error == EADDRINUSE)
    return std::unexpected(
        fmt::format("port {} is in use; `loopscope list` says by whom. Name another with --port, or none: "
                    "then a free one is taken",
                    wanted));
  return std::unexpected(fmt::format("port {} cannot be listened on: {}", wanted, strerror(error)));
}

int connect_without_waiting(uint16_t port) {
  const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (fd < 0) return -1;
  sockaddr_in address = loopback(port);
  if (connect(fd, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0 || errno == EINPROGRESS)
    return fd;
  const int error = errno;
  close(fd);
  errno = error;
  return -1;
}

bool accepts(uint16_t port) {
  constexpr int kLimitMs = 200;
  const int fd = connect_without_waiting(port);
  const bool answered = fd >= 0 && connected(fd, kLimitMs);
  if (fd >= 0) close(fd);
  return answered;
}

std::expected<void, std::string> allow_descriptors(unsigned descriptors) {
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur >= descriptors) return {};
  const rlim_t most = limit.rlim_max;
  limit.rlim_cur = descriptors;
  limit.rlim_max = std::max<rlim_t>(limit.rlim_max, descriptors);  // which root may
  if (setrlimit(RLIMIT_NOFILE, &limit) == 0) return {};
  return std::unexpected(fmt::format(
      "{} descriptors are needed at once and this shell allows {} (ulimit -Hn); ask for fewer idle "
      "connections, or raise that limit as root",
      descriptors, most));
}

std::expected<void, std::string> IdleConnections::open(uint16_t port, unsigned count) {
  constexpr int kLimitMs = 5000;
  for (unsigned i = 0; i < count; ++i) {
    const int fd = connect_without_waiting(port);
    if (fd < 0)
      return std::unexpected(fmt::format("idle connection {} of {}: {}", i + 1, count, strerror(errno)));
    fds_.push_back(fd);
    if (!connected(fd, kLimitMs))
      return std::unexpected(
          fmt::format("idle connection {} of {} was not accepted within {} s: the server takes no more",
                      i + 1, count, kLimitMs / 1000));
  }
  return {};
}

IdleConnections::~IdleConnections() {
  for (const int fd : fds_) close(fd);
}

}  // namespace loopscope::load
