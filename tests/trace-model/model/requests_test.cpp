// SPDX-License-Identifier: Apache-2.0
// Requests on accepted connections: where each begins and ends.
#include "tests/trace-model/model/served.h"
#include "trace-model/report.h"

namespace loopscope::trace_model {
namespace {

TEST_F(Served, ARequestLastsFromTheWakeUpToTheLastWrite) {
  connect(7, 10);
  const Call wait = sleep({7});
  const RecordId first = read(7, 10);
  const Ns read_at = now - 1000;
  write(7, 10, 50);
  write(7, 10, 50);
  const Ns written_at = now;
  close(7, 10);
  finish();
  const Request& request = only();
  EXPECT_EQ(request.id, first);
  EXPECT_EQ(request.ready, *wait.off->woken);
  EXPECT_EQ(request.first_read, read_at);
  EXPECT_EQ(request.end, written_at);
  EXPECT_EQ(request.queue() + request.service(), request.latency());
  EXPECT_EQ(request.listener, 2U);
  EXPECT_EQ(request.peer, "127.0.0.1:50000");
  EXPECT_EQ(request.reads, 1U);
  EXPECT_EQ(request.writes, 2U);
  EXPECT_EQ(request.bytes_in, 100U);
  EXPECT_EQ(request.bytes_out, 100U);
  EXPECT_EQ(request.calls, 3U);
  EXPECT_FALSE(request.unfinished);
  EXPECT_EQ(figures().several_writes, 1U);
  EXPECT_EQ(figures().connections, 1U);
}

TEST_F(Served, WhatItBeganWithNamesIt) {
  connect(7, 10);
  sleep({7});
  Call made = call("read", {{"fd", 7}, {"count", 4096}}, 40);
  identify(made, "fd", 10);
  made.peek = "GET /balloons HTTP/1.1\r\nHost: x\r\n";
  apply(made);
  write(7, 10);
  close(7, 10);
  finish();
  EXPECT_EQ(only().label, "GET /balloons");
}

TEST_F(Served, KeepAliveIsOneRequestForEachAnswer) {
  connect(7, 10);
  for (int i = 0; i < 5; ++i) {
    sleep({7});
    read(7, 10);
    read(7, 10, -kEagain);
    write(7, 10);
  }
  finish();
  EXPECT_EQ(figures().requests, 5U);
  EXPECT_EQ(figures().slowest.size(), 5U);
  const ServedProcess* served = requests.served(kServer);
  ASSERT_NE(served, nullptr);
  EXPECT_EQ(served->at_last_write.wakeups, 5U);
  EXPECT_EQ(served->at_last_write.calls, 2U + 5 * 4);
}

TEST_F(Served, OnlyThoseThatBeginInAPartCount) {
  analysis.set_window({INT64_MAX, INT64_MAX});  // its beginning is not known yet
  connect(7, 10);
  for (int i = 0; i < 5; ++i) {
    if (i == 2) analysis.set_window({now, INT64_MAX});
    if (i == 4) analysis.set_window({analysis.window().from, now});
    sleep({7});
    read(7, 10);
    write(7, 10);
  }
  finish();
  EXPECT_EQ(figures().requests, 2U);
  EXPECT_EQ(figures().connections, 1U);
  const ServedProcess* served = requests.served(kServer);
  ASSERT_NE(served, nullptr);
  EXPECT_EQ(served->at_last_write.wakeups, 2U);
  EXPECT_EQ(served->at_last_write.calls, 6U);
}

TEST_F(Served, WhatIsReadBeforeTheAnswerIsOneExchange) {
  connect(7, 10);
  sleep({7});
  read(7, 10);
  read(7, 10);  // another request, or more of this one
  write(7, 10);
  write(7, 10);
  finish();
  EXPECT_EQ(figures().requests, 1U);
  EXPECT_EQ(only().bytes_in, 200U);
}

TEST_F(Served, NoRequestIsReadyBeforeThePreviousIsAnswered) {
  connect(7, 10);
  sleep({7});
  read(7, 10);
  write(7, 10);
  const Ns answered = now;
  read(7, 10);  // it had come meanwhile: no wait named it
  write(7, 10);
  finish();
  ASSERT_EQ(figures().requests, 2U);
  for (const Request& request : figures().slowest)
    if (request.number == 2) {
      EXPECT_GE(request.ready, answered);
      EXPECT_EQ(request.queue(), 0);
    }
}

TEST_F(Served, OneThatReadsAtOnceIsReadySinceItWasAccepted) {
  accept(6, 7, 10);
  const Ns accepted = now;
  read(7, 10);
  write(7, 10);
  finish();
  EXPECT_EQ(only().ready, accepted);
  EXPECT_TRUE(only().just_accepted);
}

TEST_F(Served, AReadThatSleptIsReadyWhenItWasWoken) {
  accept(6, 7, 10);
  Call made = io("recvfrom", 7, 10, 100);
  made.dur = 9 * kMs;
  made.off = off('S', 8 * kMs, made.t + 8 * kMs, 10'000);
  apply(made);
  write(7, 10);
  finish();
  EXPECT_EQ(only().ready, made.t + 8 * kMs);
  EXPECT_EQ(only().first_read, made.end());
  EXPECT_EQ(only().time.blocked, 0);
}

TEST_F(Served, AServerThatSpeaksFirstIsAskedLater) {
  accept(6, 7, 10);
  write(7, 10);  // a greeting
  read(7, 10);
  write(7, 10);
  finish();
  EXPECT_EQ(figures().requests, 1U);
  EXPECT_EQ(figures().only_written, 0U);
}

TEST_F(Served, WhatCannotBeToldApartIsNamed) {
  accept(6, 7, 10);
  write(7, 10);
  close(7, 10);
  accept(6, 7, 11);
  read(7, 11);
  close(7, 11);
  accept(6, 8, 12);
  close(8, 12);
  finish();
  EXPECT_EQ(figures().requests, 0U);
  EXPECT_EQ(figures().only_written, 1U);
  EXPECT_EQ(figures().only_read, 1U);
  EXPECT_EQ(figures().unanswered, 1U);
  EXPECT_EQ(requests.silent(), 1U);
  Report report = make_report(model);
  add_requests(report, requests);
  ASSERT_EQ(report.requests.size(), 1U);
  EXPECT_NE(report.requests[0].not_delimitable.find("never listens"), std::string::npos);
  EXPECT_NE(report.requests[0].not_delimitable.find("nothing was answered"), std::string::npos);
}

TEST_F(Served, ANumberThatIsUsedAgainIsAnotherConnection) {
  for (FileId file = 10; file < 13; ++file) {
    connect(7, file);
    sleep({7});
    read(7, file);
    write(7, file);
    close(7, file);
  }
  finish();
  EXPECT_EQ(figures().requests, 3U);
  EXPECT_EQ(figures().connections, 3U);
  for (const Request& request : figures().slowest) EXPECT_EQ(request.number, 1U);
}

TEST_F(Served, WithoutIdentitiesTheTableOfDescriptorsIsUsed) {
  accept(6, 7, 0);
  read(7, 0);
  write(7, 0);
  close(7);
  accept(6, 7, 0);
  read(7, 0);
  write(7, 0);
  finish();
  EXPECT_EQ(figures().requests, 2U);
}

TEST_F(Served, AConnectionOfTheSnapshotIsKnownByItsListener) {
  FdRow row = fd_row(9, 20, "tcp");
  row.socket.state = "established";
  row.socket.local = "10.0.0.1:8080";
  row.socket.peer = "10.0.0.2:40000";
  apply(row);
  FdRow outgoing = fd_row(11, 21, "tcp");
  outgoing.socket.state = "established";
  outgoing.socket.local = "10.0.0.1:50001";
  apply(outgoing);
  read(11, 21);
  write(11, 21);
  read(9, 20);
  write(9, 20);
  finish();
  EXPECT_EQ(only().file, 20U);
  EXPECT_EQ(only().listener, 2U);
}

TEST_F(Served, ShutdownEndsARequest) {
  accept(6, 7, 10);
  read(7, 10);
  write(7, 10);
  const Ns written = now;
  Call made = call("shutdown", {{"sockfd", 7}, {"how", 1}});
  made.files[0] = 10;
  apply(made);
  read(7, 10, 0);
  finish();
  EXPECT_EQ(only().end, written);
  EXPECT_FALSE(only().unfinished);
}

TEST_F(Served, WhatTheTraceCutsOffIsUnfinishedOrInProgress) {
  connect(7, 10);
  connect(8, 11);
  sleep({7, 8});
  read(7, 10);
  write(7, 10);
  read(8, 11);
  finish();
  EXPECT_EQ(figures().in_progress, 1U);
  EXPECT_TRUE(only().unfinished);
}

}  // namespace
}  // namespace loopscope::trace_model
