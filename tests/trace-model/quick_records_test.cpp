// SPDX-License-Identifier: Apache-2.0
// Lines in our own writer's form are read by a parser of their own. Whatever it takes must mean what it means
// as JSON; whatever it does not take must be left to the JSON parser.
#include "trace-model/quick_records.h"

#include <gtest/gtest.h>

#include <random>
#include <sstream>

#include "tests/trace-model/format_1.h"
#include "tests/trace-model/random_records.h"
#include "tests/trace-model/same.h"
#include "trace-model/json_writer.h"
#include "trace-model/record_parser.h"
#include "trace-model/uring_ops.h"

namespace loopscope::trace_model {
namespace {

class QuickRecords : public testing::Test {
 protected:
  // What follows the line in memory may go on as if it belonged to it.
  void expect_same_as_json(const std::string& line, std::string_view behind = {}) {
    text_.assign(line).append(behind).append(RecordParser::kPaddingBytes, '0');
    const std::string_view view = std::string_view(text_).substr(0, line.size());
    const Event* quick = parser_.parse(view);
    const Event* json = as_json_.parse_as_json(view);
    ASSERT_EQ(quick != nullptr, json != nullptr) << line << "\n"
                                                 << parser_.complaint() << as_json_.complaint();
    ASSERT_EQ(parser_.complaint(), as_json_.complaint()) << line;
    ASSERT_EQ(parser_.notes(), as_json_.notes()) << line;
    if (quick) {
      ASSERT_TRUE(same(*quick, *json)) << line;
    }
  }

  // One byte is replaced, left out, or put in, and the line cut off, at random places.
  void expect_same_when_damaged(const std::string& line, int times) {
    constexpr std::string_view kBytes = "\"\\,:{}[]0159-+.eExtfn \t\r\x01\x7F\x80\xFF";
    for (int i = 0; i < times && !HasFatalFailure(); ++i) {
      std::string damaged = line;
      const size_t at = random_() % damaged.size();
      const char byte = kBytes[random_() % kBytes.size()];
      switch (random_() % 5) {
        case 0:
          damaged[at] = byte;
          break;
        case 1:
          damaged.erase(at, 1 + random_() % 3);
          break;
        case 2:
          damaged.insert(at, 1, byte);
          break;
        case 3:
          damaged.insert(at, damaged, at, random_() % 20);
          break;
        default:
          damaged.erase(at);
      }
      expect_same_as_json(damaged, std::string_view(line).substr(std::min(at, line.size())));
    }
  }

  std::string line_of(const Event& event) {
    std::string line;
    append_line(line, event);
    line.pop_back();
    return line;
  }

  RecordParser parser_, as_json_;
  std::string text_;
  std::mt19937 random_{1};
};

TEST_F(QuickRecords, CallsMeanWhatTheyMeanAsJson) {
  RandomRecords random(21);
  for (const CallSpec& spec : all_calls())
    for (int i = 0; i < 100 && !HasFatalFailure(); ++i) {
      const std::string line = line_of(random.call(spec));
      expect_same_as_json(line);
      expect_same_when_damaged(line, 20);
    }
}

TEST_F(QuickRecords, OperationsAndResultsMeanWhatTheyMeanAsJson) {
  RandomRecords random(22);
  for (int op = 0; op < 80; ++op)
    for (int i = 0; i < 30 && !HasFatalFailure(); ++i)
      for (const std::string& line : {line_of(random.sqe(uint8_t(op))), line_of(random.cqe())}) {
        expect_same_as_json(line);
        expect_same_when_damaged(line, 20);
      }
}

TEST_F(QuickRecords, TimesOffTheCpuMeanWhatTheyMeanAsJson) {
  RandomRecords random(23);
  for (int i = 0; i < 500 && !HasFatalFailure(); ++i) {
    const std::string line = line_of(random.record(kind_of_record<OffRow>()));
    expect_same_as_json(line);
    expect_same_when_damaged(line, 20);
  }
}

TEST_F(QuickRecords, TheFirstFormatMeansWhatItMeansAsJson) {
  for (const std::string& text : {golden(), golden_rings(), golden_off(), golden_queue(), golden_peek()}) {
    std::istringstream lines(text);
    for (std::string line; std::getline(lines, line) && !HasFatalFailure();) {
      expect_same_as_json(line);
      expect_same_when_damaged(line, 500);
    }
  }
}

TEST_F(QuickRecords, NumbersAreTakenAsFarAsTheyAreExact) {
  for (const char* number : {"0",
                             "7",
                             "12345678",
                             "123456789",
                             "1234567812345678",
                             "999999999999999999",
                             "1000000000000000000",
                             "9223372036854775807",
                             "9223372036854775808",
                             "18446744073709551615",
                             "99999999999999999999999999",
                             "-1",
                             "-0",
                             "-",
                             "",
                             "00",
                             "01",
                             "-01",
                             "1.5",
                             "1e3",
                             "2147483647",
                             "2147483648",
                             "-2147483648",
                             "-2147483649",
                             "4294967295",
                             "4294967296",
                             "1 ",
                             " 1",
                             "0x1",
                             "null",
                             "\"1\"",
                             "/",
                             "1:",
                             "-9999999"})
    for (const char* line :
         {R"({"type":"call","id":@,"t":1,"dur":0,"tid":7,"call":"close","args":{"fd":3},"ret":0})",
          R"({"type":"call","id":2,"t":@,"dur":0,"tid":7,"call":"close","args":{"fd":3},"ret":0})",
          R"({"type":"call","id":2,"t":1,"dur":0,"tid":@,"call":"close","args":{"fd":3},"ret":0})",
          R"({"type":"call","id":2,"t":1,"dur":0,"tid":7,"call":"read","args":{"fd":@,"count":1},"ret":0})",
          R"({"type":"call","id":2,"t":1,"dur":0,"tid":7,"call":"read","args":{"fd":3,"count":@},"ret":0})",
          R"({"type":"call","id":2,"t":1,"dur":0,"tid":7,"call":"read","files":{"fd":@},"ret":0})",
          R"({"type":"call","id":2,"t":1,"dur":0,"tid":7,"call":"close","args":{"fd":3},"ret":@})"}) {
      std::string text = line;
      text.replace(text.find('@'), 1, number);
      expect_same_as_json(text);
    }
}

// A parser that takes nothing would be as right.
TEST_F(QuickRecords, WhatBusyServersWriteIsTaken) {
  const auto taken = [this](auto record, std::string_view line) {
    text_.assign(line).append(RecordParser::kPaddingBytes, ' ');
    QuickText text(std::string_view(text_).substr(0, line.size()));
    return read_quickly(text, record);
  };
  EXPECT_TRUE(taken(Call(), R"(8,"t":-5,"dur":900,"tid":7,"call":"read","args":{"fd":8,"count":16384},)"
                            R"("files":{"fd":12},"ret":-1,"error":"EAGAIN"})"));
  EXPECT_TRUE(taken(Call(),
                    R"(9,"t":5,"dur":900,"pid":7,"tid":8,"call":"epoll_wait","args":{"epfd":5,)"
                    R"("maxevents":10128,"timeout":12},"files":{"epfd":5},"ret":2,"ready":[{"events":)"
                    R"(["EPOLLIN","EPOLLHUP"],"data":"0x19","fd":25,"file":36},{"events":["EPOLLOUT"],)"
                    R"("data":"0xffffffffffffffff"}]})"));
  EXPECT_TRUE(taken(Call(), R"(9,"t":5,"dur":9,"tid":8,"call":"accept4","args":{"sockfd":6,"flags":)"
                            R"(["SOCK_CLOEXEC","SOCK_NONBLOCK"]},"files":{"sockfd":2,"ret":3},"ret":12,)"
                            R"("kind":"tcp","local":"127.0.0.1:1","peer":"127.0.0.1:51124"})"));
  EXPECT_TRUE(taken(Call(),
                    R"(9,"t":5,"dur":9,"tid":8,"call":"openat","args":{"dirfd":"AT_FDCWD","pathname":)"
                    R"("/srv/x","flags":["O_RDONLY"],"mode":"0644"},"files":{"ret":4},"ret":13})"));
  EXPECT_TRUE(taken(Call(),
                    R"(9,"t":5,"dur":9,"tid":8,"call":"poll","args":{"fds":[{"fd":3,"events":)"
                    R"(["POLLIN"]},{"fd":4}],"nfds":2,"timeout":-1},"files":{"fds":[7,null]},"ret":1,)"
                    R"("ready":[{"events":["POLLIN"],"fd":3,"file":7}]})"));
  EXPECT_TRUE(taken(Call(), R"(9,"t":5,"dur":90,"tid":8,"call":"epoll_wait","args":{"epfd":5},"ret":0,)"
                            R"("off":{"dur":80,"state":"S","woken":70,"delay":20,"context":"hardirq"}})"));
  EXPECT_TRUE(taken(OffRow(), R"(9,"t":5,"tid":8,"dur":90,"intervals":2,"state":"S","woken":70,"delay":20,)"
                              R"("context":"softirq","by":{"tid":4801,"pid":4800,"comm":"curl"}})"));
  EXPECT_TRUE(taken(OffRow(), R"(9,"t":5,"pid":7,"tid":8,"dur":90,"state":"R"})"));
  EXPECT_TRUE(taken(Sqe(), R"(11,"t":14,"tid":4712,"ring":5,"op":"ACCEPT","fd":6,"file":2,"user_data":"0x1",)"
                           R"("multishot":true})"));
  EXPECT_TRUE(taken(Cqe(), R"(12,"t":15,"ring":5,"sqe":11,"res":12,"flags":["IORING_CQE_F_MORE"]})"));
}

}  // namespace
}  // namespace loopscope::trace_model
