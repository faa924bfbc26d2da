// SPDX-License-Identifier: Apache-2.0
#include "sample-servers/common/blocking_connection.h"

#include <sys/socket.h>
#include <sys/time.h>

#include <algorithm>
#include <array>
#include <cerrno>

namespace loopscope::sample_servers {
namespace {

constexpr size_t kPieceBytes = 16 * 1024;
constexpr auto kLingerTime = std::chrono::milliseconds(1'000);

}  // namespace

BlockingConnection::BlockingConnection(UniqueFd fd, std::chrono::milliseconds patience, const EventLog& log)
    : fd_(std::move(fd)), patience_(patience), log_(log) {
  set_timeouts(patience);
}

// Cannot fail on a socket; 0 would mean "for ever".
void BlockingConnection::set_timeouts(std::chrono::microseconds most) {
  const timeval time{.tv_sec = most.count() / 1'000'000, .tv_usec = most.count() % 1'000'000};
  ::setsockopt(fd(), SOL_SOCKET, SO_RCVTIMEO, &time, sizeof(time));
  ::setsockopt(fd(), SOL_SOCKET, SO_SNDTIMEO, &time, sizeof(time));
}

bool BlockingConnection::receive(Conversation& http) {
  std::array<char, kPieceBytes> piece;
  const ssize_t size = ::recv(fd(), piece.data(), piece.size(), 0);
  if (size > 0) http.receive({piece.data(), static_cast<size_t>(size)});
  if (size == 0) http.input_ended();
  return goes_on(size);
}

bool BlockingConnection::send_out(Conversation& http) {
  const std::string_view unsent = http.unsent();
  // Without MSG_NOSIGNAL a client that has gone would end the whole server by SIGPIPE.
  const ssize_t size = ::send(fd(), unsent.data(), unsent.size(), MSG_NOSIGNAL);
  if (size > 0) http.sent(static_cast<size_t>(size));
  return goes_on(size);
}

bool BlockingConnection::goes_on(ssize_t result) {
  const int error = result < 0 ? errno : 0;
  // EAGAIN: the timeout. EINTR: stopped and continued; with a timeout, recv is not restarted after that
  // (signal(7)).
  if (error != 0 && error != EAGAIN && error != EINTR) return false;
  const auto waited = Clock::now() - since_;
  if (error != EAGAIN && waited <= patience_) return true;
  log_.write("gave up on a slow client",
             {{"fd", fd()}, {"waited_ms", std::chrono::floor<std::chrono::milliseconds>(waited).count()}});
  return false;
}

void BlockingConnection::linger() {
  std::array<char, kPieceBytes> ignored;
  ::shutdown(fd(), SHUT_WR);
  const auto end = Clock::now() + std::min(kLingerTime, patience_);
  for (;;) {
    const auto left = std::chrono::floor<std::chrono::microseconds>(end - Clock::now());
    if (left.count() <= 0) return;
    set_timeouts(left);
    if (::recv(fd(), ignored.data(), ignored.size(), 0) <= 0) return;
  }
}

}  // namespace loopscope::sample_servers
