// SPDX-License-Identifier: Apache-2.0
#include "trace-model/address.h"

#include <arpa/inet.h>
#include <linux/netlink.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <cstring>

#include <gtest/gtest.h>

namespace loopscope::trace_model {
namespace {

template <typename T>
std::span<const std::byte> bytes_of(const T& value, size_t size = sizeof(T)) {
  return std::as_bytes(std::span(&value, 1)).first(size);
}

sockaddr_in6 inet6(const char* text, uint16_t port) {
  sockaddr_in6 address{};
  address.sin6_family = AF_INET6;
  address.sin6_port = htons(port);
  inet_pton(AF_INET6, text, &address.sin6_addr);
  return address;
}

std::string unix_text(const std::string& name) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::memcpy(address.sun_path, name.data(), name.size());
  return address_text(bytes_of(address, sizeof(sa_family_t) + name.size()));
}

TEST(Address, Inet) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(8079);
  EXPECT_EQ(address_text(bytes_of(address)), "0.0.0.0:8079");
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  EXPECT_EQ(address_text(bytes_of(address)), "127.0.0.1:8079");
  EXPECT_EQ(address_text(bytes_of(address, 8)), "127.0.0.1:8079") << "the padding is not needed";
  EXPECT_EQ(address_text(bytes_of(address, 7)), "af=2:1f8f7f0000");
}

TEST(Address, Inet6) {
  EXPECT_EQ(address_text(bytes_of(inet6("::", 80))), "[::]:80");
  EXPECT_EQ(address_text(bytes_of(inet6("::1", 8080))), "[::1]:8080");
  EXPECT_EQ(address_text(bytes_of(inet6("::ffff:127.0.0.1", 8080))), "[::ffff:127.0.0.1]:8080");
  EXPECT_EQ(address_text(bytes_of(inet6("fe80::1", 65535))), "[fe80::1]:65535");
  EXPECT_EQ(address_text(bytes_of(inet6("::1", 1), 24)), "[::1]:1") << "without scope, as RFC 2133 had it";
  EXPECT_TRUE(address_text(bytes_of(inet6("::1", 1), 23)).starts_with("af=10:0001"));
}

TEST(Address, Unix) {
  EXPECT_EQ(unix_text("/run/x.sock"), "unix:/run/x.sock");
  EXPECT_EQ(unix_text(std::string("/run/x.sock\0garbage", 19)), "unix:/run/x.sock");
  EXPECT_EQ(unix_text(""), "unix:");
  EXPECT_EQ(unix_text(std::string("\0abstract", 9)), "unix:@abstract");
  EXPECT_EQ(unix_text(std::string("\0a\0b\0", 5)), std::string("unix:@a\0b\0", 10))
      << "NULs belong to the name";
  EXPECT_EQ(unix_text(std::string("\0", 1)), "unix:@") << "an abstract name of no bytes";
  EXPECT_EQ(unix_text("/tmp/\xff\xfe"), "unix:/tmp/\xff\xfe") << "bytes stay as they are";
  EXPECT_EQ(unix_text(std::string(108, 'x')), "unix:" + std::string(108, 'x')) << "no NUL needs to end it";
}

TEST(Address, NetlinkAndOthers) {
  sockaddr_nl address{};
  address.nl_family = AF_NETLINK;
  EXPECT_EQ(address_text(bytes_of(address)), "netlink:pid=0,groups=0x0");
  address.nl_pid = 4711;
  address.nl_groups = 0x11;
  EXPECT_EQ(address_text(bytes_of(address)), "netlink:pid=4711,groups=0x11");
  const std::array<uint8_t, 4> packet{AF_PACKET, 0, 0x0a, 0x0b};
  EXPECT_EQ(address_text(std::as_bytes(std::span(packet))), "af=17:0a0b");
  EXPECT_EQ(address_text(std::as_bytes(std::span(packet).first(2))), "af=17:");
  EXPECT_EQ(address_text(std::as_bytes(std::span(packet).first(1))), "");
  EXPECT_EQ(address_text({}), "");
}

TEST(Address, Parts) {
  const std::array<uint8_t, 4> loopback{127, 0, 0, 1};
  EXPECT_EQ(inet_address_text(AF_INET, std::as_bytes(std::span(loopback)), 1), "127.0.0.1:1");
  EXPECT_EQ(inet_address_text(AF_INET6, std::as_bytes(std::span(loopback)), 1), "");
  EXPECT_EQ(inet_address_text(AF_UNIX, std::as_bytes(std::span(loopback)), 1), "");
}

}  // namespace
}  // namespace loopscope::trace_model
