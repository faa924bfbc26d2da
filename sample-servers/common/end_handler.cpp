// SPDX-License-Identifier: Apache-2.0
#include "sample-servers/common/end_handler.h"

#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <csignal>
#include <ctime>

namespace loopscope::sample_servers {
namespace {

// A handler has no arguments of ours, so what it needs is global.
std::atomic<bool> ended{false};
std::atomic<int> listener{-1};
std::atomic<int> connection{-1};
static_assert(std::atomic<int>::is_always_lock_free);  // else a handler could not use it

// Everything called here is async-signal-safe (signal-safety(7)).
extern "C" void on_end_signal(int) {
  const int error = errno;
  ended = true;
  ::shutdown(listener, SHUT_RDWR);
  ::shutdown(connection, SHUT_RDWR);
  // nanosleep has no socket to shut, and this signal may have come just before it: so it comes again.
  ::alarm(1);
  errno = error;
}

}  // namespace

bool handle_end_signals(int listener_fd) {
  listener = listener_fd;
  struct sigaction action{};
  action.sa_handler = on_end_signal;  // without SA_RESTART: nanosleep ends with EINTR either way
  for (const int signal : {SIGINT, SIGTERM, SIGALRM})
    if (::sigaction(signal, &action, nullptr) != 0) return false;
  return true;
}

bool end_is_wished() {
  return ended;
}

void shut_at_end(int connection_fd) {
  connection = connection_fd;
  if (ended) ::shutdown(connection_fd, SHUT_RDWR);
}

void sleep_unless_ended(std::chrono::nanoseconds duration) {
  if (duration.count() <= 0) return;  // nanosleep(0) gives the processor away all the same
  const auto seconds = std::chrono::floor<std::chrono::seconds>(duration);
  timespec left{.tv_sec = seconds.count(), .tv_nsec = (duration - seconds).count()};
  while (!ended && ::nanosleep(&left, &left) != 0 && errno == EINTR) {
  }
}

}  // namespace loopscope::sample_servers
