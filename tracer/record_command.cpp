// SPDX-License-Identifier: Apache-2.0
#include "tracer/record_command.h"

#include <fmt/format.h>
#include <signal.h>

#include <filesystem>
#include <optional>

#include "trace-model/report_text.h"
#include "trace-model/terminal_text.h"
#include "trace-model/trace_report.h"
#include "tracer/launch.h"
#include "tracer/output_file.h"
#include "tracer/print.h"
#include "tracer/privileges.h"
#include "tracer/proc/access.h"
#include "tracer/recorder_process.h"
#include "tracer/recording.h"
#include "tracer/stop_signals.h"
#include "tracer/targets.h"

namespace loopscope::tracer {

using trace_model::Pid;
using trace_model::terminal_text;

namespace {

// Who is recorded, as words: "nginx (pid 4711)".
std::string describe_targets(const std::vector<Pid>& pids) {
  std::string text;
  for (const Pid pid : pids)
    text += fmt::format("{}{} (pid {})", text.empty() ? "" : ", ", terminal_text(name_of(pid)), pid);
  return text;
}

std::string describe_limits(const RecordOptions& options) {
  std::string text = options.command.empty() ? "until Ctrl+C or the target's end" : "until the command ends";
  if (options.duration_s) text += fmt::format(", for {:g} s", *options.duration_s);
  if (options.last_s)
    text += fmt::format(", keeping the newest {:g} s", *options.last_s);
  else if (options.max_size_bytes)
    text += fmt::format(", to at most {:.0f} MiB", double(options.max_size_bytes) / (1 << 20));
  return text;
}

// Why to stop, from signals and from the command's end.
class StopWatch {
 public:
  StopWatch(StopSignals& signals, LaunchedCommand* command) : signals_(signals), command_(command) {}

  std::string operator()() {
    for (auto taken = signals_.take(); taken.signal; taken = signals_.take()) {
      if (taken.signal == SIGCHLD) continue;
      // The terminal sent Ctrl+C to the command as well: the recording ends with it. A second one is meant
      // for us.
      if (command_ && !command_->ended() && !asked_) {
        asked_ = true;
        if (taken.from_user) kill(command_->pid(), taken.signal);
        continue;
      }
      return "interrupted";
    }
    return command_ && command_->ended() ? "command exited" : "";
  }

 private:
  StopSignals& signals_;
  LaunchedCommand* command_;
  bool asked_ = false;
};

struct Outcome {
  RecordingTotals totals;
  std::string report;
};

constexpr uint64_t kLongTrace = 512 << 20;  // bytes; a second to read

// What a report on the file says. `briefly`, which the recorder knows without reading it again, is for those
// that cannot be read at once; it has nothing of wakeups.
std::string summary(const RecordingTotals& totals, const OutputFile& file, const std::string& briefly) {
  if (file.is_stdout() || !file.is_regular() || totals.bytes > kLongTrace) return briefly;
  const auto report = trace_model::report_of_trace(file.path());
  return report ? report_text(*report) : briefly;
}

void print_outcome(const Outcome& outcome, const OutputFile& file) {
  const RecordingTotals& totals = outcome.totals;
  fmt::print(stderr, "loopscope: {} calls in {:.1f} s, {} lost, {:.1f} MB in {} ({})\n", totals.calls,
             totals.seconds, totals.lost, double(totals.bytes) / 1e6, file.shown_name(), totals.reason);
  if (totals.lost)
    fmt::print(
        stderr,
        "loopscope: {} records were lost; the trace says when. A larger --buffer, --no-io or fewer --calls "
        "would have kept them.\n",
        totals.lost);
  fmt::print(stderr, "\n{}\n", summary(totals, file, outcome.report));
  if (file.is_stdout()) return;
  const std::string name = terminal_text(file.path());
  fmt::print(stderr, "next:  loopscope report {0}\n       loopscope show {0} 'call~accept'\n", name);
}

std::expected<std::vector<Pid>, std::string> find_targets(const RecordOptions& options,
                                                          const std::optional<LaunchedCommand>& command) {
  if (command) return std::vector<Pid>{command->pid()};
  if (options.port) return listening_on(*options.port);
  return options.pids;
}

// The part that runs through sudo may read everything.
void say_what_stays_nameless(const std::vector<Pid>& targets) {
  for (const Pid pid : targets)
    if (const auto why = why_nameless(ProcFs(), pid))
      fmt::print(stderr, "loopscope: file names and poll sets of {} (pid {}) will be missing: {}\n",
                 terminal_text(name_of(pid)), pid, *why);
}

using OnReady = std::function<std::expected<void, std::string>()>;

// Everything in this process, which has the privileges.
std::expected<Outcome, std::string> record_here(const RecordOptions& options, const std::vector<Pid>& targets,
                                                const std::vector<std::string>& command_line,
                                                OutputFile& file, const OnReady& on_ready,
                                                const StopReason& stop, int wake_fd) {
  Recording recording(options, command_line);
  if (auto attached = recording.attach(targets); !attached) return std::unexpected(attached.error());
  if (auto ready = on_ready(); !ready) return std::unexpected(ready.error());
  const auto totals = recording.run(file.fd(), file.path(), stop, wake_fd);
  if (!totals) return std::unexpected(totals.error());
  return Outcome{*totals, report_text(make_report(recording.model()))};
}

std::expected<Outcome, std::string> record_through_sudo(const RecordOptions& options,
                                                        const std::vector<Pid>& targets,
                                                        const std::vector<std::string>& command_line,
                                                        OutputFile& file, const OnReady& on_ready,
                                                        const StopReason& stop, int wake_fd) {
  auto result = record_elevated(options, targets, command_line, file, on_ready, stop, wake_fd);
  if (!result) return std::unexpected(result.error());
  return Outcome{result->totals, result->report};
}

}  // namespace

int record_command(RecordOptions options, const std::vector<std::string>& command_line) {
  const auto selection = select_calls(options.calls, options.no_io);
  if (!selection) return fail(selection.error());
  if (options.peek > 0 && !selection->io)
    return fail("--peek needs reads and writes to be recorded, which --no-io or --calls leaves out");
  std::optional<LaunchedCommand> command;
  if (!options.command.empty()) {
    auto launched = LaunchedCommand::prepare(options.command);
    if (!launched) return fail(launched.error());
    command.emplace(std::move(*launched));
  }
  StopSignals signals;
  signal(SIGPIPE, SIG_IGN);
  const auto targets = find_targets(options, command);
  if (!targets) return fail(targets.error());
  const std::string name = command ? std::filesystem::path(options.command.front()).filename().string()
                                   : name_of(targets->front());
  if (options.output.empty()) options.output = default_trace_name(name, targets->front());
  auto file = OutputFile::open(options.output);
  if (!file) return fail(file.error());

  bool begun = false;
  const OnReady on_ready = [&]() -> std::expected<void, std::string> {
    file->begin();
    begun = true;
    if (!options.watched) fmt::print(stderr, "loopscope: recording to {}\n", file->shown_name());
    if (options.watched) fmt::print(stderr, "loopscope: watching; Ctrl+C ends it\n");
    if (!command) return {};
    auto started = command->go();
    if (!started) begun = false;
    return started;
  };
  // docs/performance.md holds the figures.
  fmt::print(
      stderr,
      "loopscope: attaching to {}: about 0.4 us more for each recorded call and each operation of a ring, "
      "0.07 us for any other call of any process, {}\n",
      command ? fmt::format("{} (pid {})", terminal_text(name), command->pid()) : describe_targets(*targets),
      describe_limits(options));
  StopWatch stop(signals, command ? &*command : nullptr);
  const auto record = may_load_bpf() ? record_here : record_through_sudo;
  if (may_load_bpf()) say_what_stays_nameless(*targets);
  const auto outcome = record(options, *targets, command_line, *file, on_ready, std::ref(stop), signals.fd());
  if (!outcome && !begun) {
    file->abandon();
    return fail(outcome.error());
  }
  if (!outcome)
    return fail(fmt::format("{} ({}); what was written before is there, up to its last complete line",
                            outcome.error(), file->shown_name()));
  if (const auto ended = command ? command->ended() : std::nullopt)
    fmt::print(stderr, "loopscope: {} {}\n", terminal_text(name), describe_exit(*ended));
  if (!options.quiet) print_outcome(*outcome, *file);
  return 0;
}

}  // namespace loopscope::tracer
