// SPDX-License-Identifier: Apache-2.0
// What requests are made of, and what the report says of them.
#include <nlohmann/json.hpp>

#include "tests/trace-model/model/served.h"
#include "trace-model/report_json.h"
#include "trace-model/report_requests.h"
#include "trace-model/report_text.h"

namespace loopscope::trace_model {
namespace {

TEST_F(Served, OneOfABatchWaitsForTheOthers) {
  connect(7, 10);
  connect(8, 11);
  const Call wait = sleep({7, 8});
  read(7, 10);
  Call open = call("openat", {{"dirfd", -100}, {"flags", 0}}, 20);
  open.text = "/srv/data";
  open.dur = 5 * kMs;
  open.off = off('D', 4 * kMs, open.t + 4 * kMs, 0);
  apply(open);
  write(7, 10);
  const Ns first_answered = now;
  read(8, 11);
  write(8, 11);
  finish();
  ASSERT_EQ(figures().slowest.size(), 2U);
  const Request& second = figures().slowest[0];
  const Request& first = figures().slowest[1];
  EXPECT_EQ(second.file, 11U);
  EXPECT_EQ(second.ready, *wait.off->woken);
  EXPECT_GT(second.queue(), first_answered - *wait.off->woken);
  EXPECT_TRUE(second.opened.empty());
  ASSERT_EQ(first.opened.size(), 1U);
  EXPECT_EQ(first.opened[0].path, "/srv/data");
  EXPECT_EQ(first.time.blocked, 4 * kMs);
  EXPECT_EQ(first.time.longest_block.path, "/srv/data");
  EXPECT_EQ(first.elsewhere(), 0);
  EXPECT_EQ(first.running() + first.time.blocked, first.service());
}

TEST_F(Served, AnAnswerInALaterWakeUpWasElsewhereInBetween) {
  connect(7, 10);
  sleep({7});
  read(7, 10);
  const Ns left = now;
  sleep({}, 20 * kMs);
  Call other = call("openat", {{"dirfd", -100}, {"flags", 0}}, 20);
  other.text = "/of/nobody";
  apply(other);
  write(7, 10);
  finish();
  EXPECT_GE(only().elsewhere(), 20 * kMs);
  EXPECT_EQ(only().time.longest_away.t, left);
  EXPECT_TRUE(only().opened.empty());
}

TEST_F(Served, WhatComesAfterTheLastWriteIsNotPartOfIt) {
  connect(7, 10);
  sleep({7});
  read(7, 10);
  write(7, 10);
  Call open = call("openat", {{"dirfd", -100}, {"flags", 0}}, 20);
  open.text = "/later";
  apply(open);
  close(7, 10);
  finish();
  EXPECT_TRUE(only().opened.empty());
  EXPECT_EQ(only().calls, 2U);
}

TEST_F(Served, ReadByOneThreadAndAnsweredByAnother) {
  fork(101, 1, 0x10f00);
  connect(7, 10);
  sleep({7});
  read(7, 10);
  tid = 101;
  write(7, 10);
  tid = 0;
  finish();
  EXPECT_EQ(only().threads, (std::vector<Pid>{kServer, 101}));
  EXPECT_EQ(only().time.longest_away.to_tid, 101);
}

TEST_F(Served, AThreadMadeForARequestWorksForIt) {
  connect(7, 10);
  sleep({7});
  read(7, 10);
  Fork made;
  made.id = ++id;
  made.t = now += 1000;
  made.pid = made.tid = made.child = kServer;
  made.child_tid = 101;
  made.fdtable = 1;
  made.flags = 0x10f00;
  apply(made);
  tid = 101;
  Call open = call("openat", {{"dirfd", -100}, {"flags", 0}}, 20);
  open.text = "/srv/script.py";
  apply(open);
  tid = 0;
  write(7, 10);
  finish();
  ASSERT_EQ(only().opened.size(), 1U);
  EXPECT_EQ(only().opened[0].path, "/srv/script.py");
  EXPECT_EQ(only().threads, (std::vector<Pid>{kServer, 101}));
}

TEST_F(Served, LossesMakeTimesUncertain) {
  connect(7, 10);
  sleep({7});
  read(7, 10);
  lost(LossClass::Io);
  write(7, 10);
  finish();
  EXPECT_EQ(figures().requests, 1U);
  EXPECT_EQ(figures().overlap_loss, 1U);
  EXPECT_EQ(figures().latency.count(), 0U);
}

TEST_F(Served, APeekTakesNothing) {
  accept(6, 7, 10);
  Call peek = call("recvfrom", {{"sockfd", 7}, {"len", 1}, {"flags", 2}}, 1);
  peek.files[0] = 10;
  apply(peek);
  const RecordId first = read(7, 10);
  write(7, 10);
  finish();
  EXPECT_EQ(only().id, first);
}

TEST_F(Served, ThroughARing) {
  fd(kRingFd, kRing, "io_uring");
  ring_row();
  const RecordId accepting = accept_multishot(6, 2);
  connection(accepting, 7, 10, uring::kCqeMore);
  Sqe receive = entry(uring::kRecv, 7, 10);
  receive.multishot = true;
  const RecordId receiving = take(receive);
  for (int i = 0; i < 3; ++i) {
    Cqe came = completion(receiving, 100, uring::kCqeMore);
    came.woken = came.t - 500;
    joined(came);
    joined(completion(take(uring::kSend, 7, 10), 200));
  }
  joined(completion(take(uring::kClose, 7, 10), 0));
  finish();
  EXPECT_EQ(figures().requests, 3U);
  EXPECT_EQ(figures().connections, 1U);
  for (const Request& request : figures().slowest) {
    EXPECT_TRUE(request.through_ring);
    EXPECT_EQ(request.queue(), 500);
    EXPECT_EQ(request.pid, kServer);
  }
}

TEST_F(Served, ItIsFoundByARecordOfIt) {
  Kept other(analysis, {.request_bytes = 0, .wanted = id + 4, .parts = false});
  accept(6, 7, 10);
  const RecordId first = read(7, 10);
  Call open = call("openat", {{"dirfd", -100}, {"flags", 0}}, 20);
  open.text = "/x";
  apply(open);
  const RecordId answer = write(7, 10);
  ASSERT_EQ(answer, other.requests.options().wanted);
  read(7, 10);
  finish();
  ASSERT_NE(other.requests.found(), nullptr);
  EXPECT_EQ(other.requests.found()->id, first);
  EXPECT_EQ(other.requests.find(first)->last_write, answer);
}

TEST_F(Served, RequestsOfOneSizeAreCountedByTheirBytes) {
  Kept other(analysis, {.request_bytes = 40, .wanted = 0, .parts = false});
  accept(6, 7, 10);
  read(7, 10, 100);
  write(7, 10);
  read(7, 10, 20);
  write(7, 10);
  analysis.finish();
  other.requests.finish();
  ASSERT_EQ(other.requests.figures().size(), 1U);
  EXPECT_EQ(other.requests.figures()[0]->requests, 3U);
  EXPECT_EQ(other.requests.figures()[0]->exchanges, 2U);
}

TEST_F(Served, TheReportSaysWhatEachCosts) {
  connect(7, 10);
  for (int i = 0; i < 4; ++i) {
    sleep({7});
    read(7, 10);
    write(7, 10);
  }
  finish();
  Report report = make_report(model);
  add_requests(report, requests);
  const auto json = nlohmann::json::parse(report_json(report));
  const auto& row = json["requests"][0];
  EXPECT_EQ(row["pid"], kServer);
  EXPECT_EQ(row["count"], 4);
  EXPECT_EQ(row["per_request"]["wakeups"], 1.0);
  EXPECT_EQ(row["per_request"]["calls"], 3.5);
  EXPECT_EQ(row["per_request"]["own_calls"], 2.0);
  EXPECT_TRUE(row["per_request"]["cpu_ns"].is_null());
  EXPECT_EQ(row["listeners"][0]["fd"], 6);
  EXPECT_EQ(row["slowest"].size(), 4U);
  EXPECT_TRUE(row["not_delimitable"].is_null());
  const std::string text = report_text(report, {.color = false, .columns = 100});
  EXPECT_NE(text.find("4 requests"), std::string::npos) << text;
  EXPECT_NE(text.find("Of requests: a request begins"), std::string::npos) << text;
}

TEST_F(Served, TimesOfADamagedTraceOverflowNothing) {
  accept(6, 7, 10);
  for (const Ns t : {INT64_MIN, INT64_MAX, Ns(0)}) {
    now = 0;
    Call made = io("read", 7, 10, INT64_MAX);
    made.t = t;
    made.dur = INT64_MAX;
    made.off = off('S', INT64_MAX, INT64_MIN, INT64_MAX);
    apply(made);
    now = 0;  // which the times of records have moved
    made = io("write", 7, 10, INT64_MAX);
    made.t = t;
    made.dur = INT64_MIN;
    made.off = off('R', INT64_MIN, INT64_MAX, INT64_MIN);
    apply(made);
  }
  finish();
  Report report = make_report(model);
  add_requests(report, requests);
  EXPECT_FALSE(report_json(report).empty());
  EXPECT_FALSE(report_text(report, {.color = false, .columns = 100}).empty());
}

}  // namespace
}  // namespace loopscope::trace_model
