// SPDX-License-Identifier: Apache-2.0
#include "tracer/exchange_commands.h"

#include <CLI/CLI.hpp>

namespace loopscope::tracer {

void ExchangeCommands::add_to(CLI::App& app) {
  add_import(app);
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

std::optional<int> ExchangeCommands::run(const std::vector<std::string>& command_line) {
  if (*import_strace_) return import_strace_command(import_, command_line);
  return std::nullopt;
}

}  // namespace loopscope::tracer
