// SPDX-License-Identifier: Apache-2.0
// What a traced process names itself and its files does not reach the terminal as it is.
#include "tests/trace-model/show/shown.h"
#include "trace-model/utf8.h"

namespace loopscope::trace_model {
namespace {

const std::string kHostile =
    "\x1b[31m\x1b]0;title\x07 \r\n\t\x9b"
    "31m\xc2\x9b\xff\xe2\x80\xae"
    "gpj.exe\x7f\"\\";

void expect_harmless(const std::string& line) {
  ASSERT_TRUE(line.ends_with('\n'));
  EXPECT_TRUE(is_utf8(line)) << line;
  for (const char c : std::string_view(line).substr(0, line.size() - 1))
    EXPECT_FALSE((uint8_t(c) < 0x20) || c == 0x7f) << line;
  EXPECT_FALSE(line.contains("\xc2\x9b")) << line;
  EXPECT_FALSE(line.contains("\xe2\x80\xae")) << line;
}

struct Hostile : testing::Test, TraceMaker {
  Hostile() { process(kServer, 1); }
  void expect_harmless_line(const Event& event) { expect_harmless(whole_line(analysis, event)); }
};

TEST_F(Hostile, Paths) {
  Call made = call("openat", {{"dirfd", -100}, {"pathname", 0}, {"flags", 0}}, 5);
  made.text = kHostile;
  made.ret_file = 7;
  expect_harmless_line(made);
  expect_harmless_line(call("read", {{"fd", 5}, {"count", 1}}, 1));  // the descriptor is named by that path
}

TEST_F(Hostile, AQuoteInAPathDoesNotEndIt) {
  Call made = call("open", {{"pathname", 0}, {"flags", 0}}, -2);
  made.text = "a\", O_RDWR) = 3\\";
  EXPECT_EQ(shown(*this, made), "open(\"a\\\", O_RDWR) = 3\\\\\", O_RDONLY) = -1 ENOENT <1us>");
}

TEST_F(Hostile, Addresses) {
  Call made = call("bind", {{"sockfd", 3}, {"addr", 0}});
  made.text = "unix:" + kHostile;
  made.socket = SocketInfo{kHostile, kHostile, "", "unix:/" + kHostile, kHostile, {}, {}, 0};
  expect_harmless_line(made);
  made = call("accept", {{"sockfd", 3}}, 4);
  made.socket = SocketInfo{kHostile, "", "", "unix:@" + kHostile, "unix:@" + kHostile, {}, {}, 0};
  expect_harmless_line(made);
}

TEST_F(Hostile, Rows) {
  ProcessRow row;
  row.pid = 7;
  row.comm = row.exe = kHostile;
  row.cmdline = {kHostile, kHostile};
  expect_harmless_line(row);
  FdRow file = fd_row(3, 9, kHostile);
  file.path = file.socket.local = file.socket.peer = file.socket.state = kHostile;
  expect_harmless_line(file);
  expect_harmless_line(
      Exec{.id = 1, .t = 0, .pid = 7, .tid = 7, .old_tid = 0, .exe = kHostile, .fdtable = 1});
  TraceHeader header;
  header.tool = header.kernel = header.arch = header.started = kHostile;
  expect_harmless_line(header);
  End end;
  end.reason = end.error = kHostile;
  end.skipped = {{kHostile, 1}};
  expect_harmless_line(end);
  expect_harmless_line(Unknown{.id = 1, .type = kHostile});
  SnapshotEnd read;
  read.incomplete = kHostile;
  expect_harmless_line(read);
  Call unknown = call("fork", {}, 1);
  unknown.spec = nullptr;
  unknown.unknown_name = unknown.continues = kHostile;
  expect_harmless_line(unknown);
}

TEST_F(Hostile, APathOfAMegabyte) {
  Call made = call("open", {{"pathname", 0}, {"flags", 0}}, -36);
  made.text = std::string(1 << 20, '/');
  const std::string line = shown(*this, made);
  EXPECT_EQ(line, "open(\"" + made.text + "\", O_RDONLY) = -1 ENAMETOOLONG <1us>");
  made.text = std::string(1 << 20, '\x1b');
  EXPECT_EQ(shown(*this, made).size(), line.size() + 3 * made.text.size());  // \x1b is four characters
}

TEST_F(Hostile, NumbersOutOfRange) {
  for (const int64_t fd : {INT64_MIN, INT64_MAX, int64_t(INT32_MAX), int64_t(-1), int64_t(1) << 32})
    EXPECT_EQ(shown(*this, call("read", {{"fd", fd}, {"count", -1}}, 0)),
              "read(" + std::to_string(fd) + ", ..., 18446744073709551615) = 0 <1us>");
}

}  // namespace
}  // namespace loopscope::trace_model
