// SPDX-License-Identifier: Apache-2.0
#include <nlohmann/json.hpp>

#include "trace-model/report_json.h"
#include "trace-model/report_text.h"
#include "trace-model/terminal_text.h"
#include "trace_maker.h"

namespace loopscope::trace_model {
namespace {

using nlohmann::json;

TraceHeader header_with(std::vector<std::string> calls) {
  TraceHeader header;
  header.arch = "x86_64";
  header.kernel = "6.1.0";
  header.calls = std::move(calls);
  return header;
}

const std::vector<std::string> kAllWaits{"accept", "accept4", "epoll_pwait", "epoll_wait",
                                         "poll",   "ppoll",   "pselect6",    "select"};

// A server that accepted two connections and sleeps again.
TraceMaker served() {
  TraceMaker trace;
  trace.apply(header_with(kAllWaits));
  trace.process(kServer, 1);
  trace.fd(5, 1, "epoll");
  trace.listener_row(6, 2);
  trace.watch_row(5, 1, 6, 2, 0x6);
  trace.snapshot_end(0, {kServer});
  for (int i = 0; i < 2; ++i) {
    trace.wait(5, {{kEpollIn, 6}});
    trace.accept(6, 7 + i, FileId(10 + i));
  }
  return trace;
}

void end(TraceMaker& trace) {
  End record;
  record.t = trace.now;
  record.reason = "interrupted";
  trace.apply(record);
}

json json_of(const TraceMaker& trace) {
  return json::parse(report_json(make_report(trace.model)));
}
std::string text_of(const TraceMaker& trace, int columns = 100) {
  return report_text(make_report(trace.model), {.color = false, .columns = columns});
}
bool says(const std::string& text, std::string_view what) {
  return text.find(what) != std::string::npos;
}

TEST(Report, ListenersAndTheirRegistrations) {
  TraceMaker trace = served();
  end(trace);
  const json report = json_of(trace);
  ASSERT_EQ(report["listeners"].size(), 1u);
  const json& row = report["listeners"][0];
  EXPECT_EQ(row["pid"], kServer);
  EXPECT_EQ(row["fd"], 6);
  EXPECT_EQ(row["file"], 2);
  EXPECT_EQ(row["inode"], 41002);
  EXPECT_EQ(row["address"], "0.0.0.0:8079");
  EXPECT_EQ(row["kind"], "tcp");
  EXPECT_EQ(row["backlog"], 128);
  EXPECT_EQ(row["origin"], "snapshot");
  EXPECT_TRUE(row["bind_t"].is_null());
  EXPECT_EQ(row["accepts"], 2);
  EXPECT_EQ(row["wakeups"], 2);
  EXPECT_FALSE(row.contains("closed_t"));
  EXPECT_TRUE(row["accept_queue"]["dropped"].is_null());
  const json expected{{"how", "epoll_ctl"},
                      {"epfd", 5},
                      {"ring", nullptr},
                      {"t", nullptr},
                      {"events", {"EPOLLIN"}},
                      {"data", "0x6"},
                      {"origin", "snapshot"},
                      {"fd", 6},
                      {"adds", 1}};
  EXPECT_EQ(row["registrations"], json::array({expected}));
  EXPECT_EQ(report["complete"], true);
  EXPECT_EQ(report["loss"], json({{"count", 0}, {"gaps", json::array()}}));
}

QueueRow queue_row(FileId file, int64_t queue, int64_t drops) {
  QueueRow row;
  row.file = file;
  row.queue = queue;
  row.backlog = 5;
  row.drops = drops;
  return row;
}

TEST(Report, TheAcceptQueueAndWhatWasDropped) {
  TraceMaker trace = served();
  trace.apply(queue_row(2, 1, 40));  // what was dropped before nobody saw
  trace.apply(queue_row(2, 6, 89));
  trace.apply(queue_row(2, 0, 90));
  trace.apply(queue_row(77, 9, 9));  // of a file that is no listener
  end(trace);
  EXPECT_EQ(json_of(trace)["listeners"][0]["accept_queue"],
            json({{"max", 6}, {"backlog", 5}, {"dropped", 50}}));
  EXPECT_TRUE(says(text_of(trace), "accept queue: at most 6 of 5; 50 connection attempts dropped"));
}

TEST(Report, DropsAreCountedFromTheFirstLook) {
  TraceMaker trace = served();
  FdRow row = trace.fd_row(8, 9, "tcp", Origin::Snapshot);
  row.socket.state = "listen";
  row.socket.drops = 7;
  trace.apply(row);
  Call accept = trace.call("accept4", {{"sockfd", 8}}, 12);
  accept.ret_file = 30;
  accept.socket.emplace().kind = "tcp";
  accept.socket->backlog = 5;
  accept.socket->queue = 3;
  accept.socket->drops = 9;
  trace.apply(accept);
  end(trace);
  const json report = json_of(trace);
  const auto at =
      std::ranges::find(report["listeners"], json(8), [](const json& each) { return each["fd"]; });
  ASSERT_NE(at, report["listeners"].end());
  EXPECT_EQ((*at)["accept_queue"], json({{"max", 4}, {"backlog", 5}, {"dropped", 2}}));
}

TEST(Report, LoopsAndWhatWokeThem) {
  TraceMaker trace = served();
  const json report = json_of(trace);
  ASSERT_EQ(report["loops"].size(), 1u);
  const json& loop = report["loops"][0];
  EXPECT_EQ(loop["wait"], "epoll");
  EXPECT_EQ(loop["epfd"], 5);
  EXPECT_EQ(loop["iterations"], 2);
  EXPECT_EQ(loop["wakeups"], json({{"new connection", 2}}));
  EXPECT_EQ(loop["wait_ns"]["max"], 1000);
  EXPECT_TRUE(loop["cpu_ns"].is_null());
  EXPECT_TRUE(loop["asleep"].is_null());
  EXPECT_EQ(report["complete"], false);  // no end
}

TEST(Report, BoundAndListeningSince) {
  TraceMaker trace;
  trace.process(kServer, 1);
  trace.listening_socket(6, 2);
  const Ns listened = trace.now - 1000, bound = listened - 1'001'000;
  trace.listen(6, 256);
  const json row = json_of(trace)["listeners"][0];
  EXPECT_EQ(row["origin"], "bind");
  EXPECT_EQ(row["bind_t"], bound);
  EXPECT_EQ(row["listen_t"], listened);  // the first listen
  EXPECT_EQ(row["backlog"], 256);
  EXPECT_TRUE(says(text_of(trace), "not registered: this process does not wait on it"));
}

TEST(Report, WhatWasNotRecordedIsNull) {
  TraceMaker trace;
  trace.apply(header_with({"accept", "accept4"}));
  trace.process(kServer, 1);
  trace.fd(5, 1, "epoll");
  trace.listener_row(6, 2);
  trace.watch_row(5, 1, 6, 2, 0x6);
  trace.accept(6, 7, 10);
  const json row = json_of(trace)["listeners"][0];
  EXPECT_EQ(row["accepts"], 1);
  EXPECT_TRUE(row["wakeups"].is_null());
  EXPECT_TRUE(says(text_of(trace), "Waits in epoll, poll, select were left out"));
}

TEST(Report, ASnapshotAloneCountsNothing) {
  TraceMaker trace;
  trace.apply(header_with({}));
  trace.process(kServer, 1);
  trace.listener_row(6, 2);
  const json row = json_of(trace)["listeners"][0];
  EXPECT_TRUE(row["accepts"].is_null());
  EXPECT_TRUE(row["wakeups"].is_null());
  EXPECT_TRUE(says(text_of(trace), "nothing was recorded"));
}

TEST(Report, AClosedListenerIsListedAsSuch) {
  TraceMaker trace = served();
  trace.close(6, 2);
  const json row = json_of(trace)["listeners"][0];
  EXPECT_EQ(row["closed_t"], trace.now);
  EXPECT_TRUE(says(text_of(trace), "fd 6 was a listening socket"));
}

TEST(Report, ALossIsAFindingWithEvidence) {
  TraceMaker trace = served();
  trace.lost(LossClass::Call, 17);
  const RecordId gap = trace.id;
  end(trace);
  const json report = json_of(trace);
  EXPECT_EQ(report["complete"], false);
  EXPECT_EQ(report["loss"]["count"], 17);
  EXPECT_EQ(report["loss"]["gaps"][0]["id"], gap);
  EXPECT_EQ(report["findings"][0]["kind"], "lost events");
  EXPECT_EQ(report["findings"][0]["evidence"], json::array({gap}));
  EXPECT_TRUE(says(text_of(trace), "17 records could not be kept"));
}

TEST(Report, RingsWhoseOperationsWereRecordedAreNotNamedAsUnread) {
  TraceMaker trace = served();
  TraceHeader header = header_with(kAllWaits);
  header.probes["io_uring"] = "create, submit_req, complete";
  trace.apply(header);
  trace.fd(9, 9, "io_uring");
  EXPECT_EQ(json_of(trace)["findings"], json::array());
}

TEST(Report, RingsAreNamedAsUnread) {
  TraceMaker trace = served();
  trace.fd(9, 9, "io_uring");
  const json report = json_of(trace);
  EXPECT_EQ(report["processes"][0]["io_uring"], true);
  EXPECT_EQ(report["findings"][0]["kind"], "io_uring not decoded");
  EXPECT_EQ(report["findings"][0]["severity"], "note");
}

TEST(Report, AsleepForTheWholeRecording) {
  TraceMaker trace;
  trace.apply(header_with(kAllWaits));
  trace.process(kServer, 1);
  Pending pending;
  pending.id = 1000;
  pending.seen = trace.now;
  pending.pid = pending.tid = kServer;
  pending.spec = find_call("epoll_wait");
  pending.set(0, 5);
  pending.files[0] = 1;
  pending.start_known = false;
  pending.origin = Origin::Snapshot;
  trace.apply(pending);
  end(trace);
  EXPECT_TRUE(says(text_of(trace), "asleep in epoll_wait for the whole recording (epoll 5)"))
      << text_of(trace);
  const json loop = json_of(trace)["loops"][0];
  EXPECT_EQ(loop["iterations"], 0);
  EXPECT_EQ(loop["asleep"]["all_along"], true);
}

TEST(Report, TheMasterNamesItsWorkers) {
  TraceMaker trace;
  trace.process(kServer, 1);
  trace.listening_socket(6, 2);
  for (const Pid worker : {200, 201}) {
    trace.pid = kServer;
    trace.fork(worker, FdTableId(worker));
    trace.pid = worker;
    trace.epoll_create(7, FileId(worker));
    trace.epoll_ctl(7, kCtlAdd, 6, kEpollIn | kEpollExclusive, 0x66);
  }
  const std::string text = text_of(trace);
  EXPECT_TRUE(says(text, "processes 200, 201 wait on it")) << text;
  EXPECT_TRUE(says(text, "EPOLLIN|EPOLLEXCLUSIVE")) << text;
  EXPECT_EQ(json_of(trace)["listeners"].size(), 3u);
}

TEST(Report, NothingOfTheTargetReachesTheTerminalRaw) {
  TraceMaker trace = served();
  ProcessRow row;
  row.pid = kServer;
  row.t = trace.now;
  row.fdtable = 1;
  row.comm = "\x1b[31mred";
  row.cmdline = {"a\nb", "\x9b", "c\x7f"};
  row.threads = {{kServer, "\x1b]0;x\a"}};
  trace.apply(row);
  trace.listener_row(8, 9, "unix:@\x1b[2J");
  for (const unsigned char c : text_of(trace)) EXPECT_TRUE(c == '\n' || (c >= 0x20 && c != 0x7f)) << int(c);
  EXPECT_NO_THROW((void)json_of(trace));
}

TEST(Report, LinesKeepToTheColumns) {
  TraceMaker trace = served();
  end(trace);
  for (const int columns : {40, 60, 80, 200}) {
    const std::string text = text_of(trace, columns);
    for (size_t at = 0; at < text.size();) {
      const size_t line_end = text.find('\n', at);
      EXPECT_LE(column_count(text.substr(at, line_end - at)), size_t(columns))
          << text.substr(at, line_end - at);
      at = line_end + 1;
    }
  }
}

}  // namespace
}  // namespace loopscope::trace_model
