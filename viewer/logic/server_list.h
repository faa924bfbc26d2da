// SPDX-License-Identifier: Apache-2.0
// The servers that run here, as `loopscope list` tells them.
#pragma once

#include <atomic>
#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

namespace loopscope::viewer {

struct RunningServer {
  int pid = 0;
  std::string name;                    // of the program, fit to be shown
  std::vector<std::string> addresses;  // it listens on, likewise
  std::string waits;                   // "epoll, io_uring"
};

struct ServerListAnswer {
  std::vector<RunningServer> servers;
  std::string trouble;    // a sentence; else the list holds
  size_t unreadable = 0;  // processes of other users, which may be servers as well
};
[[nodiscard]] ServerListAnswer parse_server_list(std::string_view json);

class ServerList {
 public:
  explicit ServerList(std::function<void()> wake) : wake_(std::move(wake)) {}
  ~ServerList() {
    ends_ = true;
    join();
  }
  ServerList(const ServerList&) = delete;
  ServerList& operator=(const ServerList&) = delete;

  // On a thread of its own; with `as_root`, through sudo where it does not ask, else polkit, which does.
  void refresh(bool as_root = false);
  bool poll();  // takes over what it found; true when there was something
  [[nodiscard]] bool asked() const { return asked_; }
  [[nodiscard]] bool busy() const { return busy_; }
  [[nodiscard]] const ServerListAnswer& answer() const { return answer_; }

 private:
  [[nodiscard]] ServerListAnswer ask(std::vector<std::string> words);
  void join() {
    if (thread_.joinable()) thread_.join();
  }

  std::function<void()> wake_;
  ServerListAnswer answer_;
  std::optional<ServerListAnswer> new_answer_;
  std::atomic<bool> busy_ = false, ends_ = false;
  bool asked_ = false;
  std::mutex mutex_;
  std::thread thread_;
};

}  // namespace loopscope::viewer
