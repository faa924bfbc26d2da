// SPDX-License-Identifier: Apache-2.0
#include "tests/trace-model/model/ring_maker.h"
#include "tests/trace-model/random_records.h"
#include "trace-model/query.h"

namespace loopscope::trace_model {
namespace {

struct QueryRings : testing::Test, RingMaker {
  static bool matches(std::string_view text, const Event& event) {
    const auto query = Query::parse(text);
    EXPECT_TRUE(query) << text << ": " << (query ? "" : query.error());
    return query && query->matches(event);
  }
  Cqe completed(RecordId sqe, int64_t res, uint32_t flags = 0) {
    Cqe made = completion(sqe, res, flags);
    model.join(made);
    return made;
  }
  QueryRings() { with_ring(); }

  Sqe accept = [this] {
    Sqe made = entry(uring::kAccept, 6, 2, {{"flags", kCloexecFlag}});
    made.user_data = 0x77;
    made.flags = uring::kSqeLink;
    take(made);
    return made;
  }();
  Cqe accepted = [this] {
    Cqe made = completed(accept.id, 12, uring::kCqeMore);
    made.file = 11;
    made.socket = SocketInfo{"tcp", "", "", "127.0.0.1:8080", "127.0.0.1:5000", {}, 7, 0};
    made.took = 12'000'000;
    return made;
  }();
  Cqe failed = completed(accept.id, -24);
};

TEST_F(QueryRings, TypesAndRings) {
  RingRow row;
  row.pid = kServer;
  row.ring = 5;
  row.fd = 4;
  row.flags = uring::kSetupSqpoll;
  EXPECT_TRUE(matches("type=sqe", accept));
  EXPECT_FALSE(matches("type=sqe", accepted));
  EXPECT_TRUE(matches("type=cqe", accepted));
  EXPECT_TRUE(matches("type=ring", row));
  EXPECT_TRUE(matches("type=cpu", CpuRow()));
  EXPECT_TRUE(matches("ring=5", row));
  EXPECT_TRUE(matches("file=5 fd=4 flags=SQPOLL", row));
  EXPECT_FALSE(matches("flags=IOPOLL", row));
  EXPECT_TRUE(matches("ring=50", accept));
  EXPECT_TRUE(matches("ring=50", accepted));
  EXPECT_FALSE(matches("ring=5", accept));
  EXPECT_TRUE(matches("ring=50", enter(1)));
  EXPECT_FALSE(matches("ring=50", call("close", {{"fd", 50}})));
  Call setup = call("io_uring_setup", {{"entries", 8}}, 4);
  setup.ret_file = 50;
  EXPECT_TRUE(matches("ring=50", setup));
}

TEST_F(QueryRings, OperationsByTheirWholeName) {
  for (const std::string_view text : {"op=ACCEPT", "op=accept", "op=IORING_OP_ACCEPT", "op~ACC", "op=0xd"}) {
    EXPECT_TRUE(matches(text, accept)) << text;
    EXPECT_TRUE(matches(text, accepted)) << text;
  }
  EXPECT_TRUE(matches("op=RECV,ACCEPT", accept));
  EXPECT_FALSE(matches("op=RECV", accept));
  EXPECT_TRUE(matches("op!=RECV", accept));
  EXPECT_FALSE(matches("op=ADD", entry(uring::kPollAdd, 6, 2)));
  EXPECT_TRUE(matches("op=POLL_ADD", entry(uring::kPollAdd, 6, 2)));
  EXPECT_TRUE(matches("op=ADD", entry(uring::kEpollCtl, 5, 1, {{"op", kCtlAdd}, {"fd", 6}})));
  EXPECT_TRUE(matches("op=ADD", call("epoll_ctl", {{"epfd", 5}, {"op", 1}, {"fd", 6}})));
  EXPECT_FALSE(Query::parse("op=TELEPORT"));
}

TEST_F(QueryRings, TheCallFindsItsFormInTheRing) {
  EXPECT_TRUE(matches("call=accept4", accept));
  EXPECT_TRUE(matches("call~accept", accepted));
  EXPECT_FALSE(matches("call=accept", accept));
  EXPECT_TRUE(matches("call=accept4 type=call", call("accept4", {{"sockfd", 6}})));
  EXPECT_FALSE(matches("call=accept4", entry(uring::kNop)));
  EXPECT_FALSE(matches("call~e", completion(0, 5)));
}

TEST_F(QueryRings, Descriptors) {
  EXPECT_TRUE(matches("fd=6", accept));
  EXPECT_TRUE(matches("fd=6", accepted));
  EXPECT_TRUE(matches("fd=12", accepted));
  EXPECT_FALSE(matches("fd=12", accept));
  EXPECT_TRUE(matches("file=2", accept));
  EXPECT_TRUE(matches("file=2", accepted));
  EXPECT_TRUE(matches("file=11", accepted));
  EXPECT_TRUE(matches("sockfd=6", accept));
  Sqe add = entry(uring::kEpollCtl, 5, 1, {{"op", kCtlAdd}, {"fd", 6}, {"events", 1}, {"data", 0x9}});
  add.files[2] = 2;
  EXPECT_TRUE(matches("fd=5 fd=6 file=2 events=IN data=0x9", add));
  Sqe inferred;
  inferred.op = uring::kRead;
  inferred.fd = 3;
  EXPECT_TRUE(matches("fd=3", inferred));
}

TEST_F(QueryRings, SlotsAreNoDescriptors) {
  Sqe receive = entry(uring::kRecv, 3, 9);
  receive.fixed = true;
  EXPECT_FALSE(matches("fd=3", receive));
  EXPECT_TRUE(matches("slot=3", receive));
  EXPECT_FALSE(matches("slot=6", accept));
  take(receive);
  const Cqe done = completed(receive.id, 5);
  EXPECT_FALSE(matches("fd=3", done));
  EXPECT_TRUE(matches("slot=3", done));
  Sqe direct = entry(uring::kAccept, 6, 2);
  direct.direct = kDirectAlloc;
  take(direct);
  Cqe made = completed(direct.id, 4);
  made.file = 30;
  EXPECT_TRUE(matches("slot=4", made));
  EXPECT_FALSE(matches("fd=4", made));
}

TEST_F(QueryRings, Results) {
  EXPECT_TRUE(matches("ret=12 res=12", accepted));
  EXPECT_TRUE(matches("error=EMFILE", failed));
  EXPECT_TRUE(matches("ret=-1 res=-24", failed));
  EXPECT_FALSE(matches("error=EMFILE", accepted));
  EXPECT_TRUE(matches("res=-11", call("accept4", {{"sockfd", 6}}, -11)));
  EXPECT_TRUE(matches("res=3", call("read", {{"fd", 6}}, 3)));
  accept.error = 22;
  EXPECT_TRUE(matches("error=EINVAL", accept));
  EXPECT_TRUE(matches("dur>10ms", accepted));
  EXPECT_FALSE(matches("dur<10ms", accepted));
  EXPECT_FALSE(matches("dur>0", completion(0, 5)));
}

TEST_F(QueryRings, NamesAndAddresses) {
  EXPECT_TRUE(matches("user_data=0x77", accept));
  EXPECT_TRUE(matches("user_data=119", accepted));
  EXPECT_FALSE(matches("user_data=1", accept));
  EXPECT_TRUE(matches("addr~5000 kind=tcp queue=7", accepted));
  EXPECT_TRUE(matches("flags=CLOEXEC flags=LINK flags=IOSQE_IO_LINK", accept));
  EXPECT_FALSE(matches("flags=HARDLINK", accept));
  EXPECT_TRUE(matches("flags=MORE", accepted));
  EXPECT_FALSE(matches("flags=MORE", failed));
  Sqe open = entry(uring::kOpenat, -1, 0, {{"dirfd", -100}, {"pathname", 0}});
  open.text = "/srv/balloons.txt";
  EXPECT_TRUE(matches("path~balloons call=openat", open));
  Sqe poll = entry(uring::kPollAdd, 6, 2);
  poll.poll = 1;
  EXPECT_TRUE(matches("events=POLLIN", poll));
  EXPECT_FALSE(matches("events=POLLOUT", poll));
  EXPECT_TRUE(matches("pid=100 tid=100", accepted));
}

// Whatever a record holds, a condition and its opposite never agree.
TEST_F(QueryRings, RandomRecords) {
  RandomRecords random(13);
  for (const std::string_view field :
       {"fd", "file", "ring", "slot", "user_data", "res", "ret", "dur", "id", "t"}) {
    const auto one = Query::parse(std::string(field) + "=7"),
               other = Query::parse(std::string(field) + "!=7");
    ASSERT_TRUE(one && other);
    for (int op = 0; op < 256; ++op)
      for (const Event& event : {Event(random.sqe(uint8_t(op))), Event(random.cqe())})
        EXPECT_NE(one->matches(event), other->matches(event)) << field;
  }
  for (const std::string_view text :
       {"op=ACCEPT", "call=accept4", "error=EMFILE", "flags=MORE", "events=IN"}) {
    std::string opposite(text);
    opposite.insert(opposite.find('='), "!");
    const auto one = Query::parse(text), other = Query::parse(opposite);
    ASSERT_TRUE(one && other);
    for (int op = 0; op < 256; ++op)
      for (const Event& event : {Event(random.sqe(uint8_t(op))), Event(random.cqe())})
        EXPECT_NE(one->matches(event), other->matches(event)) << text;
  }
}

}  // namespace
}  // namespace loopscope::trace_model
