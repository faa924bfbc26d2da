// SPDX-License-Identifier: Apache-2.0
// Whole logs, to what the model makes of them.
#include <gtest/gtest.h>

#include <algorithm>

#include "exchange/strace/import.h"
#include "trace-model/analysis/analysis.h"
#include "trace-model/json_writer.h"
#include "trace-model/model_state.h"
#include "trace-model/report.h"
#include "trace-model/trace_reader.h"

namespace loopscope::exchange::strace {
namespace {

using trace_model::Event;

struct Imported {
  std::vector<Event> events;
  std::vector<LogProblem> problems;
  trace_model::Report report;

  template <typename Record>
  [[nodiscard]] std::vector<Record> of() const {
    std::vector<Record> found;
    for (const Event& event : events)
      if (const auto* record = std::get_if<Record>(&event)) found.push_back(*record);
    return found;
  }
};

// Through its own text and the reader, as from a file; order and ids are checked by the reader.
Imported import(std::string_view log) {
  const Survey survey = survey_of(log);
  Importer importer(log, survey);
  Imported imported;
  importer.on_problem([&](const LogProblem& problem) { imported.problems.push_back(problem); });
  std::string lines;
  append_line(lines, header_of(survey));
  while (const Event* event = importer.next()) append_line(lines, *event);
  trace_model::TraceReader reader;
  reader.feed(lines);
  reader.end();
  trace_model::Analysis analysis;
  trace_model::Ns before = INT64_MIN;
  while (const trace_model::Record* record = reader.next()) {
    EXPECT_GE(completion_time(*record->event), before) << record->line;
    before = completion_time(*record->event);
    imported.events.push_back(*record->event);
    analysis.apply(*record->event);
  }
  EXPECT_EQ(reader.problem_count(), 0u) << lines;
  analysis.finish();
  imported.report = make_report(analysis.model());
  return imported;
}

constexpr std::string_view kLab =
    "70 openat(AT_FDCWD, \"/srv/app.py\", O_RDONLY|O_CLOEXEC) = 3\n"
    "70 bind(6, {sa_family=AF_INET, sin_port=htons(8079), sin_addr=inet_addr(\"0.0.0.0\")}, 16) = 0\n"
    "70 listen(6, 128)                    = 0\n"
    "70 epoll_ctl(5, EPOLL_CTL_ADD, 6, {events=EPOLLIN, data={u32=6, u64=6}}) = 0\n"
    "70 epoll_wait(5, [{events=EPOLLIN, data={u32=6, u64=6}}], 1023, -1) = 1\n"
    "70 epoll_wait(5, [], 1023, 0)        = 0\n"
    "70 epoll_ctl(5, EPOLL_CTL_ADD, 7, {events=EPOLLIN, data={u32=7, u64=7}}) = 0\n"
    "70 epoll_wait(5, [{events=EPOLLIN, data={u32=7, u64=7}}], 1023, -1) = 1\n"
    "71 openat(AT_FDCWD, \"/srv/balloons.py\", O_RDONLY|O_CLOEXEC) = 8\n"
    "70 epoll_wait(5,  <unfinished ...>\n";

TEST(StraceImport, TheLabsLogNamesListenerRegistrationAndWakeup) {
  const Imported imported = import(kLab);
  ASSERT_EQ(imported.report.listeners.size(), 1u);
  const auto& listener = imported.report.listeners[0];
  EXPECT_EQ(listener.fd, 6);
  EXPECT_EQ(listener.pid, 70);
  EXPECT_EQ(listener.address, "0.0.0.0:8079");
  EXPECT_EQ(kind_name(listener.kind), "tcp");
  EXPECT_EQ(listener.backlog, 128);
  EXPECT_EQ(listener.wakeups, 1u);
  ASSERT_EQ(listener.registrations.size(), 1u);
  EXPECT_EQ(listener.registrations[0].epfd, 5);
  EXPECT_EQ(listener.registrations[0].data, 6u);
  ASSERT_EQ(imported.report.loops.size(), 1u);
  EXPECT_EQ(imported.report.loops[0].iterations, 3u);
  EXPECT_FALSE(imported.report.recorded.accepts);
  EXPECT_TRUE(imported.report.recorded.epoll);
  EXPECT_FALSE(imported.report.recorded.scheduled);
  // Nothing says that 71 is a process of its own.
  for (const auto& call : imported.of<trace_model::Call>()) EXPECT_EQ(call.pid, 70);
  ASSERT_EQ(imported.of<trace_model::Pending>().size(), 1u);
  EXPECT_EQ(imported.of<trace_model::FdRow>().at(0).socket.state, "established")
      << "fd 7 is taken for a connection";
}

// What opened files are closed by is not in the lab's log, nor what made the instance and asyncio's pair of
// sockets.
TEST(StraceImport, WhatEpollWatchesIsNoFileThatWasOpenedBefore) {
  const std::string log =
      "70 openat(AT_FDCWD, \"/srv/a.pyc\", O_RDONLY|O_CLOEXEC) = 3\n"
      "70 openat(AT_FDCWD, \"/srv/b.pyc\", O_RDONLY|O_CLOEXEC) = 4\n"
      "70 openat(AT_FDCWD, \"/srv/c.pyc\", O_RDONLY|O_CLOEXEC) = 6\n"
      "70 epoll_ctl(3, EPOLL_CTL_ADD, 4, {events=EPOLLIN, data={u32=4, u64=4}}) = 0\n"
      "70 bind(6, {sa_family=AF_INET, sin_port=htons(8079), sin_addr=inet_addr(\"0.0.0.0\")}, 16) = 0\n"
      "70 listen(6, 128) = 0\n"
      "70 epoll_ctl(3, EPOLL_CTL_ADD, 6, {events=EPOLLIN, data={u32=6, u64=6}}) = 0\n"
      "70 epoll_wait(3, [{events=EPOLLIN, data={u32=6, u64=6}}], 2, -1) = 1\n"
      "70 openat(AT_FDCWD, \"/srv/d.pyc\", O_RDONLY|O_CLOEXEC) = 7\n"
      "70 epoll_ctl(3, EPOLL_CTL_ADD, 7, {events=EPOLLIN, data={u32=7, u64=7}}) = 0\n"
      "70 epoll_wait(3,  <unfinished ...>\n";
  const auto files_differ = [](const Imported& imported) {
    const auto calls = imported.of<trace_model::Call>();
    EXPECT_NE(calls.at(3).file("epfd"), calls[0].ret_file);
    EXPECT_NE(calls[3].file("fd"), calls[1].ret_file);
    EXPECT_NE(calls[5].file("sockfd"), calls[2].ret_file);
    return calls.at(9).file("fd") != calls[8].ret_file;
  };
  const Imported imported = import(log);
  EXPECT_TRUE(files_differ(imported));
  EXPECT_EQ(imported.of<trace_model::FdRow>().at(0).socket.kind, "tcp") << "fd 7 is taken for a connection";
  const std::string& said = imported.report.header->probes.at("descriptors");
  EXPECT_NE(said.find("fd 4 was watched before anybody could connect"), said.npos) << said;
  const auto pending = imported.of<trace_model::Pending>();
  ASSERT_EQ(pending.size(), 1u);
  EXPECT_GE(pending[0].seen, pending[0].t);
}

TEST(StraceImport, ANumberThatEpollTakesTwiceWasReused) {
  const Imported imported = import(
      "epoll_ctl(5, EPOLL_CTL_ADD, 7, {events=EPOLLIN, data={u32=7, u64=7}}) = 0\n"
      "epoll_ctl(5, EPOLL_CTL_ADD, 7, {events=EPOLLIN, data={u32=7, u64=7}}) = 0\n"
      "epoll_ctl(5, EPOLL_CTL_ADD, 7, {events=EPOLLIN, data={u32=7, u64=7}}) = -1 EEXIST (File exists)\n");
  const auto calls = imported.of<trace_model::Call>();
  ASSERT_EQ(calls.size(), 3u);
  EXPECT_NE(calls[0].file("fd"), calls[1].file("fd"));
  EXPECT_EQ(calls[1].file("fd"), calls[2].file("fd"));
  EXPECT_EQ(calls[0].file("epfd"), calls[2].file("epfd"));
}

TEST(StraceImport, CopiesAreTheSameFile) {
  const auto calls = import(
                         "socket(AF_INET, SOCK_STREAM, IPPROTO_IP) = 3\n"
                         "dup2(3, 9) = 9\n"
                         "close(3) = 0\n"
                         "listen(9, 5) = 0\n"
                         "socket(AF_INET, SOCK_STREAM, IPPROTO_IP) = 3\n")
                         .of<trace_model::Call>();
  ASSERT_EQ(calls.size(), 5u);
  EXPECT_EQ(calls[3].file("sockfd"), calls[0].ret_file);
  EXPECT_NE(calls[4].ret_file, calls[0].ret_file);
}

TEST(StraceImport, ForkCopiesDescriptorsAndThreadsShareThem) {
  const Imported imported = import(
      "70 bind(3, {sa_family=AF_INET, sin_port=htons(80), sin_addr=inet_addr(\"0.0.0.0\")}, 16) = 0\n"
      "70 listen(3, 5) = 0\n"
      "70 clone(child_stack=NULL, flags=CLONE_CHILD_SETTID|SIGCHLD <unfinished ...>\n"
      "71 epoll_create1(0) = 4\n"
      "70 <... clone resumed>, child_tidptr=0x7f) = 71\n"
      "70 clone3({flags=CLONE_VM|CLONE_FILES|CLONE_THREAD, exit_signal=0} => {parent_tid=[72]}, 88) = 72\n"
      "72 epoll_create1(0) = 5\n"
      "71 accept(3, NULL, NULL) = 5\n"
      "71 +++ exited with 3 +++\n"
      "72 +++ exited with 0 +++\n"
      "70 +++ killed by SIGINT +++\n");
  const auto forks = imported.of<trace_model::Fork>();
  ASSERT_EQ(forks.size(), 2u);
  EXPECT_EQ(forks[0].child, 71);
  EXPECT_EQ(forks[1].child, 70);
  EXPECT_EQ(forks[1].child_tid, 72);
  EXPECT_EQ(imported.report.listeners.size(), 2u) << "the child has it too";
  const auto exits = imported.of<trace_model::Exit>();
  ASSERT_EQ(exits.size(), 3u);
  EXPECT_TRUE(exits[0].last);
  EXPECT_EQ(exits[0].code, 3);
  EXPECT_FALSE(exits[1].last);
  EXPECT_EQ(exits[2].signal, 2);
  EXPECT_EQ(imported.of<trace_model::End>().at(0).reason, "target exited");
}

TEST(StraceImport, AThreadWhoseDeathItsParentIsToldOfIsAProcess) {
  const Imported imported = import(
      "70 close(1) = 0\n71 close(1) = 0\n72 close(1) = 0\n"
      "70 --- SIGCHLD {si_signo=SIGCHLD, si_code=CLD_EXITED, si_pid=71, si_status=0} ---\n");
  const auto calls = imported.of<trace_model::Call>();
  ASSERT_EQ(calls.size(), 3u);
  EXPECT_EQ(calls[1].pid, 71);
  EXPECT_EQ(calls[2].pid, 70);
}

TEST(StraceImport, WaitsLastAsLongAsTheLogSays) {
  const auto dur = [](std::string_view log) { return import(log).of<trace_model::Call>().at(0).dur; };
  EXPECT_EQ(dur("1700000000.0 epoll_wait(5, [], 9, -1) = 0 <0.000007>\n1700000001.0 close(3) = 0\n"), 7000);
  EXPECT_EQ(dur("1700000000.0 epoll_wait(5, [{events=EPOLLIN, data={u32=6, u64=6}}], 9, -1) = "
                "1\n1700000001.0 close(3) = 0\n"),
            1'000'000'000);
  EXPECT_EQ(dur("1700000000.0 epoll_wait(5, [], 9, 20) = 0\n1700000001.0 close(3) = 0\n"), 20'000'000);
  EXPECT_EQ(dur("1700000000.0 epoll_wait(5, [], 9, 0) = 0\n1700000001.0 close(3) = 0\n"), 0);
  EXPECT_EQ(dur("1700000000.0 close(4) = 0\n1700000001.0 close(3) = 0\n"), 0);
}

TEST(StraceImport, LinesThatCannotBeReadHarmNoOther) {
  const Imported imported = import("listen(6, 5) = 0\nlisten(6, \"\nlisten(x) = 0\nlisten(6, 5) = 0\n");
  EXPECT_EQ(imported.of<trace_model::Call>().size(), 2u);
  ASSERT_EQ(imported.problems.size(), 2u);
  EXPECT_EQ(imported.problems[0].line, 2u);
  EXPECT_EQ(imported.problems[1].line, 3u);
  EXPECT_EQ(imported.of<trace_model::End>().at(0).skipped.at("lines that could not be read"), 2u);
}

// Every log cut anywhere, and with any byte changed, is imported to a trace that can be read.
TEST(StraceImport, DamagedLogs) {
  for (size_t length = 0; length < kLab.size(); ++length) (void)import(kLab.substr(0, length));
  for (size_t at = 0; at < kLab.size(); ++at)
    for (const char c : {'(', '"', '<', '\n', '9', '\0'}) {
      std::string log(kLab);
      log[at] = c;
      (void)import(log);
    }
}

}  // namespace
}  // namespace loopscope::exchange::strace
