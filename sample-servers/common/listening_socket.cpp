// SPDX-License-Identifier: Apache-2.0
#include "sample-servers/common/listening_socket.h"

#include <fmt/format.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <memory>

namespace loopscope::sample_servers {
namespace {

std::unexpected<std::string> failed(const ListenOptions& options, const char* what) {
  return std::unexpected(fmt::format("cannot listen on {}:{}: {}: {}", options.address, options.port, what,
                                     std::strerror(errno)));
}

}  // namespace

std::expected<UniqueFd, std::string> listen_on(const ListenOptions& options) {
  addrinfo hints{};
  hints.ai_flags = AI_NUMERICHOST | AI_NUMERICSERV | AI_PASSIVE;  // numeric: asks no name server
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  const std::string port = std::to_string(options.port);
  if (int error = ::getaddrinfo(options.address.c_str(), port.c_str(), &hints, &found); error != 0)
    return std::unexpected(
        fmt::format("'{}' is no IPv4 or IPv6 address: {}", options.address, ::gai_strerror(error)));
  const std::unique_ptr<addrinfo, decltype(&::freeaddrinfo)> address(found, &::freeaddrinfo);

  const int waiting = options.blocking ? 0 : SOCK_NONBLOCK;
  UniqueFd fd(::socket(address->ai_family, SOCK_STREAM | waiting | SOCK_CLOEXEC, 0));
  if (!fd) return failed(options, "socket");
  const int on = 1;
  // Without SO_REUSEADDR a restarted server must wait until its predecessor's connections have left
  // TIME_WAIT.
  if (::setsockopt(fd.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)) != 0)
    return failed(options, "SO_REUSEADDR");
  if (options.reuse_port && ::setsockopt(fd.get(), SOL_SOCKET, SO_REUSEPORT, &on, sizeof(on)) != 0)
    return failed(options, "SO_REUSEPORT");
  // Accepted sockets inherit this. It sends a small answer at once even if the one before it is not
  // acknowledged yet.
  if (::setsockopt(fd.get(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on)) != 0)
    return failed(options, "TCP_NODELAY");
  if (::bind(fd.get(), address->ai_addr, address->ai_addrlen) != 0) return failed(options, "bind");
  if (::listen(fd.get(), options.backlog) != 0) return failed(options, "listen");
  return fd;
}

std::string local_address(int socket_fd) {
  sockaddr_storage address{};
  socklen_t size = sizeof(address);
  std::array<char, NI_MAXHOST> host{};
  std::array<char, NI_MAXSERV> port{};
  if (::getsockname(socket_fd, reinterpret_cast<sockaddr*>(&address), &size) != 0 ||
      ::getnameinfo(reinterpret_cast<sockaddr*>(&address), size, host.data(), host.size(), port.data(),
                    port.size(), NI_NUMERICHOST | NI_NUMERICSERV) != 0)
    return "?";
  if (address.ss_family == AF_INET6) return fmt::format("[{}]:{}", host.data(), port.data());
  return fmt::format("{}:{}", host.data(), port.data());
}

uint16_t local_port(int socket_fd) {
  sockaddr_storage address{};
  socklen_t size = sizeof(address);
  if (::getsockname(socket_fd, reinterpret_cast<sockaddr*>(&address), &size) != 0) return 0;
  // The port lies at the same place in sockaddr_in and sockaddr_in6.
  return ntohs(reinterpret_cast<const sockaddr_in*>(&address)->sin_port);
}

}  // namespace loopscope::sample_servers
