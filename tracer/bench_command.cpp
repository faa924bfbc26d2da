// SPDX-License-Identifier: Apache-2.0
#include "tracer/bench_command.h"

#include <fcntl.h>
#include <unistd.h>

#include <cstdio>
#include <fstream>

#include <fmt/format.h>

#include "load/bench.h"
#include "load/output.h"
#include "trace-model/terminal_text.h"
#include "tracer/print.h"
#include "tracer/proc/files.h"

namespace loopscope::tracer {
namespace {

using trace_model::terminal_text;

// False after a sentence.
bool write_file(const std::string& path, const std::string& text) {
  if (path.empty()) return true;
  std::ofstream file(path, std::ios::trunc);
  file << text;
  file.close();
  if (!file) fail(fmt::format("cannot write {}", terminal_text(path)));
  return bool(file);
}

}  // namespace

int bench_command(const load::BenchOptions& options) {
  const auto self = read_link(AT_FDCWD, "/proc/self/exe");
  if (!self) return fail("this program's own file cannot be found (/proc/self/exe)");
  const bool terminal = isatty(STDERR_FILENO) == 1;
  const load::Progress progress = [&](const std::string& what) {
    if (options.quiet) return;
    fmt::print(stderr, "{}{}{}", terminal ? "\r\x1b[K" : "loopscope: ", terminal_text(what),
               terminal ? "" : "\n");
    std::fflush(stderr);
  };
  const auto result = load::run_bench(options, *self, progress);
  if (terminal && !options.quiet) fmt::print(stderr, "\r\x1b[K");
  if (!result) return fail(terminal_text(result.error()));
  const bool written = write_file(options.csv, load::bench_csv(*result)) &&
                       write_file(options.json, load::bench_json(*result, options)) &&
                       write_file(options.svg, load::bench_svg(*result));
  const int printed = print(load::bench_text(*result, options));
  return written ? printed : 1;
}

}  // namespace loopscope::tracer
