// SPDX-License-Identifier: Apache-2.0
#include "tracer/proc/call_in_progress.h"

#include <arpa/inet.h>
#include <poll.h>
#include <sys/syscall.h>

#include <cstring>

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "tests/tracer/proc/listeners.h"

namespace loopscope::tracer {
namespace {

using trace_model::find_call;

// Memory at 0x1000, as long as it is; a page of its own.
struct FakeMemory {
  std::string bytes;
  template <typename T>
  explicit FakeMemory(const T& value, size_t size = sizeof(T))
      : bytes(reinterpret_cast<const char*>(&value), size) {}
  explicit FakeMemory(std::string text) : bytes(std::move(text)) { bytes.resize(4096); }
  [[nodiscard]] ReadMemory read() const {
    return [this](uint64_t address, std::span<std::byte> into) {
      if (address < 0x1000 || address - 0x1000 + into.size() > bytes.size()) return false;
      std::memcpy(into.data(), bytes.data() + (address - 0x1000), into.size());
      return true;
    };
  }
};
const ReadMemory kNoMemory = [](uint64_t, std::span<std::byte>) { return false; };

trace_model::CallBody describe(std::string_view name, std::array<uint64_t, 6> args, const ReadMemory& read) {
  trace_model::CallBody body;
  describe_call({0, args}, *find_call(name), read, body);
  return body;
}

TEST(ParseSyscall, NumberAndArguments) {
  const auto call = parse_syscall("232 0x5 0x7ffd0 0x3ff 0xffffffff 0x0 0x8 0x7ffdc8 0x7f1e3\n");
  ASSERT_TRUE(call);
  EXPECT_EQ(call->number, 232u);
  EXPECT_EQ(call->args, (std::array<uint64_t, 6>{5, 0x7ffd0, 0x3ff, 0xffffffff, 0, 8}));
}

TEST(ParseSyscall, NoCall) {
  for (const std::string_view text :
       {"running\n", "-1 0x7ffd 0x7f1e\n", "", "232\n", "232 0x5 0x6 0x7 0x8 0x9\n", "232 0x5 zz 0 0 0 0\n",
        "99999999999999999999 0x0 0x0 0x0 0x0 0x0 0x0\n", "4294967296 0x0 0x0 0x0 0x0 0x0 0x0"})
    EXPECT_FALSE(parse_syscall(text)) << text;
}

TEST(DescribeCall, Registers) {
  const auto body = describe("epoll_wait", {5, 0x1000, 1023, 0xffffffff, 0, 0}, kNoMemory);
  EXPECT_EQ(body.arg("epfd"), 5);
  EXPECT_EQ(body.arg("maxevents"), 1023);
  EXPECT_EQ(body.arg("timeout"), -1) << "an int, whatever stands above it";
  EXPECT_EQ(body.unreadable, 0);
  EXPECT_EQ(describe("openat", {uint64_t(uint32_t(-100)), 0x1000, 0, 0, 0, 0}, kNoMemory).arg("dirfd"), -100);
}

TEST(DescribeCall, PollFds) {
  const std::array<pollfd, 2> fds{{{4, POLLIN, 0}, {-1, POLLOUT, POLLERR}}};
  const FakeMemory memory(fds);
  const auto body = describe("poll", {0x1000, 2, 5000, 0, 0, 0}, memory.read());
  ASSERT_EQ(body.poll_fds.size(), 2u);
  EXPECT_EQ(body.poll_fds[0].fd, 4);
  EXPECT_EQ(body.poll_fds[0].events, uint32_t(POLLIN));
  EXPECT_EQ(body.poll_fds[1].fd, -1);
  EXPECT_EQ(body.arg("nfds"), 2);
  EXPECT_EQ(body.arg("timeout"), 5000);
  EXPECT_TRUE(describe("poll", {0, 0, 10, 0, 0, 0}, kNoMemory).poll_fds.empty()) << "a sleep";
  EXPECT_EQ(describe("poll", {0, 0, 10, 0, 0, 0}, kNoMemory).unreadable, 0);
  EXPECT_EQ(describe("poll", {0x1000, 3, 0, 0, 0, 0}, memory.read()).unreadable, 1)
      << "beyond what is mapped";
  EXPECT_EQ(describe("poll", {0x1000, 0xffffffff, 0, 0, 0, 0}, memory.read()).unreadable, 1)
      << "no such count";
}

TEST(DescribeCall, FdSetsAndTimeouts) {
  struct {
    std::array<uint64_t, 2> readfds{1ull << 3 | 1ull << 63, 1};
    std::array<int64_t, 2> timeout{2, 500};
  } user;
  const FakeMemory memory(user);
  auto body = describe("select", {65, 0x1000, 0, 0, 0x1010, 0}, memory.read());
  EXPECT_EQ(body.fd_sets[0], (std::vector<int>{3, 63, 64}));
  EXPECT_TRUE(body.has(1));
  EXPECT_FALSE(body.has(2)) << "a null pointer is no set";
  EXPECT_EQ(body.arg("timeout_ns"), 2'000'500'000);
  body = describe("pselect6", {64, 0, 0x1000, 0, 0x1010, 0}, memory.read());
  EXPECT_EQ(body.fd_sets[1], (std::vector<int>{3, 63})) << "bits beyond nfds do not count";
  EXPECT_EQ(body.arg("timeout_ns"), 2'000'000'500);
  EXPECT_EQ(describe("ppoll", {0, 0, 0, 0, 0, 0}, kNoMemory).arg("timeout_ns"), -1);
  EXPECT_EQ(describe("epoll_pwait2", {5, 0, 1, 0x1010, 0, 8}, memory.read()).arg("timeout_ns"),
            2'000'000'500);
  EXPECT_FALSE(describe("epoll_pwait2", {5, 0, 1, 0x9000, 0, 8}, memory.read()).arg("timeout_ns"));
  EXPECT_EQ(describe("select", {0x7fffffff, 0x1000, 0, 0, 0, 0}, memory.read()).unreadable, 1 << 1);
}

TEST(DescribeCall, TimeoutsThatDoNotFit) {
  const FakeMemory memory(std::array<int64_t, 2>{INT64_MAX, INT64_MAX});
  EXPECT_GT(describe("ppoll", {0, 0, 0x1000, 0, 0, 0}, memory.read()).arg("timeout_ns"), 0);
}

TEST(DescribeCall, PathsAndAddresses) {
  const FakeMemory path(std::string("/tmp/a fifo"));
  EXPECT_EQ(describe("openat", {3, 0x1000, 0, 0, 0, 0}, path.read()).text, "/tmp/a fifo");
  FakeMemory endless(std::string{});
  endless.bytes.assign(8192, 'x');
  const auto cut = describe("openat", {3, 0x1000, 0, 0, 0, 0}, endless.read());
  EXPECT_TRUE(cut.text_cut);
  EXPECT_EQ(cut.text.size(), 4096u);
  endless.bytes.resize(4096);
  EXPECT_EQ(describe("openat", {3, 0x1800, 0, 0, 0, 0}, endless.read()).unreadable, 1 << 1)
      << "ends in a hole";
  sockaddr_in address = inet_address("127.0.0.1");
  address.sin_port = htons(80);
  const FakeMemory memory(address);
  EXPECT_EQ(describe("connect", {3, 0x1000, sizeof address, 0, 0, 0}, memory.read()).text, "127.0.0.1:80");
}

TEST(InterestingCall, OnlyThoseThatBlockOnDescriptors) {
  EXPECT_EQ(interesting_call(SYS_accept4)->name, "accept4");
  EXPECT_EQ(interesting_call(SYS_epoll_pwait)->name, "epoll_pwait");
  EXPECT_EQ(interesting_call(SYS_futex), nullptr);
  EXPECT_EQ(interesting_call(UINT32_MAX), nullptr);
}

}  // namespace
}  // namespace loopscope::tracer
