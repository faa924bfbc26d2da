// SPDX-License-Identifier: Apache-2.0
#include "trace-model/json_writer.h"

#include <gtest/gtest.h>

namespace loopscope::trace_model {
namespace {

template <typename Record>
std::string line_of(const Record& record) {
  std::string out;
  append_line(out, record);
  return out;
}

Call call_named(std::string_view name) {
  Call call;
  call.spec = find_call(name);
  call.id = 8;
  call.pid = call.tid = 4711;
  return call;
}

void set(Call& call, std::string_view name, int64_t value, FileId file = 0) {
  const int index = arg_index(*call.spec, name);
  call.set(index, value);
  call.files[size_t(index)] = file;
}

TEST(JsonWriter, WritesAWaitAsTheFormatPageDoes) {
  Call call = call_named("epoll_wait");
  call.dur = 125120;
  call.start_known = false;
  call.pending = 6;
  set(call, "epfd", 5, 1);
  set(call, "maxevents", 1023);
  set(call, "timeout", -1);
  call.ret = 1;
  call.ready.push_back({.events = 1, .data = 6, .fd = 6, .file = 2, .candidates = {}});
  EXPECT_EQ(
      line_of(call),
      R"({"type":"call","id":8,"t":0,"dur":125120,"start_known":false,"pending":6,"tid":4711,)"
      R"("call":"epoll_wait","args":{"epfd":5,"maxevents":1023,"timeout":-1},"files":{"epfd":1},"ret":1,)"
      R"("ready":[{"events":["EPOLLIN"],"data":"0x6","fd":6,"file":2}]})"
      "\n");
}

TEST(JsonWriter, WritesAnAcceptAsTheFormatPageDoes) {
  Call call = call_named("accept4");
  call.id = 9;
  call.t = 126000;
  call.dur = 900;
  set(call, "sockfd", 6, 2);
  set(call, "flags", 02004000);
  call.ret = 12;
  call.ret_file = 3;
  call.socket = SocketInfo{.kind = "tcp",
                           .state = {},
                           .sock_type = {},
                           .local = "127.0.0.1:8079",
                           .peer = "127.0.0.1:51124",
                           .backlog = 128,
                           .queue = 0,
                           .inode = 41100};
  EXPECT_EQ(line_of(call),
            R"({"type":"call","id":9,"t":126000,"dur":900,"tid":4711,"call":"accept4","args":{"sockfd":6,)"
            R"("flags":["SOCK_CLOEXEC","SOCK_NONBLOCK"]},"files":{"sockfd":2,"ret":3},"ret":12,"kind":"tcp",)"
            R"("local":"127.0.0.1:8079","peer":"127.0.0.1:51124","inode":41100,"backlog":128,"queue":0})"
            "\n");
}

TEST(JsonWriter, LeavesDefaultsOut) {
  Call call = call_named("read");
  call.pid = 4700;
  set(call, "fd", 12);
  set(call, "count", -1);  // SIZE_MAX
  call.ret = -1;
  call.error = 11;
  EXPECT_EQ(line_of(call), R"({"type":"call","id":8,"t":0,"dur":0,"pid":4700,"tid":4711,"call":"read",)"
                           R"("args":{"fd":12,"count":18446744073709551615},"ret":-1,"error":"EAGAIN"})"
                           "\n");
}

TEST(JsonWriter, WritesBytesThatAreNotTextBesideWhatCanBeShown) {
  Call call = call_named("openat");
  set(call, "dirfd", -100);
  call.set(arg_index(*call.spec, "pathname"), 0);
  call.text = "/tmp/\xFF\"\\\n\x01\x7F\xC3\xBC";
  call.text_cut = true;
  set(call, "flags", 0101);
  set(call, "mode", 0644);
  call.error = 531;
  EXPECT_EQ(
      line_of(call),
      R"({"type":"call","id":8,"t":0,"dur":0,"tid":4711,"call":"openat","args":{"dirfd":"AT_FDCWD",)"
      "\"pathname\":\"/tmp/\xEF\xBF\xBD\\\"\\\\\\n\\u0001\x7F\xC3\xBC\","
      R"("pathname_hex":"2f746d702fff225c0a017fc3bc","pathname_cut":true,"flags":["O_WRONLY","O_CREAT"],)"
      R"("mode":"0644"},"ret":-1,"error":"531"})"
      "\n");
}

TEST(JsonWriter, TellsAnEmptySetFromANullPointer) {
  Call call = call_named("select");
  set(call, "nfds", 8);
  set(call, "writefds", 0);
  set(call, "timeout_ns", -1);
  EXPECT_EQ(line_of(call), R"({"type":"call","id":8,"t":0,"dur":0,"tid":4711,"call":"select",)"
                           R"("args":{"nfds":8,"writefds":[],"timeout_ns":-1},"ret":0})"
                           "\n");
}

TEST(JsonWriter, WritesAtMost64ReadyEntriesAndHowManyThereWere) {
  Call call = call_named("epoll_wait");
  call.ready.assign(70, ReadyEntry{.events = 1, .data = 1, .fd = -1, .file = 0, .candidates = {4, 5}});
  const std::string line = line_of(call);
  size_t entries = 0;
  for (size_t at = 0; (at = line.find(R"({"events":["EPOLLIN"],"data":"0x1","fds":[4,5],"ambiguous":true})",
                                      at)) != std::string::npos;
       ++at)
    ++entries;
  EXPECT_EQ(entries, 64u);
  EXPECT_TRUE(line.ends_with("],\"ready_total\":70}\n")) << line;
}

TEST(JsonWriter, AppendsToWhatIsThere) {
  std::string out = "before\n";
  append_line(out,
              Event(Lost{.id = 14, .t = 200000, .until = 260000, .count = 17, .loss_class = LossClass::Io}));
  EXPECT_EQ(out,
            "before\n"
            R"({"type":"lost","id":14,"t":200000,"until":260000,"count":17,"class":"io"})"
            "\n");
}

TEST(JsonWriter, TextLongerThanItsBufferArrivesWhole) {
  const std::string path(5000, 'x');
  const std::string line =
      line_of(Exec{.id = 1, .t = 2, .pid = 3, .tid = 3, .old_tid = 0, .exe = path, .fdtable = 0});
  EXPECT_EQ(line, R"({"type":"exec","id":1,"t":2,"tid":3,"exe":")" + path + "\"}\n");
}

}  // namespace
}  // namespace loopscope::trace_model
