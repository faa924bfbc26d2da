// SPDX-License-Identifier: Apache-2.0
#include "tracer/watch_command.h"

#include <errno.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <chrono>

#include "trace-model/model_state.h"
#include "trace-model/report_text.h"
#include "trace-model/story/watch_lines.h"
#include "trace-model/terminal_text.h"
#include "trace-model/trace_reader.h"
#include "tracer/print.h"
#include "tracer/proc/files.h"
#include "tracer/record_command.h"
#include "tracer/stop_signals.h"

namespace loopscope::tracer {
namespace {

using trace_model::Ns;
using Clock = std::chrono::steady_clock;

constexpr auto kRefresh = std::chrono::seconds(1);

// What is watched, from the bytes of the recorder to lines on standard output.
class Watch {
 public:
  explicit Watch(const WatchOptions& options)
      : top_only_(options.top),
        lines_(analysis_, options.slower_ns, [this](const std::string& line) { put(line); }),
        top_(analysis_) {
    if (top_only_)
      analysis_.add(top_);
    else
      analysis_.add(lines_);
  }
  Watch(const Watch&) = delete;

  void feed(std::string_view bytes) {
    reader_.feed(bytes);
    take();
  }
  void end() {
    reader_.end();
    take();
    analysis_.finish();
  }
  void refresh_if_due() {
    if (!top_only_ || Clock::now() < due_) return;
    const Clock::duration since = Clock::now() - last_;
    last_ = Clock::now();
    due_ = last_ + kRefresh;
    if (isatty(STDOUT_FILENO)) text_ += "\033[H\033[J";
    for (const std::string& row : top_.rows(std::chrono::nanoseconds(since).count()))
      put(trace_model::cut_to_columns(row, size_t(stdout_columns())));
    if (!isatty(STDOUT_FILENO)) put("");
  }
  [[nodiscard]] bool write_out() {
    const bool written = text_.empty() || print(text_) == 0;
    text_.clear();
    return written;
  }
  [[nodiscard]] bool read_anything() const { return reader_.record_count() > 0; }
  [[nodiscard]] bool ended_in_order() const { return analysis_.model().state().end.has_value(); }
  [[nodiscard]] const trace_model::Model& model() const { return analysis_.model(); }

 private:
  void put(const std::string& line) { text_.append(line).append("\n"); }
  void take() {
    while (const trace_model::Record* record = reader_.next()) analysis_.apply(*record->event);
  }

  bool top_only_;
  trace_model::TraceReader reader_;
  trace_model::Analysis analysis_;
  trace_model::WatchLines lines_;
  trace_model::WatchTop top_;
  std::string text_;
  Clock::time_point last_ = Clock::now(), due_ = last_ + kRefresh;
};

// Until the recorder closes its end. Ctrl+C reaches it from the terminal as well; what was sent to us alone
// is passed on.
bool follow(Watch& watch, int fd, StopSignals& signals, pid_t recorder) {
  std::array<char, 64 * 1024> block{};
  for (bool writable = true;;) {
    std::array<pollfd, 2> fds{{{fd, POLLIN, 0}, {signals.fd(), POLLIN, 0}}};
    poll(fds.data(), fds.size(), 200);
    for (auto taken = signals.take(); taken.signal; taken = signals.take())
      if (taken.signal != SIGCHLD && taken.from_user) kill(recorder, taken.signal);
    if (fds[0].revents) {
      const ssize_t got = read(fd, block.data(), block.size());
      if (got == 0 || (got < 0 && errno != EINTR && errno != EAGAIN)) return writable;
      if (got > 0) watch.feed({block.data(), size_t(got)});
    }
    watch.refresh_if_due();
    if (writable && !watch.write_out()) {
      writable = false;  // nobody reads us any more
      kill(recorder, SIGINT);
    }
  }
}

int summary(const Watch& watch) {
  trace_model::TextOptions text;
  text.color = stdout_has_color();
  text.columns = stdout_columns();
  text.utf8 = locale_is_utf8();
  return print('\n' + report_text(make_report(watch.model()), text));
}

}  // namespace

int watch_command(WatchOptions options, const std::vector<std::string>& command_line) {
  std::array<int, 2> ends{};
  if (pipe2(ends.data(), O_CLOEXEC) != 0) return fail(fmt::format("cannot make a pipe: {}", strerror(errno)));
  UniqueFd from(ends[0]), to(ends[1]);
  options.record.output = fmt::format("/proc/self/fd/{}", to.get());
  options.record.quiet = options.record.watched = true;
  options.record.max_size_bytes = 0;
  fflush(nullptr);
  const pid_t recorder = fork();
  if (recorder < 0) return fail(fmt::format("cannot start the recorder: {}", strerror(errno)));
  if (recorder == 0) {
    from = UniqueFd();
    _exit(record_command(options.record, command_line));
  }
  to = UniqueFd();
  StopSignals signals;
  Watch watch(options);
  const bool writable = follow(watch, from.get(), signals, recorder);
  int status = 0;
  while (waitpid(recorder, &status, 0) < 0 && errno == EINTR) {
  }
  const int code = WIFEXITED(status) ? WEXITSTATUS(status) : 1;
  if (!writable) return 1;
  if (code != 0 && !watch.read_anything()) return code;
  watch.end();
  if (!watch.write_out()) return 1;
  const int printed = summary(watch);
  // With its `end` the recorder has said all: a second signal may have reached it after that.
  return watch.ended_in_order() ? printed : std::max(code, 1);
}

}  // namespace loopscope::tracer
