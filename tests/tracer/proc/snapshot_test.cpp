// SPDX-License-Identifier: Apache-2.0
// Snapshots of processes made for it, whose state is known.
#include "tracer/proc/snapshot.h"

#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/select.h>
#include <sys/timerfd.h>

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "tests/tracer/proc/child.h"
#include "tests/tracer/proc/fake_proc.h"
#include "tests/tracer/proc/listeners.h"

namespace loopscope::tracer {
namespace {

using namespace trace_model;

template <typename T>
std::vector<T> records(const std::vector<Event>& events) {
  std::vector<T> found;
  for (const Event& event : events)
    if (const T* record = std::get_if<T>(&event)) found.push_back(*record);
  return found;
}

const FdRow* row_of(const std::vector<FdRow>& rows, Pid pid, int fd) {
  for (const FdRow& row : rows)
    if (row.pid == pid && row.fd == fd) return &row;
  return nullptr;
}

std::vector<Event> snapshot_of(Pid pid) {
  auto events = proc_snapshot({.pids = {pid}});
  EXPECT_TRUE(events) << events.error();
  return events ? *std::move(events) : std::vector<Event>();
}

void add(int epfd, int fd, uint32_t events, uint64_t data) {
  epoll_event event{};
  event.events = events;
  event.data.u64 = data;
  epoll_ctl(epfd, EPOLL_CTL_ADD, fd, &event);
}

[[noreturn]] void sleep_in_epoll(int epfd) {
  epoll_event event;
  for (;;) epoll_wait(epfd, &event, 1, -1);
}

TEST(Snapshot, FormOfTheTrace) {
  const Child child([] { sleep_in_epoll(epoll_create1(0)); });
  ASSERT_TRUE(child.blocked_in("epoll_wait"));
  const auto events = snapshot_of(child.pid());
  ASSERT_GT(events.size(), 4u);
  EXPECT_TRUE(std::holds_alternative<TraceHeader>(events.front()));
  EXPECT_TRUE(std::holds_alternative<End>(events.back()));
  EXPECT_EQ(std::get<End>(events.back()).reason, "snapshot");
  for (size_t i = 1; i < events.size(); ++i) {
    EXPECT_GT(id_of(events[i]), id_of(events[i - 1]));
    EXPECT_GE(completion_time(events[i]), completion_time(events[i - 1]));
  }
  const auto header = std::get<TraceHeader>(events.front());
  EXPECT_EQ(header.target, std::vector<Pid>{child.pid()});
  EXPECT_EQ(header.started.size(), sizeof "2026-11-22T10:00:00.123456789Z" - 1);
  const auto ends = records<SnapshotEnd>(events);
  ASSERT_EQ(ends.size(), 1u);
  EXPECT_EQ(ends[0].pids, std::vector<Pid>{child.pid()});
  EXPECT_EQ(ends[0].incomplete, "");
  const auto processes = records<ProcessRow>(events);
  ASSERT_EQ(processes.size(), 1u);
  EXPECT_EQ(processes[0].ppid, getpid());
  EXPECT_EQ(processes[0].comm, "proc_tests");
  EXPECT_EQ(processes[0].threads.size(), 1u);
  EXPECT_NE(processes[0].fdtable, 0u);
  EXPECT_NE(processes[0].netns, 0u);
}

TEST(Snapshot, ListenerInAnInterestList) {
  const Socket listener = listen_inet("127.0.0.1", 11);
  const UniqueFd epoll(epoll_create1(EPOLL_CLOEXEC)), again(dup(epoll.get()));
  const UniqueFd timer(timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK));
  add(epoll.get(), listener.fd(), EPOLLIN | EPOLLEXCLUSIVE, 0x7f93deadbeef0001);
  add(epoll.get(), timer.get(), EPOLLIN | EPOLLET, UINT64_MAX);
  const Child child([&] { sleep_in_epoll(epoll.get()); });
  ASSERT_TRUE(child.blocked_in("epoll_wait"));
  const auto events = snapshot_of(child.pid());
  const auto fds = records<FdRow>(events);

  const FdRow* row = row_of(fds, child.pid(), listener.fd());
  ASSERT_TRUE(row);
  EXPECT_EQ(row->socket.kind, "tcp");
  EXPECT_EQ(row->socket.state, "listen");
  EXPECT_EQ(row->socket.local, listener.local());
  EXPECT_EQ(row->socket.backlog, 11);
  EXPECT_EQ(row->socket.queue, 0);
  EXPECT_EQ(row->socket.inode, listener.inode());
  EXPECT_TRUE(row->cloexec);
  EXPECT_FALSE(row->nonblock);
  EXPECT_TRUE(row_of(fds, child.pid(), timer.get())->nonblock);
  EXPECT_EQ(row_of(fds, child.pid(), timer.get())->socket.kind, "timerfd");
  const FdRow* instance = row_of(fds, child.pid(), epoll.get());
  EXPECT_EQ(instance->socket.kind, "epoll");
  EXPECT_TRUE(instance->cloexec);
  EXPECT_EQ(instance->file, row_of(fds, child.pid(), again.get())->file) << "two numbers, one instance";

  const auto watches = records<WatchRow>(events);
  ASSERT_EQ(watches.size(), 2u) << "once for the instance, not for each of its numbers";
  EXPECT_EQ(watches[0].file, instance->file);
  const auto& watch = watches[0].fd == listener.fd() ? watches[0] : watches[1];
  EXPECT_EQ(watch.target, row->file);
  EXPECT_EQ(watch.data, 0x7f93deadbeef0001u);
  EXPECT_EQ(watch.events, uint32_t(EPOLLIN | EPOLLEXCLUSIVE));
  EXPECT_FALSE(watch.target_closed);

  const auto calls = records<Pending>(events);
  ASSERT_EQ(calls.size(), 1u);
  EXPECT_EQ(calls[0].name(), "epoll_wait");
  EXPECT_FALSE(calls[0].start_known);
  EXPECT_EQ(calls[0].file("epfd"), instance->file);
  EXPECT_EQ(calls[0].arg("timeout"), -1);
}

TEST(Snapshot, ClosedNumberWhoseFileLivesOn) {
  const UniqueFd epoll(epoll_create1(0));
  int number = eventfd(0, 0);
  const UniqueFd alias(dup(number));
  add(epoll.get(), number, EPOLLIN, 1);
  close(number);
  const UniqueFd reused(eventfd(0, 0));
  ASSERT_EQ(reused.get(), number);
  add(epoll.get(), number, EPOLLIN, 2);
  const Socket listener = listen_inet("127.0.0.1", 1);
  int copy = dup(listener.fd());
  add(epoll.get(), copy, EPOLLIN, 3);
  close(copy);
  const Child child([&] { sleep_in_epoll(epoll.get()); });
  ASSERT_TRUE(child.blocked_in("epoll_wait"));
  const auto events = snapshot_of(child.pid());
  const auto fds = records<FdRow>(events);
  const auto watches = records<WatchRow>(events);
  ASSERT_EQ(watches.size(), 3u);
  for (const WatchRow& watch : watches) {
    EXPECT_EQ(watch.target_closed, watch.data != 2) << watch.data;
    if (watch.data == 2) {
      EXPECT_EQ(watch.target, row_of(fds, child.pid(), number)->file);
    }
    if (watch.data == 1) {
      EXPECT_NE(watch.target, row_of(fds, child.pid(), number)->file);
    }
    if (watch.data == 3) {
      EXPECT_EQ(watch.target, row_of(fds, child.pid(), listener.fd())->file) << "by its inode";
    }
  }
}

TEST(Snapshot, FilesAreThoseOfTheKernel) {
  const UniqueFd one(open("/dev/null", O_RDONLY)), copy(dup(one.get())), other(open("/dev/null", O_RDONLY));
  const UniqueFd first(eventfd(0, 0)), second(eventfd(0, 0));
  const Child child([] {
    const Child grandchild([] { sleep_in_epoll(epoll_create1(0)); });
    (void)grandchild.blocked_in("epoll_wait");
    sleep_in_epoll(epoll_create1(0));
  });
  ASSERT_TRUE(child.blocked_in("epoll_wait"));
  const auto events = snapshot_of(child.pid());
  const auto processes = records<ProcessRow>(events);
  ASSERT_EQ(processes.size(), 2u) << "children are followed";
  EXPECT_NE(processes[0].fdtable, processes[1].fdtable);
  const auto fds = records<FdRow>(events);
  const auto file = [&](Pid pid, const UniqueFd& fd) { return row_of(fds, pid, fd.get())->file; };
  const Pid parent = child.pid(), forked = processes[1].pid;
  EXPECT_EQ(file(parent, one), file(parent, copy));
  EXPECT_NE(file(parent, one), file(parent, other));
  EXPECT_NE(file(parent, first), file(parent, second));
  EXPECT_EQ(row_of(fds, parent, one.get())->socket.kind, "char");
  EXPECT_EQ(row_of(fds, parent, one.get())->path, "/dev/null");
  for (const UniqueFd* fd : {&one, &copy, &other, &first, &second})
    EXPECT_EQ(file(parent, *fd), file(forked, *fd));
}

int forever(void* epfd) {
  sleep_in_epoll(*static_cast<int*>(epfd));
}

TEST(Snapshot, SharedDescriptorTable) {
  const Child child([] {
    int epfd = epoll_create1(0);
    static char stack[65536];
    clone(forever, stack + sizeof stack, CLONE_FILES | CLONE_VM | SIGCHLD, &epfd);
    sleep_in_epoll(epfd);
  });
  ASSERT_TRUE(child.blocked_in("epoll_wait"));
  const auto processes = records<ProcessRow>(snapshot_of(child.pid()));
  ASSERT_EQ(processes.size(), 2u);
  EXPECT_EQ(processes[0].fdtable, processes[1].fdtable);
  kill(processes[1].pid, SIGKILL);
}

TEST(Snapshot, PollSelectAndAcceptInProgress) {
  const Socket listener = listen_unix(std::string(1, '\0') + fmt::format("snapshot-{}", getpid()), 2);
  const Child polling([&] {
    pollfd fds[]{{listener.fd(), POLLIN, 0}};
    for (;;) poll(fds, 1, 3'600'000);
  });
  const Child selecting([&] {
    for (;;) {
      fd_set set;
      FD_ZERO(&set);
      FD_SET(listener.fd(), &set);
      pselect(listener.fd() + 1, &set, nullptr, nullptr, nullptr, nullptr);
    }
  });
  const Child accepting([&] { accept(listener.fd(), nullptr, nullptr); });
  ASSERT_TRUE(polling.blocked_in("poll") && selecting.blocked_in("pselect6") &&
              accepting.blocked_in("accept"));
  const auto events = proc_snapshot({.pids = {polling.pid(), selecting.pid(), accepting.pid()}});
  ASSERT_TRUE(events) << events.error();
  const FileId file = row_of(records<FdRow>(*events), polling.pid(), listener.fd())->file;
  const auto calls = records<Pending>(*events);
  ASSERT_EQ(calls.size(), 3u);
  for (const Pending& call : calls) {
    if (call.tid == polling.pid()) {
      ASSERT_EQ(call.poll_fds.size(), 1u);
      EXPECT_EQ(call.poll_fds[0].file, file);
      EXPECT_EQ(call.arg("timeout"), 3'600'000);
    }
    if (call.tid == selecting.pid()) {
      EXPECT_EQ(call.fd_sets[0], std::vector<int>{listener.fd()});
      EXPECT_EQ(call.arg("timeout_ns"), -1);
    }
    if (call.tid == accepting.pid()) {
      EXPECT_EQ(call.file("sockfd"), file);
    }
  }
}

TEST(Snapshot, SocketsThatAreNowhereListed) {
  const Socket tcp(socket(AF_INET6, SOCK_STREAM, 0)), netlink(socket(AF_NETLINK, SOCK_RAW, 0));
  const Child child([] { sleep_in_epoll(epoll_create1(0)); });
  ASSERT_TRUE(child.blocked_in("epoll_wait"));
  const auto fds = records<FdRow>(snapshot_of(child.pid()));
  EXPECT_EQ(row_of(fds, child.pid(), tcp.fd())->socket.kind, "tcp6");
  EXPECT_EQ(row_of(fds, child.pid(), tcp.fd())->socket.state, "close");
  EXPECT_EQ(row_of(fds, child.pid(), netlink.fd())->socket.kind, "netlink");
}

TEST(Snapshot, WhatCannotBeLookedAt) {
  const auto missing = proc_snapshot({.pids = {INT32_MAX}});
  ASSERT_FALSE(missing);
  EXPECT_EQ(missing.error(), fmt::format("there is no process {}", INT32_MAX));
  const FakeProc fake;
  fake.process(2, 0, "kthreadd", "Kthread:\t1\n");
  const auto kernel = proc_snapshot({.pids = {2}}, fake.proc());
  ASSERT_FALSE(kernel);
  EXPECT_EQ(kernel.error(), "process 2 (kthreadd) is a kernel thread, which has no descriptors");
}

// What an ordinary user is told.
std::string said_to_nobody(const std::function<std::string()>& say) {
  int result[2];
  if (pipe(result) != 0) return "no pipe";
  const Pid other = fork();
  if (other == 0) {
    if (setgid(65534) != 0 || setuid(65534) != 0) _exit(1);
    const std::string said = say();
    _exit(write(result[1], said.data(), said.size()) < 0);
  }
  close(result[1]);
  char text[1024];
  const ssize_t length = read(result[0], text, sizeof text);
  close(result[0]);
  EXPECT_EQ(waitpid(other, nullptr, 0), other);
  return {text, size_t(std::max<ssize_t>(length, 0))};
}

TEST(Snapshot, NoPermissionNamesTheCapability) {
  if (geteuid() != 0) GTEST_SKIP() << "needs two users";
  const Pid target = getpid();
  const std::string why =
      said_to_nobody([&] { return why_unreadable(ProcFs(), target).value_or("readable"); });
  EXPECT_NE(why.find("of root may not be read: CAP_SYS_PTRACE is missing"), why.npos) << why;
  EXPECT_NE(why.find("sudo setcap"), why.npos) << why;
  EXPECT_EQ(said_to_nobody([&] {
              return why_nameless(ProcFs(), target).value_or("readable");
            }).find("CAP_SYS_PTRACE"),
            0u);
}

// A security module may refuse what the capability allows: to ask for the capability would be no help.
TEST(Snapshot, NoPermissionWithTheCapabilityDoesNotAskForIt) {
  if (geteuid() != 0) GTEST_SKIP() << "needs two users";
  const FakeProc fake;
  fake.process(7, 1, "guarded");
  fake.file("7/fd/0", "");
  fake.file("self/status", "Name:\tme\nTgid:\t9\nPid:\t9\nCapEff:\t0000000000080000\n");
  chmod(fake.root().c_str(), 0755);
  chmod((fake.root() / "7/fd").c_str(), 0);
  const std::string why = said_to_nobody([&] { return why_unreadable(fake.proc(), 7).value_or("readable"); });
  EXPECT_NE(why.find("refused although CAP_SYS_PTRACE is there"), why.npos) << why;
  EXPECT_EQ(why.find("setcap"), why.npos) << why;
}

TEST(Snapshot, NumbersOfAnotherNamespaceAreNoticed) {
  const FakeProc own, other;
  own.link("self", std::to_string(getpid()));
  other.link("self", "4711");
  EXPECT_EQ(why_numbers_differ(own.proc()), std::nullopt);
  EXPECT_EQ(why_numbers_differ(ProcFs()), std::nullopt);
  const std::string why = why_numbers_differ(other.proc()).value_or("");
  EXPECT_NE(why.find(fmt::format("4711 there and {} here", getpid())), why.npos) << why;
}

}  // namespace
}  // namespace loopscope::tracer
