// SPDX-License-Identifier: Apache-2.0
// The text tables under /proc/PID/net, proc_pid_net(5): pure parsing. Lines that are not understood are left
// out.
#pragma once

#include <string_view>

#include "tracer/proc/sockets.h"

namespace loopscope::tracer {

void parse_inet_table(std::string_view text, std::string_view kind, SocketScope scope,
                      SocketTable& table);  // tcp…udp6
void parse_unix_table(std::string_view text, SocketScope scope, SocketTable& table);
void parse_netlink_table(std::string_view text, SocketTable& table);
void parse_packet_table(std::string_view text, SocketTable& table);

}  // namespace loopscope::tracer
