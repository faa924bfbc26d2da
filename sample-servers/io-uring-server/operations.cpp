// SPDX-License-Identifier: Apache-2.0
#include "sample-servers/io-uring-server/operations.h"

#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <utility>

namespace loopscope::sample_servers {
namespace {

__kernel_timespec timespec_of(std::chrono::nanoseconds duration) {
  return {.tv_sec = duration.count() / 1'000'000'000, .tv_nsec = duration.count() % 1'000'000'000};
}

}  // namespace

std::expected<void, std::string> Operations::open(const OperationOptions& options, const EventLog& log) {
  if (auto opened = ring_.open(options.ring, log); !opened) return opened;
  has_receive_buffers_ = receive_buffers_.open(ring_, static_cast<unsigned>(options.buffers), log);
  has_send_buffers_ = options.fixed_buffers && send_buffers_.open(ring_, log);
  if (options.fixed_files) file_slots_ = ring_.open_file_table(log);
  return {};
}

// ---- of the server ----

void Operations::accept(int listener_fd) {
  io_uring_sqe* sqe = ring_.next_sqe();
  if (file_slots_ != 0) {
    io_uring_prep_multishot_accept_direct(sqe, listener_fd, nullptr, nullptr, 0);
  } else if (ring_.has().multishot_accept) {
    io_uring_prep_multishot_accept(sqe, listener_fd, nullptr, nullptr, SOCK_CLOEXEC);
  } else {
    io_uring_prep_accept(sqe, listener_fd, nullptr, nullptr, SOCK_CLOEXEC);
  }
  io_uring_sqe_set_data64(sqe, user_data(Operation::Accept));
}

void Operations::pause_accepting(std::chrono::nanoseconds delay) {
  accept_pause_ = timespec_of(delay);
  io_uring_sqe* sqe = ring_.next_sqe();
  io_uring_prep_timeout(sqe, &accept_pause_, 0, 0);
  io_uring_sqe_set_data64(sqe, user_data(Operation::AcceptPause));
}

void Operations::await_signal(int signal_fd) {
  io_uring_sqe* sqe = ring_.next_sqe();
  io_uring_prep_poll_add(sqe, signal_fd, POLLIN);
  io_uring_sqe_set_data64(sqe, user_data(Operation::Signal));
}

void Operations::read_count(int event_fd) {
  io_uring_sqe* sqe = ring_.next_sqe();
  io_uring_prep_read(sqe, event_fd, &count_, sizeof(count_), 0);
  io_uring_sqe_set_data64(sqe, user_data(Operation::Pool));
}

// ---- of a connection ----

// After io_uring_prep_…, which clears the flags.
void Operations::hand_in(io_uring_sqe* sqe, Operation operation, Connection& connection) const {
  if (file_slots_ != 0) sqe->flags |= IOSQE_FIXED_FILE;  // sqe->fd is a slot
  io_uring_sqe_set_data64(sqe, user_data(operation, connection.number));
  connection.begun(operation);
}

void Operations::receive(Connection& connection) {
  io_uring_sqe* sqe = ring_.next_sqe();
  if (has_receive_buffers_) {
    io_uring_prep_recv_multishot(sqe, connection.number, nullptr, 0, 0);
    sqe->flags |= IOSQE_BUFFER_SELECT;
    sqe->buf_group = ReceiveBuffers::kGroup;
  } else {
    auto& piece = connection.receive_piece;
    piece.resize(ReceiveBuffers::kBufferBytes);
    io_uring_prep_recv(sqe, connection.number, piece.data(), piece.size(), 0);
  }
  hand_in(sqe, Operation::Receive, connection);
}

std::string_view Operations::received(const Connection& connection, const Completion& completion) const {
  if (has_receive_buffers_) return receive_buffers_.bytes(completion);
  return {connection.receive_piece.data(), static_cast<size_t>(completion.result)};
}

void Operations::finish_receive(const Completion& completion) {
  if (ReceiveBuffers::in(completion)) receive_buffers_.give_back(completion);
}

// The answer stays where it is until it is sent: Conversation begins the next one only then.
void Operations::send(Connection& connection) {
  const std::string_view unsent = connection.http.unsent();
  io_uring_sqe* sqe = ring_.next_sqe();
  if (has_send_buffers_) connection.send_piece = send_buffers_.take(unsent);
  if (connection.send_piece != nullptr) {
    const auto size = static_cast<unsigned>(std::min(unsent.size(), SendBuffers::kPieceBytes));
    // To a client that has gone this raises SIGPIPE, which main() ignores. send has a flag against it.
    io_uring_prep_write_fixed(sqe, connection.number, connection.send_piece, size, 0, SendBuffers::kIndex);
  } else {
    io_uring_prep_send(sqe, connection.number, unsent.data(), unsent.size(), MSG_NOSIGNAL);
  }
  hand_in(sqe, Operation::Send, connection);
}

void Operations::finish_send(Connection& connection) {
  if (connection.send_piece != nullptr)
    send_buffers_.give_back(std::exchange(connection.send_piece, nullptr));
}

void Operations::start_timeout(Connection& connection, std::chrono::nanoseconds delay) {
  connection.timeout = timespec_of(delay);
  io_uring_sqe* sqe = ring_.next_sqe();
  io_uring_prep_timeout(sqe, &connection.timeout, 0, 0);
  io_uring_sqe_set_data64(sqe, user_data(Operation::Timeout, connection.number));
  connection.begun(Operation::Timeout);
}

void Operations::cancel(Operation operation, int number) {
  io_uring_sqe* sqe = ring_.next_sqe();
  io_uring_prep_cancel64(sqe, user_data(operation, number), 0);
  sqe->flags |= ring_.quiet();
  io_uring_sqe_set_data64(sqe, user_data(Operation::Cancel, number));
}

void Operations::shut(Connection& connection) {
  connection.shut = true;
  io_uring_sqe* sqe = ring_.next_sqe();
  io_uring_prep_shutdown(sqe, connection.number, SHUT_WR);
  hand_in(sqe, Operation::Shutdown, connection);
}

void Operations::close(const Connection& connection) {
  io_uring_sqe* sqe = ring_.next_sqe();
  if (file_slots_ != 0) {
    io_uring_prep_close_direct(sqe, static_cast<unsigned>(connection.number));
  } else {
    io_uring_prep_close(sqe, connection.number);
  }
  sqe->flags |= ring_.quiet();
  io_uring_sqe_set_data64(sqe, user_data(Operation::Close, connection.number));
}

}  // namespace loopscope::sample_servers
