// SPDX-License-Identifier: Apache-2.0
#include "tracer/import_command.h"

#include <sys/stat.h>

#include <expected>
#include <filesystem>
#include <optional>

#include <fmt/format.h>

#include "exchange/strace/import.h"
#include "trace-model/duration_text.h"
#include "trace-model/input_file.h"
#include "trace-model/json_writer.h"
#include "trace-model/terminal_text.h"
#include "trace-model/trace_sink.h"
#include "tracer/output_file.h"
#include "tracer/print.h"
#include "tracer/version.h"

namespace loopscope::tracer {
namespace {

namespace strace = exchange::strace;
using trace_model::counted;
using trace_model::terminal_text;

constexpr size_t kMostBytes = size_t(1) << 30;
constexpr uint64_t kProblemsTold = 5;
constexpr size_t kMostQuoted = 60;
constexpr size_t kBlockBytes = 64 * 1024;

// Whole: who belongs to whom is known only at the end.
std::expected<std::string, std::string> read_log(const std::string& path) {
  auto file = trace_model::InputFile::open(path);
  if (!file) return std::unexpected(file.error());
  std::string log;
  for (;;) {
    const size_t before = log.size();
    log.resize(before + kBlockBytes);
    const auto count = file->read(std::span(log).subspan(before));
    if (!count) return std::unexpected(count.error());
    log.resize(before + *count);
    if (*count == 0) return log;
    if (log.size() > kMostBytes)
      return std::unexpected(fmt::format("{} is larger than 1 GiB; import a part of it (split -l)", path));
  }
}

// What is wrong with a log in which there is nothing to import; not yet fit for a terminal.
std::string nothing_in(const std::string& log, const std::string& path, const strace::Survey& survey) {
  if (log.find_first_not_of(" \n\r\t") == std::string::npos) return fmt::format("{} is empty", path);
  if (survey.other_calls)
    return fmt::format(
        "{} holds {} of strace, but none that loopscope knows; ask for at least -e "
        "trace=epoll_wait,epoll_ctl,openat,listen,accept,bind",
        path, counted(survey.other_calls, "call"));
  return fmt::format("{} is not a log of strace: line 1 of {} is '{}'", path, survey.lines,
                     log.substr(0, std::min(log.find('\n'), kMostQuoted)));
}

std::string name_for(const std::string& log, const strace::Survey& survey) {
  const std::string stem = log == "-" ? std::string() : std::filesystem::path(log).filename().string();
  return default_trace_name(stem.empty() ? "strace" : "strace-" + stem, survey.first);
}

bool same_file(int fd, const std::string& path) {
  struct stat one{}, other{};
  return path != "-" && fstat(fd, &one) == 0 && stat(path.c_str(), &other) == 0 && S_ISREG(one.st_mode) &&
         one.st_dev == other.st_dev && one.st_ino == other.st_ino;
}

class Problems {
 public:
  explicit Problems(std::string path) : path_(std::move(path)) {}
  void take(const strace::LogProblem& problem) {
    if (++count_ <= kProblemsTold)
      tell(fmt::format("line {}: {}; it is left out", problem.line, problem.sentence));
  }
  void finish() const {
    if (count_ > kProblemsTold) tell(counted(count_ - kProblemsTold, "more line") + " that cannot be read");
  }

 private:
  void tell(const std::string& what) const { fail(fmt::format("{}: {}", terminal_text(path_), what)); }

  std::string path_;
  uint64_t count_ = 0;
};

std::optional<std::string> write_trace(strace::Importer& importer, const trace_model::TraceHeader& header,
                                       OutputFile& file) {
  trace_model::TraceSink sink(file.fd(), trace_model::compression_for(file.path()));
  std::string lines;
  append_line(lines, header);
  file.begin();
  while (const trace_model::Event* event = importer.next()) {
    append_line(lines, *event);
    if (lines.size() < kBlockBytes) continue;
    if (const auto written = sink.write(lines); !written) return written.error();
    lines.clear();
  }
  if (const auto written = sink.write(lines); !written) return written.error();
  if (const auto finished = sink.finish(); !finished) return finished.error();
  return std::nullopt;
}

}  // namespace

int import_strace_command(const ImportOptions& options, const std::vector<std::string>& command_line) {
  const auto log = read_log(options.log);
  if (!log) return fail(terminal_text(log.error()));
  const strace::Survey survey = strace::survey_of(*log);
  if (survey.call_count == 0) return fail(terminal_text(nothing_in(*log, options.log, survey)));
  auto file = OutputFile::open(options.output.empty() ? name_for(options.log, survey) : options.output);
  if (!file) return fail(file.error());
  if (same_file(file->fd(), options.log))
    return fail("the trace would replace the log; name another file with -o");

  trace_model::TraceHeader header = header_of(survey);
  header.tool = fmt::format("loopscope {}", kVersion);
  header.command = command_line;
  strace::Importer importer(*log, survey);
  Problems problems(options.log);
  importer.on_problem([&](const strace::LogProblem& problem) { problems.take(problem); });
  if (const auto error = write_trace(importer, header, *file)) {
    file->abandon();
    return fail(fmt::format("{}: {}", file->shown_name(), *error));
  }
  problems.finish();
  fmt::print(stderr, "loopscope: {} of {} in {}\n", counted(importer.calls(), "call"),
             importer.processes() == 1 ? "1 process" : fmt::format("{} processes", importer.processes()),
             file->shown_name());
  if (!file->is_stdout()) fmt::print(stderr, "  loopscope report {}\n", file->shown_name());
  return 0;
}

}  // namespace loopscope::tracer
