// SPDX-License-Identifier: Apache-2.0
// A trace may say any time it likes. Whatever it says is added, compared and shown without an overflow, which
// the sanitizers would end this program for, and a sum that does not fit is the nearest time that does.
#include "tests/trace-model/show/shown.h"
#include "trace-model/duration_text.h"
#include "trace-model/query.h"
#include "trace-model/report_json.h"
#include "trace-model/report_text.h"

namespace loopscope::trace_model {
namespace {

constexpr Ns kTimes[]{INT64_MIN, INT64_MIN + 1, -1, 0, 1, INT64_MAX - 1, INT64_MAX};

Call call_at(Ns t, Ns dur) {
  Call made;
  made.t = t;
  made.dur = dur;
  return made;
}

TEST(HostileTime, TheEndOfACallIsTheNearestTimeThereIs) {
  EXPECT_EQ(call_at(5, 7).end(), 12);
  EXPECT_EQ(call_at(INT64_MAX - 1, 1).end(), INT64_MAX);
  EXPECT_EQ(call_at(INT64_MAX - 1, 2).end(), INT64_MAX);
  EXPECT_EQ(call_at(INT64_MAX, INT64_MAX).end(), INT64_MAX);
  EXPECT_EQ(call_at(INT64_MIN, -1).end(), INT64_MIN);
  EXPECT_EQ(call_at(INT64_MIN, INT64_MAX).end(), -1);
  EXPECT_EQ(completion_time(Event(call_at(INT64_MAX, 1))), INT64_MAX);
}

// Two loops, a listener and an epoll instance, and then whatever a record says of when.
class HostileTimes : public testing::Test, protected TraceMaker {
 protected:
  HostileTimes() {
    process(kServer, 1);
    listening_socket(3, 1);
    epoll_create(5, 11);
    epoll_ctl(5, kCtlAdd, 3, kEpollIn, 3);
  }

  void take(const Event& event) {
    (void)whole_line(analysis, event);
    for (const char* condition : {"dur>1s", "t<0", "t>1h"})
      if (const auto query = Query::parse(condition)) (void)query->matches(event);
  }
  void take_calls(Ns t, Ns dur, Ns late) {
    Call wait = call("epoll_wait", {{"epfd", 5}, {"maxevents", 8}, {"timeout", -1}}, 1);
    wait.ready.push_back({kEpollIn, 3, -1, 0, {}});
    Call poll = call("poll", {{"nfds", 1}, {"timeout", -1}}, 1);
    poll.poll_fds = {{3, kEpollIn, 0}};
    poll.ready.push_back({kEpollIn, 0, 3, 0, {}});
    Call range = call("close_range", {{"first", 100}, {"last", 200}, {"flags", 0}});
    for (Call* each : {&wait, &poll, &range}) {
      each->t = t;
      each->dur = dur;
      each->late = late;
      take(*each);
    }
  }
  void take_pending(Ns t, Ns seen) {
    Pending pending;
    static_cast<CallBody&>(pending) = call("epoll_wait", {{"epfd", 5}, {"maxevents", 8}, {"timeout", -1}});
    pending.id = ++id;
    pending.t = t;
    pending.seen = seen;
    take(pending);
  }
  void take_intervals(Ns t, Ns until) {
    Lost lost;
    lost.id = ++id;
    lost.t = t;
    lost.until = until;
    lost.count = 1;
    take(lost);
    SnapshotEnd end;
    end.id = ++id;
    end.t = t;
    end.since = until;
    end.origin = Origin::Resync;
    take(end);
  }
  void read_all_of_it() {
    for (const TextOptions& options : {TextOptions{}, TextOptions{.color = true, .columns = 40}})
      EXPECT_FALSE(report_text(make_report(model), options).empty());
    EXPECT_FALSE(report_json(make_report(model)).empty());
    for (const Ns t : kTimes) EXPECT_FALSE(model.state_rows(t).empty());
  }
};

TEST_F(HostileTimes, Calls) {
  for (const Ns t : kTimes)
    for (const Ns dur : kTimes)
      for (const Ns late : kTimes) {
        take_calls(t, dur, late);
        read_all_of_it();
      }
}

TEST_F(HostileTimes, CallsInProgressLossesAndReadings) {
  for (const Ns t : kTimes)
    for (const Ns other : kTimes) {
      take_pending(t, other);
      take_intervals(t, other);
      read_all_of_it();
    }
}

TEST_F(HostileTimes, WhatComesAndGoes) {
  Pid child = kServer;
  for (const Ns t : kTimes) {
    for (Event event : {Event(Fork{}), Event(Exec{}), Event(Unshare{}), Event(Exit{}), Event(End{})}) {
      std::visit(
          [&](auto& record) {
            if constexpr (requires { record.t; }) record.t = t;
            if constexpr (requires { record.tid; }) record.pid = record.tid = kServer;
            if constexpr (requires { record.child; }) record.child = record.child_tid = ++child;
            record.id = ++id;
          },
          event);
      take(event);
    }
    read_all_of_it();
  }
}

TEST(HostileTime, Texts) {
  for (const Ns t : kTimes) {
    EXPECT_FALSE(duration_text(t).empty());
    EXPECT_FALSE(time_text(t).empty());
  }
  EXPECT_EQ(time_text(INT64_MIN), "-9223372036.854 775 s");
  EXPECT_EQ(duration_text(INT64_MAX), "2562047 h 47 min");
}

}  // namespace
}  // namespace loopscope::trace_model
