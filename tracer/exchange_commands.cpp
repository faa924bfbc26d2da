// SPDX-License-Identifier: Apache-2.0
#include "tracer/exchange_commands.h"

#include <CLI/CLI.hpp>

#include "trace-model/terminal_text.h"
#include "tracer/print.h"

namespace loopscope::tracer {

void ExchangeCommands::add_to(CLI::App& app) {
  add_import(app);
  add_export(app);
  add_bench(app);
}

void ExchangeCommands::add_import(CLI::App& app) {
  CLI::App* import = app.add_subcommand("import", "A trace from what another tracer wrote");
  import->require_subcommand(1);
  import_strace_ = import->add_subcommand("strace", "From a log of strace -f");
  import_strace_
      ->add_option("log", import_.log, "What strace wrote (strace -f -o LOG ...); - is standard input")
      ->type_name("LOG")
      ->required();
  import_strace_
      ->add_option("-o,--output", import_.output,
                   "The trace file; .zst at its end compresses it, - is stdout "
                   "(default: strace-LOG-PID-TIME.loopscope.jsonl in the current folder)")
      ->type_name("FILE");
  import->footer(
      "Example:\n"
      "  strace -f -ttt -T -o log -e trace=epoll_wait,epoll_ctl,openat,listen,accept,bind python3 app.py\n"
      "  loopscope import strace log -o app.loopscope.jsonl");
}

void ExchangeCommands::add_export(CLI::App& app) {
  export_app_ = app.add_subcommand("export", "A trace in another format");
  export_app_
      ->add_option("file", export_.file, "The trace (default: the newest in the current folder; - is stdin)")
      ->type_name("FILE");
  export_app_
      ->add_option("--to", export_.format,
                   "html: a page for a browser; chrome: for Perfetto and chrome://tracing; csv: a table; "
                   "strace: as strace -f -ttt -T prints it; jsonl: a trace, of a part or redacted")
      ->type_name("FORMAT")
      ->required()
      ->check(CLI::IsMember(std::vector<std::string>(std::begin(kExportFormats), std::end(kExportFormats))));
  export_app_->add_option("-o,--output", export_.output, "Where it goes (default: standard output)")
      ->type_name("FILE");
  export_app_
      ->add_option("--from", from_,
                   "Only what is at this time of the trace or later: 1.5s, 200ms, 3.2 (seconds), or id=812")
      ->type_name("TIME");
  export_app_->add_option("--to-time", to_, "Only what is before this time, or up to this record")
      ->type_name("TIME");
  export_app_
      ->add_option("--limit", export_.limit,
                   "html: how many calls the page draws, the first ones (default: 40000, some 7 MB)")
      ->type_name("N")
      ->check(CLI::Range(1u, 1'000'000u));
  export_app_
      ->add_option("--redact", export_.redact,
                   "Leave out for sharing: args (command lines, peeked bytes), paths, peers (hosts)")
      ->type_name("args,paths,peers");
  export_app_->footer(
      "Examples:\n  loopscope export web.loopscope.jsonl --to html -o web.html\n"
      "  loopscope export --to chrome --from 2s --to-time 3s -o web.json\n"
      "  loopscope export --to jsonl --redact args,paths,peers -o to-share.loopscope.jsonl");
}

void ExchangeCommands::add_bench(CLI::App& app) {
  bench_app_ = app.add_subcommand("bench", "Server models under load, as a table, with theory beside it");
  bench_app_
      ->add_option("--model", bench_.models,
                   "Sample servers: A (one at a time), B (a pool of 8 threads), C (one loop), poll, epoll, "
                   "coroutine, io_uring (default: A,B,C; with --idle: poll,epoll)")
      ->type_name("NAME,...")
      ->allow_extra_args(false)
      ->delimiter(',');
  bench_app_
      ->add_option("--exec", bench_.commands,
                   "Any server, by the command that runs it in the foreground; {port} in it is its port; may "
                   "be repeated")
      ->type_name("COMMAND")
      ->allow_extra_args(false);
  bench_app_
      ->add_option("--concurrency", bench_.concurrency,
                   "Closed loop: so many clients of hey, one request each at a time (default: 4,16)")
      ->type_name("N,...")
      ->allow_extra_args(false)
      ->delimiter(',')
      ->check(CLI::Range(1u, 10'000u));
  bench_app_
      ->add_option("--rate", bench_.rates,
                   "Open loop: so many requests a second, Poisson arrivals, by loopscope itself")
      ->type_name("R,...")
      ->allow_extra_args(false)
      ->delimiter(',')
      ->check(CLI::Range(0.01, 1e6));
  bench_app_
      ->add_option("--requests", bench_.requests,
                   "In each round, of each server, at each load (default: 200, with --rate 20 s of them)")
      ->type_name("N")
      ->check(CLI::Range(1u, 10'000'000u));
  bench_app_->add_option("--rounds", bench_.rounds, "Rounds, in which servers take turns")
      ->type_name("N")
      ->check(CLI::Range(1u, 1000u))
      ->capture_default_str();
  bench_app_->add_option("--wait-ms", bench_.wait_ms, "What each request waits for, in the sample servers")
      ->type_name("MS")
      ->check(CLI::Range(0u, 60'000u))
      ->capture_default_str();
  bench_app_
      ->add_option("--wait-dist", wait_dist_,
                   "fixed, or exp: --wait-ms is the mean of exponentially distributed waits")
      ->type_name("NAME")
      ->check(CLI::IsMember({"fixed", "exp"}))
      ->capture_default_str();
  bench_app_
      ->add_option("--backlog", bench_.backlogs, "Accept queues to try, each as a server of its own: 5,128")
      ->type_name("N,...")
      ->allow_extra_args(false)
      ->delimiter(',')
      ->check(CLI::Range(0u, 65'535u));
  bench_app_
      ->add_option(
          "--idle", bench_.idle,
          "Connections that are open and say nothing, each number with a server of its own: 0,100,1000")
      ->type_name("N,...")
      ->allow_extra_args(false)
      ->delimiter(',')
      ->check(CLI::Range(0u, 1'000'000u));
  add_bench_output(*bench_app_);
}

void ExchangeCommands::add_bench_output(CLI::App& bench) {
  bench
      .add_option("--port", bench_.port,
                  "Port of the first server, the others behind it (default: free ones)")
      ->type_name("N")
      ->check(CLI::Range(1, 65'000));
  bench.add_flag("--no-trace", no_trace_,
                 "Do not count calls and wakeups, which takes a recorded run of each");
  bench.add_option("--csv", bench_.csv, "The table, for spreadsheets")->type_name("FILE");
  bench.add_option("--json", bench_.json, "All of it, with every latency")->type_name("FILE");
  bench
      .add_option("--traces", bench_.traces, "Keep the recorded runs in this folder, for report and the lab")
      ->type_name("DIR");
  bench.add_option("--svg", bench_.svg, "A picture of how latencies are spread")->type_name("FILE");
  bench.add_flag("-q,--quiet", bench_.quiet, "No progress");
  bench.footer(
      "Examples:\n  loopscope bench\n  loopscope bench --rate 25,40 --requests 1000 --model A\n"
      "  loopscope bench --model A --backlog 5,128 --concurrency 16\n"
      "  loopscope bench --idle 0,100,1000 --concurrency 4\n"
      "  loopscope bench --exec 'python3 app.py {port}' --exec './server --port={port}' --svg out.svg");
}

int ExchangeCommands::run_bench() {
  bench_.exponential = wait_dist_ == "exp";
  bench_.trace = !no_trace_;
  return bench_command(bench_);
}

// False after a sentence on what is wrong.
static bool take_bound(const std::string& text, std::optional<trace_model::Bound>& bound) {
  if (text.empty()) return true;
  const auto parsed = trace_model::parse_bound(text);
  if (!parsed) fail(trace_model::terminal_text(parsed.error()));
  if (parsed) bound = *parsed;
  return parsed.has_value();
}

int ExchangeCommands::run_export() {
  if (!take_bound(from_, export_.from) || !take_bound(to_, export_.to)) return 2;
  return export_command(export_);
}

std::optional<int> ExchangeCommands::run(const std::vector<std::string>& command_line) {
  if (*import_strace_) return import_strace_command(import_, command_line);
  if (*export_app_) return run_export();
  if (*bench_app_) return run_bench();
  return std::nullopt;
}

}  // namespace loopscope::tracer
