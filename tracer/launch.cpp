// SPDX-License-Identifier: Apache-2.0
#include "tracer/launch.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <signal.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "trace-model/terminal_text.h"

namespace loopscope::tracer {
namespace {

[[noreturn]] void wait_and_execute(int go, int error, const std::vector<std::string>& command) {
  std::vector<char*> argv;
  argv.reserve(command.size() + 1);
  for (const std::string& word : command) argv.push_back(const_cast<char*>(word.c_str()));
  argv.push_back(nullptr);
  char byte = 0;
  ssize_t got = 0;
  do got = read(go, &byte, 1);
  while (got < 0 && errno == EINTR);
  if (got != 1) _exit(127);  // the recorder gave up
  execvp(argv[0], argv.data());
  const int why = errno;
  if (write(error, &why, sizeof(why)) < 0) _exit(126);
  _exit(127);
}

}  // namespace

std::expected<LaunchedCommand, std::string> LaunchedCommand::prepare(
    const std::vector<std::string>& command) {
  int go[2], error[2];
  if (pipe2(go, O_CLOEXEC) != 0 || pipe2(error, O_CLOEXEC) != 0)
    return std::unexpected(fmt::format("cannot make a pipe: {}", strerror(errno)));
  UniqueFd go_read(go[0]), go_write(go[1]), error_read(error[0]), error_write(error[1]);
  const pid_t pid = fork();
  if (pid < 0) return std::unexpected(fmt::format("cannot start a process: {}", strerror(errno)));
  if (pid == 0) {
    close(go_write.get());
    wait_and_execute(go_read.get(), error_write.get(), command);
  }
  return LaunchedCommand(pid, std::move(go_write), std::move(error_read), command.front());
}

LaunchedCommand::~LaunchedCommand() {
  if (go_ && !status_ && pid_ > 0) {
    go_ = UniqueFd();  // end of file: the child leaves by itself
    waitpid(pid_, nullptr, 0);
  }
}

std::expected<void, std::string> LaunchedCommand::go() {
  const char byte = 1;
  const bool sent = write(go_.get(), &byte, 1) == 1;
  go_ = UniqueFd();
  int why = 0;
  // End of file comes with the exec that closes the pipe.
  if (sent && read(error_.get(), &why, sizeof(why)) != sizeof(why)) return {};
  waitpid(pid_, nullptr, 0);
  status_ = 127 << 8;
  return std::unexpected(
      fmt::format("cannot run {}: {}", trace_model::terminal_text(name_), strerror(sent ? why : EPIPE)));
}

std::optional<int> LaunchedCommand::ended() {
  int status = 0;
  if (!status_ && waitpid(pid_, &status, WNOHANG) == pid_) status_ = status;
  return status_;
}

std::string describe_exit(int wait_status) {
  if (WIFSIGNALED(wait_status)) return fmt::format("was ended by SIG{}", sigabbrev_np(WTERMSIG(wait_status)));
  return fmt::format("exited with {}", WEXITSTATUS(wait_status));
}

}  // namespace loopscope::tracer
