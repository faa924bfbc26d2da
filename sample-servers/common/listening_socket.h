// SPDX-License-Identifier: Apache-2.0
// socket, bind, listen: the three calls that every server of this folder begins with.
#pragma once

#include <cstdint>
#include <expected>
#include <string>

#include "sample-servers/common/unique_fd.h"

namespace loopscope::sample_servers {

struct ListenOptions {
  std::string address = "127.0.0.1";  // numeric, IPv4 or IPv6
  uint16_t port = 0;                  // 0: the kernel picks one
  int backlog = 128;      // connections that may wait for accept; the kernel clamps it to somaxconn
  bool blocking = false;  // accept sleeps until a connection comes
  bool reuse_port =
      false;  // several sockets may listen here; the kernel spreads connections over them (socket(7))
};

// A socket in LISTEN state, or a sentence that says what failed.
[[nodiscard]] std::expected<UniqueFd, std::string> listen_on(const ListenOptions& options);

// "127.0.0.1:8082" or "[::1]:8082": where a socket is bound.
[[nodiscard]] std::string local_address(int socket_fd);

[[nodiscard]] uint16_t local_port(int socket_fd);

}  // namespace loopscope::sample_servers
