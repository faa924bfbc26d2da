// SPDX-License-Identifier: Apache-2.0
// What the server asks its ring for, one SQE each. Nothing is done before the next Ring::submit_and_wait();
// what came of it is told by a completion with the operation and the connection in its user_data
// (connection.h).
#pragma once

#include <chrono>
#include <cstdint>
#include <expected>
#include <string>
#include <string_view>

#include "sample-servers/common/event_log.h"
#include "sample-servers/io-uring-server/connection.h"
#include "sample-servers/io-uring-server/receive_buffers.h"
#include "sample-servers/io-uring-server/ring.h"
#include "sample-servers/io-uring-server/send_buffers.h"

namespace loopscope::sample_servers {

struct OperationOptions {
  RingOptions ring{};
  bool fixed_files = false;    // connections are slots of the ring's table of files, not descriptors
  bool fixed_buffers = false;  // answers are sent from SendBuffers
  int buffers = 256;           // ReceiveBuffers
};

class Operations {
 public:
  [[nodiscard]] std::expected<void, std::string> open(const OperationOptions& options, const EventLog& log);
  [[nodiscard]] Ring& ring() { return ring_; }
  // Whether the client hears of a close only when it is shut before (see Ring::Features::prompt_close).
  [[nodiscard]] bool closes_late() const { return file_slots_ != 0 && !ring_.has().prompt_close; }
  [[nodiscard]] bool has_room_for(size_t connections) const {
    return file_slots_ == 0 || connections <= file_slots_;
  }

  void accept(int listener_fd);
  void pause_accepting(std::chrono::nanoseconds delay);
  void await_signal(int signal_fd);
  void read_count(int event_fd);

  void receive(Connection& connection);
  void send(Connection& connection);  // what is unsent of its answer
  void start_timeout(Connection& connection, std::chrono::nanoseconds delay);
  // It completes with ECANCELED, or as it would have if that is quicker. `number` is the connection's.
  void cancel(Operation operation, int number = 0);
  void shut(Connection& connection);         // our side
  void close(const Connection& connection);  // nothing of it may be in flight

  // To be called with each completion of a receive: the bytes, until finish_receive().
  [[nodiscard]] std::string_view received(const Connection& connection, const Completion& completion) const;
  void finish_receive(const Completion& completion);
  void finish_send(Connection& connection);

 private:
  void hand_in(io_uring_sqe* sqe, Operation operation, Connection& connection) const;

  Ring ring_;
  ReceiveBuffers receive_buffers_;
  SendBuffers send_buffers_;
  bool has_receive_buffers_ = false;
  bool has_send_buffers_ = false;
  size_t file_slots_ = 0;
  __kernel_timespec accept_pause_{};
  uint64_t count_ = 0;  // what was read from the eventfd
};

}  // namespace loopscope::sample_servers
