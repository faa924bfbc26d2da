// SPDX-License-Identifier: Apache-2.0
// Socket addresses as strace prints them, and as a trace writes them.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace loopscope::exchange::strace {

// {sa_family=AF_INET, sin_port=htons(80), sin_addr=inet_addr("0.0.0.0")} → 0.0.0.0:80. Nothing for a
// pointer, NULL, or what has no form in a trace.
[[nodiscard]] std::optional<std::string> address_of(std::string_view text);

// Of -yy: TCP:[127.0.0.1:80->127.0.0.1:4711], TCPv6:[[::1]:80], UNIX-STREAM:[123,"/run/x"]; and of -y
// socket:[123], anon_inode:[eventpoll], pipe:[5], /dev/null.
struct What {
  std::string kind;  // as a trace's `kind`; empty: not known
  std::string local, peer, path;
  uint64_t inode = 0;
};
[[nodiscard]] What what_of(std::string_view text);

}  // namespace loopscope::exchange::strace
