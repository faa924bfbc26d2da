// SPDX-License-Identifier: Apache-2.0
// Records of the kernel side become lines in the order and with the times that the format promises.
#include "tracer/record_stream.h"

#include <gtest/gtest.h>

#include <cstring>

#include "tracer/call_numbers.h"

namespace loopscope::tracer {
namespace {

constexpr uint64_t kAttach = 1'000'000'000;  // CLOCK_MONOTONIC at t 0

class RecordStreamTest : public testing::Test {
 protected:
  RecordStreamTest() {
    stream_.take(trace_model::Event(trace_model::TraceHeader{}));
    stream_.lines().clear();
  }

  // The line of a close(2) that began and ended then.
  std::string close_call(uint64_t start_ns, uint64_t end_ns) {
    wire_call record{};
    record.header = {WIRE_CALL, 0, sizeof(record)};
    record.pid = record.tid = 7;
    record.start_ns = start_ns;
    record.end_ns = end_ns;
    record.nr = number_of(*trace_model::find_call("close")).value_or(0);
    stream_.lines().clear();
    stream_.take(std::as_bytes(std::span(&record, 1)));
    return stream_.lines();
  }

  // The line of a call that returned descriptor 3, of the file at that address. `fd`: its first argument.
  std::string returns_file(const char* call, int64_t fd, uint64_t address) {
    wire_call record{};
    record.header = {WIRE_CALL, 0, sizeof(record)};
    record.pid = record.tid = 7;
    record.start_ns = now_ns_ += 1000;
    record.end_ns = now_ns_ += 1000;
    record.nr = number_of(*trace_model::find_call(call)).value_or(0);
    record.args[0] = uint64_t(fd);
    record.ret = 3;
    record.ret_file = address;
    stream_.lines().clear();
    stream_.take(std::as_bytes(std::span(&record, 1)));
    return stream_.lines();
  }

  // What is written when thread 7 runs again.
  std::string off(uint64_t since_ns, uint64_t again_ns, bool in_call, uint64_t woken_ns = 0) {
    wire_off record{};
    record.header = {WIRE_OFF, 0, sizeof(record)};
    record.pid = record.tid = 7;
    record.off_ns = since_ns;
    record.time_ns = again_ns;
    record.woken_ns = woken_ns;
    record.state = woken_ns ? 1 : WIRE_OFF_RUNNABLE;
    record.context = WAKE_SOFTIRQ;
    record.by_pid = record.by_tid = woken_ns ? 9 : 0;
    strcpy(record.by_comm, woken_ns ? "curl" : "");
    record.in_call = in_call;
    stream_.lines().clear();
    stream_.take(std::as_bytes(std::span(&record, 1)));
    return stream_.lines();
  }

  RecordStream stream_{kAttach};
  uint64_t now_ns_ = kAttach;
};

// The kernel gives the place of a file that is gone to the next one.
TEST_F(RecordStreamTest, AFileThatIsMadeHasANumberOfItsOwn) {
  EXPECT_TRUE(returns_file("epoll_create1", 0, 0xf00).contains(R"("files":{"ret":1})"));
  EXPECT_TRUE(returns_file("signalfd4", uint32_t(-1), 0xf00).contains(R"("files":{"ret":2})"));
  // Changed, not made.
  EXPECT_TRUE(returns_file("signalfd4", 3, 0xf00).contains(R"("ret":2)"));
  EXPECT_TRUE(returns_file("signalfd4", uint32_t(-1), 0xf00).contains(R"("files":{"ret":3})"));
}

// Before any record the last time is the least there is, from which nothing can be subtracted.
TEST_F(RecordStreamTest, AFirstCallIsNotLate) {
  const std::string line = close_call(kAttach + 100, kAttach + 300);
  EXPECT_TRUE(line.contains("\"t\":100,\"dur\":200,\"tid\"")) << line;
  EXPECT_EQ(stream_.last_time(), 300);
}

TEST_F(RecordStreamTest, AFirstCallThatEndedBeforeTheAttachIsNotLate) {
  const std::string line = close_call(kAttach - 500, kAttach - 200);
  EXPECT_TRUE(line.contains("\"t\":-500,\"dur\":300,\"tid\"")) << line;
  EXPECT_EQ(stream_.last_time(), -200);
}

TEST_F(RecordStreamTest, CallsInOrderKeepTheirTimes) {
  close_call(kAttach - 500, kAttach - 200);
  const std::string same_end = close_call(kAttach - 300, kAttach - 200);
  EXPECT_TRUE(same_end.contains("\"t\":-300,\"dur\":100,\"tid\"")) << same_end;
  const std::string later = close_call(kAttach + 10, kAttach + 25);
  EXPECT_TRUE(later.contains("\"t\":10,\"dur\":15,\"tid\"")) << later;
  EXPECT_EQ(stream_.last_time(), 25);
}

TEST_F(RecordStreamTest, ACallOutOfOrderEndsWhereItStandsAndSaysHowLateItIs) {
  close_call(kAttach + 10, kAttach + 1000);
  const std::string line = close_call(kAttach + 100, kAttach + 400);
  EXPECT_TRUE(line.contains("\"t\":100,\"dur\":900,\"late\":600,")) << line;
  EXPECT_EQ(stream_.last_time(), 1000);
}

TEST_F(RecordStreamTest, TimeOffTheCpuOutsideACallIsARecordOfItsOwn) {
  const std::string line = off(kAttach + 100, kAttach + 400, false, kAttach + 350);
  EXPECT_TRUE(line.contains("\"type\":\"off\"") && line.contains("\"t\":100,")) << line;
  EXPECT_TRUE(
      line.contains("\"dur\":300,\"state\":\"S\",\"woken\":350,\"delay\":50,\"context\":\"softirq\","
                    "\"by\":{\"tid\":9,\"comm\":\"curl\"}"))
      << line;
  EXPECT_EQ(stream_.last_time(), 400);
}

TEST_F(RecordStreamTest, TimeOffTheCpuWithinACallStandsInIt) {
  EXPECT_EQ(off(kAttach + 100, kAttach + 400, true, kAttach + 350), "");
  const std::string line = close_call(kAttach + 50, kAttach + 500);
  EXPECT_TRUE(line.contains("\"off\":{\"dur\":300,\"state\":\"S\",\"woken\":350")) << line;
  EXPECT_FALSE(close_call(kAttach + 600, kAttach + 700).contains("\"off\""));
}

TEST_F(RecordStreamTest, OfSeveralIntervalsTheLastIsDescribed) {
  off(kAttach + 100, kAttach + 400, true, kAttach + 350);
  off(kAttach + 410, kAttach + 420, true);
  const std::string line = close_call(kAttach + 50, kAttach + 500);
  EXPECT_TRUE(line.contains("\"off\":{\"dur\":310,\"intervals\":2,\"state\":\"R\"}")) << line;
}

TEST_F(RecordStreamTest, TimeWithinACallThatWasLostIsNotAnothers) {
  off(kAttach + 100, kAttach + 400, true, kAttach + 350);
  EXPECT_FALSE(close_call(kAttach + 600, kAttach + 700).contains("\"off\""));
}

}  // namespace
}  // namespace loopscope::tracer
