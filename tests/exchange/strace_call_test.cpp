// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include "exchange/strace/call_arguments.h"
#include "trace-model/json_writer.h"

namespace loopscope::exchange::strace {
namespace {

// As a trace's line has it, from its call on.
std::string written(std::string_view text) {
  const auto read = read_call_text(text);
  if (!read) return read.error();
  trace_model::Call call;
  call.spec = trace_model::find_call(read->name);
  if (!call.spec) return "unknown";
  call.id = call.tid = call.pid = 1;
  call.ret = read->ret;
  call.error = read->error;
  Descriptions described;
  if (!read_arguments(*read, call, described)) return "unreadable";
  read_results(*read, call);
  std::string line;
  append_line(line, call);
  return line.substr(line.find("\"call\":"), line.size() - line.find("\"call\":") - 2);
}

TEST(StraceCall, TheCallsOfTheLab) {
  EXPECT_EQ(
      written(
          R"(epoll_ctl(5<anon_inode:[eventpoll]>, EPOLL_CTL_ADD, 6, {events=EPOLLIN, data={u32=6, u64=140389596004358}}) = 0)"),
      R"("call":"epoll_ctl","args":{"epfd":5,"op":"EPOLL_CTL_ADD","fd":6,"events":["EPOLLIN"],"data":"0x7faf00000006"},"ret":0)");
  EXPECT_EQ(
      written(
          "epoll_ctl(5, EPOLL_CTL_DEL, 6, 0x7ffe3124) = -1 ENOENT (No such file or directory) <0.000004>"),
      R"("call":"epoll_ctl","args":{"epfd":5,"op":"EPOLL_CTL_DEL","fd":6},"ret":-1,"error":"ENOENT")");
  EXPECT_EQ(
      written("epoll_wait(5, [{events=EPOLLIN|EPOLLHUP, data={u32=6, u64=6}}], 1023, -1) = 1"),
      R"("call":"epoll_wait","args":{"epfd":5,"maxevents":1023,"timeout":-1},"ret":1,"ready":[{"events":["EPOLLIN","EPOLLHUP"],"data":"0x6"}])");
  EXPECT_EQ(
      written("epoll_wait(5, [{EPOLLIN, {u32=6, u64=6}}, ...], 1023, 0) = 40"),
      R"("call":"epoll_wait","args":{"epfd":5,"maxevents":1023,"timeout":0},"ret":40,"ready":[{"events":["EPOLLIN"],"data":"0x6"}],"ready_total":40)");
  EXPECT_EQ(written(R"(openat(AT_FDCWD</srv>, "/srv/b\303\244lle.py", O_RDONLY|O_CLOEXEC) = 7</srv/x>)"),
            "\"call\":\"openat\",\"args\":{\"dirfd\":\"AT_FDCWD\",\"pathname\":\"/srv/"
            "b\xc3\xa4lle.py\",\"flags\":[\"O_RDONLY\",\"O_CLOEXEC\"]},\"ret\":7");
  EXPECT_EQ(
      written(R"(openat(3, "x", O_WRONLY|O_CREAT|O_TRUNC, 0644) = -1 EACCES (Permission denied))"),
      R"("call":"openat","args":{"dirfd":3,"pathname":"x","flags":["O_WRONLY","O_CREAT","O_TRUNC"],"mode":"0644"},"ret":-1,"error":"EACCES")");
  EXPECT_EQ(written("listen(6, 128) = 0"), R"("call":"listen","args":{"sockfd":6,"backlog":128},"ret":0)");
  EXPECT_EQ(
      written(
          R"(accept4(6, {sa_family=AF_INET, sin_port=htons(51124), sin_addr=inet_addr("127.0.0.1")}, [128 => 16], SOCK_CLOEXEC|SOCK_NONBLOCK) = 12)"),
      R"("call":"accept4","args":{"sockfd":6,"flags":["SOCK_CLOEXEC","SOCK_NONBLOCK"]},"ret":12,"peer":"127.0.0.1:51124")");
  EXPECT_EQ(
      written(R"(bind(6, {sa_family=AF_INET, sin_port=htons(8079), sin_addr=inet_addr("0.0.0.0")}, 16) = 0)"),
      R"("call":"bind","args":{"sockfd":6,"addr":"0.0.0.0:8079"},"ret":0)");
}

TEST(StraceCall, OtherWaits) {
  EXPECT_EQ(
      written("poll([{fd=5, events=POLLIN}, {fd=6, events=POLLOUT}], 2, -1) = 1 ([{fd=5, "
              "revents=POLLIN|POLLHUP}])"),
      R"("call":"poll","args":{"fds":[{"fd":5,"events":["POLLIN"]},{"fd":6,"events":["POLLOUT"]}],"nfds":2,"timeout":-1},"ret":1,"ready":[{"events":["POLLIN","POLLHUP"],"fd":5}])");
  EXPECT_EQ(
      written("pselect6(8, [3 5], [7], NULL, {tv_sec=1, tv_nsec=500}, NULL) = 2 (in [3], out [7], left "
              "{tv_sec=0, tv_nsec=7})"),
      R"("call":"pselect6","args":{"nfds":8,"readfds":[3,5],"writefds":[7],"timeout_ns":1000000500},"ret":2,"ready":[{"events":["POLLIN"],"fd":3},{"events":["POLLOUT"],"fd":7}])");
  EXPECT_EQ(written("poll([{fd=6, events=POLLIN}], 1, 5) = 0 (Timeout)"),
            R"("call":"poll","args":{"fds":[{"fd":6,"events":["POLLIN"]}],"nfds":1,"timeout":5},"ret":0)");
  EXPECT_EQ(written("restart_syscall(<... resuming interrupted poll ...>) = 1"),
            R"("call":"restart_syscall","continues":"poll","ret":1)");
  EXPECT_EQ(written("epoll_pwait2(5, [], 10, {tv_sec=0, tv_nsec=1000}, NULL, 8) = 0"),
            R"("call":"epoll_pwait2","args":{"epfd":5,"maxevents":10,"timeout_ns":1000},"ret":0)");
  EXPECT_EQ(
      written("epoll_wait(5, 0x7ffe, 10, -1) = ? ERESTARTSYS (To be restarted if SA_RESTART is set)"),
      R"("call":"epoll_wait","args":{"epfd":5,"maxevents":10,"timeout":-1},"ret":-1,"error":"ERESTARTSYS")");
}

TEST(StraceCall, DescriptorsMadeAndCopied) {
  EXPECT_EQ(written("pipe2([12<pipe:[1]>, 13<pipe:[1]>], O_CLOEXEC) = 0"),
            R"("call":"pipe2","args":{"pipefd":[12,13],"flags":["O_CLOEXEC"]},"ret":0)");
  EXPECT_EQ(written("fcntl(12, F_DUPFD_CLOEXEC, 0) = 14"),
            R"("call":"fcntl","args":{"fd":12,"op":"F_DUPFD_CLOEXEC","arg":0},"ret":14)");
  EXPECT_EQ(written("fcntl(12, F_SETFD, FD_CLOEXEC) = 0"),
            R"("call":"fcntl","args":{"fd":12,"op":"F_SETFD","arg":1},"ret":0)");
  EXPECT_EQ(written("ioctl(5, FIONBIO, [1]) = 0"),
            R"("call":"ioctl","args":{"fd":5,"op":"FIONBIO","arg":1},"ret":0)");
  EXPECT_EQ(
      written("socket(AF_INET6, SOCK_STREAM|SOCK_CLOEXEC, IPPROTO_IP) = 8<TCPv6:[26353339]>"),
      R"("call":"socket","args":{"domain":"AF_INET6","type":["SOCK_STREAM","SOCK_CLOEXEC"],"protocol":0},"ret":8)");
  EXPECT_EQ(written("clone3({flags=CLONE_VM|CLONE_THREAD, exit_signal=SIGCHLD, stack=0x7f} => "
                    "{parent_tid=[9]}, 88) = 9"),
            R"("call":"clone3","args":{"flags":["SIGCHLD","CLONE_VM","CLONE_THREAD"]},"ret":9)");
}

TEST(StraceCall, WhatCannotBeReadIsSaid) {
  EXPECT_EQ(
      written("epoll_ctl(5, EPOLL_CTL_ADD, 6, 0x7ffe) = -1 EFAULT (Bad address)"),
      R"("call":"epoll_ctl","args":{"epfd":5,"op":"EPOLL_CTL_ADD","fd":6},"ret":-1,"error":"EFAULT","unreadable":["events","data"])");
  EXPECT_EQ(written("listen(6, 128"), "the arguments of the call do not end");
  EXPECT_EQ(written("listen(6, 128)"), "the call has no result that can be read");
  EXPECT_EQ(written("listen(6, 128) = what"), "the call has no result that can be read");
  EXPECT_EQ(written("listen(six, 128) = 0"), "unreadable");
  EXPECT_EQ(written("listen() = 0"), "unreadable");
  EXPECT_EQ(written("futex(0x1, FUTEX_WAKE, 1) = 0"), "unknown");
}

TEST(StraceCall, Durations) {
  EXPECT_EQ(read_call_text("listen(6, 5) = 0 <0.000005>")->took, 5000);
  EXPECT_EQ(read_call_text("listen(6, 5) = 0 <12.5>")->took, 12'500'000'000);
  EXPECT_EQ(read_call_text("openat(3, \"x\", 0) = 7</tmp/1.5>")->took, std::nullopt);
}

}  // namespace
}  // namespace loopscope::exchange::strace
