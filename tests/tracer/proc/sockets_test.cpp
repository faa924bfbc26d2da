// SPDX-License-Identifier: Apache-2.0
// The real machine's sockets against `ss`, which asks the kernel by itself.
#include "tracer/proc/sockets.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <sched.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdio>
#include <memory>

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "tests/tracer/proc/listeners.h"
#include "tracer/proc/text_fields.h"

namespace loopscope::tracer {
namespace {

std::string output_of(const std::string& command) {
  const std::unique_ptr<FILE, int (*)(FILE*)> pipe(popen(command.c_str(), "r"), pclose);
  std::string output;
  char chunk[4096];
  while (const size_t got = fread(chunk, 1, sizeof chunk, pipe.get())) output.append(chunk, got);
  return output;
}

struct SsRow {
  int64_t queue = -1, backlog = -1;
  std::string local;
};

// "LISTEN 0 5 127.0.0.1:40001 0.0.0.0:* users:(…) ino:12 sk:…", or for unix "u_str LISTEN 0 5 PATH INODE * 0
// users:…".
std::optional<SsRow> ss_row(const std::string& output, uint64_t inode, bool unix_row) {
  std::string_view rest = output;
  while (!rest.empty()) {
    std::string_view line = next_line(rest);
    if (line.find(unix_row ? fmt::format(" {} ", inode) : fmt::format(" ino:{} ", inode)) == line.npos)
      continue;
    if (unix_row) (void)next_field(line);
    (void)next_field(line);
    SsRow row;
    row.queue = number<int64_t>(next_field(line)).value_or(-1);
    row.backlog = number<int64_t>(next_field(line)).value_or(-1);
    row.local = next_field(line);
    return row;
  }
  return std::nullopt;
}

class Sockets : public testing::TestWithParam<bool> {
 protected:
  static OrErrno<SocketTable> read(SocketScope scope, Pid pid = getpid()) {
    return GetParam() ? sockets_by_diag(ProcFs(), pid, scope) : sockets_by_tables(ProcFs(), pid, scope);
  }
};
INSTANTIATE_TEST_SUITE_P(Both, Sockets, testing::Bool(),
                         [](const auto& test) { return test.param ? "Diag" : "Tables"; });

TEST_P(Sockets, InetListenersAreThoseOfSs) {
  const Socket v4 = listen_inet("127.0.0.1", 5), v6 = listen_inet6("::1", 7);
  const std::string ss = output_of("ss -ltnpeH");
  const auto table = read(SocketScope::Listening);
  ASSERT_TRUE(table);
  for (const Socket* socket : {&v4, &v6}) {
    const auto row = ss_row(ss, socket->inode(), false);
    ASSERT_TRUE(row) << ss;
    const auto* found = table->find(socket->inode());
    ASSERT_TRUE(found);
    EXPECT_EQ(found->local, row->local);
    EXPECT_EQ(found->local, socket->local());
    EXPECT_EQ(found->state, "listen");
    EXPECT_EQ(found->queue, row->queue);
    if (GetParam()) {
      EXPECT_EQ(found->backlog, row->backlog);
    }
  }
  EXPECT_EQ(table->find(v4.inode())->kind, "tcp");
  EXPECT_EQ(table->find(v6.inode())->kind, "tcp6");
}

TEST_P(Sockets, UnixListenersAreThoseOfSs) {
  const Socket path = listen_unix(fmt::format("/tmp/proc-tests-{}.sock", getpid()), 9);
  const Socket abstract = listen_unix(std::string(1, '\0') + fmt::format("proc-tests-{}", getpid()), 3);
  const std::string ss = output_of("ss -lxnpH");
  const auto table = read(SocketScope::Listening);
  ASSERT_TRUE(table);
  for (const Socket* socket : {&path, &abstract}) {
    const auto row = ss_row(ss, socket->inode(), true);
    ASSERT_TRUE(row) << ss;
    const auto* found = table->find(socket->inode());
    ASSERT_TRUE(found);
    EXPECT_EQ(found->local, "unix:" + row->local);
    EXPECT_EQ(found->state, "listen");
    EXPECT_EQ(found->sock_type, "SOCK_STREAM");
    if (GetParam()) {
      EXPECT_EQ(found->backlog, row->backlog);
    }
  }
  unlink(fmt::format("/tmp/proc-tests-{}.sock", getpid()).c_str());
}

TEST_P(Sockets, QueueCountsWhoWaits) {
  const Socket listener = listen_inet("127.0.0.1", 5);
  const Socket first = connect_to(listener), second = connect_to(listener);
  const auto table = read(SocketScope::All);
  ASSERT_TRUE(table);
  EXPECT_EQ(table->find(listener.inode())->queue, 2);
  const auto* client = table->find(first.inode());
  ASSERT_TRUE(client);
  EXPECT_EQ(client->state, "established");
  EXPECT_EQ(client->peer, listener.local());
  EXPECT_FALSE(read(SocketScope::Listening)->find(first.inode()));
}

TEST_P(Sockets, Udp) {
  const Socket bound(socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  sockaddr_in address = inet_address("127.0.0.1");
  ASSERT_EQ(bind(bound.fd(), reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
  const auto table = read(SocketScope::All);
  const auto* found = table->find(bound.inode());
  ASSERT_TRUE(found);
  EXPECT_EQ(found->kind, "udp");
  EXPECT_EQ(found->state, "unconnected");
  EXPECT_EQ(found->local, bound.local());
  EXPECT_EQ(found->peer, "");
}

TEST_P(Sockets, AnotherNetworkNamespace) {
  if (geteuid() != 0) GTEST_SKIP() << "needs CAP_SYS_ADMIN";
  int ready[2], gate[2];
  ASSERT_EQ(pipe(ready), 0);
  ASSERT_EQ(pipe(gate), 0);
  const Pid child = fork();
  if (child == 0) {
    close(gate[1]);
    uint64_t inode = 0;
    std::unique_ptr<Socket> listener;
    if (unshare(CLONE_NEWNET) == 0) {
      listener = std::make_unique<Socket>(listen_inet("0.0.0.0", 4));
      inode = listener->inode();
    }
    if (write(ready[1], &inode, sizeof inode) < 0) _exit(1);
    char byte;
    _exit(::read(gate[0], &byte, 1) != 0);
  }
  uint64_t inode = 0;
  ASSERT_EQ(::read(ready[0], &inode, sizeof inode), ssize_t(sizeof inode));
  EXPECT_NE(inode, 0u);
  const auto theirs = read(SocketScope::Listening, child), ours = read(SocketScope::Listening);
  ASSERT_TRUE(theirs && ours);
  ASSERT_TRUE(theirs->find(inode));
  EXPECT_TRUE(theirs->find(inode)->local.starts_with("0.0.0.0:"));
  EXPECT_FALSE(ours->find(inode));
  for (const int fd : {gate[0], gate[1], ready[0], ready[1]}) close(fd);
  ASSERT_EQ(waitpid(child, nullptr, 0), child);
}

TEST(SocketsByDiag, UnixPeersHaveAddressesAndRawNames) {
  const std::string name("\0pro\xff\0c", 7);
  const Socket listener = listen_unix(name, 3);
  const Socket client(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  const auto [address, length] = unix_address(name);
  ASSERT_EQ(connect(client.fd(), reinterpret_cast<const sockaddr*>(&address), length), 0);
  const Socket accepted(accept(listener.fd(), nullptr, nullptr));
  const auto table = sockets_by_diag(ProcFs(), getpid(), SocketScope::All);
  ASSERT_TRUE(table);
  const std::string text("unix:@pro\xff\0c", 12);
  EXPECT_EQ(table->find(listener.inode())->local, text);
  EXPECT_EQ(table->find(client.inode())->peer, text);
  EXPECT_EQ(table->find(client.inode())->state, "established");
  EXPECT_EQ(table->find(accepted.inode())->peer, "unix:");
}

TEST(SocketsByDiag, MptcpListenersAreSockets) {
  const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 262 /* IPPROTO_MPTCP */);
  if (fd < 0) GTEST_SKIP() << "this kernel has no MPTCP";
  const Socket socket(fd);
  sockaddr_in address = inet_address("127.0.0.1");
  ASSERT_EQ(bind(fd, reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
  ASSERT_EQ(listen(fd, 6), 0);
  const auto table = sockets_by_diag(ProcFs(), getpid(), SocketScope::Listening);
  ASSERT_TRUE(table);
  const auto* found = table->find(socket.inode());
  ASSERT_TRUE(found);
  EXPECT_EQ(found->kind, "tcp");
  EXPECT_EQ(found->local, socket.local());
  EXPECT_EQ(found->backlog, 6);
}

}  // namespace
}  // namespace loopscope::tracer
