// SPDX-License-Identifier: Apache-2.0
#include "viewer/logic/child_process.h"

#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <utility>

#include <fmt/format.h>

#include "trace-model/terminal_text.h"

namespace loopscope::viewer {
namespace {

constexpr size_t kMostText = 16 << 20;

std::string text_of(int fd) {
  const off_t size = fd < 0 ? 0 : lseek(fd, 0, SEEK_END);
  std::string text(size_t(std::clamp<off_t>(size, 0, off_t(kMostText))), '\0');
  const ssize_t n = text.empty() ? 0 : pread(fd, text.data(), text.size(), 0);
  text.resize(size_t(std::max<ssize_t>(n, 0)));
  return text;
}

}  // namespace

std::string sibling_program(const std::string& name) {
  std::error_code error;
  const auto self = std::filesystem::read_symlink("/proc/self/exe", error);
  const auto beside = self.parent_path() / name;
  return !error && access(beside.c_str(), X_OK) == 0 ? beside.string() : name;
}

bool is_installed(const std::string& name) {
  std::string_view path = std::getenv("PATH") ? std::getenv("PATH") : "";
  while (!path.empty()) {
    const size_t end = std::min(path.find(':'), path.size());
    if (access(fmt::format("{}/{}", path.substr(0, end), name).c_str(), X_OK) == 0) return true;
    path.remove_prefix(std::min(end + 1, path.size()));
  }
  return false;
}

std::expected<ChildProcess, std::string> ChildProcess::start(const std::vector<std::string>& words,
                                                             int output, bool held) {
  ChildProcess child;
  child.errors_ = memfd_create("what it said", MFD_CLOEXEC);
  if (output < 0) child.output_ = memfd_create("what it wrote", MFD_CLOEXEC);
  int ends[2]{-1, -1};
  if (held && pipe2(ends, O_CLOEXEC) == 0) child.input_ = ends[1];
  posix_spawn_file_actions_t files;
  posix_spawn_file_actions_init(&files);
  if (ends[0] >= 0)
    posix_spawn_file_actions_adddup2(&files, ends[0], STDIN_FILENO);
  else
    posix_spawn_file_actions_addopen(&files, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
  posix_spawn_file_actions_adddup2(&files, output < 0 ? child.output_ : output, STDOUT_FILENO);
  posix_spawn_file_actions_adddup2(&files, child.errors_, STDERR_FILENO);
  posix_spawnattr_t attributes;
  posix_spawnattr_init(&attributes);
  // A group of its own: what is typed at the terminal of the viewer is not for it.
  posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETPGROUP);
  std::vector<char*> argv;
  argv.reserve(words.size() + 1);
  for (const std::string& word : words) argv.push_back(const_cast<char*>(word.c_str()));
  argv.push_back(nullptr);
  const int error = posix_spawnp(&child.pid_, argv[0], &files, &attributes, argv.data(), environ);
  posix_spawn_file_actions_destroy(&files);
  posix_spawnattr_destroy(&attributes);
  if (ends[0] >= 0) close(ends[0]);
  if (error == 0) return child;
  child.pid_ = -1;
  return std::unexpected(fmt::format("cannot start {}: {}", words[0], std::strerror(error)));
}

ChildProcess::ChildProcess(ChildProcess&& other) noexcept {
  *this = std::move(other);
}

ChildProcess& ChildProcess::operator=(ChildProcess&& other) noexcept {
  std::swap(pid_, other.pid_);
  std::swap(output_, other.output_);
  std::swap(errors_, other.errors_);
  std::swap(input_, other.input_);
  std::swap(status_, other.status_);
  return *this;
}

ChildProcess::~ChildProcess() {
  if (pid_ > 0 && !status()) {
    release();
    signal(SIGTERM);
    (void)wait();
  }
  for (const int fd : {output_, errors_, input_})
    if (fd >= 0) close(fd);
}

void ChildProcess::take(int raw_status) {
  constexpr int kSignalled = 128;
  status_ = WIFEXITED(raw_status) ? WEXITSTATUS(raw_status) : kSignalled + WTERMSIG(raw_status);
}

std::optional<int> ChildProcess::status() {
  int raw = 0;
  if (!status_ && pid_ > 0 && waitpid(pid_, &raw, WNOHANG) == pid_) take(raw);
  return status_;
}

int ChildProcess::wait() {
  int raw = 0;
  while (!status_ && pid_ > 0) {
    const pid_t ended = waitpid(pid_, &raw, 0);
    if (ended == pid_) take(raw);
    if (ended < 0 && errno != EINTR) break;
  }
  return status_.value_or(-1);
}

void ChildProcess::signal(int number) {
  if (!status() && pid_ > 0) (void)kill(pid_, number);
}

void ChildProcess::release() {
  if (input_ >= 0) close(std::exchange(input_, -1));
}

std::string ChildProcess::output() const {
  return text_of(output_);
}

std::string ChildProcess::errors() const {
  return text_of(errors_);
}

std::optional<std::string> refused_by_polkit(const ChildProcess& child, int status,
                                             std::string_view command) {
  constexpr int kDismissed = 126, kNotAuthorized = 127;
  if (status != kDismissed && status != kNotAuthorized) return std::nullopt;
  return fmt::format("nobody gave the rights of root ({}); in a terminal: sudo {}",
                     status == kDismissed ? "the question was dismissed" : last_line(child.errors()),
                     command);
}

std::string last_line(std::string text) {
  while (text.ends_with('\n')) text.pop_back();
  const size_t line = text.rfind('\n');
  text.erase(0, line == text.npos ? 0 : line + 1);
  if (text.starts_with("loopscope: ")) text.erase(0, 11);
  return trace_model::terminal_text(text);
}

}  // namespace loopscope::viewer
