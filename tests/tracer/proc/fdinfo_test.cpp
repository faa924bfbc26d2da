// SPDX-License-Identifier: Apache-2.0
#include "tracer/proc/fdinfo.h"

#include <gtest/gtest.h>

#include "tracer/proc/descriptors.h"

namespace loopscope::tracer {
namespace {

constexpr std::string_view kEpoll =
    "pos:\t0\nflags:\t02000002\nmnt_id:\t15\nino:\t1038\n"
    "tfd:        3 events: 10000019 data:                3  pos:0 ino:7515 sdev:9\n"
    "tfd:        7 events: 80002019 data: 7f93deadbeef0001  pos:-1 ino:ffffffff sdev:9\n"
    "tfd:        7 events: 40000000 data: ffffffffffffffff  pos:0 ino:7516 sdev:9\n";

TEST(FdInfo, EpollItemsAreHexadecimalButForTheFd) {
  const FdInfo info = parse_fdinfo(kEpoll);
  EXPECT_TRUE(info.cloexec);
  EXPECT_FALSE(info.nonblock);
  ASSERT_EQ(info.epoll_items.size(), 3u);
  EXPECT_EQ(info.epoll_items[0].fd, 3);
  EXPECT_EQ(info.epoll_items[0].events, 0x10000001u);
  EXPECT_EQ(info.epoll_items[0].data, 3u);
  EXPECT_EQ(info.epoll_items[0].inode, 0x7515u);
  EXPECT_EQ(info.epoll_items[1].events, 0x80002001u);
  EXPECT_EQ(info.epoll_items[1].data, 0x7f93deadbeef0001u);
  EXPECT_EQ(info.epoll_items[1].inode, 0xffffffffu);
  EXPECT_EQ(info.epoll_items[2].data, UINT64_MAX);
}

TEST(FdInfo, ItemsOfOldKernelsHaveNoInode) {
  const FdInfo info = parse_fdinfo("tfd:        5 events:       19 data:                5\n");
  ASSERT_EQ(info.epoll_items.size(), 1u);
  EXPECT_EQ(info.epoll_items[0].fd, 5);
  EXPECT_EQ(info.epoll_items[0].inode, 0u);
}

TEST(FdInfo, FlagsAreOctal) {
  EXPECT_TRUE(parse_fdinfo("flags:\t02004002\n").nonblock);
  EXPECT_TRUE(parse_fdinfo("flags:\t02004002\n").cloexec);
  EXPECT_FALSE(parse_fdinfo("flags:\t0100002\n").nonblock);
  EXPECT_EQ(parse_fdinfo("flags:\t0100002\n").flags, 0100002u);
  EXPECT_EQ(parse_fdinfo("eventfd-count:  0\neventfd-id: 12\n").eventfd_id, 12u);
}

TEST(FdInfo, ARingSaysWhatWaitsInIt) {
  const FdInfo info = parse_fdinfo(
      "pos:\t0\nflags:\t02000002\nSqMask:\t0x7\nSqHead:\t3\nCqMask:\t0xf\nSqThread:\t4712\nSqThreadCpu:\t1\n"
      "PollList:\n  op=13, task_works=0\n  op=27, task_works=0\n  op=27, task_works=1\nCqOverflowList:\n");
  ASSERT_TRUE(info.ring);
  EXPECT_EQ(info.ring->sq_entries, 8u);
  EXPECT_EQ(info.ring->cq_entries, 16u);
  EXPECT_EQ(info.ring->sq_thread, 4712);
  EXPECT_EQ(info.ring->armed, (std::map<uint8_t, size_t>{{13, 1}, {27, 2}}));
  EXPECT_EQ(parse_fdinfo("SqMask:\t0x7\nSqThread:\t-1\n").ring->sq_thread, 0);
  EXPECT_FALSE(parse_fdinfo("  op=13, task_works=0\nSqMask:\tx\n").ring);
}

TEST(FdInfo, DamageIsLeftOut) {
  for (const std::string_view line :
       {"tfd:", "tfd: x events: 1 data: 1", "tfd: -1 events: 1 data: 1", "tfd: 99999999999 events: 1 data: 1",
        "tfd: 1 events: 1ffffffff data: 1", "tfd: 1 events: 1", "tfd: 1 data: 1 events: 1",
        "tfd: 1 events: 1 data: 10000000000000000", "tfd: 1 events: g data: 1", "tfd:1 events: data: 1"})
    EXPECT_TRUE(parse_fdinfo(line).epoll_items.empty()) << line;
  EXPECT_EQ(parse_fdinfo("flags:\t09\nflags").flags, 0u);
}

TEST(FdInfo, CutAtEveryByteNeitherCrashesNorInvents) {
  for (size_t size = 0; size <= kEpoll.size(); ++size)
    for (const EpollItem& item : parse_fdinfo(std::string(kEpoll.substr(0, size))).epoll_items)
      EXPECT_TRUE(item.fd == 3 || item.fd == 7) << size;
}

TEST(DescribeLink, KindsOfTheFormatPage) {
  const struct {
    std::string_view link, kind, path;
    uint64_t inode;
  } rows[]{
      {"socket:[29973]", "socket", "", 29973},
      {"pipe:[11]", "pipe", "", 11},
      {"anon_inode:[eventpoll]", "epoll", "", 0},
      {"anon_inode:[eventfd]", "eventfd", "", 0},
      {"anon_inode:[timerfd]", "timerfd", "", 0},
      {"anon_inode:[signalfd]", "signalfd", "", 0},
      {"anon_inode:inotify", "inotify", "", 0},
      {"anon_inode:[pidfd]", "pidfd", "", 0},
      {"anon_inode:[io_uring]", "io_uring", "", 0},
      {"anon_inode:[perf_event]", "anon", "anon_inode:[perf_event]", 0},
      {"anon_inode:bpf-map", "anon", "anon_inode:bpf-map", 0},
      {"pidfd:[12]", "pidfd", "", 0},
      {"/memfd:name (deleted)", "memfd", "/memfd:name (deleted)", 0},
      {"/srv/balloons.py", "", "/srv/balloons.py", 0},
      {"socket:[x]", "socket", "", 0},
      {"socket:[", "socket", "", 0},
      {"", "", "", 0},
  };
  for (const auto& row : rows) {
    const Descriptor d = describe_link(row.link);
    EXPECT_EQ(d.kind, row.kind) << row.link;
    EXPECT_EQ(d.path, row.path) << row.link;
    EXPECT_EQ(d.inode, row.inode) << row.link;
  }
}

}  // namespace
}  // namespace loopscope::tracer
