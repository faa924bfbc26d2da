// SPDX-License-Identifier: Apache-2.0
#include "trace-model/cpu_times.h"

#include "ring_maker.h"

namespace loopscope::trace_model {
namespace {

class CpuMaker : public RingMaker {
 public:
  void reading(std::vector<CpuTime> threads) {
    CpuRow row;
    row.id = ++id;
    row.t = now += 1000;
    row.pid = pid;
    row.threads = std::move(threads);
    apply(row);
  }
  void ends(Pid which, Ns cpu_ns) {
    Exit made;
    made.id = ++id;
    made.t = now += 1000;
    made.pid = pid;
    made.tid = which;
    made.cpu_ns = cpu_ns;
    apply(made);
  }
  [[nodiscard]] std::optional<Ns> used(Pid which) const {
    const ThreadCpu* thread = state().cpu.find(which);
    return thread ? thread->ns() : std::nullopt;
  }
};

TEST(CpuTimes, WhatWasUsedBetweenTheReadings) {
  CpuMaker trace;
  trace.with_ring();
  trace.reading({{kServer, "server", 500}, {101, "iou-sqp-100", 70}});
  EXPECT_EQ(trace.used(kServer), std::nullopt);
  trace.reading({{kServer, "server", 800}, {101, "", 100}, {102, "late", 40}});
  EXPECT_EQ(trace.used(kServer), 300);
  EXPECT_EQ(trace.used(101), 30);
  EXPECT_EQ(trace.used(102), 40);
  EXPECT_EQ(trace.state().cpu.helper(*trace.state().cpu.find(101)), UringHelper::Poller);
  EXPECT_EQ(trace.state().cpu.helper(*trace.state().cpu.find(102)), std::nullopt);
}

TEST(CpuTimes, ThreadsThatEnd) {
  CpuMaker trace;
  trace.with_ring();
  trace.reading({{kServer, "server", 500}, {101, "worker", 70}});
  trace.ends(101, 100);
  trace.ends(103, 9);  // came and went
  EXPECT_EQ(trace.state().cpu.process(kServer)->ended_ns, 39);
  EXPECT_EQ(trace.state().cpu.find(101), nullptr);
}

TEST(CpuTimes, WithoutAReadingNothingIsKnown) {
  CpuMaker trace;
  trace.with_ring();
  trace.ends(101, 100);
  EXPECT_EQ(trace.state().cpu.process(kServer), nullptr);
}

TEST(CpuTimes, OfAProcessThatCameUpAllIsKnown) {
  CpuMaker trace;
  trace.with_ring();
  trace.fork(200, 2);
  trace.pid = 200;
  trace.reading({{200, "child", 40}});
  EXPECT_EQ(trace.used(200), 40);
  trace.ends(200, 60);
  EXPECT_EQ(trace.state().cpu.process(200)->ended_ns, 60);
}

TEST(CpuTimes, AWorkerIsKnownByWhatItCompleted) {
  CpuMaker trace;
  trace.with_ring();
  trace.reading({{kServer, "server", 500}});
  Cqe made = trace.completion(trace.take(uring::kRead, 7, 9), 1);
  made.tid = 104;
  made.punted = trace.now;
  trace.apply(Event(made));
  trace.ends(104, 12);
  ASSERT_EQ(trace.state().cpu.process(kServer)->ended_helpers.size(), 1u);
  EXPECT_EQ(trace.state().cpu.process(kServer)->ended_helpers[0].ns(), 12);
}

TEST(CpuTimes, AnyNumberWillDo) {
  CpuMaker trace;
  trace.with_ring();
  trace.reading({{kServer, "server", INT64_MAX}});
  trace.reading({{kServer, "server", INT64_MIN}});
  EXPECT_EQ(trace.used(kServer), 0);
  trace.reading({{kServer, "server", INT64_MAX}});
  trace.ends(kServer, INT64_MAX);
}

}  // namespace
}  // namespace loopscope::trace_model
