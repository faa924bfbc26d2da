// SPDX-License-Identifier: Apache-2.0
// --bug: the faults one meets in epoll loops, one at a time and on purpose, each written to the log as it
// happens. Without --bug every function here does nothing.
#pragma once

#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "sample-servers/common/event_log.h"
#include "sample-servers/common/handler_faults.h"
#include "sample-servers/common/unique_fd.h"

namespace loopscope::sample_servers {

enum class Fault {
  None,
  InHandler,          // blocking-sleep, blocking-fifo, long-cpu
  EtNoDrain,          // et-no-drain: edge-triggered, 64 bytes read a wakeup, the rest forgotten
  StaleRegistration,  // stale-registration: closed while a dup lives, so epoll goes on reporting a closed
                      // number
  Herd,               // herd: four workers woken for each connection, three for nothing
  BusyPoll,           // busy-poll: epoll_wait never sleeps, its timeout is 0
  EpolloutArmed,      // epollout-armed: asked to be told of writability with nothing to write
  AcceptStorm,        // accept-storm: out of descriptors, and listening on: woken again and again
};

class Faults {
 public:
  Faults(const std::string& name, const EventLog& log);
  ~Faults();
  Faults(const Faults&) = delete;
  Faults& operator=(const Faults&) = delete;

  [[nodiscard]] static std::vector<std::string> names();
  // What a fault needs of the server's options, and of the process.
  static void arrange(const std::string& name, bool& edge_triggered, int& workers, std::string& share);

  [[nodiscard]] bool are(Fault fault) const { return fault_ == fault; }

  void on_event(int fd, uint32_t events, bool nothing_to_send);
  void on_event_for_closed(int fd);
  void in_handler(int fd);
  void on_nothing_to_accept(int listener_fd);
  // Whether what is left in the socket is to be forgotten.
  [[nodiscard]] bool on_read(int fd);
  // Whether to go on as if nothing had happened.
  [[nodiscard]] bool on_accept_failed(int listener_fd, int error);
  void on_close(int fd);

 private:
  static constexpr size_t kMostDups = 16;  // more are closed, oldest first: the fault, but not for ever

  Fault fault_ = Fault::None;
  const EventLog& log_;
  std::optional<HandlerFault> in_handler_;
  HandlerFaults handler_;
  std::deque<UniqueFd> dups_{};
  std::unordered_set<int> reported_{};                // closed numbers whose first event is written down
  std::unordered_map<int, int64_t> idle_writable_{};  // fd → wakeups that told only of room to write
  int64_t count_ = 0;                                 // of what happens too often to write each down
  std::optional<int64_t> storm_since_ns_{};
};

}  // namespace loopscope::sample_servers
