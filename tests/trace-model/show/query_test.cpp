// SPDX-License-Identifier: Apache-2.0
// Every field and operator of the query language, each with a record that matches and one that does not.
#include <gtest/gtest.h>

#include "tests/trace-model/model/trace_maker.h"
#include "tests/trace-model/random_records.h"
#include "trace-model/query.h"

namespace loopscope::trace_model {
namespace {

struct QueryTest : testing::Test, TraceMaker {
  static Query query(std::string_view text) {
    auto parsed = Query::parse(text);
    EXPECT_TRUE(parsed) << text << ": " << (parsed ? "" : parsed.error());
    return parsed ? std::move(*parsed) : Query();
  }
  static bool matches(std::string_view text, const Event& event) {
    const bool found = query(text).matches(event);
    if (const Call* call = std::get_if<Call>(&event)) {
      EXPECT_EQ(query(text).matches(*call), found) << text;
    }
    return found;
  }

  Call add =
      call("epoll_ctl", {{"epfd", 5}, {"op", 1}, {"fd", 6}, {"events", 0x80000001}, {"data", 0x600000006}});
  Call opened = [this] {
    Call made = call("openat", {{"dirfd", -100}, {"pathname", 0}, {"flags", 02000101}, {"mode", 0644}}, 13);
    made.text = "/srv/my balloons.py";
    made.ret_file = 4;
    return made;
  }();
  Call wait = [this] {
    Call made = call("epoll_wait", {{"epfd", 5}, {"maxevents", 64}, {"timeout", -1}}, 2);
    made.files[0] = 1;
    made.ready = {{1, 0x6, 6, 2, {}}, {4, 0x9, -1, 0, {9, 10}}};
    made.dur = 12'000'000;
    return made;
  }();
  Call accepted = [this] {
    Call made = call("accept4", {{"sockfd", 6}, {"flags", kCloexecFlag}}, 12);
    made.ret_file = 3;
    made.socket = SocketInfo{"tcp", "", "", "127.0.0.1:8079", "127.0.0.1:51124", 128, 7, 0};
    return made;
  }();
  Call failed = call("accept4", {{"sockfd", 6}}, -11);
};

TEST_F(QueryTest, TheEmptyQueryIsEverything) {
  for (const std::string_view text : {"", "   \n\t"}) {
    EXPECT_TRUE(query(text).empty());
    EXPECT_TRUE(matches(text, add));
    EXPECT_TRUE(matches(text, End{}));
  }
}

TEST_F(QueryTest, AllConditionsMustHold) {
  EXPECT_TRUE(matches("fd=6 call=epoll_ctl op=ADD", add));
  EXPECT_FALSE(matches("fd=6 call=epoll_ctl op=DEL", add));
  EXPECT_FALSE(matches("fd=7 call=epoll_ctl op=ADD", add));
}

TEST_F(QueryTest, FdIsEveryDescriptorOfTheRecord) {
  for (const std::string_view text : {"fd=5", "fd=6", "fd<6", "fd>=6"})
    EXPECT_TRUE(matches(text, add)) << text;
  EXPECT_FALSE(matches("fd=7", add));
  EXPECT_FALSE(matches("fd>6", add));
  EXPECT_FALSE(matches("fd=-100", opened));
  EXPECT_TRUE(matches("fd=13", opened));
  EXPECT_TRUE(matches("fd=6", wait));
  EXPECT_TRUE(matches("fd=10", wait));  // a candidate
  EXPECT_FALSE(matches("fd=2", wait));  // what it returned is a count
  EXPECT_TRUE(matches("fd=12", accepted));
  EXPECT_FALSE(matches("fd=-1", failed));

  Call polled = call("poll", {{"fds", 0}, {"nfds", 1}, {"timeout", 0}});
  polled.poll_fds = {{8, 1, 0}};
  EXPECT_TRUE(matches("fd=8", polled));
  EXPECT_TRUE(matches("fds=8", polled));
  Call selected = call("select", {{"nfds", 9}, {"writefds", 0}});
  selected.fd_sets[1] = {3, 8};
  EXPECT_TRUE(matches("fd=8", selected));
  EXPECT_TRUE(matches("writefds=8", selected));
  EXPECT_FALSE(matches("readfds=8", selected));
  Call piped = call("pipe2", {{"pipefd", 0}, {"flags", 0}});
  piped.pair = {20, 21};
  EXPECT_TRUE(matches("fd=21", piped));
  EXPECT_TRUE(matches("pipefd=20", piped));
  Call received = call("recvmsg", {{"sockfd", 3}, {"flags", 0}}, 1);
  received.rights = {{30, 4}};
  EXPECT_TRUE(matches("fd=30", received));
  EXPECT_TRUE(matches("file=4", received));
  const Call range = call("close_range", {{"first", 3}, {"last", 9}, {"flags", 0}});
  EXPECT_TRUE(matches("fd=6", range));
  EXPECT_FALSE(matches("fd=10", range));
  EXPECT_TRUE(matches("fd=4", fd_row(4, 1, "pipe")));
  WatchRow row;
  row.epfd = 5;
  row.fd = 6;
  row.file = 1;
  row.target = 2;
  row.events = 1;
  row.data = 0xffffffff00000006;
  EXPECT_TRUE(matches("fd=5", row) && matches("fd=6", row) && matches("file=2", row) &&
              matches("events=IN", row));
  EXPECT_TRUE(matches("data=0xffffffff00000006", row));
  EXPECT_FALSE(matches("fd=7", row));
}

TEST_F(QueryTest, FileIsTheIdentity) {
  EXPECT_TRUE(matches("file=1", wait));
  EXPECT_TRUE(matches("file=2", wait));
  EXPECT_FALSE(matches("file=0", wait));
  EXPECT_TRUE(matches("file=4", opened));
  EXPECT_FALSE(matches("file=5", opened));
}

TEST_F(QueryTest, CallByNameAndPart) {
  EXPECT_TRUE(matches("call=epoll_ctl", add));
  EXPECT_TRUE(matches("call~epoll", add));
  EXPECT_TRUE(matches("call=accept,accept4", accepted));
  EXPECT_TRUE(matches("call!=accept", accepted));
  EXPECT_FALSE(matches("call!~accept", accepted));
  EXPECT_TRUE(matches("call!=read", Fork{}));
  EXPECT_FALSE(matches("call~a", Fork{}));
  Call newer = add;
  newer.spec = nullptr;
  newer.unknown_name = "epoll_ctl_batch";
  EXPECT_TRUE(matches("call~batch", newer));
  EXPECT_FALSE(matches("call=epoll_ctl", newer));
  EXPECT_FALSE(matches("op=ADD", newer));
  for (const CallSpec& spec : all_calls())
    EXPECT_TRUE(matches("call=" + std::string(spec.name), call(spec.name, {})));
}

TEST_F(QueryTest, NamesOfFlagsWholeAndShort) {
  for (const std::string_view text : {"op=ADD", "op=add", "op=CTL_ADD", "op=EPOLL_CTL_ADD", "op=1", "op=0x1",
                                      "op~ad", "op=DEL,ADD", "op!=DEL", "op!~DEL"})
    EXPECT_TRUE(matches(text, add)) << text;
  for (const std::string_view text : {"op=DEL", "op=2", "op~del", "op!=ADD"})
    EXPECT_FALSE(matches(text, add)) << text;
  for (const std::string_view text :
       {"flags=O_CREAT", "flags=creat", "flags=WRONLY", "flags=CLOEXEC flags=CREAT"})
    EXPECT_TRUE(matches(text, opened)) << text;
  for (const std::string_view text : {"flags=RDONLY", "flags=EXCL", "flags=0"})
    EXPECT_FALSE(matches(text, opened)) << text;
  EXPECT_TRUE(matches("flags=0", failed));
}

TEST_F(QueryTest, EventsAskedForAndReady) {
  for (const std::string_view text :
       {"events=EPOLLIN", "events=IN", "events=et", "events~EPOLL", "events=0x80000001"})
    EXPECT_TRUE(matches(text, add)) << text;
  for (const std::string_view text : {"events=OUT", "events=0x1", "events=EPOLLHUP"})
    EXPECT_FALSE(matches(text, add)) << text;
  EXPECT_TRUE(matches("events=EPOLLOUT", wait));
  EXPECT_FALSE(matches("events=POLLOUT", wait));
  EXPECT_FALSE(matches("events=HUP", wait));
  Call polled = call("poll", {{"fds", 0}, {"nfds", 1}, {"timeout", 0}}, 1);
  polled.poll_fds = {{8, 4, 0}};
  polled.ready = {{0x10, 0, 8, 0, {}}};
  EXPECT_TRUE(matches("events=OUT", polled) && matches("events=HUP", polled) &&
              matches("events=POLLHUP", polled));
}

TEST_F(QueryTest, DataIs64BitsWithoutASign) {
  EXPECT_TRUE(matches("data=0x600000006", add));
  EXPECT_TRUE(matches("data=25769803782", add));
  EXPECT_FALSE(matches("data=0x6", add));
  EXPECT_TRUE(matches("data=0x9", wait));
  add.set(4, -1);
  EXPECT_TRUE(matches("data=0xffffffffffffffff", add));
  EXPECT_TRUE(matches("data>0x7fffffffffffffff", add));
  EXPECT_FALSE(matches("data<5", add));
}

TEST_F(QueryTest, Texts) {
  EXPECT_TRUE(matches("path~balloons", opened));
  EXPECT_TRUE(matches("path=\"/srv/my balloons.py\"", opened));
  EXPECT_TRUE(matches("path~\"my b\"", opened));
  EXPECT_TRUE(matches("pathname~.py", opened));
  EXPECT_FALSE(matches("path=balloons", opened));
  EXPECT_FALSE(matches("path~Balloons", opened));
  EXPECT_FALSE(matches("path~x", add));
  EXPECT_TRUE(matches("path!~x", add));
  opened.text = "a\"b\\c,d";
  EXPECT_TRUE(matches(R"(path="a\"b\\c,d")", opened));
  EXPECT_TRUE(matches(R"(path~b\c,)", opened));
  FdRow row = fd_row(3, 1, "file");
  row.path = "/srv/balloons.py";
  EXPECT_TRUE(matches("path~balloons", row));
  EXPECT_TRUE(matches(
      "path~/sh", Exec{.id = 1, .t = 0, .pid = 1, .tid = 1, .old_tid = 0, .exe = "/bin/sh", .fdtable = 0}));
}

TEST_F(QueryTest, AddressesAndSockets) {
  EXPECT_TRUE(matches("addr=127.0.0.1:51124", accepted));
  EXPECT_TRUE(matches("addr~:8079", accepted));
  EXPECT_FALSE(matches("addr~:8080", accepted));
  EXPECT_TRUE(matches("kind=tcp queue>5 backlog=128", accepted));
  EXPECT_FALSE(matches("kind=udp", accepted));
  EXPECT_TRUE(matches("kind=udp,tcp", accepted));
  EXPECT_FALSE(matches("queue<7", accepted));
  Call bound = call("bind", {{"sockfd", 3}, {"addr", 0}});
  bound.text = "unix:@abstract";
  EXPECT_TRUE(matches("addr~abstract", bound));
  EXPECT_TRUE(matches("backlog=5", call("listen", {{"sockfd", 3}, {"backlog", 5}})));
  FdRow row = fd_row(6, 2, "tcp");
  row.socket.local = "0.0.0.0:8079";
  row.socket.queue = 3;
  EXPECT_TRUE(matches("addr~8079 kind=tcp queue=3", row));
  EXPECT_FALSE(matches("kind=tcp", End{}));
}

TEST_F(QueryTest, WhoAndWhatCameOfIt) {
  accepted.tid = 101;
  EXPECT_TRUE(matches("pid=100 tid=101", accepted));
  EXPECT_FALSE(matches("tid=100", accepted));
  EXPECT_TRUE(matches("pid!=4711", accepted));
  EXPECT_TRUE(matches("ret=12", accepted));
  EXPECT_TRUE(matches("ret>=0", accepted));
  EXPECT_TRUE(matches("ret<0", failed));
  EXPECT_TRUE(matches("ret=-1", failed));
  EXPECT_FALSE(matches("ret=0", End{}));
  for (const std::string_view text :
       {"error=EAGAIN", "error=eagain", "error=11", "error~AGAIN", "error=EINTR,EAGAIN"})
    EXPECT_TRUE(matches(text, failed)) << text;
  EXPECT_FALSE(matches("error=EINTR", failed));
  EXPECT_TRUE(matches("error!=EINTR", failed));
  EXPECT_FALSE(matches("error=EAGAIN", accepted));
  EXPECT_TRUE(matches("error!=EAGAIN", accepted));
  Fork made;
  made.pid = made.tid = 100;
  made.child = made.child_tid = 200;
  EXPECT_TRUE(matches("pid=200", made) && matches("pid=100", made) && matches("tid=200", made));
}

TEST_F(QueryTest, TimesWithUnits) {
  for (const std::string_view text :
       {"dur=12ms", "dur=12000us", "dur=12000µs", "dur=0.012s", "dur=12000000ns", "dur=12000000", "dur>10ms",
        "dur<1s", "dur>=12ms", "dur<=12ms"})
    EXPECT_TRUE(matches(text, wait)) << text;
  for (const std::string_view text : {"dur>12ms", "dur<12ms", "dur=12", "dur!=12ms"})
    EXPECT_FALSE(matches(text, wait)) << text;
  wait.t = -5'000'000;
  EXPECT_TRUE(matches("t<0", wait));
  EXPECT_TRUE(matches("t=-5ms", wait));
  EXPECT_TRUE(matches("timeout_ns=1.5s", call("epoll_pwait2", {{"epfd", 3}, {"timeout_ns", 1'500'000'000}})));
  Lost lost;
  lost.t = 10;
  lost.until = 50;
  EXPECT_TRUE(matches("dur=40ns t=10", lost));
  Pending pending;
  pending.t = 0;
  pending.seen = 250'000'000;
  EXPECT_TRUE(matches("dur>=250ms", pending));
}

TEST_F(QueryTest, TypesOfRecordsAndOfSockets) {
  EXPECT_TRUE(matches("type=call", add));
  EXPECT_FALSE(matches("type=fork", add));
  EXPECT_TRUE(matches("type=fork,exit", Fork{}));
  EXPECT_TRUE(matches("type!=call", Fork{}));
  EXPECT_TRUE(matches("type~snap", SnapshotEnd{}));
  EXPECT_TRUE(matches("type=trace", TraceHeader{}));
  EXPECT_TRUE(matches("type=unknown", Unknown{}));
  EXPECT_TRUE(matches("type=pending", Pending{}));
  const Call made = call("socket", {{"domain", 2}, {"type", 2 | kNonblockFlag}, {"protocol", 17}});
  EXPECT_TRUE(matches("type=DGRAM", made) && matches("type=nonblock", made) && matches("domain=INET", made));
  EXPECT_FALSE(matches("type=STREAM", made));
}

TEST_F(QueryTest, IdsAndArguments) {
  EXPECT_TRUE(matches("id=" + std::to_string(add.id), add));
  EXPECT_TRUE(matches("epfd=5", add) && matches("epfd=5", wait));
  EXPECT_FALSE(matches("epfd=6", add));
  EXPECT_TRUE(matches("dirfd=AT_FDCWD", opened));
  EXPECT_TRUE(matches("mode=0644", opened) && matches("mode=644", opened));
  EXPECT_FALSE(matches("mode=0640", opened));
  EXPECT_TRUE(matches("maxevents>63 timeout=-1", wait));
  EXPECT_TRUE(matches("count>=4096", call("read", {{"fd", 3}, {"count", 4096}})));
  EXPECT_FALSE(matches("count>=4096", add));
}

// A value of every argument of every call is found again by its own query, whatever it is.
TEST_F(QueryTest, EveryArgumentHasItsField) {
  for (const CallSpec& spec : all_calls())
    for (size_t i = 0; i < spec.args.size(); ++i) {
      const ArgSpec& arg = spec.args[i];
      Call made = call(spec.name, {});
      made.present = uint8_t(1u << i);
      std::string value = "7";
      made.args[i] = 7;
      made.text = "7";
      made.pair = {7, 8};
      made.poll_fds = {{7, 1, 0}};
      made.fd_sets = {{{7}, {7}, {7}}};
      if (arg.symbols && !arg.symbols->choices.empty()) {
        value = arg.symbols->choices.front().name;
        made.args[i] = int64_t(arg.symbols->choices.front().bits);
      } else if (arg.symbols) {
        value = arg.symbols->flags.front().name;
        made.args[i] = int64_t(arg.symbols->flags.front().bits);
      }
      if (arg.name == "pid") continue;  // the field of that name is the caller
      EXPECT_TRUE(matches(std::string(arg.name) + "=" + value, made)) << spec.name << " " << arg.name;
      EXPECT_FALSE(matches(std::string(arg.name) + "!=" + value, made)) << spec.name << " " << arg.name;
    }
}

// Whatever a record holds, a condition and its opposite never agree.
TEST_F(QueryTest, RandomRecords) {
  RandomRecords random(3);
  const std::pair<Query, Query> kOpposites[]{{query("fd=7"), query("fd!=7")},
                                             {query("path~a"), query("path!~a")},
                                             {query("events=IN"), query("events!=IN")},
                                             {query("flags=CLOEXEC"), query("flags!=CLOEXEC")},
                                             {query("error=EAGAIN"), query("error!=EAGAIN")},
                                             {query("file=1"), query("file!=1")}};
  for (int round = 0; round < 20; ++round) {
    std::vector<Event> events;
    for (const CallSpec& spec : all_calls())
      events.emplace_back(random.call(spec)), events.emplace_back(random.pending(spec));
    for (size_t kind = 0; kind < std::variant_size_v<Event>; ++kind)
      if (kind != Event(Call()).index() && kind != Event(Pending()).index())
        events.push_back(random.record(kind));
    for (const Event& event : events)
      for (const auto& [one, other] : kOpposites) EXPECT_NE(one.matches(event), other.matches(event));
  }
}

}  // namespace
}  // namespace loopscope::trace_model
