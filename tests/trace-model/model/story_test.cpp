// SPDX-License-Identifier: Apache-2.0
// What the report, --explain, --opened, --from/--to, --timeline and `watch` say of a server whose click opens
// a file on another thread, made by hand.
#include <nlohmann/json.hpp>

#include "trace-model/report_json.h"
#include "trace-model/report_text.h"
#include "trace-model/story/explanation_words.h"
#include "trace-model/story/opened_words.h"
#include "trace-model/story/part_of_trace.h"
#include "trace-model/story/timeline.h"
#include "trace-model/story/watch_lines.h"
#include "trace-model/terminal_text.h"
#include "trace_maker.h"

namespace loopscope::trace_model {
namespace {

using nlohmann::json;

constexpr Pid kWorker = 101, kClient = 900;
constexpr Ns kMs = 1'000'000;

bool says(const std::string& text, std::string_view what) {
  return text.find(what) != std::string::npos;
}

// Records in order, to be analysed any number of times.
class Clicks {
 public:
  std::vector<Event> events;
  RecordId first_wait = 0, opening = 0, second_wait = 0;

  Clicks() {
    TraceHeader header;
    header.id = ++maker_.id;
    header.arch = "x86_64";
    header.calls = {"accept", "accept4", "epoll_pwait", "epoll_wait", "poll", "ppoll", "pselect6", "select"};
    header.probes["off-CPU"] = "tp_btf sched_switch, sched_waking";
    events.emplace_back(header);
    ProcessRow process;
    process.id = ++maker_.id;
    process.pid = kServer;
    process.fdtable = 1;
    process.exe = "/usr/bin/python3.11";
    process.threads = {{kServer, "python3"}};
    events.emplace_back(process);
    events.emplace_back(maker_.fd_row(5, 1, "epoll"));
    FdRow listener = maker_.fd_row(6, 2, "tcp");
    listener.socket.state = "listen";
    listener.socket.local = "0.0.0.0:8079";
    listener.nonblock = true;
    events.emplace_back(listener);
    add(maker_.call("epoll_ctl",
                    {{"epfd", 5}, {"op", kCtlAdd}, {"fd", 6}, {"events", kEpollIn}, {"data", 6}}));
    look();
    first_wait = click();
    thread_opens("/srv/balloons.py");
    look();
    second_wait = click();
    add(maker_.call("epoll_wait", {{"epfd", 5}, {"maxevents", 64}, {"timeout", 0}}, 0));
    sleep_for_ever();
    End end;
    end.id = ++maker_.id;
    end.t = maker_.now += kMs;
    end.reason = "interrupted";
    events.emplace_back(end);
  }

  [[nodiscard]] Report report(PartOfTrace& part) const {
    for (Event event : events) part.take(event);
    return part.finish();
  }

 private:
  void add(const Call& call) {
    events.emplace_back(call);
    maker_.now = std::max(maker_.now, call.end());
  }
  void look() { add(maker_.call("epoll_wait", {{"epfd", 5}, {"maxevents", 64}, {"timeout", 0}}, 0)); }
  // Asleep for 20 ms, woken for a connection, run 1 ms later; accepts it.
  RecordId click() {
    Call wait = maker_.call("epoll_wait", {{"epfd", 5}, {"maxevents", 64}, {"timeout", -1}}, 1);
    wait.dur = 20 * kMs;
    wait.ready.push_back({kEpollIn, 6, -1, 0, {}});
    Off off;
    off.dur = 19 * kMs;
    off.delay = kMs;
    off.woken = wait.t + 18 * kMs;
    off.context = WakeContext::Softirq;
    off.by_pid = off.by_tid = kClient;
    off.by_comm = "curl\x1b[31m";
    wait.off = off;
    add(wait);
    Call accepted = maker_.call("accept4", {{"sockfd", 6}, {"flags", kNonblockFlag}}, 7);
    accepted.files[0] = 2;
    accepted.ret_file = 10;
    add(accepted);
    return wait.id;
  }
  void thread_opens(std::string path) {
    Fork fork;
    fork.id = ++maker_.id;
    fork.t = maker_.now += 1000;
    fork.pid = fork.tid = fork.child = kServer;
    fork.child_tid = kWorker;
    fork.fdtable = 1;
    fork.flags = 0x10f00;
    events.emplace_back(fork);
    maker_.tid = kWorker;
    Call opened = maker_.call("openat", {{"dirfd", -100}, {"flags", 0}}, 8);
    opened.text = std::move(path);
    opened.present |= 1u << arg_index(*opened.spec, "pathname");
    opened.ret_file = 20;
    opening = opened.id;
    add(opened);
    maker_.tid = 0;
  }
  void sleep_for_ever() {
    Pending pending;
    static_cast<CallBody&>(pending) =
        maker_.call("epoll_wait", {{"epfd", 5}, {"maxevents", 64}, {"timeout", -1}});
    pending.id = ++maker_.id;
    pending.t = maker_.now;
    pending.seen = maker_.now += 250 * kMs;
    events.emplace_back(pending);
  }

  TraceMaker maker_;
};

TEST(Story, TheReportTellsWhatWokeTheLoopAndWhatWasSlow) {
  const Clicks clicks;
  PartOfTrace part({}, {});
  const Report report = clicks.report(part);
  const std::string text = report_text(report);
  EXPECT_TRUE(says(text, "woken by: new connection 2")) << text;
  EXPECT_TRUE(says(text, "network receive (while curl\\x1b[31m 900 ran) 2×")) << text;
  EXPECT_TRUE(says(text, "2 of 2 wakeups measured")) << text;
  EXPECT_TRUE(says(text, "The slowest bursts")) << text;
  EXPECT_EQ(text.find('\x1b'), std::string::npos);
  const json loop = json::parse(report_json(report))["loops"][0];
  EXPECT_EQ(loop["wakeups"], json({{"new connection", 2}}));
  EXPECT_EQ(loop["returned"], json({{"new connection", 2}, {"looked without sleeping", 3}}));
  const json& bursts = loop["bursts"];
  EXPECT_EQ(bursts["causes"], json({{"new connection", 2}}));
  EXPECT_EQ(bursts["looked_again"], 3);
  EXPECT_EQ(bursts["wake_delay_ns"]["max"], kMs);
  EXPECT_EQ(bursts["slowest"].size(), 2u);
  EXPECT_EQ(bursts["slowest"][0]["cause"], "new connection");
  EXPECT_EQ(bursts["running_ns"].get<Ns>() + bursts["runnable_ns"].get<Ns>() + bursts["blocked_ns"].get<Ns>(),
            bursts["slowest"][0]["dur"].get<Ns>() + bursts["slowest"][1]["dur"].get<Ns>() +
                kMs);  // and the first, which no sleep began
  EXPECT_EQ(bursts["coverage"]["delays_unknown"], 0);
}

TEST(Story, LinesKeepToTheColumnsAndSectionsAreLeftOut) {
  const Clicks clicks;
  PartOfTrace part({}, {});
  const Report report = clicks.report(part);
  for (const int columns : {40, 80}) {
    TextOptions options;
    options.columns = columns;
    options.verbose = true;
    options.utf8 = false;
    const std::string text = report_text(report, options);
    for (size_t at = 0; at < text.size();) {
      const size_t line_end = text.find('\n', at);
      EXPECT_LE(column_count(text.substr(at, line_end - at)), size_t(columns))
          << text.substr(at, line_end - at);
      at = line_end + 1;
    }
  }
  TextOptions slow;
  slow.sections = {"slow"};
  const std::string text = report_text(report, slow);
  EXPECT_TRUE(says(text, "The slowest bursts")) << text;
  EXPECT_FALSE(says(text, "listening socket")) << text;
}

TEST(Story, TheWakeupThatOpenedAFileOnAnotherThread) {
  const Clicks clicks;
  Analysis analysis;
  OpenedFiles opened({.contains = "balloons"});
  analysis.add(opened);
  for (Event event : clicks.events) analysis.apply(event);
  analysis.finish();
  ASSERT_EQ(opened.found().size(), 1u);
  const OpenedFile file = opened.found().front();
  EXPECT_EQ(file.call, clicks.opening);
  EXPECT_EQ(file.tid, kWorker);
  EXPECT_EQ(file.root.id, clicks.first_wait);
  EXPECT_TRUE(file.certain());
  ASSERT_EQ(file.links.size(), 1u);
  EXPECT_EQ(file.links[0].how, LinkHow::Created);
  OpenedFiles nothing({.contains = "nix"});
  const std::string none = opened_text(nothing, "nix", make_report(analysis.model()));
  EXPECT_TRUE(says(none, "Python keeps the modules")) << none;
}

Explanation explain(const Clicks& clicks, RecordId id) {
  FindBurst find(id);
  Analysis first;
  first.add(find);
  for (Event event : clicks.events) first.apply(event);
  EXPECT_TRUE(find.met());
  Analysis second;
  ExplainBurst explained(find.burst(), second);
  second.add(explained);
  for (Event event : clicks.events) {
    explained.before(event);
    second.apply(event);
  }
  second.finish();
  EXPECT_TRUE(explained.found());
  return explained.explanation();
}

TEST(Story, ExplainFollowsTheWorkToItsThread) {
  const Clicks clicks;
  for (const RecordId id : {clicks.first_wait, clicks.opening}) {
    const Explanation said = explain(clicks, id);
    EXPECT_EQ(said.burst.id, clicks.first_wait);
    ASSERT_EQ(said.works.size(), 1u);
    EXPECT_EQ(said.works[0].tid, kWorker);
    ASSERT_EQ(said.opened.size(), 1u);
    EXPECT_EQ(said.opened[0].path, "/srv/balloons.py");
  }
  PartOfTrace part({}, {});
  const Report report = clicks.report(part);
  const std::string text =
      explanation_text(explain(clicks, clicks.first_wait), clicks.first_wait, report, {});
  EXPECT_TRUE(says(text, "thread 100 created thread 101")) << text;
  EXPECT_TRUE(says(text, "for fd 6<tcp 0.0.0.0:8079 listen>")) << text;
  const std::string none =
      explanation_text(explain(clicks, clicks.second_wait), clicks.second_wait, report, {});
  EXPECT_TRUE(says(none, "No file was opened in it, nor by the threads it started. Python keeps")) << none;
  const json machine = json::parse(explanation_json(explain(clicks, clicks.opening), clicks.opening, report));
  EXPECT_EQ(machine["burst"]["id"], clicks.first_wait);
  EXPECT_EQ(machine["threads"][0]["sure"], "certain");
}

TEST(Story, APartOfTheTraceCountsWhatBeginsInIt) {
  const Clicks clicks;
  PartOfTrace from(Bound{std::nullopt, clicks.second_wait}, std::nullopt);
  const Report later = clicks.report(from);
  EXPECT_EQ(later.loops.at(0).figures.causes[size_t(WakeCause::NewConnection)], 1u);
  EXPECT_EQ(later.listeners.at(0).accepts, 1u);
  EXPECT_EQ(later.listeners.at(0).wakeups, 1u);
  PartOfTrace to(std::nullopt, Bound{std::nullopt, clicks.first_wait});
  const Report earlier = clicks.report(to);
  EXPECT_EQ(earlier.loops.at(0).figures.causes[size_t(WakeCause::NewConnection)], 1u);
  EXPECT_EQ(earlier.loops.at(0).figures.slowest.at(0).id, clicks.first_wait);
  EXPECT_FALSE(earlier.loops.at(0).figures.slowest.at(0).unfinished);
  EXPECT_EQ(earlier.listeners.at(0).accepts, 0u);
  EXPECT_TRUE(earlier.end.has_value());
  PartOfTrace nothing(Bound{Ns(3600) * 1000 * kMs, 0}, std::nullopt);
  EXPECT_EQ(clicks.report(nothing).loops.at(0).figures.bursts, 0u);
}

TEST(Story, BoundsAreTimesAndRecords) {
  EXPECT_EQ(parse_bound("1.5s")->t, 1500 * kMs);
  EXPECT_EQ(parse_bound("+3.2")->t, 3200 * kMs);
  EXPECT_EQ(parse_bound("200ms")->t, 200 * kMs);
  EXPECT_EQ(parse_bound("-5us")->t, -5000);
  EXPECT_EQ(parse_bound("id=812")->id, 812u);
  EXPECT_EQ(parse_bound("#812")->id, 812u);
  for (const std::string_view wrong : {"", "x", "1.5h", "id=", "id=0", "#1x", "1e300s", "nan", "inf", "--1"})
    EXPECT_FALSE(parse_bound(wrong)) << wrong;
}

TEST(Story, TheTimelineHasALaneForEach) {
  const Clicks clicks;
  PartOfTrace part({}, {});
  Timeline timeline;
  part.analysis().add(timeline);
  timeline.confine_to(part.analysis());
  const Report report = clicks.report(part);
  const std::string text = timeline.text(report, {.color = false, .columns = 80}, false);
  EXPECT_TRUE(says(text, "fd 6 0.0.0.0:8079")) << text;
  EXPECT_TRUE(says(text, "100 python3")) << text;
  EXPECT_TRUE(says(text, "\n101 ")) << text;
  const json machine = json::parse(timeline.json(report));
  uint64_t accepts = 0, wakeups = 0;
  for (const uint64_t count : machine["listeners"][0]["accepts"]) accepts += count;
  for (const uint64_t count : machine["wakeups"]) wakeups += count;
  EXPECT_EQ(accepts, 2u);
  EXPECT_EQ(wakeups, 2u);
}

TEST(Story, TimelineOfTimesAtTheirLimits) {
  PartOfTrace part({}, {});
  Timeline timeline;
  part.analysis().add(timeline);
  timeline.confine_to(part.analysis());
  TraceMaker maker;
  for (const Ns t : {Ns(INT64_MIN), Ns(0), Ns(INT64_MAX) - 2000, Ns(INT64_MAX)}) {
    for (const Ns dur : {Ns(0), Ns(INT64_MAX)}) {
      maker.now = 0;
      Call wait = maker.call("epoll_wait", {{"epfd", 5}, {"maxevents", 64}, {"timeout", -1}}, 1);
      wait.t = t;
      wait.dur = dur;
      Event event(wait);
      part.take(event);
    }
  }
  const Report report = part.finish();
  EXPECT_FALSE(timeline.text(report, {}, true).empty());
  EXPECT_FALSE(report_text(report).empty());
  EXPECT_FALSE(report_json(report).empty());
}

TEST(Story, WatchTellsEachBurstThatIsLongEnough) {
  const Clicks clicks;
  for (const Ns slower : {Ns(0), 3600'000 * kMs}) {
    Analysis analysis;
    std::vector<std::string> lines;
    WatchLines watch(analysis, slower, [&](const std::string& line) { lines.push_back(line); });
    WatchTop top(analysis);
    analysis.add(watch);
    analysis.add(top);
    for (Event event : clicks.events) analysis.apply(event);
    analysis.finish();
    const auto with = [&](std::string_view what) {
      return std::ranges::count_if(lines, [&](const std::string& line) { return says(line, what); });
    };
    EXPECT_EQ(with("new connection on fd 6<tcp 0.0.0.0:8079 listen>"), slower ? 0 : 2);
    const std::vector<std::string> rows = top.rows(1000 * kMs);
    ASSERT_EQ(rows.size(), 2u);
    EXPECT_TRUE(says(rows[1], "epoll 5")) << rows[1];
    EXPECT_TRUE(says(top.rows(1000 * kMs)[1], "0 %"));
  }
}

}  // namespace
}  // namespace loopscope::trace_model
