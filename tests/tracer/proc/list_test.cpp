// SPDX-License-Identifier: Apache-2.0
#include "tracer/list.h"

#include <linux/io_uring.h>
#include <poll.h>
#include <sys/epoll.h>
#include <sys/syscall.h>

#include <algorithm>

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "tests/tracer/proc/child.h"
#include "tests/tracer/proc/fake_proc.h"
#include "tests/tracer/proc/listeners.h"
#include "trace-model/terminal_text.h"
#include "tracer/proc/container.h"

namespace loopscope::tracer {
namespace {

using Strings = std::vector<std::string>;

const Server* server_of(const ServerList& list, Pid pid) {
  const auto at = std::ranges::find(list.servers, pid, &Server::pid);
  return at == list.servers.end() ? nullptr : &*at;
}

// How `pid` waits for the listener with that inode.
Strings waits_of(const ServerList& list, Pid pid, uint64_t inode) {
  Strings how;
  if (const Server* server = server_of(list, pid))
    for (const ServerListener& listener : server->listeners)
      if (listener.socket.inode == inode)
        for (const ListenerWait& wait : listener.waits) how.push_back(wait.how);
  return how;
}

TEST(List, HowEachServerWaits) {
  const Socket listener = listen_inet("127.0.0.1", 4);
  const Child in_epoll([&] {
    const int epfd = epoll_create1(0);
    epoll_event event{.events = EPOLLIN, .data = {.fd = 7}};
    epoll_ctl(epfd, EPOLL_CTL_ADD, listener.fd(), &event);
    for (;;) epoll_wait(epfd, &event, 1, -1);
  });
  const Child in_poll([&] {
    pollfd fds[]{{listener.fd(), POLLIN, 0}};
    for (;;) poll(fds, 1, -1);
  });
  const Child in_accept([&] { accept(listener.fd(), nullptr, nullptr); });
  const Child elsewhere([] {
    for (;;) poll(nullptr, 0, -1);
  });
  ASSERT_TRUE(in_epoll.blocked_in("epoll_wait") && in_poll.blocked_in("poll") &&
              in_accept.blocked_in("accept") && elsewhere.blocked_in("poll"));
  const ServerList list = find_servers();
  EXPECT_EQ(waits_of(list, in_epoll.pid(), listener.inode()), Strings{"epoll_ctl"});
  EXPECT_EQ(waits_of(list, in_poll.pid(), listener.inode()), Strings{"poll"});
  EXPECT_EQ(waits_of(list, in_accept.pid(), listener.inode()), Strings{"blocking_accept"});
  EXPECT_EQ(waits_of(list, elsewhere.pid(), listener.inode()), Strings{});
  ASSERT_TRUE(server_of(list, elsewhere.pid())) << "it holds the listener";
  const auto json = nlohmann::json::parse(server_list_json(list));
  bool found = false;
  for (const auto& server : json["servers"])
    if (server["pid"] == in_epoll.pid()) {
      found = true;
      EXPECT_EQ(server["listeners"][0]["address"], listener.local());
      EXPECT_EQ(server["listeners"][0]["backlog"], 4);
      EXPECT_EQ(server["listeners"][0]["registrations"][0]["events"], nlohmann::json::array({"EPOLLIN"}));
    }
  EXPECT_TRUE(found);
}

TEST(List, ARingIsNamedButNotSworn) {
  const Socket listener = listen_inet("127.0.0.1", 4);
  io_uring_params parameters{};
  const UniqueFd ring(int(syscall(SYS_io_uring_setup, 1, &parameters)));
  if (!ring) GTEST_SKIP() << "io_uring is off here";
  const Child child([] {
    for (;;) poll(nullptr, 0, -1);
  });
  ASSERT_TRUE(child.blocked_in("poll"));
  const ServerList list = find_servers();
  ASSERT_EQ(waits_of(list, child.pid(), listener.inode()), Strings{"io_uring"});
  EXPECT_NE(server_list_text(list).find("io_uring"), std::string::npos);
  const auto json = nlohmann::json::parse(server_list_json(list));
  for (const auto& server : json["servers"])
    if (server["pid"] == child.pid()) {
      ASSERT_EQ(server["rings"].size(), 1u) << server;
      EXPECT_EQ(server["rings"][0]["fd"], ring.get());
      EXPECT_EQ(server["rings"][0]["sq_entries"], 1);
      EXPECT_EQ(server["rings"][0]["sq_thread"], nullptr);
    }
}

TEST(List, Text) {
  Server server{.pid = 4711,
                .uid = 0,
                .comm = "python3",
                .container = "0123456789ab",
                .cmdline = {"python3", "a\x1b[2J"},
                .listeners = {}};
  ServerListener tcp, local;
  tcp.fd = 6;
  tcp.socket.local = "0.0.0.0:8079";
  tcp.waits = {{.how = "epoll_ctl", .epfd = 5},
               {.how = "blocking_accept", .tid = 1},
               {.how = "blocking_accept", .tid = 2}};
  local.fd = 12;
  local.socket.local = std::string("unix:@a\0b", 9);
  server.listeners = {tcp, local};
  EXPECT_EQ(server_list_text({.servers = {server}, .unreadable = 0, .incomplete = {}}),
            "PID   COMMAND           CONTAINER     FD  ADDRESS       WAITS IN\n"
            "4711  python3 a\\x1b[2J  0123456789ab  6   0.0.0.0:8079  epoll 5, blocking accept ×2\n"
            "                                      12  unix:@a\\x00b  -\n");
  EXPECT_TRUE(server_list_text({.servers = {}, .unreadable = 1, .incomplete = {}})
                  .starts_with(
                      "No server is listening here.\n\n1 process of other users could not be looked into; "));
}

TEST(List, EmptyProc) {
  const FakeProc fake;
  EXPECT_TRUE(find_servers(fake.proc()).servers.empty());
  fake.process(5, 1, "x");
  EXPECT_TRUE(find_servers(fake.proc()).servers.empty());
}

TEST(List, FromTablesAlone) {
  const FakeProc fake;
  fake.process(5, 1, "x");
  fake.link("5/fd/3", "socket:[632]");
  fake.link("5/fd/4", "anon_inode:[eventpoll]");
  fake.file("5/fdinfo/4",
            "flags:\t02\ntfd:        3 events:       19 data:                3  pos:0 ino:278 sdev:9\n");
  fake.file("5/task/5/syscall", "running\n");
  fake.file("5/cgroup", "0::/system.slice/docker-" + std::string(64, 'a') + ".scope\n");
  fake.file("5/net/tcp",
            "heading\n   0: 00000000:1F8F 00000000:0000 0A 00000000:00000003 00:00000000 00000000     0      "
            "  0 632 1\n");
  for (const char* table : {"5/net/tcp6", "5/net/udp", "5/net/udp6", "5/net/unix"})
    fake.file(table, "heading\n");
  const ServerList list = find_servers(fake.proc());
  ASSERT_TRUE(server_of(list, 5));
  EXPECT_EQ(waits_of(list, 5, 632), Strings{"epoll_ctl"});
  EXPECT_EQ(server_of(list, 5)->container, "aaaaaaaaaaaa");
  EXPECT_EQ(server_of(list, 5)->uid, 1001u);
}

TEST(Container, ByControlGroup) {
  const std::string id = "0123456789ab" + std::string(52, 'f');
  for (const auto& path : {"/docker/" + id, "/system.slice/docker-" + id + ".scope",
                           "/kubepods.slice/kubepods-pod1.slice/cri-containerd-" + id + ".scope",
                           "/machine.slice/libpod-" + id + ".scope/container", "/../" + id,
                           "/docker/" + std::string(64, 'e') + "/docker/" + id})
    EXPECT_EQ(container_of_cgroup("1:name=systemd:/\n0::" + path + "\n"), "0123456789ab") << path;
  EXPECT_EQ(container_of_cgroup("0::/lxc/web/init.scope\n"), "web");
  EXPECT_EQ(container_of_cgroup("0::/lxc.payload.web/system.slice\n"), "web");
  EXPECT_EQ(container_of_cgroup("0::/machine.slice/systemd-nspawn@deb.service/payload\n"), "deb");
  for (const char* none :
       {"", "0::/", "0::/user.slice/user-1000.slice", "4:memory:/x/5e6cbdd2000e2b565858213d19b17d36",
        "garbage", "::", "0::/docker-.scope"})
    EXPECT_EQ(container_of_cgroup(none), "") << none;
}

TEST(TerminalText, MovesNothing) {
  using trace_model::terminal_text;
  EXPECT_EQ(terminal_text("plain ünï 漢"), "plain ünï 漢");
  EXPECT_EQ(terminal_text("a\nb\tc\\"), "a\\nb\\tc\\\\");
  EXPECT_EQ(terminal_text("\x1b[31m\x7f"), "\\x1b[31m\\x7f");
  EXPECT_EQ(terminal_text(std::string("\0", 1)), "\\x00");
  EXPECT_EQ(terminal_text("\xc2\x9b"), "\\xc2\\x9b") << "CSI as one character";
  EXPECT_EQ(terminal_text("\xff\xc3"), "\\xff\\xc3");
  EXPECT_EQ(terminal_text("\xc0\x80\xed\xa0\x80"), "\\xc0\\x80\\xed\\xa0\\x80") << "overlong, surrogate";
  EXPECT_EQ(trace_model::cut_to_columns("漢字漢字", 3), "漢字…");
  EXPECT_EQ(trace_model::cut_to_columns("漢字", 2), "漢字");
}

}  // namespace
}  // namespace loopscope::tracer
