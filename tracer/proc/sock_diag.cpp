// SPDX-License-Identifier: Apache-2.0
#include "tracer/proc/sock_diag.h"

#include <fcntl.h>
#include <linux/inet_diag.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <linux/sock_diag.h>
#include <linux/unix_diag.h>
#include <netinet/in.h>
#include <sched.h>
#include <sys/socket.h>

#include <cerrno>
#include <cstring>
#include <functional>
#include <span>
#include <thread>

#include <fmt/format.h>

#include "trace-model/address.h"
#include "tracer/proc/socket_states.h"

namespace loopscope::tracer {
namespace {

using trace_model::SocketInfo;
using Payload = std::span<const std::byte>;

constexpr int kMptcp = 262;     // IPPROTO_MPTCP, which older C libraries do not name
constexpr int kMaxRetries = 4;  // of a dump that the kernel says was interrupted by a change

enum class Received { More, Done };

template <typename T>
T take(Payload payload) {  // T is a kernel struct; missing bytes are zero
  T value{};
  std::memcpy(&value, payload.data(), std::min(sizeof value, payload.size()));
  return value;
}

OrErrno<void> send_request(int netlink, std::span<std::byte> message, uint16_t type) {
  nlmsghdr header{};
  header.nlmsg_len = uint32_t(message.size());
  header.nlmsg_type = type;
  header.nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP;
  std::memcpy(message.data(), &header, sizeof header);
  sockaddr_nl kernel{};
  kernel.nl_family = AF_NETLINK;
  if (sendto(netlink, message.data(), message.size(), 0, reinterpret_cast<sockaddr*>(&kernel),
             sizeof kernel) < 0)
    return std::unexpected(errno);
  return {};
}

// One datagram of the answer.
OrErrno<Received> take_messages(Payload datagram, bool& interrupted,
                                const std::function<void(Payload)>& each) {
  while (datagram.size() >= sizeof(nlmsghdr)) {
    const auto header = take<nlmsghdr>(datagram);
    if (header.nlmsg_len < sizeof header || header.nlmsg_len > datagram.size())
      return std::unexpected(EBADMSG);
    const Payload payload = datagram.subspan(sizeof header, header.nlmsg_len - sizeof header);
    interrupted |= header.nlmsg_flags & NLM_F_DUMP_INTR;
    if (header.nlmsg_type == NLMSG_DONE) return Received::Done;
    if (header.nlmsg_type == NLMSG_ERROR) return std::unexpected(-take<nlmsgerr>(payload).error);
    each(payload);
    datagram = datagram.subspan(std::min<size_t>(NLMSG_ALIGN(header.nlmsg_len), datagram.size()));
  }
  return Received::More;
}

OrErrno<bool> receive_dump(int netlink, const std::function<void(Payload)>& each) {
  alignas(8) std::byte buffer[32768];  // the kernel fills at most this much for a reader that offers it
  bool interrupted = false;
  for (;;) {
    const ssize_t got = recv(netlink, buffer, sizeof buffer, 0);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return std::unexpected(errno);
    const auto received = take_messages(Payload(buffer, size_t(got)), interrupted, each);
    if (!received) return std::unexpected(received.error());
    if (*received == Received::Done || got == 0) return interrupted;
  }
}

// Rows of an interrupted dump may be missing or twice: it is repeated, and rows are replaced by inode.
OrErrno<void> dump(int netlink, std::span<std::byte> message, const std::function<void(Payload)>& each) {
  for (int attempt = 0; attempt < kMaxRetries; ++attempt) {
    if (const auto sent = send_request(netlink, message, SOCK_DIAG_BY_FAMILY); !sent) return sent;
    const auto interrupted = receive_dump(netlink, each);
    if (!interrupted) return std::unexpected(interrupted.error());
    if (!*interrupted) break;
  }
  return {};
}

void take_queue(uint32_t queue, uint32_t backlog, SocketInfo& socket) {
  socket.queue = queue;
  socket.backlog = backlog;
}

void add_inet(const InetQuery& query, const inet_diag_msg& row, SocketTable& table) {
  if (row.idiag_inode == 0) return;  // belongs to no process any more, or not yet
  const bool udp = query.protocol == IPPROTO_UDP, v6 = row.idiag_family == AF_INET6;
  SocketInfo socket;
  socket.inode = row.idiag_inode;
  socket.kind = fmt::format("{}{}", udp ? "udp" : "tcp", v6 ? "6" : "");
  socket.state = udp ? simple_state_name(row.idiag_state) : tcp_state_name(row.idiag_state);
  const size_t size = v6 ? 16 : 4;
  const auto text = [&](const auto& address, uint16_t port) {
    return trace_model::inet_address_text(row.idiag_family, std::as_bytes(std::span(address)).first(size),
                                          ntohs(port));
  };
  socket.local = text(row.id.idiag_src, row.id.idiag_sport);
  if (row.id.idiag_dport != 0) socket.peer = text(row.id.idiag_dst, row.id.idiag_dport);
  if (row.idiag_state == kTcpListen && !udp) take_queue(row.idiag_rqueue, row.idiag_wqueue, socket);
  table.add(std::move(socket));
}

void add_unix(Payload payload, SocketTable& table) {
  const auto row = take<unix_diag_msg>(payload);
  SocketInfo socket;
  socket.inode = row.udiag_ino;
  socket.kind = "unix";
  socket.state = simple_state_name(row.udiag_state);
  socket.sock_type = socket_type_name(row.udiag_type);
  socket.local = "unix:";
  payload = payload.subspan(std::min<size_t>(NLMSG_ALIGN(sizeof row), payload.size()));
  while (payload.size() >= sizeof(rtattr)) {
    const auto attribute = take<rtattr>(payload);
    if (attribute.rta_len < sizeof attribute || attribute.rta_len > payload.size()) break;
    const Payload value = payload.subspan(sizeof attribute, attribute.rta_len - sizeof attribute);
    if (attribute.rta_type == UNIX_DIAG_NAME) socket.local = trace_model::unix_address_text(value);
    if (attribute.rta_type == UNIX_DIAG_PEER) table.add_unix_peer(row.udiag_ino, take<uint32_t>(value));
    if (attribute.rta_type == UNIX_DIAG_RQLEN && row.udiag_state == kTcpListen) {
      const auto lengths = take<unix_diag_rqlen>(value);
      take_queue(lengths.udiag_rqueue, lengths.udiag_wqueue, socket);
    }
    payload = payload.subspan(std::min<size_t>(RTA_ALIGN(attribute.rta_len), payload.size()));
  }
  table.add(std::move(socket));
}

OrErrno<UniqueFd> open_here() {
  UniqueFd fd(socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_SOCK_DIAG));
  if (!fd) return std::unexpected(errno);
  return fd;
}

}  // namespace

OrErrno<void> dump_inet(int netlink, const InetQuery& query, SocketTable& table) {
  struct {
    nlmsghdr header;
    inet_diag_req_v2 request;
    rtattr attribute;  // the protocol once more: MPTCP's number does not fit the request's eight bits
    uint32_t protocol;
  } message{};
  message.request.sdiag_family = uint8_t(query.family);
  message.request.sdiag_protocol = uint8_t(query.protocol);
  message.request.idiag_states = query.states;
  message.attribute = {.rta_len = sizeof message.attribute + sizeof message.protocol,
                       .rta_type = INET_DIAG_REQ_PROTOCOL};
  message.protocol = uint32_t(query.protocol);
  auto bytes = std::as_writable_bytes(std::span(&message, 1));
  if (query.protocol <= UINT8_MAX) bytes = bytes.first(offsetof(decltype(message), attribute));
  return dump(netlink, bytes, [&](Payload row) { add_inet(query, take<inet_diag_msg>(row), table); });
}

OrErrno<void> dump_unix(int netlink, uint32_t states, SocketTable& table) {
  struct {
    nlmsghdr header;
    unix_diag_req request;
  } message{};
  message.request.sdiag_family = AF_UNIX;
  message.request.udiag_states = states;
  message.request.udiag_show = UDIAG_SHOW_NAME | UDIAG_SHOW_PEER | UDIAG_SHOW_RQLEN;
  return dump(netlink, std::as_writable_bytes(std::span(&message, 1)),
              [&](Payload row) { add_unix(row, table); });
}

OrErrno<UniqueFd> open_diag_socket(const ProcFs& proc, Pid pid) {
  const auto process = proc.open(pid);
  if (!process) return std::unexpected(process.error());
  const auto theirs = read_link(process->fd(), "ns/net");
  const auto ours = read_link(AT_FDCWD, (proc.root() + "/thread-self/ns/net").c_str());
  if (!theirs) return std::unexpected(theirs.error());
  if (ours && *theirs == *ours) return open_here();
  const UniqueFd ns(openat(process->fd(), "ns/net", O_RDONLY | O_CLOEXEC));
  if (!ns) return std::unexpected(errno);
  OrErrno<UniqueFd> opened = std::unexpected(EINVAL);
  std::thread([&] {
    if (setns(ns.get(), CLONE_NEWNET) != 0)
      opened = std::unexpected(errno);
    else
      opened = open_here();
  }).join();
  return opened;
}

OrErrno<SocketTable> sockets_by_diag(const ProcFs& proc, Pid pid, SocketScope scope) {
  const auto netlink = open_diag_socket(proc, pid);
  if (!netlink) return std::unexpected(netlink.error());
  const bool listening = scope == SocketScope::Listening;
  const uint32_t states = listening ? 1u << kTcpListen : ~0u;
  SocketTable table;
  for (const int protocol : {int(IPPROTO_TCP), int(IPPROTO_UDP), kMptcp}) {
    if (listening && protocol == IPPROTO_UDP) continue;
    for (const int family : {AF_INET, AF_INET6}) {
      const auto done = dump_inet(netlink->get(), {family, protocol, states}, table);
      // Those for UDP and MPTCP are modules of their own, and may not be there.
      if (!done && protocol == IPPROTO_TCP) return std::unexpected(done.error());
    }
  }
  if (const auto done = dump_unix(netlink->get(), states, table); !done) return std::unexpected(done.error());
  table.resolve_unix_peers();
  return table;
}

}  // namespace loopscope::tracer
