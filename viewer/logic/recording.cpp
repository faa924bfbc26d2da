// SPDX-License-Identifier: Apache-2.0
#include "viewer/logic/recording.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cctype>
#include <cerrno>
#include <chrono>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <utility>

#include <fmt/chrono.h>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include "trace-model/terminal_text.h"

namespace loopscope::viewer {
namespace {

constexpr std::chrono::milliseconds kBetweenLooks{50};

// Its standard input is held by the viewer: when that is closed the recorder is asked to end. A recorder that
// runs as root cannot be sent a signal by anybody else. A shell's jobs read from /dev/null, hence descriptor
// 3.
constexpr const char* kUntilInputEnds =
    "exec 3<&0; \"$0\" record -p \"$1\" --quiet -o - & r=$!; (read x <&3; kill -TERM $r) & wait $r";

bool has_bytes(const std::string& path) {
  struct stat status{};
  return stat(path.c_str(), &status) == 0 && status.st_size > 0;
}

}  // namespace

std::string recording_path(const std::string& name, int pid) {
  std::string clean;
  for (const char c : name) clean += std::isalnum(uint8_t(c)) || c == '-' || c == '_' ? c : '_';
  const char* home = std::getenv("HOME");
  const std::string folder = access(".", W_OK) == 0 || !home ? "" : std::string(home) + "/";
  return fmt::format("{}{}-{}-{:%Y%m%d-%H%M%S}.loopscope.jsonl", folder, clean.substr(0, 40), pid,
                     fmt::localtime(std::time(nullptr)));
}

Recording::Recording(std::vector<int> pids, std::string path, std::function<void()> wake,
                     std::string recorder)
    : pids_(std::move(pids)),
      path_(std::move(path)),
      recorder_(std::move(recorder)),
      wake_(std::move(wake)),
      thread_([this] { run(); }) {}

Recording::~Recording() {
  stop();
  thread_.join();
}

std::string Recording::trouble() const {
  const std::lock_guard lock(mutex_);
  return trouble_;
}

void Recording::run() {
  std::string trouble = run_directly();
  const bool was_refused = trouble.find("sudo") != trouble.npos;
  if (was_refused && !stop_wanted_ && is_installed("pkexec")) trouble = run_through_polkit();
  {
    const std::lock_guard lock(mutex_);
    trouble_ = std::move(trouble);
  }
  running_ = false;
  wake_();
}

// Returns its exit code.
int Recording::watch(ChildProcess& child, bool held) {
  for (bool told = false;;) {
    const auto status = child.status();
    if (!readable_ && has_bytes(path_)) {
      readable_ = true;
      wake_();
    }
    if (status) return *status;
    if (stop_wanted_ && !std::exchange(told, true)) {
      // The signal reaches pkexec as long as it asks for a password; as root it reads that its input ended.
      if (held) child.release();
      child.signal(held ? SIGTERM : SIGINT);
    }
    std::this_thread::sleep_for(kBetweenLooks);
  }
}

// Why there is no trace, or not all of one; nothing when all went well.
std::string Recording::said(const ChildProcess& child, int status) const {
  constexpr int kSignalled = 128;
  if (status == 0) return has_bytes(path_) ? std::string() : "the recorder ended without a word or a record";
  std::string last = last_line(child.errors());
  if (!last.empty()) return last;
  const std::string kept =
      has_bytes(path_) ? "; what it wrote until then is in " + trace_model::terminal_text(path_) : "";
  if (status > kSignalled)
    return fmt::format("the recorder was ended by {}{}", strsignal(status - kSignalled), kept);
  return fmt::format("the recorder ended with code {}, and did not say why{}", status, kept);
}

std::string Recording::run_directly() {
  auto child = ChildProcess::start(
      {recorder_, "record", "--quiet", "-p", fmt::format("{}", fmt::join(pids_, ",")), "-o", path_});
  if (!child) return child.error();
  return said(*child, watch(*child, false));
}

std::string Recording::run_through_polkit() {
  const int file = open(path_.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
  if (file < 0)
    return fmt::format("cannot write {}: {}", trace_model::terminal_text(path_), std::strerror(errno));
  auto child = ChildProcess::start(
      {"pkexec", "/bin/sh", "-c", kUntilInputEnds, recorder_, fmt::format("{}", fmt::join(pids_, ","))}, file,
      true);
  close(file);
  if (!child) return child.error();
  const int status = watch(*child, true);
  std::string trouble = said(*child, status);
  if (!has_bytes(path_)) unlink(path_.c_str());
  const auto refused =
      refused_by_polkit(*child, status, fmt::format("loopscope record -p {}", fmt::join(pids_, ",")));
  return refused.value_or(trouble);
}

}  // namespace loopscope::viewer
