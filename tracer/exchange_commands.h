// SPDX-License-Identifier: Apache-2.0
// The options of the commands that take traces from other programs and hand them to others, and of bench.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "tracer/bench_command.h"
#include "tracer/export_command.h"
#include "tracer/import_command.h"

namespace CLI {
class App;
}

namespace loopscope::tracer {

class ExchangeCommands {
 public:
  void add_to(CLI::App& app);
  // The exit code of the command that was typed; nothing where it is none of these.
  [[nodiscard]] std::optional<int> run(const std::vector<std::string>& command_line);

 private:
  void add_import(CLI::App& app);
  void add_export(CLI::App& app);
  void add_bench(CLI::App& app);
  void add_bench_output(CLI::App& bench);
  [[nodiscard]] int run_export();
  [[nodiscard]] int run_bench();

  ImportOptions import_;
  ExportOptions export_;
  std::string from_, to_;
  load::BenchOptions bench_;
  std::string wait_dist_ = "fixed";
  bool no_trace_ = false;
  CLI::App* import_strace_ = nullptr;
  CLI::App* export_app_ = nullptr;
  CLI::App* bench_app_ = nullptr;
};

}  // namespace loopscope::tracer
