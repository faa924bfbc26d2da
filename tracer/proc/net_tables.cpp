// SPDX-License-Identifier: Apache-2.0
#include "tracer/proc/net_tables.h"

#include <fcntl.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <array>
#include <span>

#include <fmt/format.h>

#include "trace-model/address.h"
#include "tracer/proc/socket_states.h"
#include "tracer/proc/text_fields.h"

namespace loopscope::tracer {
namespace {

using trace_model::SocketInfo;

constexpr unsigned kAcceptsConnections = 0x10000;  // __SO_ACCEPTCON, include/linux/net.h

struct Endpoint {
  std::string text;
  unsigned port = 0;
};

// "0100007F:1F90": the address as 32-bit words of the machine, each in hexadecimal, the port as a number.
std::optional<Endpoint> parse_endpoint(std::string_view text) {
  const size_t colon = text.find(':');
  if (colon != 8 && colon != 32) return std::nullopt;
  const auto port = number<uint16_t>(text.substr(colon + 1), 16);
  if (!port) return std::nullopt;
  std::array<uint32_t, 4> words{};
  for (size_t i = 0; i < colon / 8; ++i) {
    const auto word = number<uint32_t>(text.substr(i * 8, 8), 16);
    if (!word) return std::nullopt;
    words[i] = *word;
  }
  const auto bytes = std::as_bytes(std::span(words)).first(colon / 2);
  return Endpoint{trace_model::inet_address_text(colon == 8 ? AF_INET : AF_INET6, bytes, *port), *port};
}

// The columns: sl local remote st tx:rx tr:when retrnsmt uid timeout inode
std::optional<SocketInfo> parse_inet_line(std::string_view line, std::string_view kind) {
  (void)next_field(line);
  const auto local = parse_endpoint(next_field(line)), peer = parse_endpoint(next_field(line));
  const auto state = number<unsigned>(next_field(line), 16);
  const std::string_view queues = next_field(line);
  for (int skipped = 0; skipped < 4; ++skipped) (void)next_field(line);
  const auto inode = number<uint64_t>(next_field(line));
  if (!local || !peer || !state || !inode || *inode == 0) return std::nullopt;
  SocketInfo socket;
  socket.kind = kind;
  socket.inode = *inode;
  socket.state = kind.starts_with("tcp") ? tcp_state_name(*state) : simple_state_name(*state);
  socket.local = local->text;
  if (peer->port != 0) socket.peer = peer->text;
  if (socket.state == "listen" && queues.size() == 17) socket.queue = number<uint32_t>(queues.substr(9), 16);
  return socket;
}

std::string_view unix_state_name(unsigned flags, unsigned state) {
  if (flags & kAcceptsConnections) return "listen";
  return state == 3 ? "established" : state == 2 ? "syn_sent" : "unconnected";  // SS_CONNECTED, SS_CONNECTING
}

// The columns: Num RefCount Protocol Flags Type St Inode Path. NULs of abstract names are shown as '@'.
std::optional<SocketInfo> parse_unix_line(std::string_view line) {
  for (int skipped = 0; skipped < 3; ++skipped) (void)next_field(line);
  const auto flags = number<unsigned>(next_field(line), 16), type = number<unsigned>(next_field(line), 16);
  const auto state = number<unsigned>(next_field(line), 16);
  const auto inode = number<uint64_t>(next_field(line));
  if (!flags || !type || !state || !inode || *inode == 0) return std::nullopt;
  SocketInfo socket;
  socket.kind = "unix";
  socket.inode = *inode;
  socket.state = unix_state_name(*flags, *state);
  socket.sock_type = socket_type_name(*type);
  socket.local = fmt::format("unix:{}", line.empty() ? line : line.substr(1));
  return socket;
}

void for_each_line(std::string_view text, const auto& parse, SocketScope scope, SocketTable& table) {
  (void)next_line(text);  // the heading
  while (!text.empty()) {
    std::optional<SocketInfo> socket = parse(next_line(text));
    if (socket && (scope == SocketScope::All || socket->state == "listen")) table.add(*std::move(socket));
  }
}

}  // namespace

void parse_inet_table(std::string_view text, std::string_view kind, SocketScope scope, SocketTable& table) {
  for_each_line(text, [&](std::string_view line) { return parse_inet_line(line, kind); }, scope, table);
}

void parse_unix_table(std::string_view text, SocketScope scope, SocketTable& table) {
  for_each_line(text, parse_unix_line, scope, table);
}

void parse_netlink_table(std::string_view text, SocketTable& table) {
  const auto parse = [](std::string_view line) -> std::optional<SocketInfo> {
    for (int skipped = 0; skipped < 2; ++skipped) (void)next_field(line);
    const auto port_id = number<uint32_t>(next_field(line));
    const auto groups = number<uint32_t>(next_field(line), 16);
    for (int skipped = 0; skipped < 5; ++skipped) (void)next_field(line);
    const auto inode = number<uint64_t>(next_field(line));
    if (!port_id || !groups || !inode || *inode == 0) return std::nullopt;
    SocketInfo socket;
    socket.kind = "netlink";
    socket.local = trace_model::netlink_address_text(*port_id, *groups);
    socket.inode = *inode;
    return socket;
  };
  for_each_line(text, parse, SocketScope::All, table);
}

void parse_packet_table(std::string_view text, SocketTable& table) {
  const auto parse = [](std::string_view line) -> std::optional<SocketInfo> {
    for (int skipped = 0; skipped < 2; ++skipped) (void)next_field(line);
    const auto type = number<unsigned>(next_field(line));
    for (int skipped = 0; skipped < 5; ++skipped) (void)next_field(line);
    const auto inode = number<uint64_t>(next_field(line));
    if (!type || !inode || *inode == 0) return std::nullopt;
    SocketInfo socket;
    socket.kind = "packet";
    socket.sock_type = socket_type_name(*type);
    socket.inode = *inode;
    return socket;
  };
  for_each_line(text, parse, SocketScope::All, table);
}

namespace {

OrErrno<std::string> read_table(const ProcFs& proc, Pid pid, std::string_view name) {
  return read_file(AT_FDCWD, fmt::format("{}/{}/net/{}", proc.root(), pid, name).c_str());
}

}  // namespace

OrErrno<SocketTable> sockets_by_tables(const ProcFs& proc, Pid pid, SocketScope scope) {
  SocketTable table;
  for (const std::string_view kind : {"tcp", "tcp6", "udp", "udp6"}) {
    if (scope == SocketScope::Listening && kind.starts_with("udp")) continue;
    const auto text = read_table(proc, pid, kind);
    if (text)
      parse_inet_table(*text, kind, scope, table);
    else if (!kind.ends_with('6') || text.error() != ENOENT)  // a kernel may have no IPv6
      return std::unexpected(text.error());
  }
  const auto text = read_table(proc, pid, "unix");
  if (!text) return std::unexpected(text.error());
  parse_unix_table(*text, scope, table);
  return table;
}

void add_other_families(const ProcFs& proc, Pid pid, SocketTable& table) {
  const auto add = [&](std::string_view name, const auto& parse) {
    if (const auto text = read_table(proc, pid, name)) parse(*text, table);
  };
  add("netlink", parse_netlink_table);
  add("packet", parse_packet_table);
}

}  // namespace loopscope::tracer
