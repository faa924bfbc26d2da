// SPDX-License-Identifier: Apache-2.0
#include "load/poisson.h"

#include <errno.h>
#include <fmt/format.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cmath>
#include <map>
#include <random>
#include <string_view>

#include "load/sockets.h"

namespace loopscope::load {
namespace {

using Clock = std::chrono::steady_clock;
using Seconds = std::chrono::duration<double>;

constexpr std::string_view kRequest = "GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n";
constexpr double kPatienceS = 30;  // after the last arrival

struct Pending {
  double due = 0;
  bool sent = false, answered = false;
};

class Generator {
 public:
  explicit Generator(const PoissonLoad& load)
      : load_(load),
        arrivals_(poisson_arrivals(load.rate_per_s, load.requests, load.seed)),
        epoll_(epoll_create1(0)) {}
  ~Generator() {
    for (const auto& [fd, pending] : pending_) close(fd);
    close(epoll_);
  }
  Generator(const Generator&) = delete;
  Generator& operator=(const Generator&) = delete;

  std::expected<Measured, std::string> run() {
    start_ = Clock::now();
    const double end = arrivals_.empty() ? 0 : arrivals_.back() + kPatienceS;
    while (next_ < arrivals_.size() || !pending_.empty()) {
      while (next_ < arrivals_.size() && arrivals_[next_] <= now())
        if (const auto sent = begin(arrivals_[next_++]); !sent) return std::unexpected(sent.error());
      if (now() > end) break;
      wait(next_ < arrivals_.size() ? arrivals_[next_] - now() : end - now());
    }
    measured_.failed += pending_.size();
    measured_.seconds = last_ - (arrivals_.empty() ? 0 : arrivals_.front());
    return std::move(measured_);
  }

 private:
  [[nodiscard]] double now() const { return Seconds(Clock::now() - start_).count(); }

  std::expected<void, std::string> begin(double due) {
    const int fd = connect_without_waiting(load_.port);
    if (fd < 0) {
      if (errno != EMFILE && errno != ENFILE && errno != EADDRNOTAVAIL)
        return ++measured_.failed, std::expected<void, std::string>();
      return std::unexpected(
          fmt::format("the generator has no more connections: {}; the rate is more than the server "
                      "can answer",
                      strerror(errno)));
    }
    epoll_event event{EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET, {.fd = fd}};
    epoll_ctl(epoll_, EPOLL_CTL_ADD, fd, &event);
    pending_[fd] = {due, false, false};
    return {};
  }

  // In nanoseconds: rounded to milliseconds, arrivals would come in step.
  void wait(double seconds) {
    constexpr double kSecond = 1e9;
    std::array<epoll_event, 64> ready{};
    seconds = std::clamp(seconds, 0.0, 1.0);
    const timespec timeout{time_t(seconds), long(std::fmod(seconds, 1.0) * kSecond)};
    const int count = epoll_pwait2(epoll_, ready.data(), int(ready.size()), &timeout, nullptr);
    for (int i = 0; i < count; ++i) serve(ready[size_t(i)].data.fd);
  }

  void serve(int fd) {
    const auto found = pending_.find(fd);
    if (found == pending_.end()) return;
    Pending& request = found->second;
    if (!request.sent) {
      const ssize_t count = send(fd, kRequest.data(), kRequest.size(), MSG_NOSIGNAL);
      if (count < 0 && errno != EAGAIN && errno != ENOTCONN) return end(fd, request);
      request.sent = count == ssize_t(kRequest.size());
    }
    std::array<char, 4096> room{};
    for (;;) {
      const ssize_t count = recv(fd, room.data(), room.size(), 0);
      if (count > 0) {
        constexpr std::string_view kGood = "HTTP/1.1 200";
        const std::string_view got(room.data(), size_t(count));
        request.answered = request.answered || got.starts_with(kGood);
        continue;
      }
      if (count < 0 && (errno == EAGAIN || errno == ENOTCONN)) return;
      return end(fd, request);
    }
  }

  void end(int fd, const Pending& request) {
    last_ = now();
    if (request.answered)
      measured_.latencies_s.push_back(last_ - request.due);
    else
      ++measured_.failed;
    close(fd);
    pending_.erase(fd);
  }

  PoissonLoad load_;
  std::vector<double> arrivals_;
  size_t next_ = 0;
  int epoll_;
  std::map<int, Pending> pending_;
  Clock::time_point start_;
  double last_ = 0;
  Measured measured_;
};

}  // namespace

// Given how many arrivals of a Poisson process lie in a time, they lie there as independent uniform times do.
// So the rate of a run is the one asked for, and not off by as much as chance has it.
std::vector<double> poisson_arrivals(double rate_per_s, unsigned count, uint64_t seed) {
  std::mt19937_64 random(seed);
  std::uniform_real_distribution<double> time(0, double(count) / rate_per_s);
  std::vector<double> arrivals(count);
  std::ranges::generate(arrivals, [&] { return time(random); });
  std::ranges::sort(arrivals);
  return arrivals;
}

std::expected<Measured, std::string> run_poisson(const PoissonLoad& load) {
  return Generator(load).run();
}

}  // namespace loopscope::load
