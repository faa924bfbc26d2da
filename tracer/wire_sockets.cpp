// SPDX-License-Identifier: Apache-2.0
#include "tracer/wire_sockets.h"

#include <string.h>
#include <sys/socket.h>

#include <algorithm>
#include <span>

#include "trace-model/address.h"
#include "tracer/proc/socket_states.h"

namespace loopscope::tracer {
namespace {

std::string_view kind_of(const wire_socket& socket) {
  const bool v6 = socket.family == AF_INET6;
  switch (socket.family) {
    case AF_INET:
    case AF_INET6:
      if (socket.type == SOCK_STREAM) return v6 ? "tcp6" : "tcp";
      if (socket.type == SOCK_DGRAM) return v6 ? "udp6" : "udp";
      return "socket";
    case AF_UNIX:
      return "unix";
    case AF_NETLINK:
      return "netlink";
    case AF_PACKET:
      return "packet";
    default:
      return "socket";
  }
}

bool is_inet(const wire_socket& socket) {
  return socket.family == AF_INET || socket.family == AF_INET6;
}

std::string inet_text(const wire_socket& socket, const wire_u8* address, uint16_t port) {
  const size_t size = socket.family == AF_INET ? 4 : 16;
  const bool any = std::all_of(address, address + size, [](wire_u8 byte) { return byte == 0; });
  if (any && port == 0) return {};
  return trace_model::inet_address_text(socket.family, std::as_bytes(std::span(address, size)), port);
}

}  // namespace

trace_model::SocketInfo socket_info(const wire_socket& socket) {
  trace_model::SocketInfo info;
  info.kind = kind_of(socket);
  info.inode = socket.inode;
  const bool tcp = is_inet(socket) && socket.type == SOCK_STREAM;
  info.state = tcp ? tcp_state_name(socket.state) : simple_state_name(socket.state);
  if (!is_inet(socket)) info.sock_type = socket_type_name(socket.type);
  if (socket.state == kTcpListen) {
    info.backlog = socket.backlog;
    info.queue = socket.queue;
    if (tcp) info.drops = socket.drops;
  }
  if (is_inet(socket)) {
    info.local = inet_text(socket, socket.local, socket.local_port);
    if (socket.peer_port) info.peer = inet_text(socket, socket.peer, socket.peer_port);
  } else if (socket.family == AF_UNIX) {
    memcpy(&info.peer_inode, socket.peer, sizeof(info.peer_inode));
    if (socket.unix_len == 0) return info;
    const size_t length = std::min<size_t>(socket.unix_len, sizeof(socket.unix_name));
    info.local = trace_model::unix_address_text(std::as_bytes(std::span(socket.unix_name, length)));
  }
  return info;
}

}  // namespace loopscope::tracer
