// SPDX-License-Identifier: Apache-2.0
// What goes through rings, read.
#include <gtest/gtest.h>

#include "tests/trace-model/format_1.h"
#include "trace-model/trace_reader.h"
#include "trace-model/uring_ops.h"

namespace loopscope::trace_model {
namespace {

TEST(TraceReaderRings, UnderstandsOperationsOfTheFirstFormat) {
  const auto read = read_all(golden_rings());
  ASSERT_EQ(read.events.size(), 17u);
  const auto& ring = std::get<RingRow>(read.events[1]);
  EXPECT_EQ(ring.flags, 0x3002u);
  EXPECT_EQ(ring.sq_thread, 4713);
  EXPECT_EQ(ring.tid, 0);
  const auto& made = std::get<RingRow>(read.events[2]);
  EXPECT_EQ(made.pid, 4711);
  EXPECT_EQ(made.fd, -1);
  const auto& armed = std::get<Sqe>(read.events[3]);
  EXPECT_EQ(armed.origin, Origin::Snapshot);
  EXPECT_EQ(armed.arg("sockfd"), 6);
  EXPECT_EQ(armed.file("sockfd"), 2u);
  EXPECT_EQ(armed.arg("flags"), std::nullopt);
  EXPECT_TRUE(armed.multishot);
  const auto& ctl = std::get<Sqe>(read.events[4]);
  EXPECT_EQ(ctl.spec, find_call("epoll_ctl"));
  EXPECT_EQ(ctl.arg("epfd"), 5);
  EXPECT_EQ(ctl.arg("fd"), 6);
  EXPECT_EQ(ctl.file("epfd"), 1u);
  EXPECT_EQ(ctl.file("fd"), 2u);
  EXPECT_EQ(ctl.arg("data"), -1);
  const auto& open = std::get<Sqe>(read.events[5]);
  EXPECT_EQ(open.arg("dirfd"), -100);
  EXPECT_EQ(open.fd, -1);
  EXPECT_EQ(open.text, "/srv/ballo\xFFns.py");
  EXPECT_TRUE(open.text_cut);
  EXPECT_EQ(open.direct, kDirectAlloc);
  const auto& recv = std::get<Sqe>(read.events[6]);
  EXPECT_TRUE(recv.fixed);
  EXPECT_EQ(recv.fd, 3);
  EXPECT_EQ(recv.arg("sockfd"), 3);
  EXPECT_EQ(recv.buf_group, 7u);
  EXPECT_EQ(recv.flags, 33u);
  EXPECT_EQ(std::get<Sqe>(read.events[7]).poll, 0x2001u);
  EXPECT_EQ(std::get<Sqe>(read.events[8]).timeout_ns, 20'000'000);
  EXPECT_EQ(std::get<Sqe>(read.events[9]).op, 200);
  EXPECT_EQ(std::get<Sqe>(read.events[9]).error, 22);
  const auto& accepted = std::get<Cqe>(read.events[10]);
  EXPECT_EQ(accepted.sqe, 4u);
  EXPECT_EQ(accepted.flags, uring::kCqeMore | uring::kCqeSockNonempty);
  EXPECT_EQ(accepted.woken, 158'000);
  EXPECT_EQ(accepted.socket->peer, "127.0.0.1:51126");
  EXPECT_EQ(std::get<Cqe>(read.events[11]).res, -125);
  EXPECT_EQ(std::get<Cqe>(read.events[12]).op, uring::kRecv);
  EXPECT_EQ(std::get<Cqe>(read.events[12]).buffer, 3u);
  EXPECT_TRUE(std::get<Cqe>(read.events[13]).overflow);
  EXPECT_EQ(std::get<Cqe>(read.events[14]).ready[0].data, 6u);
  EXPECT_EQ(std::get<CpuRow>(read.events[15]).threads[1].comm, "iou-wrk-\xFF");
  EXPECT_EQ(std::get<Exit>(read.events[16]).cpu_ns, 51'234'000);
}

TEST(TraceReaderRings, NamesTheMemberOfAnOperationThatIsWrong) {
  const auto sqe = [](const std::string& rest) {
    return problem_with(R"({"type":"sqe","id":2,"t":1,"tid":7,"ring":5)" + rest + "}");
  };
  EXPECT_EQ(sqe(""), "member op is missing");
  EXPECT_EQ(sqe(R"(,"op":13)"), "member op is not a string");
  EXPECT_EQ(sqe(R"(,"op":"ACCEPT","fd":99999999999)"), "member fd is out of range");
  EXPECT_EQ(sqe(R"(,"op":"ACCEPT","slot":-99999999999)"), "member slot is out of range");
  EXPECT_EQ(sqe(R"(,"op":"ACCEPT","direct":"any")"), "member direct is neither a number nor \"alloc\"");
  EXPECT_EQ(sqe(R"(,"op":"ACCEPT","direct":4294967296)"), "member direct is out of range");
  EXPECT_EQ(sqe(R"(,"op":"ACCEPT","user_data":1)"), "member user_data is not a string");
  EXPECT_EQ(sqe(R"(,"op":"ACCEPT","user_data":"0x10000000000000000")"),
            "member user_data is not of the form \"0x1f\"");
  EXPECT_EQ(sqe(R"(,"op":"ACCEPT","args":{"flags":7})"), "member args.flags is not a list");
  EXPECT_EQ(sqe(R"(,"args":{"flags":7},"op":"ACCEPT")"), "member args.flags is not a list");
  EXPECT_EQ(sqe(R"(,"op":"ACCEPT","error":"EWHAT")"), "member error is not the name of an error");
  EXPECT_EQ(sqe(R"(,"op":"TIMEOUT","timeout_ns":1e99)"), "member timeout_ns is not an integer of 64 bits");
  EXPECT_EQ(sqe(R"(,"op":"POLL_ADD","poll":{})"), "member poll is not a list");
  const auto cqe = [](const std::string& rest) {
    return problem_with(R"({"type":"cqe","id":2,"t":1,"ring":5)" + rest + "}");
  };
  EXPECT_EQ(cqe(R"(,"sqe":1)"), "member res is missing");
  EXPECT_EQ(cqe(R"(,"sqe":-1,"res":0)"), "member sqe is not an unsigned integer of 64 bits");
  EXPECT_EQ(cqe(R"(,"res":0,"error":[])"), "member error is not a string");
  EXPECT_EQ(cqe(R"(,"res":0,"op":7)"), "member op is not a string");
  EXPECT_EQ(cqe(R"(,"res":0,"armed":"1")"), "member armed is not an integer of 64 bits");
  EXPECT_EQ(cqe(R"(,"res":1,"ready":[7])"), "member ready has an element that is no object");
  EXPECT_EQ(problem_with(R"({"type":"ring","id":2,"t":1,"ring":-1})"), "member ring is out of range");
  EXPECT_EQ(problem_with(R"({"type":"cpu","id":2,"t":1,"pid":1,"threads":[7]})"),
            "member threads has an element that is no object");
}

TEST(TraceReaderRings, UsesAnOperationWhoseNameItDoesNotKnow) {
  const auto read =
      read_all(kHeader + R"({"type":"sqe","id":2,"t":1,"tid":7,"ring":5,"op":"TELEPORT","fd":3,)"
                         R"("user_data":"0x1","args":{"where":"there"}})"
                         "\n");
  ASSERT_EQ(read.events.size(), 2u);
  EXPECT_EQ(std::get<Sqe>(read.events[1]).op, uring::kUnknown);
  EXPECT_EQ(std::get<Sqe>(read.events[1]).fd, 3);
  ASSERT_EQ(read.problems.size(), 1u);
  EXPECT_EQ(sentence_of(read.problems[0]), "line 2: the operation \"TELEPORT\" is not known");
}

TEST(TraceReaderOff, UnderstandsTimeOffTheCpu) {
  const auto read = read_all(golden_off());
  ASSERT_EQ(read.events.size(), 4u);
  const auto& within = std::get<Call>(read.events[1]).off;
  ASSERT_TRUE(within);
  EXPECT_EQ(within->dur, 20'089'843);
  EXPECT_EQ(within->intervals, 2u);
  EXPECT_EQ(within->state, 'S');
  EXPECT_EQ(within->woken, 20'060'100);
  EXPECT_EQ(within->delay, 17'780);
  EXPECT_EQ(within->context, WakeContext::Softirq);
  EXPECT_EQ(within->by_pid, 4800);
  EXPECT_EQ(within->by_tid, 4801);
  EXPECT_EQ(within->by_comm, "curl");
  const auto& preempted = std::get<OffRow>(read.events[2]);
  EXPECT_EQ(preempted.tid, 4712);
  EXPECT_EQ(preempted.off.state, 'R');
  EXPECT_EQ(preempted.off.woken, std::nullopt);
  EXPECT_EQ(completion_time(read.events[2]), 20'200'900);
}

TEST(TraceReaderQueue, UnderstandsHowFullAnAcceptQueueIs) {
  const auto read = read_all(golden_queue());
  ASSERT_EQ(read.events.size(), 4u);
  EXPECT_EQ(std::get<FdRow>(read.events[1]).socket.drops, 7);
  EXPECT_EQ(std::get<Call>(read.events[2]).socket->drops, 9);
  const auto& row = std::get<QueueRow>(read.events[3]);
  EXPECT_EQ(row.file, 2u);
  EXPECT_EQ(row.queue, 6);
  EXPECT_EQ(row.backlog, 5);
  EXPECT_EQ(row.drops, 57);
}

TEST(TraceReaderPeek, UnderstandsHowRequestsBegin) {
  const auto read = read_all(golden_peek());
  ASSERT_EQ(read.events.size(), 3u);
  EXPECT_EQ(std::get<Call>(read.events[1]).peek, "GET /balloons HTTP/1.1\r\nHost: x\r\n");
  EXPECT_EQ(std::get<Call>(read.events[2]).peek, "\x16\xFF");
}

TEST(TraceReaderOff, NamesTheMemberThatIsWrong) {
  const auto off = [](const std::string& rest) {
    return problem_with(R"({"type":"off","id":2,"t":1,"tid":7)" + rest + "}");
  };
  EXPECT_EQ(off(R"(,"state":"S")"), "member dur is missing");
  EXPECT_EQ(off(R"(,"dur":1,"state":"SS")"), "member state is not one letter");
  EXPECT_EQ(off(R"(,"dur":1,"state":"S","by":7)"), "member by is not an object");
  EXPECT_EQ(off(R"(,"dur":1,"state":"S","woken":"x")"), "member woken is not an integer of 64 bits");
}

}  // namespace
}  // namespace loopscope::trace_model
