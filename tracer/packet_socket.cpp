// SPDX-License-Identifier: Apache-2.0
#include "tracer/packet_socket.h"

#include <fmt/format.h>
#include <string.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <array>
#include <vector>

namespace loopscope::tracer {
namespace {

constexpr size_t kMostBytes = 200 * 1024;  // within the default net.core.wmem_max

struct Address {
  sockaddr_un un{};
  socklen_t size = 0;
};

Address abstract_address(const std::string& name) {
  Address address;
  address.un.sun_family = AF_UNIX;
  const size_t length = std::min(name.size(), sizeof(address.un.sun_path) - 1);
  memcpy(address.un.sun_path + 1, name.data(), length);
  address.size = socklen_t(offsetof(sockaddr_un, sun_path) + 1 + length);
  return address;
}

UniqueFd packet_socket() {
  return UniqueFd(socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0));
}

}  // namespace

std::expected<PacketSocket, std::string> PacketSocket::connect_to(const std::string& name) {
  UniqueFd fd = packet_socket();
  const Address address = abstract_address(name);
  if (!fd || connect(fd.get(), reinterpret_cast<const sockaddr*>(&address.un), address.size) != 0)
    return std::unexpected(
        fmt::format("cannot reach the loopscope that asked for this recorder: {}", strerror(errno)));
  return PacketSocket(std::move(fd));
}

bool PacketSocket::send(const nlohmann::json& body, int with_fd) const {
  std::string text = body.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
  if (text.size() > kMostBytes) return false;
  iovec part{text.data(), text.size()};
  alignas(cmsghdr) std::array<char, CMSG_SPACE(sizeof(int))> control{};
  msghdr message{};
  message.msg_iov = &part;
  message.msg_iovlen = 1;
  if (with_fd >= 0) {
    message.msg_control = control.data();
    message.msg_controllen = control.size();
    cmsghdr* header = CMSG_FIRSTHDR(&message);
    header->cmsg_level = SOL_SOCKET;
    header->cmsg_type = SCM_RIGHTS;
    header->cmsg_len = CMSG_LEN(sizeof(int));
    memcpy(CMSG_DATA(header), &with_fd, sizeof(int));
  }
  return sendmsg(fd(), &message, MSG_NOSIGNAL) == ssize_t(text.size());
}

std::optional<Packet> PacketSocket::receive() const {
  std::vector<char> text(kMostBytes);
  iovec part{text.data(), text.size()};
  alignas(cmsghdr) std::array<char, CMSG_SPACE(sizeof(int))> control{};
  msghdr message{};
  message.msg_iov = &part;
  message.msg_iovlen = 1;
  message.msg_control = control.data();
  message.msg_controllen = control.size();
  ssize_t got = 0;
  do got = recvmsg(fd(), &message, MSG_CMSG_CLOEXEC);
  while (got < 0 && errno == EINTR);
  if (got <= 0) return std::nullopt;
  Packet packet{nlohmann::json::parse(text.data(), text.data() + got, nullptr, false), UniqueFd()};
  for (cmsghdr* header = CMSG_FIRSTHDR(&message); header; header = CMSG_NXTHDR(&message, header))
    if (header->cmsg_level == SOL_SOCKET && header->cmsg_type == SCM_RIGHTS) {
      int fd = -1;
      memcpy(&fd, CMSG_DATA(header), sizeof(fd));
      packet.fd = UniqueFd(fd);
    }
  if (!packet.body.is_object()) return std::nullopt;
  return packet;
}

std::expected<PacketListener, std::string> PacketListener::create() {
  std::array<uint64_t, 2> random{};
  UniqueFd fd = packet_socket();
  if (!fd || getrandom(random.data(), sizeof(random), 0) != sizeof(random))
    return std::unexpected(fmt::format("cannot make a socket: {}", strerror(errno)));
  std::string name = fmt::format("loopscope-{:016x}{:016x}", random[0], random[1]);
  const Address address = abstract_address(name);
  if (bind(fd.get(), reinterpret_cast<const sockaddr*>(&address.un), address.size) != 0 ||
      listen(fd.get(), 1) != 0)
    return std::unexpected(fmt::format("cannot listen on a socket: {}", strerror(errno)));
  return PacketListener(std::move(fd), std::move(name));
}

std::optional<PacketSocket> PacketListener::accept_root() const {
  UniqueFd peer(accept4(fd(), nullptr, nullptr, SOCK_CLOEXEC));
  ucred credentials{};
  socklen_t size = sizeof(credentials);
  if (!peer || getsockopt(peer.get(), SOL_SOCKET, SO_PEERCRED, &credentials, &size) != 0 ||
      credentials.uid != 0)
    return std::nullopt;
  return PacketSocket(std::move(peer));
}

}  // namespace loopscope::tracer
