// SPDX-License-Identifier: Apache-2.0
#include "trace-model/address.h"

#include <arpa/inet.h>
#include <linux/netlink.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <algorithm>
#include <cstring>

#include <fmt/format.h>

namespace loopscope::trace_model {
namespace {

template <typename T>
T value_at(std::span<const std::byte> bytes, size_t offset) {
  T value;
  std::memcpy(&value, bytes.data() + offset, sizeof value);
  return value;
}

std::string raw_text(int family, std::span<const std::byte> rest) {
  std::string text = fmt::format("af={}:", family);
  for (const std::byte b : rest) fmt::format_to(std::back_inserter(text), "{:02x}", unsigned(b));
  return text;
}

}  // namespace

std::string inet_address_text(int family, std::span<const std::byte> address, uint16_t port) {
  char text[INET6_ADDRSTRLEN];
  const bool v6 = family == AF_INET6;
  if ((!v6 && family != AF_INET) || address.size() != (v6 ? 16u : 4u)) return {};
  inet_ntop(family, address.data(), text, sizeof text);
  return v6 ? fmt::format("[{}]:{}", text, port) : fmt::format("{}:{}", text, port);
}

std::string unix_address_text(std::span<const std::byte> name) {
  const char* bytes = reinterpret_cast<const char*>(name.data());
  if (name.empty()) return "unix:";
  if (name[0] == std::byte{0}) return "unix:@" + std::string(bytes + 1, name.size() - 1);
  return "unix:" + std::string(bytes, std::ranges::find(name, std::byte{0}) - name.begin());
}

std::string netlink_address_text(uint32_t port_id, uint32_t groups) {
  return fmt::format("netlink:pid={},groups={:#x}", port_id, groups);
}

std::string address_text(std::span<const std::byte> sockaddr) {
  if (sockaddr.size() < sizeof(sa_family_t)) return {};
  const int family = value_at<sa_family_t>(sockaddr, 0);
  const auto port = [&] { return ntohs(value_at<uint16_t>(sockaddr, offsetof(sockaddr_in, sin_port))); };
  if (family == AF_INET && sockaddr.size() >= offsetof(sockaddr_in, sin_addr) + 4)
    return inet_address_text(family, sockaddr.subspan(offsetof(sockaddr_in, sin_addr), 4), port());
  if (family == AF_INET6 && sockaddr.size() >= offsetof(sockaddr_in6, sin6_addr) + 16)
    return inet_address_text(family, sockaddr.subspan(offsetof(sockaddr_in6, sin6_addr), 16), port());
  if (family == AF_UNIX) return unix_address_text(sockaddr.subspan(sizeof(sa_family_t)));
  if (family == AF_NETLINK && sockaddr.size() >= sizeof(sockaddr_nl))
    return netlink_address_text(value_at<uint32_t>(sockaddr, offsetof(sockaddr_nl, nl_pid)),
                                value_at<uint32_t>(sockaddr, offsetof(sockaddr_nl, nl_groups)));
  return raw_text(family, sockaddr.subspan(sizeof(sa_family_t)));
}

}  // namespace loopscope::trace_model
