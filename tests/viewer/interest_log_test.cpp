// SPDX-License-Identifier: Apache-2.0
// What was watched at a moment is what the model says that has read the trace up to there.
#include "viewer/logic/interest_log.h"

#include <gtest/gtest.h>

#include <map>
#include <random>
#include <tuple>

#include "tests/viewer/trace_file.h"
#include "trace-model/model.h"
#include "trace-model/model_state.h"
#include "trace-model/trace_reader.h"

namespace loopscope::viewer {
namespace {

// instance, number, events, data, disarmed, since
using Row = std::tuple<FileId, int, uint32_t, uint64_t, bool, Ns>;

std::vector<Row> rows_of(const InterestLog& log, Ns t) {
  std::vector<Row> rows;
  log.at(t, [&](const InterestLog::Instance& instance, const WatchedItem& item) {
    rows.emplace_back(instance.file, item.fd, item.events, item.data, item.disarmed, item.since);
  });
  std::ranges::sort(rows);
  return rows;
}

// Two instances; descriptors that come, are registered, are changed, fire once, are closed or removed.
std::string random_trace(uint32_t calls) {
  std::minstd_rand random(11);
  std::string text = kHeader;
  uint64_t id = 10;
  Ns t = 1000;
  FileId next_file = 10;
  const auto call = [&](const std::string& name, const std::string& args, const std::string& files, int ret,
                        const std::string& rest = "") {
    text += fmt::format(
        R"({{"type":"call","id":{},"t":{},"dur":5,"tid":7,"call":"{}","args":{{{}}},"files":{{{}}},"ret":{}{}}})"
        "\n",
        id++, t += 10, name, args, files, ret, rest);
  };
  call("epoll_create1", R"("flags":[])", R"("ret":3)", 5);
  call("epoll_create1", R"("flags":[])", R"("ret":4)", 6);
  std::map<int, FileId> open;
  for (uint32_t i = 0; i < calls; ++i) {
    const int fd = 10 + int(random() % 40), epfd = 5 + int(random() % 2);
    const FileId instance = epfd == 5 ? 3 : 4;
    if (!open.contains(fd)) {
      open[fd] = next_file;
      call("eventfd2", R"("initval":0,"flags":[])", fmt::format(R"("ret":{})", next_file++), fd);
      continue;
    }
    const auto ctl = [&](const char* op) {
      call("epoll_ctl",
           fmt::format(
               R"("epfd":{},"op":"EPOLL_CTL_{}","fd":{},"events":["EPOLLIN","EPOLLONESHOT"],"data":"{:#x}")",
               epfd, op, fd, random() % 3 == 0 ? 1000 + random() % 1000 : uint64_t(fd)),
           fmt::format(R"("epfd":{},"fd":{})", instance, open[fd]), 0);
    };
    switch (random() % 12) {
      case 0:
        call("close", fmt::format(R"("fd":{})", fd), fmt::format(R"("fd":{})", open[fd]), 0);
        open.erase(fd);
        break;
      case 1:
        ctl("DEL");
        break;
      case 2:
      case 3:
        ctl("ADD");
        break;
      case 4:
      case 5:
      case 6:
        ctl("MOD");
        break;
      default:
        call("epoll_wait", fmt::format(R"("epfd":{},"maxevents":64,"timeout":0)", epfd),
             fmt::format(R"("epfd":{})", instance), 1,
             fmt::format(R"(,"ready":[{{"events":["EPOLLIN"],"data":"{:#x}"}}])", fd));
    }
  }
  return text;
}

TEST(InterestLog, AnswersAsTheModelDoesWhereverOneLooks) {
  const std::string text = random_trace(60'000);
  TraceOnDisk file(text);
  Session session(file.path(), [] {});
  load_all(session);
  InterestLog& log = session.timeline.watched;
  std::map<Ns, std::vector<Row>> expected;
  trace_model::TraceReader reader;
  reader.feed(text);
  reader.end();
  trace_model::Model model;
  uint32_t count = 0;
  while (const trace_model::Record* record = reader.next()) {
    model.apply(*record->event);
    if (++count % 97 != 0) continue;
    std::vector<Row>& rows = expected[completion_time(*record->event)];
    model.state().interest.for_each([&](const trace_model::InterestList& list) {
      list.for_each([&](const trace_model::InterestItem& item) {
        rows.emplace_back(list.instance(), item.fd, item.events, item.data, item.disarmed, item.t);
      });
    });
    std::ranges::sort(rows);
  }
  ASSERT_GT(expected.size(), 500u);
  for (const auto& [t, rows] : expected) ASSERT_EQ(rows_of(log, t), rows) << t;
  const uint64_t before = log.bytes();
  const Ns half = std::next(expected.begin(), long(expected.size() / 2))->first;
  log.drop_before(half);
  EXPECT_LT(log.bytes(), before * 6 / 10);
  for (const auto& [t, rows] : expected) {
    if (t < half) continue;
    ASSERT_EQ(rows_of(log, t), rows) << t;
  }
  log.drop_before(INT64_MAX - 1);
  EXPECT_LT(log.bytes(), 10'000u);
}

TEST(InterestLog, TimesThatGoBackDoNoHarm) {
  InterestLog log;
  WatchStep step;
  step.kind = WatchStep::Kind::Added;
  step.t = 1000, step.fd = 4, step.instance = 3;
  log.take(step);
  step.item = 1, step.t = -5, step.fd = 5;
  log.take(step);
  step.kind = WatchStep::Kind::Gone;
  log.take(step);
  step.item = 77;  // never seen
  log.take(step);
  EXPECT_TRUE(rows_of(log, 999).empty());
  EXPECT_EQ(rows_of(log, 1000).size(), 1u);
  EXPECT_EQ(rows_of(log, INT64_MAX - 1).size(), 1u);
  EXPECT_TRUE(rows_of(InterestLog(), 0).empty());
}

}  // namespace
}  // namespace loopscope::viewer
