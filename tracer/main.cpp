// SPDX-License-Identifier: Apache-2.0
// The command line of `loopscope`: options to values, values to commands. What a command does is elsewhere.
#include <CLI/CLI.hpp>

#include <fmt/format.h>
#include <csignal>
#include <cstdio>
#include <exception>

#include "trace-model/terminal_text.h"
#include "tracer/compare_command.h"
#include "tracer/doctor.h"
#include "tracer/exchange_commands.h"
#include "tracer/lab_command.h"
#include "tracer/list.h"
#include "tracer/print.h"
#include "tracer/proc/access.h"
#include "tracer/record_command.h"
#include "tracer/recorder_process.h"
#include "tracer/report_command.h"
#include "tracer/show_command.h"
#include "tracer/targets.h"
#include "tracer/version.h"
#include "tracer/view_command.h"
#include "tracer/watch_command.h"

namespace {

using namespace loopscope::tracer;
namespace trace_model = loopscope::trace_model;

struct RecordArguments {
  RecordOptions options;
  std::vector<std::string> pids;
  std::string max_size = "1G", buffer = "32M";
  double duration_s = 0, last_s = 0;
  int port = 0;
};

// 64K, 10M, 1G; plain numbers are bytes.
const CLI::Validator kSize = CLI::AsSizeValue(false);
// CLI11 takes -1 for the largest size there is.
const CLI::Validator kNotNegative(
    [](const std::string& text) { return text.starts_with('-') ? "a size is not negative" : std::string(); },
    "");

const CLI::Validator kPids(
    [](std::string& word) {
      return word.find_first_not_of("0123456789,") == word.npos ? ""
                                                                : "'" + word + "' is not a process number";
    },
    "");

void add_record(CLI::App& app, RecordArguments& a) {
  CLI::App* record = app.add_subcommand("record", "Record a running server, or a command, to a trace file");
  record->add_option("-p,--pid", a.pids, "Processes to record, by number: PID[,PID...]")
      ->type_name("PID")
      ->check(kPids);
  record->add_option("--port", a.port, "Record whoever listens on this TCP port")
      ->type_name("N")
      ->check(CLI::Range(1, 65535));
  record
      ->add_option("-o,--output", a.options.output,
                   "The trace file; .zst at its end compresses it, - is stdout "
                   "(default: NAME-PID-TIME.loopscope.jsonl in the current folder)")
      ->type_name("FILE");
  record->add_option("-d,--duration", a.duration_s, "Stop after this many seconds")
      ->type_name("SECONDS")
      ->check(CLI::PositiveNumber);
  record->add_option("--max-size", a.options.max_size_bytes, "Stop when the file has this size; 0: no limit")
      ->type_name("SIZE")
      ->transform(kSize)
      ->transform(kNotNegative)
      ->default_str("1G");
  record->add_option("--last", a.last_s, "Keep only the newest seconds; the file is written at the end")
      ->type_name("SECONDS")
      ->check(CLI::PositiveNumber);
  record
      ->add_option(
          "--calls", a.options.calls,
          "Record these calls and groups only, separated by commas. Groups: default, lab (the epoll, open, "
          "bind, listen and accept families), io, epoll, io_uring, notify, process, @poll, @socket, @accept, "
          "@open, @close, @dup. Calls that keep the table of descriptors true are always recorded")
      ->type_name("LIST");
  record->add_flag("--no-io", a.options.no_io, "Leave out reads and writes");
  record->add_flag("--no-sched", a.options.no_sched, "Leave out when threads did not run, and who woke them");
  record
      ->add_option("--peek", a.options.peek,
                   "Record so many bytes of how each request begins: what clients sent, secrets included")
      ->type_name("BYTES")
      ->check(CLI::Range(0u, kMostPeekBytes));
  record->add_flag("--no-follow", a.options.no_follow, "Do not follow children, existing or future");
  record->add_option("--buffer", a.options.buffer_bytes, "Size of the buffer between kernel and recorder")
      ->type_name("SIZE")
      ->transform(kSize)
      ->transform(kNotNegative)
      ->default_str("32M");
  record->add_flag("-q,--quiet", a.options.quiet, "No progress and no summary");
  record
      ->add_option("command", a.options.command,
                   "After --: a command to launch and record from its first system call")
      ->type_name("COMMAND");
  record->footer(
      "Examples:\n  loopscope record -p 4711\n  loopscope record --port 8080 -d 10 -o web.loopscope.jsonl\n"
      "  loopscope record -- python3 app.py");
}

void add_show(CLI::App& app, ShowOptions& options) {
  CLI::App* show = app.add_subcommand("show", "The calls of a trace as lines, all or those a query asks for");
  show->add_option("words", options.words,
                   "The trace (default: the newest in the current folder; - is stdin), and a query: "
                   "'fd=6 call=epoll_ctl op=ADD path~balloons dur>10ms'")
      ->type_name("[FILE] [QUERY]...");
  show->add_flag("--json", options.json, "The records as they stand in the file, instead of lines");
  show->add_flag("--ids", options.ids,
                 "The id of each record before its line: what report, lab and the viewer call it");
  show->footer(std::string(kShowHelp));
}

int usage(std::string_view sentence) {
  fmt::print(stderr, "loopscope: {}\nTry `loopscope --help`.\n", sentence);
  return 2;
}

// What is to be recorded; an exit code where that makes no sense.
std::optional<int> take_target(RecordArguments& a, std::string_view command) {
  const int selections = !a.pids.empty() + (a.port != 0) + !a.options.command.empty();
  constexpr std::string_view kKinds = "target: -p PID, --port N, or -- COMMAND";
  if (selections == 0) return usage(fmt::format("{} needs a {}", command, kKinds));
  if (selections > 1) return usage(fmt::format("{} takes one kind of {}", command, kKinds));
  if (a.duration_s > 0) a.options.duration_s = a.duration_s;
  if (a.last_s > 0) a.options.last_s = a.last_s;
  if (a.port) a.options.port = uint16_t(a.port);
  if (const auto why = why_numbers_differ(ProcFs())) return fail(*why);
  if (!a.pids.empty()) {
    auto pids = parse_pids(a.pids);
    if (!pids) {
      fmt::print(stderr, "loopscope: {}\n", pids.error());
      return 1;
    }
    a.options.pids = std::move(*pids);
  }
  return std::nullopt;
}

int run_record(RecordArguments& a, const std::vector<std::string>& command_line) {
  if (const auto code = take_target(a, "record")) return *code;
  return record_command(a.options, command_line);
}

struct WatchArguments {
  RecordArguments record;
  std::string slower;
  bool top = false;
};

void add_watch(CLI::App& app, WatchArguments& a) {
  CLI::App* watch =
      app.add_subcommand("watch", "Each wakeup of a running server, or of a command, as it happens");
  watch->add_option("-p,--pid", a.record.pids, "Processes to watch, by number: PID[,PID...]")
      ->type_name("PID")
      ->check(kPids);
  watch->add_option("--port", a.record.port, "Watch whoever listens on this TCP port")
      ->type_name("N")
      ->check(CLI::Range(1, 65535));
  watch->add_option("-d,--duration", a.record.duration_s, "Stop after this many seconds")
      ->type_name("SECONDS")
      ->check(CLI::PositiveNumber);
  watch->add_option("--slower", a.slower, "Only what kept the loop for this long or longer: 5ms, 200us, 1.5s")
      ->type_name("DURATION");
  watch->add_flag("--top", a.top, "One row for each loop, every second, instead");
  watch->add_flag("--no-follow", a.record.options.no_follow, "Do not follow children, existing or future");
  watch->add_option("command", a.record.options.command, "After --: a command to launch and watch")
      ->type_name("COMMAND");
  watch->footer("Examples:\n  loopscope watch -p 4711\n  loopscope watch --port 8080 --slower 10ms");
}

int run_watch(WatchArguments& a, const std::vector<std::string>& command_line) {
  WatchOptions options;
  if (!a.slower.empty()) {
    const auto parsed = loopscope::trace_model::parse_bound(a.slower);
    const std::optional<loopscope::trace_model::Ns> least = parsed ? parsed->t : std::nullopt;
    if (!least || *least < 0) return usage("--slower takes a duration: 5ms, 200us, 1.5s");
    options.slower_ns = *least;
  }
  if (const auto code = take_target(a.record, "watch")) return *code;
  options.record = a.record.options;
  options.top = a.top;
  return watch_command(std::move(options), command_line);
}

struct ReportArguments {
  ReportOptions options;
  std::vector<std::string> pids, thresholds;
  std::string from, to;
};

void add_request_bytes(CLI::App& command, uint64_t& request_bytes) {
  command
      .add_option("--request-bytes", request_bytes,
                  "Of a protocol whose requests all have this size: every so many bytes read are a request")
      ->type_name("N")
      ->check(CLI::PositiveNumber);
}

std::string threshold_help() {
  std::string help = "From where on something is a finding; may be repeated. Names:";
  for (const auto& known : trace_model::threshold_names()) {
    const trace_model::Thresholds defaults;
    help += fmt::format(" {}={}", known.name,
                        known.duration ? fmt::format("{}us", defaults.*known.duration / 1000)
                                       : fmt::format("{}", defaults.*known.count));
  }
  return help;
}

// What part of the story to tell, and how.
void add_story(CLI::App& report, ReportArguments& a) {
  report
      .add_option("--section", a.options.sections,
                  "Only these parts: listeners, loops, requests, rings, slow, files, findings, coverage")
      ->type_name("NAME,...")
      ->allow_extra_args(false)
      ->delimiter(',');
  report.add_flag("--histogram", a.options.histogram, "Draw how durations are spread");
  report.add_flag("-v,--verbose", a.options.verbose,
                  "All loops in full, with histograms, and more slow bursts");
  report
      .add_option(
          "--from", a.from,
          "Only what begins at this time of the trace or later: 1.5s, 200ms, 3.2 (seconds), or id=812")
      ->type_name("TIME");
  report.add_option("--to", a.to, "Only what begins before this time, or up to this record")
      ->type_name("TIME");
  report.add_flag("--timeline", a.options.timeline,
                  "Lanes over time: listeners, loops, other threads, wakeups");
  report
      .add_option("--explain", a.options.explain,
                  "One wakeup, call by call, by its id or that of any record in it")
      ->type_name("ID")
      ->check(CLI::PositiveNumber);
  report
      .add_option("--opened", a.options.opened,
                  "Which wakeups opened a path that contains TEXT, on whatever thread")
      ->type_name("TEXT");
}

// False after a sentence on what is wrong.
bool take_bound(const std::string& text, std::optional<loopscope::trace_model::Bound>& bound) {
  if (text.empty()) return true;
  const auto parsed = loopscope::trace_model::parse_bound(text);
  if (!parsed) fmt::print(stderr, "loopscope: {}\n", loopscope::trace_model::terminal_text(parsed.error()));
  if (parsed) bound = *parsed;
  return parsed.has_value();
}

void add_report(CLI::App& app, ReportArguments& a) {
  CLI::App* report = app.add_subcommand(
      "report", "What a trace says: listeners, their registrations, loops, what woke them");
  CLI::Option* file =
      report->add_option("file", a.options.file, "The trace (default: the newest in the current folder)")
          ->type_name("FILE");
  report
      ->add_option("-p,--pid", a.pids,
                   "Running processes as /proc shows them now, instead of a trace: PID[,PID...]")
      ->type_name("PID")
      ->check(kPids)
      ->excludes(file);
  report->add_flag("--json", a.options.json, "Machine-readable");
  report->add_option("--threshold", a.thresholds, threshold_help())
      ->type_name("NAME=VALUE")
      ->allow_extra_args(false);
  add_request_bytes(*report, a.options.requests.request_bytes);
  add_story(*report, a);
}

void add_compare(CLI::App& app, CompareOptions& options) {
  CLI::App* compare = app.add_subcommand(
      "compare", "Two traces, per request: calls, wake-ups, CPU, context switches, latencies");
  compare->add_option("a", options.a, "The trace to compare with")->type_name("A")->required();
  compare->add_option("b", options.b, "The trace that may differ; one of the two may be - for stdin")
      ->type_name("B")
      ->required();
  compare
      ->add_option(
          "--fail-if", options.fail_if,
          "Exit with 1 where this holds; any number of times. p50, p90, p99, max, calls, wakeups, cpu, "
          "switches, ring_operations or rps, then > or <, then a change from A to B with % or a sign, or "
          "a value of B: 'p99>+10%', 'cpu>+5us', 'p99>30ms', 'rps<-10%'")
      ->type_name("CONDITION")
      ->allow_extra_args(false);
  add_request_bytes(*compare, options.request_bytes);
  compare->add_flag("--json", options.json, "Machine-readable");
}

int run_report(ReportArguments& a, const std::vector<std::string>& command_line) {
  for (const std::string& threshold : a.thresholds) {
    const size_t equals = std::min(threshold.find('='), threshold.size());
    const std::string value = threshold.substr(std::min(equals + 1, threshold.size()));
    if (const auto set = a.options.thresholds.set(threshold.substr(0, equals), value); !set)
      return usage("--threshold: " + trace_model::terminal_text(set.error()));
  }
  if (!a.pids.empty()) {
    auto pids = parse_pids(a.pids);
    if (!pids) {
      fmt::print(stderr, "loopscope: {}\n", pids.error());
      return 1;
    }
    a.options.pids = std::move(*pids);
  }
  if (!take_bound(a.from, a.options.from) || !take_bound(a.to, a.options.to)) return 2;
  return report_command(a.options, command_line);
}

int run(int argc, char** argv) {
  const std::vector<std::string> command_line(argv, argv + argc);
  if (argc == 3 && command_line[1] == kRecorderProcessWord) return recorder_process(command_line[2]);

  CLI::App app{"An oscilloscope for event loops: which fd listens, how it was registered, what woke the loop",
               "loopscope"};
  app.set_version_flag("--version", fmt::format("loopscope {}", kVersion));
  app.require_subcommand(1);
  app.fallthrough(false);
  RecordArguments record;
  add_record(app, record);
  WatchArguments watch;
  add_watch(app, watch);
  ReportArguments report;
  add_report(app, report);
  CompareOptions compare;
  add_compare(app, compare);
  CLI::App* view_app = app.add_subcommand("view", "A trace as a timeline, in a window (loopscope-viewer)");
  view_app->prefix_command();
  view_app->set_help_flag();
  LabOptions lab;
  add_lab(app, lab);
  ListOptions list;
  CLI::App* list_app =
      app.add_subcommand("list", "Servers running here: what they listen on and how they wait");
  list_app->add_flag("--json", list.json, "Machine-readable");
  ShowOptions show;
  add_show(app, show);
  ExchangeCommands exchange;
  exchange.add_to(app);
  DoctorOptions doctor;
  CLI::App* doctor_app =
      app.add_subcommand("doctor", "Can this machine trace? Each cause by name, with its remedy");
  doctor_app->add_flag("--json", doctor.json, "Machine-readable");
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? 0 : 2;
  }
  if (app.got_subcommand("record")) return run_record(record, command_line);
  if (app.got_subcommand("watch")) return run_watch(watch, command_line);
  std::signal(SIGPIPE, SIG_IGN);  // a reader that is gone is a failed write, with a sentence and exit code 1
  if (app.got_subcommand("report")) return run_report(report, command_line);
  if (app.got_subcommand("compare")) return compare_command(compare);
  if (app.got_subcommand("show")) return show_command(show);
  if (*view_app) return view_command(view_app->remaining());
  if (app.got_subcommand("lab")) return lab_command(lab);
  if (*list_app) return list_command(list);
  if (*doctor_app) return doctor_command(doctor);
  if (const auto code = exchange.run(command_line)) return *code;
  return usage("no such command");
}

}  // namespace

int main(int argc, char** argv) {
  try {
    return run(argc, argv);
  } catch (const std::exception& error) {
    fmt::print(stderr, "loopscope: {}\n", error.what());
    return 1;
  }
}
