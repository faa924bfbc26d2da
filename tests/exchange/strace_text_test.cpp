// SPDX-License-Identifier: Apache-2.0
#include "exchange/strace/text.h"

#include <gtest/gtest.h>

#include "exchange/strace/address_text.h"

namespace loopscope::exchange::strace {
namespace {

namespace symbols = trace_model::symbols;
using Parts = std::vector<std::string_view>;

TEST(StraceText, ArgumentsEndAtCommasThatAreInNothing) {
  EXPECT_EQ(split_arguments(R"(5, [{events=EPOLLIN, data={u32=6, u64=6}}], 1023, -1)"),
            (Parts{"5", "[{events=EPOLLIN, data={u32=6, u64=6}}]", "1023", "-1"}));
  EXPECT_EQ(split_arguments(R"(AT_FDCWD, "/a,b)\"(", O_RDONLY)"),
            (Parts{"AT_FDCWD", R"("/a,b)\"(")", "O_RDONLY"}));
  EXPECT_EQ(split_arguments("3</tmp/a(b, c>, 4"), (Parts{"3</tmp/a(b, c>", "4"}));
  EXPECT_EQ(split_arguments("0x7ffe /* 27 vars, all */, 1"), (Parts{"0x7ffe /* 27 vars, all */", "1"}));
  EXPECT_EQ(split_arguments(" "), Parts{});
}

TEST(StraceText, WhatDoesNotEndIsNothing) {
  for (const char* text : {"[1, 2", "\"abc", "3</tmp/a", "1)", "(]", "{a=1", "1 /* x"})
    EXPECT_FALSE(split_arguments(text)) << text;
  EXPECT_FALSE(split_arguments(std::string(1000, '[')));
}

TEST(StraceText, AnnotationsOfConnectionsHaveAnArrow) {
  EXPECT_EQ(read_fd("5<TCP:[127.0.0.1:80->127.0.0.1:4711]>")->what, "TCP:[127.0.0.1:80->127.0.0.1:4711]");
  EXPECT_EQ(read_fd("7</dev/null<char 1:3>>")->what, "/dev/null<char 1:3>");
  EXPECT_EQ(read_fd("7</tmp/ends-in->")->what, "/tmp/ends-in-");
  EXPECT_EQ(read_fd("-1")->fd, -1);
  EXPECT_FALSE(read_fd("0x7ffe00000000"));
  EXPECT_FALSE(read_fd("AT_FDCWD"));
}

TEST(StraceText, StringsHaveTheirEscapesUndone) {
  EXPECT_EQ(read_quoted(R"("a\n\"\\\0\33\x41b\377")")->bytes, std::string("a\n\"\\\0\033Ab\377", 9));
  EXPECT_TRUE(read_quoted(R"("long"...)")->cut);
  EXPECT_FALSE(read_quoted("NULL"));
}

TEST(StraceText, NumbersAndNames) {
  EXPECT_EQ(read_number("0644"), 0644);
  EXPECT_EQ(read_number("-1"), -1);
  EXPECT_EQ(read_number("18446744073709551615"), -1);
  EXPECT_FALSE(read_number("12x"));
  EXPECT_FALSE(read_number(""));
  EXPECT_EQ(read_flags(symbols::kEpollEvents, "EPOLLIN|EPOLLET"), 0x80000001u);
  EXPECT_EQ(read_flags(symbols::kEpollEvents, "EPOLLIN|0x8000"), 0x8001u);
  EXPECT_EQ(read_flags(symbols::kEventfdFlags, "0x8 /* EFD_??? */"), 8u);
  EXPECT_FALSE(read_flags(symbols::kEpollEvents, "EPOLLNONSENSE"));
}

TEST(StraceText, MembersByNameAndByPlaceInOlderLogs) {
  EXPECT_EQ(member("{events=EPOLLIN, data={u32=5, u64=6}}", "data", 1), "{u32=5, u64=6}");
  EXPECT_EQ(member("{EPOLLIN, {u32=5, u64=6}}", "data", 1), "{u32=5, u64=6}");
  EXPECT_FALSE(member("{a=1}", "b", 0));
  EXPECT_EQ(read_time_ns("{tv_sec=1, tv_nsec=5}"), 1'000'000'005);
  EXPECT_EQ(read_time_ns("{tv_sec=0, tv_usec=7}"), 7000);
  EXPECT_EQ(read_time_ns("NULL"), -1);
}

TEST(StraceAddress, AllFamiliesAsATraceWritesThem) {
  EXPECT_EQ(address_of(R"({sa_family=AF_INET, sin_port=htons(8079), sin_addr=inet_addr("0.0.0.0")})"),
            "0.0.0.0:8079");
  EXPECT_EQ(address_of(R"({sa_family=AF_INET6, sin6_port=htons(80), sin6_flowinfo=htonl(0), )"
                       R"(inet_pton(AF_INET6, "::1", &sin6_addr), sin6_scope_id=0})"),
            "[::1]:80");
  EXPECT_EQ(address_of(R"({sa_family=AF_UNIX, sun_path="/run/x,y"})"), "unix:/run/x,y");
  EXPECT_EQ(address_of(R"({sa_family=AF_UNIX, sun_path=@"abs"})"), "unix:@abs");
  EXPECT_EQ(address_of("{sa_family=AF_UNIX}"), "unix:");
  EXPECT_EQ(address_of("{sa_family=AF_NETLINK, nl_pid=0, nl_groups=00000001}"), "netlink:pid=0,groups=0x1");
  EXPECT_FALSE(address_of("0x7ffe3000"));
  EXPECT_FALSE(address_of("NULL"));
}

TEST(StraceAddress, WhatDescriptorsAre) {
  EXPECT_EQ(what_of("TCPv6:[[::1]:37919]").local, "[::1]:37919");
  EXPECT_EQ(what_of("TCP:[1.2.3.4:80->5.6.7.8:90]").peer, "5.6.7.8:90");
  EXPECT_EQ(what_of("UNIX-STREAM:[26353333,@\"abs\"]").local, "unix:@abs");
  EXPECT_EQ(what_of("UNIX-STREAM:[26353333,@\"abs\"]").inode, 26353333u);
  EXPECT_EQ(what_of("socket:[123]").inode, 123u);
  EXPECT_EQ(what_of("anon_inode:[eventpoll]").kind, "epoll");
  EXPECT_EQ(what_of("/tmp/a:[b]").kind, "file");
  EXPECT_EQ(what_of("/dev/null<char 1:3>").path, "/dev/null");
}

}  // namespace
}  // namespace loopscope::exchange::strace
