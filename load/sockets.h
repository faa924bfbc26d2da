// SPDX-License-Identifier: Apache-2.0
// TCP on this machine: is a port free, does a server answer on it, connections that stay and say nothing.
#pragma once

#include <cstdint>
#include <expected>
#include <string>
#include <vector>

namespace loopscope::load {

// A port that is free now; the error is a sentence. `wanted` 0: any.
[[nodiscard]] std::expected<uint16_t, std::string> free_port(uint16_t wanted);
[[nodiscard]] bool accepts(uint16_t port);  // a connection to 127.0.0.1 is accepted

// A socket that does not block, on its way to 127.0.0.1:port; -1 with errno.
[[nodiscard]] int connect_without_waiting(uint16_t port);

// Lets this process, and what it starts from now on, have so many descriptors. The error is a sentence.
[[nodiscard]] std::expected<void, std::string> allow_descriptors(unsigned descriptors);

// Connections that are held open until this object goes.
class IdleConnections {
 public:
  IdleConnections() = default;
  ~IdleConnections();
  IdleConnections(const IdleConnections&) = delete;
  IdleConnections& operator=(const IdleConnections&) = delete;
  // The error is a sentence.
  [[nodiscard]] std::expected<void, std::string> open(uint16_t port, unsigned count);

 private:
  std::vector<int> fds_;
};

}  // namespace loopscope::load
