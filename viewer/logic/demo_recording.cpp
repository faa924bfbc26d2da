// SPDX-License-Identifier: Apache-2.0
#include "viewer/logic/demo_recording.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <charconv>
#include <chrono>
#include <optional>

#include <fmt/format.h>

#include "viewer/logic/child_process.h"

namespace loopscope::viewer {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::chrono::seconds kStartTime{5};
constexpr std::chrono::milliseconds kLook{20};
constexpr std::chrono::microseconds kBetweenRequests{1500};
constexpr const char* kServers[] = {"epoll-server", "io-uring-server"};

// One connection, one request, the answer to its end.
void ask_once(int port) {
  const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (fd < 0) return;
  const timeval limit{.tv_sec = 1, .tv_usec = 0};
  (void)setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(uint16_t(port));
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  constexpr std::string_view request =
      "GET /balloons HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";
  if (connect(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0 &&
      send(fd, request.data(), request.size(), MSG_NOSIGNAL) == ssize_t(request.size())) {
    char answer[4096];
    while (recv(fd, answer, sizeof answer, 0) > 0) continue;
  }
  close(fd);
}

}  // namespace

int port_in(const std::string& said) {
  constexpr std::string_view before = "listens on 127.0.0.1:";
  const size_t at = said.find(before);
  if (at == said.npos) return 0;
  int port = 0;
  const char* begin = said.data() + at + before.size();
  (void)std::from_chars(begin, said.data() + said.size(), port);
  return port;
}

DemoRecording::DemoRecording(std::function<void()> wake, int seconds)
    : wake_(std::move(wake)), seconds_(seconds), thread_([this] { run(); }) {}

DemoRecording::~DemoRecording() {
  stopped_ = true;
  thread_.join();
}

std::vector<std::string> DemoRecording::paths() const {
  const std::lock_guard lock(mutex_);
  return paths_;
}

std::string DemoRecording::trouble() const {
  const std::lock_guard lock(mutex_);
  return trouble_;
}

void DemoRecording::run() {
  std::string trouble = record_both();
  {
    const std::lock_guard lock(mutex_);
    trouble_ = std::move(trouble);
  }
  running_ = false;
  wake_();
}

std::string DemoRecording::record_both() {
  struct Side {
    ChildProcess server;
    int port = 0;
    std::unique_ptr<Recording> recording;
    std::optional<std::jthread> load;
  };
  std::array<Side, 2> sides;
  for (size_t i = 0; i < sides.size(); ++i) {
    auto server = ChildProcess::start({sibling_program(kServers[i]), "--port", "0"});
    if (!server) return server.error();
    sides[i].server = std::move(*server);
  }
  const auto in_time = [this, until = Clock::now() + kStartTime] {
    std::this_thread::sleep_for(kLook);
    return !stopped_ && Clock::now() < until;
  };
  for (size_t i = 0; i < sides.size(); ++i) {
    Side& side = sides[i];
    while ((side.port = port_in(side.server.errors() + side.server.output())) == 0)
      if (side.server.status() || !in_time())
        return fmt::format("{} did not start: {}", kServers[i], last_line(side.server.errors()));
  }
  for (size_t i = 0; i < sides.size(); ++i)
    sides[i].recording =
        std::make_unique<Recording>(std::vector{int(sides[i].server.pid())},
                                    recording_path(kServers[i], int(sides[i].server.pid())), wake_);
  for (Side& side : sides)
    while (!side.recording->readable())
      if (!side.recording->running() || stopped_) {
        side.recording->stop();
        return side.recording->trouble();
      } else {
        std::this_thread::sleep_for(kLook);
      }
  {
    const std::lock_guard lock(mutex_);
    for (const Side& side : sides) paths_.push_back(side.recording->path());
  }
  wake_();
  for (Side& side : sides)
    side.load.emplace([port = side.port](const std::stop_token& stop) {
      while (!stop.stop_requested()) {
        ask_once(port);
        std::this_thread::sleep_for(kBetweenRequests);
      }
    });
  for (const auto until = Clock::now() + std::chrono::seconds(seconds_); !stopped_ && Clock::now() < until;)
    std::this_thread::sleep_for(kLook);
  for (Side& side : sides) side.load.reset();
  for (Side& side : sides) side.recording->stop();
  std::string trouble;
  for (Side& side : sides) {
    while (side.recording->running()) std::this_thread::sleep_for(kLook);
    if (trouble.empty()) trouble = side.recording->trouble();
  }
  return trouble;
}

}  // namespace loopscope::viewer
