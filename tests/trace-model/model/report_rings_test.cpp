// SPDX-License-Identifier: Apache-2.0
// What a report says about rings, and what it finds wrong with them.
#include <nlohmann/json.hpp>

#include "ring_maker.h"
#include "trace-model/report_json.h"
#include "trace-model/report_text.h"

namespace loopscope::trace_model {
namespace {

class ReportedRing : public RingMaker {
 public:
  explicit ReportedRing(uint32_t flags = 0) {
    TraceHeader header;
    header.id = ++id;
    header.calls = {"accept", "accept4", "io_uring_enter"};
    header.probes["io_uring"] = "create, submit_req, complete";
    apply(header);
    with_ring(flags);
  }
  [[nodiscard]] Report report() const { return make_report(model); }
  [[nodiscard]] nlohmann::json json() const { return nlohmann::json::parse(report_json(report())); }
  [[nodiscard]] std::string text() const { return report_text(report(), {.color = false, .columns = 120}); }
  [[nodiscard]] bool says(std::string_view what) const { return text().find(what) != std::string::npos; }
  void polled_by(Pid thread) {
    RingRow row;
    row.id = ++id;
    row.t = now += 1000;
    row.pid = row.tid = pid;
    row.ring = kRing;
    row.fd = kRingFd;
    row.sq_thread = thread;
    apply(row);
  }
  void cpu(std::vector<CpuTime> threads) {
    CpuRow row;
    row.id = ++id;
    row.t = now += 1000;
    row.pid = pid;
    row.threads = std::move(threads);
    apply(row);
  }
};

TEST(ReportRings, WhatWentThroughOneRing) {
  ReportedRing trace;
  const RecordId first = trace.take(uring::kRecv, 7, 9), second = trace.take(uring::kRecv, 7, 9);
  trace.take(uring::kNop);
  trace.apply(trace.enter(3));
  trace.complete(first, 12);
  trace.complete(second, -104);
  const auto json = trace.json();
  const auto& ring = json["rings"][0];
  EXPECT_EQ(ring["ring"], kRing);
  EXPECT_EQ(ring["fd"], kRingFd);
  EXPECT_EQ(ring["sq_entries"], 256);
  EXPECT_EQ(ring["sqes"], 3);
  EXPECT_EQ(ring["cqes"], 2);
  EXPECT_EQ(ring["enters"], 1);
  EXPECT_EQ(ring["sqes_per_enter"], (nlohmann::json{{{"from", 2}, {"to", 3}, {"enters", 1}}}));
  EXPECT_EQ(ring["calls_replaced"], 2) << "a NOP would be no call";
  const auto& receives = ring["operations"][0];
  EXPECT_EQ(receives["op"], "RECV");
  EXPECT_EQ(receives["taken"], 2);
  EXPECT_EQ(receives["failed"], 1);
  EXPECT_EQ(receives["errors"], (nlohmann::json{{"ECONNRESET", 1}}));
  EXPECT_EQ(ring["operations"][1]["in_flight"], 1);
  EXPECT_TRUE(trace.says("io_uring 4: 256 and 512 entries, made before the recording began"));
  EXPECT_TRUE(trace.says("3 operations taken, 2 completions posted, 1 call of io_uring_enter"));
  EXPECT_TRUE(trace.says("operations taken by a call, and how often:  2-3: 1"));
  EXPECT_TRUE(trace.says("without the ring: 2 calls of their own; 1 saved"));
  EXPECT_TRUE(trace.says("RECV failed: ECONNRESET 1"));
  EXPECT_TRUE(trace.says("in progress at the end: NOP 1"));
}

TEST(ReportRings, ATimeoutThatRunsOutIsNoFailure) {
  ReportedRing trace;
  trace.complete(trace.take(uring::kTimeout), -62);
  EXPECT_TRUE(trace.says("TIMEOUT ended: ETIME 1"));
}

TEST(ReportRings, WhoAsksForNoCompletionIsNotInProgress) {
  ReportedRing trace;
  Sqe close = trace.entry(uring::kClose, 7, 9);
  close.flags = uring::kSqeSkipSuccess;
  trace.take(close);
  EXPECT_EQ(trace.json()["rings"][0]["operations"][0]["undecided"], 1);
  EXPECT_EQ(trace.json()["rings"][0]["operations"][0]["in_flight"], 0);
  EXPECT_TRUE(trace.says("asked for no completion, and had none: CLOSE 1"));
  EXPECT_FALSE(trace.says("in progress at the end"));
  trace.apply(trace.enter(1));
  EXPECT_EQ(trace.json()["rings"][0]["operations"][0]["undecided"], 0);
  EXPECT_EQ(trace.json()["rings"][0]["operations"][0]["silent"], 1);
}

TEST(ReportRings, OverflowIsAFindingWithEvidence) {
  ReportedRing trace;
  Cqe late = trace.completion(trace.take(uring::kNop), 0);
  late.overflow = true;
  trace.apply(Event(late));
  const auto finding = trace.json()["findings"][0];
  EXPECT_EQ(finding["kind"], "completion queue overflow");
  EXPECT_EQ(finding["evidence"], nlohmann::json{late.id});
  EXPECT_EQ(trace.json()["rings"][0]["overflows"], 1);
  EXPECT_NE(finding["text"].get<std::string>().find("(512 entries) was full for 1 completion"),
            std::string::npos);
  EXPECT_TRUE(trace.says("What to do: take completions more often"));
}

TEST(ReportRings, AMultishotAcceptThatEndedIsAFindingUntilItIsSubmittedAgain) {
  ReportedRing trace;
  trace.listener_row(6, 9);
  trace.complete(trace.accept_multishot(6, 9), -24);
  const auto finding = trace.json()["findings"][0];
  EXPECT_EQ(finding["kind"], "multishot ended");
  EXPECT_NE(finding["text"].get<std::string>().find("ACCEPT on fd 6"), std::string::npos) << finding;
  EXPECT_NE(finding["text"].get<std::string>().find("EMFILE"), std::string::npos) << finding;
  trace.accept_multishot(6, 9);
  EXPECT_EQ(trace.json()["findings"], nlohmann::json::array());
}

TEST(ReportRings, TimeOfThreadsThatPollAndWork) {
  ReportedRing trace(uring::kSetupSqpoll);
  trace.polled_by(101);
  trace.take(uring::kNop);
  trace.cpu({{kServer, "server", 0}, {101, "iou-sqp-100", 0}, {102, "iou-wrk-100", 0}});
  trace.cpu({{kServer, "", 1'000'000}, {101, "", 3'000'000}, {102, "", 2'000'000}});
  const auto json = trace.json();
  EXPECT_EQ(json["rings"][0]["sq_thread"], 101);
  EXPECT_EQ(json["rings"][0]["sq_thread_cpu_ns"], 3'000'000);
  EXPECT_EQ(json["processes"][0]["cpu_ns"], 6'000'000);
  EXPECT_EQ(json["processes"][0]["io_uring_cpu_ns"],
            (nlohmann::json{{"sqpoll", 3'000'000}, {"workers", 2'000'000}}));
  EXPECT_TRUE(trace.says("a thread of the kernel (101) takes operations without a call; it ran for 3.0 ms"));
  EXPECT_TRUE(
      trace.says("of it 3.0 ms in threads that poll its rings and 2.0 ms in worker threads of its rings"));
}

TEST(ReportRings, TimeOfAPollingThreadThatHasEnded) {
  ReportedRing trace(uring::kSetupSqpoll);
  trace.polled_by(101);
  trace.cpu({{kServer, "server", 0}, {101, "iou-sqp-100", 0}});
  Exit end;
  end.id = ++trace.id;
  end.t = trace.now += 1000;
  end.pid = trace.pid;
  end.tid = 101;
  end.cpu_ns = 5'000'000;
  trace.apply(end);
  EXPECT_EQ(trace.json()["rings"][0]["sq_thread_cpu_ns"], 5'000'000);
  EXPECT_EQ(trace.json()["processes"][0]["io_uring_cpu_ns"]["sqpoll"], 5'000'000);
}

TEST(ReportRings, WithoutThoseProbesOnlyTheRingItself) {
  RingMaker trace;
  trace.with_ring();
  trace.listener_row(6, 9);
  trace.accept_multishot(6, 9);
  const std::string text = report_text(make_report(trace.model), {.color = false, .columns = 120});
  EXPECT_NE(text.find("io_uring 4: 256 and 512 entries"), std::string::npos) << text;
  EXPECT_EQ(text.find("operations taken"), std::string::npos) << text;
  EXPECT_EQ(text.find("accepted"), std::string::npos) << "what was not seen is not none: " << text;
}

}  // namespace
}  // namespace loopscope::trace_model
