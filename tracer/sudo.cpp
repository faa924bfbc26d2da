// SPDX-License-Identifier: Apache-2.0
#include "tracer/sudo.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <signal.h>
#include <spawn.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>

#include "trace-model/terminal_text.h"
#include "tracer/privileges.h"

namespace loopscope::tracer {
namespace {

// Standard error in a file of its own, or as it is; no signal blocked: ours are, for a signalfd.
int spawn_sudo(std::vector<std::string>& words, int standard_error, pid_t& pid) {
  std::vector<char*> argv;
  argv.reserve(words.size() + 1);
  for (std::string& word : words) argv.push_back(word.data());
  argv.push_back(nullptr);
  posix_spawnattr_t attributes;
  posix_spawnattr_init(&attributes);
  sigset_t none;
  sigemptyset(&none);
  posix_spawnattr_setsigmask(&attributes, &none);
  posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK);
  posix_spawn_file_actions_t files;
  posix_spawn_file_actions_init(&files);
  if (standard_error >= 0) posix_spawn_file_actions_adddup2(&files, standard_error, STDERR_FILENO);
  const int error = posix_spawnp(&pid, "sudo", &files, &attributes, argv.data(), environ);
  posix_spawn_file_actions_destroy(&files);
  posix_spawnattr_destroy(&attributes);
  return error;
}

std::string text_of(const UniqueFd& file) {
  std::string text(4096, '\0');
  const ssize_t length = file ? pread(file.get(), text.data(), text.size(), 0) : 0;
  text.resize(size_t(std::max<ssize_t>(length, 0)));
  return text;
}

// "a password is required", of the last line it wrote.
std::string last_words(std::string text) {
  while (text.ends_with('\n')) text.pop_back();
  const size_t line = text.rfind('\n');
  text.erase(0, line == text.npos ? 0 : line + 1);
  if (text.starts_with("sudo: ")) text.erase(0, 6);
  return trace_model::terminal_text(text);
}

}  // namespace

bool can_ask() {
  const UniqueFd terminal(open("/dev/tty", O_RDWR | O_NOCTTY | O_CLOEXEC));
  return terminal && tcgetpgrp(terminal.get()) == getpgrp();
}

std::expected<SudoRun, std::string> SudoRun::start(std::vector<std::string> words) {
  std::vector<std::string> all{"sudo"};
  UniqueFd said;
  // An askpass program is sudo's own way to ask where there is no terminal, sudo(8).
  if (!can_ask() && !getenv("SUDO_ASKPASS")) {
    all.emplace_back("-n");
    said = UniqueFd(memfd_create("what sudo said", MFD_CLOEXEC));
  }
  all.emplace_back("--");
  all.push_back(own_program());
  all.insert(all.end(), std::make_move_iterator(words.begin()), std::make_move_iterator(words.end()));
  pid_t pid = 0;
  const int error = spawn_sudo(all, said.get(), pid);
  if (error == ENOENT) return std::unexpected(missing_capabilities());
  if (error) return std::unexpected(fmt::format("cannot start sudo: {}", strerror(error)));
  return SudoRun(pid, std::move(said));
}

std::optional<std::string> SudoRun::failed() const {
  int status = 0;
  if (waitpid(pid_, &status, WNOHANG) != pid_) return std::nullopt;
  if (!said_) return "sudo did not start the recorder; " + missing_capabilities();
  return fmt::format("sudo could not start the recorder without a terminal to ask on (\"{}\"); {}",
                     last_words(text_of(said_)), missing_capabilities());
}

void SudoRun::finish() const {
  int status = 0;
  while (waitpid(pid_, &status, 0) < 0 && errno == EINTR) continue;
  fmt::print(stderr, "{}", text_of(said_));
}

}  // namespace loopscope::tracer
