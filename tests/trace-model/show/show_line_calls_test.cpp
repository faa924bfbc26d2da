// SPDX-License-Identifier: Apache-2.0
#include <array>

#include "tests/trace-model/random_records.h"
#include "tests/trace-model/show/shown.h"

namespace loopscope::trace_model {
namespace {

constexpr int64_t kStream = 1;

// A server with an epoll instance (5), a listener (6), a file (7).
struct ShowLine : testing::Test, TraceMaker {
  ShowLine() {
    process(kServer, 1);
    fd(5, 1, "epoll");
    listener_row(6, 2);
    FdRow file = fd_row(7, 3, "file");
    file.path = "/srv/balloons.py";
    apply(file);
  }
  std::string show(const Event& event) { return shown(*this, event); }
  std::string show(std::string_view name, std::vector<std::pair<std::string_view, int64_t>> args,
                   int64_t ret = 0) {
    return show(call(name, std::move(args), ret));
  }
};

TEST_F(ShowLine, BeginsWithTimeProcessAndThread) {
  Call made = call("close", {{"fd", 9}});
  made.t = 1'234'567'890;
  EXPECT_EQ(whole_line(analysis, made), "    1.234567  100           close(9) = 0 <1us>\n");
  made.tid = 4711;
  EXPECT_EQ(whole_line(analysis, made), "    1.234567  100.4711      close(9) = 0 <1us>\n");
  made.t = -1'500'000;
  made.pid = made.tid = 4'000'000;
  EXPECT_EQ(whole_line(analysis, made), "   -0.001500  4000000       close(9) = 0 <1us>\n");
}

TEST_F(ShowLine, TimesBeyondTheirColumnStayWhole) {
  Call made = call("close", {{"fd", 9}});
  made.t = INT64_MAX - 1000;  // it ends within what fits
  EXPECT_TRUE(whole_line(analysis, made).starts_with("9223372036.854774  100 "));
  made.t = INT64_MIN;
  EXPECT_TRUE(whole_line(analysis, made).starts_with("-9223372036.854775  100 "));
}

TEST_F(ShowLine, EpollCtl) {
  EXPECT_EQ(show("epoll_ctl", {{"epfd", 5}, {"op", 1}, {"fd", 6}, {"events", 1}, {"data", 6}}),
            "epoll_ctl(5<epoll>, EPOLL_CTL_ADD, 6<tcp 0.0.0.0:8079 listen>, {EPOLLIN, data=0x6}) = 0 <1us>");
  EXPECT_EQ(show("epoll_ctl", {{"epfd", 5}, {"op", 3}, {"fd", 6}, {"events", 0x80000005}, {"data", -1}}),
            "epoll_ctl(5<epoll>, EPOLL_CTL_MOD, 6<tcp 0.0.0.0:8079 listen>, "
            "{EPOLLIN|EPOLLOUT|EPOLLET, data=0xffffffffffffffff}) = 0 <1us>");
  EXPECT_EQ(show("epoll_ctl", {{"epfd", 5}, {"op", 2}, {"fd", 6}}),
            "epoll_ctl(5<epoll>, EPOLL_CTL_DEL, 6<tcp 0.0.0.0:8079 listen>) = 0 <1us>");
  EXPECT_EQ(show("epoll_ctl", {{"epfd", 5}, {"op", 1}, {"fd", 99}, {"data", 6}}, -9),
            "epoll_ctl(5<epoll>, EPOLL_CTL_ADD, 99, {0, data=0x6}) = -1 EBADF <1us>");
}

TEST_F(ShowLine, EpollWaitSaysWhichRegistrationWasReady) {
  watch_row(5, 1, 6, 2, 0x6);
  Call made = call("epoll_wait", {{"epfd", 5}, {"maxevents", 1023}, {"timeout", -1}}, 1);
  made.ready = {{1, 0x6, -1, 0, {}}};
  EXPECT_EQ(show(made),
            "epoll_wait(5<epoll>, [{EPOLLIN, data=0x6 → fd 6 (listener 0.0.0.0:8079)}], 1023, -1) = 1 <1us>");
  made.ready = {{0x11, 0xdead, -1, 0, {}}};
  made.ready_total = 3;
  EXPECT_EQ(show(made),
            "epoll_wait(5<epoll>, [{EPOLLIN|EPOLLHUP, data=0xdead → ?}, ... 2 more], 1023, -1) = 1 <1us>");
  EXPECT_EQ(show("epoll_wait", {{"epfd", 5}, {"maxevents", 8}, {"timeout", 0}}),
            "epoll_wait(5<epoll>, [], 8, 0) = 0 <1us>");
  EXPECT_EQ(show("epoll_pwait2", {{"epfd", 5}, {"maxevents", 8}, {"timeout_ns", 1'500'000'000}}, -4),
            "epoll_pwait2(5<epoll>, [], 8, 1.5s) = -1 EINTR <1us>");
}

TEST_F(ShowLine, EpollWaitSaysWhatCannotBeTold) {
  fd(8, 8, "eventfd");
  watch_row(5, 1, 6, 2, 0x6);
  watch_row(5, 1, 8, 8, 0x6);
  Call made = call("epoll_wait", {{"epfd", 5}, {"maxevents", 8}, {"timeout", -1}}, 1);
  made.ready = {{1, 0x6, -1, 0, {}}};
  const std::string line = show(made);
  EXPECT_TRUE(line.contains("data=0x6 → fd 6 or 8}") || line.contains("data=0x6 → fd 8 or 6}")) << line;
}

TEST_F(ShowLine, AcceptSaysWhoCame) {
  Call made = call("accept4", {{"sockfd", 6}, {"flags", kCloexecFlag | kNonblockFlag}}, 12);
  made.ret_file = 9;
  made.socket = SocketInfo{"tcp", "", "", "127.0.0.1:8079", "127.0.0.1:51124", 128, 0, 0};
  EXPECT_EQ(show(made),
            "accept4(6<tcp 0.0.0.0:8079 listen>, 127.0.0.1:51124, SOCK_CLOEXEC|SOCK_NONBLOCK) = "
            "12<tcp 127.0.0.1:8079->127.0.0.1:51124> <1us>");
  made = call("accept", {{"sockfd", 6}}, 13);
  made.ret_file = 10;
  made.socket = SocketInfo{"tcp", "", "", "127.0.0.1:8079", "127.0.0.1:51125", 128, 3, 0};
  EXPECT_EQ(show(made),
            "accept(6<tcp 0.0.0.0:8079 listen>, 127.0.0.1:51125) = "
            "13<tcp 127.0.0.1:8079->127.0.0.1:51125> [3 more waiting] <1us>");
  EXPECT_EQ(show("accept4", {{"sockfd", 6}}, -11),
            "accept4(6<tcp 0.0.0.0:8079 listen>, ..., 0) = -1 EAGAIN <1us>");
}

TEST_F(ShowLine, SocketsAsTheyAreMade) {
  Call made = call("socket", {{"domain", 2}, {"type", kStream | kNonblockFlag}, {"protocol", 0}}, 8);
  made.ret_file = 4;
  made.socket = SocketInfo{"tcp", "unconnected", "", "", "", {}, {}, 41004};
  EXPECT_EQ(show(made), "socket(AF_INET, SOCK_STREAM|SOCK_NONBLOCK, 0) = 8<tcp:[41004]> <1us>");
  made = call("bind", {{"sockfd", 8}, {"addr", 0}});
  made.text = "127.0.0.1:0";
  made.socket = SocketInfo{"tcp", "", "", "127.0.0.1:40123", "", {}, {}, 41004};
  EXPECT_EQ(show(made), "bind(8<tcp:[41004]>, 127.0.0.1:0) = 0 [local 127.0.0.1:40123] <1us>");
  made = call("listen", {{"sockfd", 8}, {"backlog", 100'000}});
  made.socket = SocketInfo{"tcp", "listen", "", "", "", 4096, 0, 0};
  EXPECT_EQ(show(made), "listen(8<tcp 127.0.0.1:40123>, 100000) = 0 [backlog in force 4096] <1us>");
  EXPECT_EQ(show("close", {{"fd", 8}}), "close(8<tcp 127.0.0.1:40123 listen>) = 0 <1us>");
  EXPECT_EQ(show("close", {{"fd", 8}}, -9), "close(8) = -1 EBADF <1us>");
}

TEST_F(ShowLine, UnixSocketsAreNamedOnce) {
  FdRow row = fd_row(8, 8, "unix");
  row.socket.local = "unix:@abstract";
  apply(row);
  EXPECT_EQ(show("close", {{"fd", 8}}), "close(8<unix:@abstract>) = 0 <1us>");
  row = fd_row(9, 9, "unix");
  row.socket.peer = "unix:/run/x";
  apply(row);
  EXPECT_EQ(show("close", {{"fd", 9}}), "close(9<->unix:/run/x>) = 0 <1us>");
}

TEST_F(ShowLine, FilesAndTheirFlags) {
  Call made = call("openat", {{"dirfd", -100}, {"pathname", 0}, {"flags", 02000000}}, 13);
  made.text = "/srv/\"two words\".py";
  made.ret_file = 20;
  EXPECT_EQ(show(made),
            "openat(AT_FDCWD, \"/srv/\\\"two words\\\".py\", O_RDONLY|O_CLOEXEC) = "
            "13</srv/\"two words\".py> <1us>");
  made = call("openat", {{"dirfd", -100}, {"pathname", 0}, {"flags", 0101}, {"mode", 0644}}, -13);
  made.text = "/etc/x";
  made.text_cut = true;
  EXPECT_EQ(show(made), "openat(AT_FDCWD, \"/etc/x\"..., O_WRONLY|O_CREAT, 0644) = -1 EACCES <1us>");
  made = call("openat2", {{"dirfd", -100}, {"pathname", 0}, {"flags", 2}, {"resolve", 8}}, -2);
  made.text = "a";
  EXPECT_EQ(show(made),
            "openat2(AT_FDCWD, \"a\", {flags=O_RDWR, resolve=RESOLVE_BENEATH}) = -1 ENOENT <1us>");
  made = call("openat", {{"dirfd", -100}, {"flags", 0}}, -14);
  made.unreadable = 1 << 1;
  EXPECT_EQ(show(made), "openat(AT_FDCWD, <unreadable>, O_RDONLY) = -1 EFAULT <1us>");
}

TEST_F(ShowLine, ReadsAndMessages) {
  EXPECT_EQ(show("read", {{"fd", 7}, {"count", 4096}}, 78),
            "read(7</srv/balloons.py>, ..., 4096) = 78 <1us>");
  EXPECT_EQ(show("writev", {{"fd", 7}, {"iovcnt", 2}}, 9), "writev(7</srv/balloons.py>, ..., 2) = 9 <1us>");
  EXPECT_EQ(show("sendto", {{"sockfd", 6}, {"len", 5}, {"flags", 0x4000}}, 5),
            "sendto(6<tcp 0.0.0.0:8079 listen>, ..., 5, MSG_NOSIGNAL) = 5 <1us>");
  EXPECT_EQ(show("sendfile", {{"out_fd", 12}, {"in_fd", 7}, {"count", 10}}, 10),
            "sendfile(12, 7</srv/balloons.py>, ..., 10) = 10 <1us>");
  Call made = call("recvmsg", {{"sockfd", 12}, {"flags", 0}}, 1);
  made.rights = {{14, 2}, {15, 0}};
  EXPECT_EQ(show(made), "recvmsg(12, ..., 0) = 1 (received 14<tcp 0.0.0.0:8079 listen>, 15) <1us>");
}

TEST_F(ShowLine, PollAndSelect) {
  Call made = call("poll", {{"fds", 0}, {"nfds", 2}, {"timeout", 1000}}, 1);
  made.poll_fds = {{6, 1, 2}, {-1, 4, 0}};
  made.ready = {{1, 0, 6, 2, {}}};
  EXPECT_EQ(show(made),
            "poll([{fd=6<tcp 0.0.0.0:8079 listen>, events=POLLIN}, {fd=-1, events=POLLOUT}], 2, 1000) = 1 "
            "([{fd=6, revents=POLLIN}]) <1us>");
  made = call("select", {{"nfds", 8}, {"readfds", 0}, {"exceptfds", 0}, {"timeout_ns", -1}}, 3);
  made.fd_sets = {{{6, 7}, {}, {7}}};
  made.ready = {{1, 0, 6, 2, {}}, {3, 0, 7, 3, {}}};
  EXPECT_EQ(show(made),
            "select(8, [6<tcp 0.0.0.0:8079 listen> 7</srv/balloons.py>], NULL, [7</srv/balloons.py>], NULL) "
            "= 3 (in [6 7], except [7]) <1us>");
}

TEST_F(ShowLine, NumbersThatStandForNames) {
  EXPECT_EQ(show("fcntl", {{"fd", 7}, {"op", 4}, {"arg", 04002}}),
            "fcntl(7</srv/balloons.py>, F_SETFL, O_RDWR|O_NONBLOCK) = 0 <1us>");
  EXPECT_EQ(show("fcntl", {{"fd", 7}, {"op", 2}, {"arg", 1}}),
            "fcntl(7</srv/balloons.py>, F_SETFD, FD_CLOEXEC) = 0 <1us>");
  EXPECT_EQ(show("fcntl", {{"fd", 7}, {"op", 3}}, 2), "fcntl(7</srv/balloons.py>, F_GETFL) = 2 <1us>");
  EXPECT_EQ(show("ioctl", {{"fd", 7}, {"op", 0x5421}, {"arg", 1}}),
            "ioctl(7</srv/balloons.py>, FIONBIO, [1]) = 0 <1us>");
  EXPECT_EQ(show("socket", {{"domain", 99}, {"type", 2}, {"protocol", 17}}, -97),
            "socket(0x63, SOCK_DGRAM, 17) = -1 EAFNOSUPPORT <1us>");
  Call made = call("pipe2", {{"pipefd", 0}, {"flags", kCloexecFlag}});
  made.pair = {20, 21};
  EXPECT_EQ(show(made), "pipe2([20, 21], O_CLOEXEC) = 0 <1us>");
  EXPECT_EQ(show("close_range", {{"first", 3}, {"last", 0xffffffff}, {"flags", 0}}),
            "close_range(3, 4294967295, 0) = 0 <1us>");
}

TEST_F(ShowLine, Processes) {
  EXPECT_EQ(show("clone3", {{"flags", 0x4100 | 17}}, 200),
            "clone3({flags=SIGCHLD|CLONE_VM|CLONE_VFORK}) = 200 <1us>");
  EXPECT_EQ(show("fork", {}, 201), "fork() = 201 <1us>");
  Call made = call("restart_syscall", {}, -4);
  made.continues = "poll";
  EXPECT_EQ(show(made), "restart_syscall(continues poll) = -1 EINTR <1us>");
  EXPECT_EQ(show("io_uring_setup", {{"entries", 8}, {"flags", 0}, {"sq_entries", 8}, {"cq_entries", 16}}, 30),
            "io_uring_setup(8, {flags=0, sq_entries=8, cq_entries=16}) = 30<io_uring> <1us>");
}

TEST_F(ShowLine, SaysWhatIsNotCertain) {
  Call made = call("epoll_wait", {{"epfd", 5}, {"maxevents", 8}, {"timeout", -1}}, -4);
  made.start_known = false;
  made.late = 5000;
  EXPECT_EQ(show(made),
            "epoll_wait(5<epoll>, [], 8, -1) = -1 EINTR <at least 1us> [began before the recording] "
            "[recorded 5us late]");
  lost(LossClass::Call);
  Call joined = call("epoll_wait", {{"epfd", 5}, {"maxevents", 8}, {"timeout", -1}}, 1);
  joined.ready = {{1, 0x6, -1, 0, {}}};
  EXPECT_TRUE(show(joined).ends_with("<1us> [uncertain: records were lost]"));
}

TEST_F(ShowLine, ACallItsThreadDiedInReturnsNothing) {
  Call made = call("epoll_wait", {{"epfd", 5}, {"maxevents", 8}, {"timeout", -1}}, -4);
  made.killed = true;
  EXPECT_EQ(show(made), "epoll_wait(5<epoll>, [], 8, -1) = ? <1us> [its thread was killed in it]");
}

TEST_F(ShowLine, CallsInProgress) {
  Pending pending;
  static_cast<CallBody&>(pending) = call("epoll_wait", {{"epfd", 5}, {"maxevents", 8}, {"timeout", -1}});
  pending.t = 1000;
  pending.seen = 251'000'000;
  EXPECT_EQ(show(pending), "epoll_wait(5<epoll>, ..., 8, -1) <unfinished, in progress for 251ms>");
  pending.start_known = false;
  pending.origin = Origin::Snapshot;
  EXPECT_EQ(show(pending),
            "epoll_wait(5<epoll>, ..., 8, -1) <unfinished, in progress for at least 251ms> [snapshot]");
}

TEST_F(ShowLine, DurationsInTheUnitsOfQueries) {
  const std::pair<Ns, std::string_view> kCases[]{{0, "0ns"},
                                                 {999, "999ns"},
                                                 {1000, "1us"},
                                                 {12'345, "12.3us"},
                                                 {999'999, "1000us"},
                                                 {1'500'000, "1.5ms"},
                                                 {123'456'789, "123.5ms"},
                                                 {90'000'000'000, "90s"},
                                                 {3'600'000'000'000, "3600s"},
                                                 {-5, "-5ns"}};
  for (const auto& [duration, text] : kCases) {
    Call made = call("fork", {}, 1);
    made.dur = duration;
    EXPECT_EQ(show(made), "fork() = 1 <" + std::string(text) + ">");
  }
}

TEST_F(ShowLine, CallsOfNewerVersions) {
  Call made = call("fork", {}, 3);
  made.spec = nullptr;
  made.unknown_name = "epoll_wait9";
  EXPECT_EQ(show(made), "epoll_wait9(...) = 3 <1us>");
}

// Whatever a record holds, it is one line of whole characters.
TEST_F(ShowLine, EveryCallWithRandomContent) {
  RandomRecords random(7);
  for (int round = 0; round < 50; ++round)
    for (const CallSpec& spec : all_calls()) {
      const std::array<Event, 2> records{random.call(spec), random.pending(spec)};
      for (const Event& event : records) {
        const std::string line = whole_line(analysis, event);
        EXPECT_TRUE(line.contains(std::string(spec.name) + "(")) << line;
        EXPECT_EQ(line.find_first_of("\n\r\t\x1b\x7f"), line.size() - 1) << line;
      }
    }
}

}  // namespace
}  // namespace loopscope::trace_model
