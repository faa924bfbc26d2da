// SPDX-License-Identifier: Apache-2.0
// What the writer writes, the reader reads: every kind of record, every call, every name of every table.
#include <gtest/gtest.h>

#include "tests/trace-model/random_records.h"
#include "tests/trace-model/same.h"
#include "trace-model/json_writer.h"
#include "trace-model/record_parser.h"
#include "trace-model/uring_ops.h"

namespace loopscope::trace_model {
namespace {

constexpr int kTimes = 200;

class RoundTrip : public testing::Test {
 protected:
  // What comes back, and a failure of the test where nothing does.
  const Event* through_json(const Event& event) {
    line_.clear();
    append_line(line_, event);
    const size_t length = line_.size() - 1;
    EXPECT_EQ(line_.find('\n'), length) << line_;
    line_.append(RecordParser::kPaddingBytes, ' ');
    const Event* read = parser_.parse(std::string_view(line_).substr(0, length));
    EXPECT_TRUE(read) << parser_.complaint() << "\n" << line_;
    EXPECT_TRUE(parser_.notes().empty()) << parser_.notes().front() << "\n" << line_;
    return read;
  }

  void expect_same(const Event& event) {
    const Event* read = through_json(event);
    ASSERT_TRUE(read);
    std::string again;
    append_line(again, *read);
    EXPECT_TRUE(same(event, *read)) << line_ << again;
  }

  RecordParser parser_;
  std::string line_;
};

TEST_F(RoundTrip, EveryCall) {
  RandomRecords random(1);
  for (const CallSpec& spec : all_calls())
    for (int i = 0; i < kTimes && !HasFailure(); ++i) expect_same(random.call(spec));
}

TEST_F(RoundTrip, EveryCallInProgress) {
  RandomRecords random(2);
  for (const CallSpec& spec : all_calls())
    for (int i = 0; i < kTimes && !HasFailure(); ++i) expect_same(random.pending(spec));
}

TEST_F(RoundTrip, EveryOtherRecord) {
  RandomRecords random(3);
  for (size_t kind = 0; kind < std::variant_size_v<Event>; ++kind)
    for (int i = 0; i < kTimes && !HasFailure(); ++i) expect_same(random.record(kind));
}

TEST_F(RoundTrip, EveryOperationOfARing) {
  RandomRecords random(6);
  for (int op = 0; op < 256; ++op)
    for (int i = 0; i < kTimes && !HasFailure(); ++i) {
      expect_same(random.sqe(uint8_t(op)));
      expect_same(random.cqe());
    }
}

// What an armed operation was asked with is not known: absent is not empty there.
TEST_F(RoundTrip, AnOperationFoundArmedSaysOnlyWhatIsThere) {
  Sqe sqe;
  sqe.id = 1;
  sqe.pid = sqe.tid = 2;
  sqe.ring = 5;
  sqe.op = uring::kAccept;
  sqe.spec = find_call("accept4");
  sqe.set(0, sqe.fd = 6);
  sqe.origin = Origin::Snapshot;
  expect_same(sqe);
  sqe.origin = Origin::Trace;
  sqe.fd_inferred = true;
  expect_same(sqe);
  sqe.fd_inferred = false;
  const Event* read = through_json(sqe);
  ASSERT_TRUE(read);
  EXPECT_EQ(std::get<Sqe>(*read).arg("flags"), 0);
}

TEST_F(RoundTrip, TheDescriptorStandsOnceInTheLine) {
  Sqe sqe;
  sqe.id = 1;
  sqe.pid = sqe.tid = 2;
  sqe.ring = 5;
  sqe.op = uring::kEpollCtl;
  sqe.spec = find_call("epoll_ctl");
  sqe.set(0, sqe.fd = 4);
  sqe.files[0] = sqe.file_id = 1;
  sqe.set(1, 1);
  sqe.set(2, 6);
  sqe.files[2] = 2;
  sqe.set(3, 1);
  sqe.set(4, 0x6);
  expect_same(sqe);
  EXPECT_TRUE(line_.starts_with(
      R"({"type":"sqe","id":1,"t":0,"tid":2,"ring":5,"op":"EPOLL_CTL","fd":4,"file":1,"user_data":"0x0",)"
      R"("args":{"op":"EPOLL_CTL_ADD","fd":6,"events":["EPOLLIN"],"data":"0x6"},"files":{"fd":2}})"))
      << line_;
}

TEST_F(RoundTrip, TheWorkingDirectoryIsNoDescriptor) {
  Sqe sqe;
  sqe.id = 1;
  sqe.pid = sqe.tid = 2;
  sqe.ring = 5;
  sqe.op = uring::kOpenat;
  sqe.spec = find_call("openat");
  sqe.set(0, -100);
  sqe.set(1, 0);
  sqe.set(2, 0);
  sqe.text = "/srv/balloons.txt";
  expect_same(sqe);
  EXPECT_TRUE(line_.contains(R"("args":{"dirfd":"AT_FDCWD","pathname":"/srv/balloons.txt")")) << line_;
  EXPECT_FALSE(line_.contains(R"("fd":)")) << line_;
}

TEST_F(RoundTrip, EveryResultOfAnOperation) {
  for (const int64_t res : {int64_t(0), int64_t(-1), int64_t(-125), int64_t(-531), int64_t(INT32_MIN),
                            int64_t(INT64_MIN), int64_t(INT64_MAX)}) {
    Cqe cqe;
    cqe.id = 2;
    cqe.ring = 5;
    cqe.res = res;
    expect_same(cqe);
    EXPECT_EQ(line_.contains("\"error\":"), res < 0) << line_;
  }
  EXPECT_EQ(std::get<Cqe>(*through_json([] {
              Cqe cqe;
              cqe.id = 2;
              cqe.sqe = 1;
              cqe.user_data = 7;  // the operation's, which says it
              return cqe;
            }()))
                .user_data,
            0u);
}

TEST_F(RoundTrip, ACallThatIsNotKnownKeepsItsName) {
  Call call;
  call.id = 1;
  call.pid = call.tid = 2;
  call.unknown_name = "sched_teleport";
  call.ret = 7;
  call.ret_file = 3;
  expect_same(call);
}

TEST_F(RoundTrip, NothingIsLeftFromTheCallBefore) {
  RandomRecords random(4);
  const auto calls = all_calls();
  for (int i = 0; i < 5000 && !HasFailure(); ++i)
    expect_same(random.call(calls[size_t(i * 7) % calls.size()]));
}

void expect_every_name(const SymbolTable& table) {
  for (const Symbol& symbol : table.flags) EXPECT_EQ(bits_of(table, symbol.name), symbol.bits) << symbol.name;
  for (const Symbol& symbol : table.choices)
    EXPECT_EQ(bits_of(table, symbol.name), symbol.bits) << symbol.name;
}

TEST_F(RoundTrip, EveryNameOfEveryArgument) {
  for (const CallSpec& spec : all_calls())
    for (size_t i = 0; i < spec.args.size(); ++i) {
      const ArgSpec& arg = spec.args[i];
      if (arg.kind != ArgKind::Flags && arg.kind != ArgKind::Choice) continue;
      expect_every_name(*arg.symbols);
      std::vector<uint64_t> values{0};
      for (const Symbol& symbol : arg.symbols->flags) values.push_back(symbol.bits);
      for (const Symbol& symbol : arg.symbols->choices) values.push_back(symbol.bits);
      for (int bit = 0; bit < 64; ++bit) values.push_back(uint64_t{1} << bit);
      values.push_back(~uint64_t{0});
      for (const uint64_t value : values) {
        Call call;
        call.id = 1;
        call.pid = call.tid = 2;
        call.spec = &spec;
        call.set(int(i), int64_t(value));
        const Event* read = through_json(call);
        ASSERT_TRUE(read);
        EXPECT_EQ(uint64_t(std::get<Call>(*read).args[i]), value) << line_;
      }
    }
}

TEST_F(RoundTrip, EveryErrorNumber) {
  for (int error = 1; error < 4096; ++error) {
    Call call;
    call.id = 1;
    call.pid = call.tid = 2;
    call.spec = find_call("close");
    call.ret = -1;
    call.error = error;
    expect_same(call);
  }
}

}  // namespace
}  // namespace loopscope::trace_model
