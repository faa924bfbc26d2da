// SPDX-License-Identifier: Apache-2.0
// Real sockets for tests: on loopback, on ports that the kernel hands out.
#pragma once

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

#include <cstring>
#include <string>
#include <utility>

#include "trace-model/address.h"
#include "tracer/proc/files.h"

namespace loopscope::tracer {

class Socket {
 public:
  explicit Socket(int fd) : fd_(fd) {}
  [[nodiscard]] int fd() const { return fd_.get(); }
  [[nodiscard]] uint64_t inode() const {
    struct stat file{};
    return fstat(fd(), &file) == 0 ? file.st_ino : 0;
  }
  [[nodiscard]] std::string local() const {
    sockaddr_storage address{};
    socklen_t length = sizeof address;
    getsockname(fd(), reinterpret_cast<sockaddr*>(&address), &length);
    return trace_model::address_text(std::as_bytes(std::span(&address, 1)).first(length));
  }

 private:
  UniqueFd fd_;
};

inline sockaddr_in inet_address(const char* text) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  inet_pton(AF_INET, text, &address.sin_addr);
  return address;
}

inline std::pair<sockaddr_un, socklen_t> unix_address(const std::string& name) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::memcpy(address.sun_path, name.data(), name.size());
  return {address, socklen_t(offsetof(sockaddr_un, sun_path) + name.size())};
}

// Socket with fd -1 when anything fails: the test that uses it fails on it.
template <typename Address>
Socket listen_on(const Address& address, socklen_t length, int backlog) {
  const int fd =
      socket(reinterpret_cast<const sockaddr*>(&address)->sa_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
  Socket made(fd);
  if (bind(fd, reinterpret_cast<const sockaddr*>(&address), length) != 0 || listen(fd, backlog) != 0)
    return Socket(-1);
  return made;
}

inline Socket listen_inet(const char* text, int backlog) {
  return listen_on(inet_address(text), sizeof(sockaddr_in), backlog);
}

inline Socket listen_inet6(const char* text, int backlog) {
  sockaddr_in6 address{};
  address.sin6_family = AF_INET6;
  inet_pton(AF_INET6, text, &address.sin6_addr);
  return listen_on(address, sizeof address, backlog);
}

inline Socket listen_unix(const std::string& name, int backlog) {
  const auto [address, length] = unix_address(name);
  return listen_on(address, length, backlog);
}

inline Socket connect_to(const Socket& listener) {
  sockaddr_storage address{};
  socklen_t length = sizeof address;
  getsockname(listener.fd(), reinterpret_cast<sockaddr*>(&address), &length);
  Socket made(socket(address.ss_family, SOCK_STREAM | SOCK_CLOEXEC, 0));
  return connect(made.fd(), reinterpret_cast<sockaddr*>(&address), length) == 0 ? std::move(made)
                                                                                : Socket(-1);
}

}  // namespace loopscope::tracer
