// SPDX-License-Identifier: Apache-2.0
// A connection whose recv and send sleep until the client has done its part; but not for ever, as one that
// does nothing would keep its thread.
#pragma once

#include <chrono>
#include <utility>

#include "sample-servers/common/conversation.h"
#include "sample-servers/common/event_log.h"
#include "sample-servers/common/unique_fd.h"

namespace loopscope::sample_servers {

class BlockingConnection {
 public:
  // A client has `patience` to send its first request, and again, when an answer begins, to take that and to
  // send the next request, however small the pieces. A recv or send that begins in time may sleep as long
  // again.
  BlockingConnection(UniqueFd fd, std::chrono::milliseconds patience, const EventLog& log);

  [[nodiscard]] int fd() const { return fd_.get(); }

  // One recv, one send. False when it makes no sense to go on: the client is gone, or is too slow, which is
  // written to the log.
  [[nodiscard]] bool receive(Conversation& http);
  [[nodiscard]] bool send_out(Conversation& http);

  // To be called when an answer begins.
  void start_patience() { since_ = Clock::now(); }

  // Shuts our side and reads on until the client closes, at most for a second, or as long as patience lasts:
  // what is unread at close would make the kernel send a reset, which can destroy the last answer before the
  // client has read it.
  void linger();

 private:
  using Clock = std::chrono::steady_clock;
  void set_timeouts(std::chrono::microseconds most);
  [[nodiscard]] bool goes_on(ssize_t result);

  UniqueFd fd_;
  std::chrono::milliseconds patience_;
  const EventLog& log_;
  Clock::time_point since_ = Clock::now();
};

}  // namespace loopscope::sample_servers
