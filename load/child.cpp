// SPDX-License-Identifier: Apache-2.0
#include "load/child.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <utility>

namespace loopscope::load {
namespace {

using Clock = std::chrono::steady_clock;
using std::chrono::milliseconds;

constexpr size_t kMostKept = size_t(64) << 20;
constexpr milliseconds kPatience{3000}, kLook{20};
constexpr int kNotThere = 127;

void read_all(int& fd, std::string& into) {
  std::array<char, 16384> room{};
  for (;;) {
    const ssize_t count = fd < 0 ? 0 : read(fd, room.data(), room.size());
    if (count > 0) {
      if (into.size() < kMostKept) into.append(room.data(), size_t(count));
      continue;
    }
    if (count == 0 && fd >= 0) close(std::exchange(fd, -1));
    return;
  }
}

[[noreturn]] void become(const std::vector<std::string>& command, int output, int errors, int failed) {
  prctl(PR_SET_PDEATHSIG, SIGTERM);
  const int nothing = open("/dev/null", O_RDWR | O_CLOEXEC);
  dup2(nothing, STDIN_FILENO);
  dup2(output >= 0 ? output : nothing, STDOUT_FILENO);
  dup2(errors, STDERR_FILENO);
  ::signal(SIGPIPE, SIG_DFL);
  std::vector<char*> words;
  words.reserve(command.size() + 1);
  for (const std::string& word : command) words.push_back(const_cast<char*>(word.c_str()));
  words.push_back(nullptr);
  execvp(words[0], words.data());
  const int error = errno;
  if (write(failed, &error, sizeof error) < 0) _exit(kNotThere);
  _exit(kNotThere);
}

}  // namespace

std::expected<Child, std::string> Child::start(const std::vector<std::string>& command, Output output) {
  int out[2] = {-1, -1}, err[2] = {-1, -1}, failed[2] = {-1, -1};
  const auto made = [](int* ends) { return pipe2(ends, O_CLOEXEC) == 0; };
  if ((output == Output::Keep && !made(out)) || !made(err) || !made(failed))
    return std::unexpected(fmt::format("cannot make a pipe: {}", strerror(errno)));
  const pid_t pid = fork();
  if (pid < 0) return std::unexpected(fmt::format("cannot start a process: {}", strerror(errno)));
  if (pid == 0) become(command, out[1], err[1], failed[1]);
  for (const int fd : {out[1], err[1], failed[1]})
    if (fd >= 0) close(fd);
  int error = 0;
  const bool could_not = read(failed[0], &error, sizeof error) == ssize_t(sizeof error);
  close(failed[0]);
  for (const int fd : {out[0], err[0]})
    if (fd >= 0) fcntl(fd, F_SETFL, O_NONBLOCK);
  Child child(pid, out[0], err[0]);
  if (could_not) return std::unexpected(fmt::format("cannot run {}: {}", command[0], strerror(error)));
  return child;
}

Child::Child(Child&& other) noexcept
    : pid_(std::exchange(other.pid_, -1)),
      output_fd_(std::exchange(other.output_fd_, -1)),
      errors_fd_(std::exchange(other.errors_fd_, -1)),
      code_(other.code_),
      output_(std::move(other.output_)),
      errors_(std::move(other.errors_)) {}

Child& Child::operator=(Child&& other) noexcept {
  std::swap(pid_, other.pid_);
  std::swap(output_fd_, other.output_fd_);
  std::swap(errors_fd_, other.errors_fd_);
  std::swap(code_, other.code_);
  std::swap(output_, other.output_);
  std::swap(errors_, other.errors_);
  return *this;
}

Child::~Child() {
  end();
}

void Child::end() {
  if (pid_ > 0 && code_ < 0) {
    signal(SIGTERM);
    if (!finish(kPatience)) {
      signal(SIGKILL);
      static_cast<void>(finish(kPatience).has_value());
    }
  }
  for (const int fd : {output_fd_, errors_fd_})
    if (fd >= 0) close(fd);
  output_fd_ = errors_fd_ = -1;
}

void Child::signal(int number) const {
  if (pid_ > 0 && code_ < 0) kill(pid_, number);
}

void Child::read_some(int wait_ms) {
  std::array<pollfd, 2> fds{{{output_fd_, POLLIN, 0}, {errors_fd_, POLLIN, 0}}};
  poll(fds.data(), fds.size(), wait_ms);
  read_all(output_fd_, output_);
  read_all(errors_fd_, errors_);
}

bool Child::runs() {
  if (pid_ <= 0 || code_ >= 0) return false;
  read_some(0);
  int status = 0;
  if (waitpid(pid_, &status, WNOHANG) != pid_) return true;
  code_ = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  read_some(0);
  return false;
}

bool Child::await_words(std::string_view words, milliseconds limit) {
  const auto until = Clock::now() + limit;
  while (errors_.find(words) == std::string::npos) {
    if (!runs() || Clock::now() > until) return errors_.find(words) != std::string::npos;
    read_some(int(kLook.count()));
  }
  return true;
}

std::expected<int, std::string> Child::finish(milliseconds limit) {
  const auto until = Clock::now() + limit;
  while (runs()) {
    if (Clock::now() > until) return std::unexpected("it took too long");
    // Closed pipes are ready at once; a child that closed them is looked at now and then.
    if (output_fd_ < 0 && errors_fd_ < 0)
      poll(nullptr, 0, int(kLook.count()));
    else
      read_some(int(kLook.count()));
  }
  return code_;
}

}  // namespace loopscope::load
