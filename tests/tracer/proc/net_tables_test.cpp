// SPDX-License-Identifier: Apache-2.0
#include "tracer/proc/net_tables.h"

#include <bit>

#include <gtest/gtest.h>

namespace loopscope::tracer {
namespace {

constexpr std::string_view kTcp =
    "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode\n"
    "   0: 00000000:1F8F 00000000:0000 0A 00000000:00000003 00:00000000 00000000     0        0 632 1 0 100 "
    "0 0 10 0\n"
    "   1: 0100007F:1F8F 0100007F:C7B4 01 00000000:00000000 00:00000000 00000000     0        0 700 1 0\n"
    "   2: 0100007F:1F8F 0100007F:C7B5 06 00000000:00000000 00:00000000 00000000     0        0 0 1 0\n"
    "   3: 0100007F:1F8F 0100007F\n"
    "   4: 0100007:1F8F 0100007F:C7B5 01 00000000:00000000 00:00000000 00000000     0        0 701 1 0\n"
    "nonsense\n\n";

constexpr std::string_view kTcp6 =
    "heading\n"
    "   0: 00000000000000000000000001000000:0050 00000000000000000000000000000000:0000 0A 00000000:00000000 "
    "00:00000000 "
    "00000000     0        0 800 1 0\n"
    "   1: 0000000000000000FFFF00000100007F:0050 0000000000000000FFFF00000100007F:0051 01 00000000:00000000 "
    "00:00000000 "
    "00000000     0        0 801 1 0\n";

constexpr std::string_view kUnix =
    "Num       RefCount Protocol Flags    Type St Inode Path\n"
    "00000000a1361b13: 00000002 00000000 00010000 0001 01   900 /run/with space.sock\n"
    "00000000a1361b14: 00000002 00000000 00010000 0005 01   901 @abstract@name\n"
    "00000000a1361b15: 00000003 00000000 00000000 0001 03   902\n"
    "00000000a1361b16: 00000003 00000000 00000000 0002 01   903 /dev/log\n"
    "00000000a1361b17: 00000003\n";

static_assert(std::endian::native == std::endian::little,
              "the tables above are those of a little-endian machine");

TEST(NetTables, Tcp) {
  SocketTable table;
  parse_inet_table(kTcp, "tcp", SocketScope::All, table);
  ASSERT_EQ(table.all().size(), 2u);
  const auto* listener = table.find(632);
  ASSERT_TRUE(listener);
  EXPECT_EQ(listener->kind, "tcp");
  EXPECT_EQ(listener->state, "listen");
  EXPECT_EQ(listener->local, "0.0.0.0:8079");
  EXPECT_EQ(listener->peer, "");
  EXPECT_EQ(listener->queue, 3);
  EXPECT_FALSE(listener->backlog);
  EXPECT_EQ(table.find(700)->peer, "127.0.0.1:51124");
  EXPECT_EQ(table.find(700)->state, "established");
  EXPECT_FALSE(table.find(700)->queue);
}

TEST(NetTables, ListeningOnly) {
  SocketTable table;
  parse_inet_table(kTcp, "tcp", SocketScope::Listening, table);
  parse_unix_table(kUnix, SocketScope::Listening, table);
  EXPECT_EQ(table.all().size(), 3u);
  EXPECT_FALSE(table.find(700));
}

TEST(NetTables, Tcp6) {
  SocketTable table;
  parse_inet_table(kTcp6, "tcp6", SocketScope::All, table);
  ASSERT_TRUE(table.find(800) && table.find(801));
  EXPECT_EQ(table.find(800)->local, "[::1]:80");
  EXPECT_EQ(table.find(801)->local, "[::ffff:127.0.0.1]:80");
  EXPECT_EQ(table.find(801)->peer, "[::ffff:127.0.0.1]:81");
}

TEST(NetTables, Unix) {
  SocketTable table;
  parse_unix_table(kUnix, SocketScope::All, table);
  ASSERT_EQ(table.all().size(), 4u);
  EXPECT_EQ(table.find(900)->local, "unix:/run/with space.sock");
  EXPECT_EQ(table.find(900)->state, "listen");
  EXPECT_EQ(table.find(900)->sock_type, "SOCK_STREAM");
  EXPECT_EQ(table.find(901)->local, "unix:@abstract@name");
  EXPECT_EQ(table.find(901)->sock_type, "SOCK_SEQPACKET");
  EXPECT_EQ(table.find(902)->local, "unix:");
  EXPECT_EQ(table.find(902)->state, "established");
  EXPECT_EQ(table.find(903)->state, "unconnected");
}

TEST(NetTables, NetlinkAndPacket) {
  SocketTable table;
  parse_netlink_table(
      "heading\n00000000a7a754ff 0   4711       00000011 0        0        0     2        0        4\n",
      table);
  parse_packet_table("heading\n00000000a7a754ff 3      3    0003   2     1       0      0      77\n", table);
  ASSERT_TRUE(table.find(4) && table.find(77));
  EXPECT_EQ(table.find(4)->local, "netlink:pid=4711,groups=0x11");
  EXPECT_EQ(table.find(77)->kind, "packet");
  EXPECT_EQ(table.find(77)->sock_type, "SOCK_RAW");
}

TEST(NetTables, CutAtEveryByte) {
  for (const std::string_view text : {kTcp, kTcp6, kUnix})
    for (size_t size = 0; size <= text.size(); ++size) {
      SocketTable table;
      const std::string cut(text.substr(0, size));
      parse_inet_table(cut, "tcp", SocketScope::All, table);
      parse_unix_table(cut, SocketScope::All, table);
      EXPECT_LE(table.all().size(), 4u);
    }
}

}  // namespace
}  // namespace loopscope::tracer
