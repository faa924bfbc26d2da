// SPDX-License-Identifier: Apache-2.0
#include "tracer/exchange_commands.h"

#include <CLI/CLI.hpp>

#include "trace-model/terminal_text.h"
#include "tracer/print.h"

namespace loopscope::tracer {

void ExchangeCommands::add_to(CLI::App& app) {
  add_import(app);
  add_export(app);
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
      ->add_option("--redact", export_.redact,
                   "Leave out for sharing: args (command lines, peeked bytes), paths, peers (hosts)")
      ->type_name("args,paths,peers");
  export_app_->footer(
      "Examples:\n  loopscope export web.loopscope.jsonl --to html -o web.html\n"
      "  loopscope export --to chrome --from 2s --to-time 3s -o web.json\n"
      "  loopscope export --to jsonl --redact args,paths,peers -o to-share.loopscope.jsonl");
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
  return std::nullopt;
}

}  // namespace loopscope::tracer
