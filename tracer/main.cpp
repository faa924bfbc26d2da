// SPDX-License-Identifier: Apache-2.0
// The command line of `loopscope`: options to values, values to commands. What a command does is elsewhere.
#include <CLI/CLI.hpp>

#include <fmt/format.h>
#include <csignal>
#include <cstdio>
#include <exception>

#include "tracer/doctor.h"
#include "tracer/list.h"
#include "tracer/print.h"
#include "tracer/proc/access.h"
#include "tracer/record_command.h"
#include "tracer/recorder_process.h"
#include "tracer/report_command.h"
#include "tracer/show_command.h"
#include "tracer/targets.h"
#include "tracer/version.h"

namespace {

using namespace loopscope::tracer;

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
  show->footer(std::string(kShowHelp));
}

int usage(std::string_view sentence) {
  fmt::print(stderr, "loopscope: {}\nTry `loopscope --help`.\n", sentence);
  return 2;
}

int run_record(RecordArguments& a, const std::vector<std::string>& command_line) {
  const int selections = !a.pids.empty() + (a.port != 0) + !a.options.command.empty();
  if (selections == 0) return usage("record needs a target: -p PID, --port N, or -- COMMAND");
  if (selections > 1) return usage("record takes one kind of target: -p PID, --port N, or -- COMMAND");
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
  return record_command(a.options, command_line);
}

struct ReportArguments {
  ReportOptions options;
  std::vector<std::string> pids;
};

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
}

int run_report(ReportArguments& a, const std::vector<std::string>& command_line) {
  if (!a.pids.empty()) {
    auto pids = parse_pids(a.pids);
    if (!pids) {
      fmt::print(stderr, "loopscope: {}\n", pids.error());
      return 1;
    }
    a.options.pids = std::move(*pids);
  }
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
  ReportArguments report;
  add_report(app, report);
  ListOptions list;
  CLI::App* list_app =
      app.add_subcommand("list", "Servers running here: what they listen on and how they wait");
  list_app->add_flag("--json", list.json, "Machine-readable");
  ShowOptions show;
  add_show(app, show);
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
  std::signal(SIGPIPE, SIG_IGN);  // a reader that is gone is a failed write, with a sentence and exit code 1
  if (app.got_subcommand("report")) return run_report(report, command_line);
  if (app.got_subcommand("show")) return show_command(show);
  if (*list_app) return list_command(list);
  if (*doctor_app) return doctor_command(doctor);
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
