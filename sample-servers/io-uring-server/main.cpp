// SPDX-License-Identifier: Apache-2.0
// io-uring-server: one thread, one ring, any number of connections.
//
// epoll tells which sockets are ready, and the loop then reads and writes. Here the loop asks for the reading
// and the writing itself, goes on, and is told how they ended (io_uring(7)). A turn of the loop is one
// io_uring_enter(2): it hands over all that was asked for in the turn before, and waits until something is
// done. Nothing else may wait: the 20 ms of a request, as if for a disk or a database, are an operation like
// any other.
//
// Multishot operations are asked for once and complete again and again: one accept for all connections, one
// recv for all that a connection sends. A completion without IORING_CQE_F_MORE is the last. Who then forgets
// to ask anew is deaf.
//
//   accept ── a connection ──► recv ── bytes, a request ──► timeout ── 20 ms later, its answer ──► send ──┐
//                               ▲                                                                          │
//                               └──────────────── more requests ◄──────────────────────────────────────────┤
//                                close ◄── nothing in flight any more ◄── cancel what is ◄── no more ◄─────┘
//
// The sockets are blocking ones: it is the ring that waits for them. With O_NONBLOCK an operation would fail
// with EAGAIN where it should wait.
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <cstring>
#include <expected>
#include <span>
#include <string>
#include <unordered_map>
#include <utility>

#include "sample-servers/common/command_line.h"
#include "sample-servers/common/end_signals.h"
#include "sample-servers/common/event_log.h"
#include "sample-servers/common/listening_socket.h"
#include "sample-servers/common/page_pool.h"
#include "sample-servers/common/rate_limit.h"
#include "sample-servers/common/unique_fd.h"
#include "sample-servers/io-uring-server/connection.h"
#include "sample-servers/io-uring-server/faults.h"
#include "sample-servers/io-uring-server/operations.h"
#include "sample-servers/io-uring-server/recurring.h"

namespace loopscope::sample_servers {
namespace {

constexpr auto kAcceptPause = std::chrono::milliseconds(50);
constexpr auto kLingerTime = std::chrono::seconds(1);

struct RingServerOptions : ServerOptions {
  OperationOptions operations{};
  PoolOptions pool{};
  std::string bug = "none";
};

class RingServer {
 public:
  RingServer(const RingServerOptions& options, const EventLog& log)
      : options_(options),
        log_(log),
        faults_(options.bug, log),
        waits_(options.wait),
        rate_(options.rate_limit),
        pool_(options.pool, options.root) {}

  [[nodiscard]] std::expected<void, std::string> open();
  [[nodiscard]] std::expected<void, std::string> run();  // until a signal to end

 private:
  void on_completion(const Completion& completion);
  void end_all();
  void accept();
  void on_accept(const Completion& completion);
  void pause_accepting();
  void on_accept_pause();
  void read_pool();
  void on_pool();
  void on_received(Connection& connection, const Completion& completion);
  void on_sent(Connection& connection, int result);
  void on_timeout(Connection& connection);

  void advance(Connection& connection);
  void begin(Connection& connection);
  void work(Connection& connection);
  void end(Connection& connection);
  void settle(Connection& connection);
  void wind_up(Connection& connection);

  const RingServerOptions& options_;
  const EventLog& log_;
  Faults faults_;
  WaitTime waits_;
  RateLimit rate_;
  PagePool pool_;
  Recurring overflows_{log_, "cq-overflow"};
  Recurring no_buffers_{log_, "no receive buffer left"};
  UniqueFd signals_;
  UniqueFd listener_;
  std::unordered_map<int, Connection> connections_;  // by number; they stay where they are in memory
  uint32_t next_id_ = 0;
  int in_flight_ = 0;  // operations that are no connection's
  bool ending_ = false;
  Operations ask_;
};

std::expected<void, std::string> RingServer::open() {
  signals_ = open_end_signals();
  if (!signals_) return std::unexpected(fmt::format("signalfd: {}", std::strerror(errno)));
  auto listener = listen_on(options_.listen);
  if (!listener) return std::unexpected(listener.error());
  listener_ = std::move(*listener);
  if (auto started = pool_.start(PagePool::Notice::ReadByCaller); !started) return started;
  if (auto opened = ask_.open(options_.operations, log_); !opened) return opened;
  fmt::print("io-uring-server: pid {} listens on {}, fd {}; ring is fd {}\n", ::getpid(),
             local_address(listener_.get()), listener_.get(), ask_.ring().fd());
  std::fflush(stdout);
  return {};
}

// ---- the loop ----

std::expected<void, std::string> RingServer::run() {
  Ring& ring = ask_.ring();
  ask_.await_signal(signals_.get());
  if (pool_.ready_fd() >= 0) read_pool();
  accept();
  std::array<Completion, 64> completions;
  while (!ending_ || in_flight_ > 0 || !connections_.empty()) {
    if (auto waited = ring.submit_and_wait(faults_.least_completions()); !waited) return waited;
    if (ring.overflowed()) overflows_.happened();
    const auto room = std::span(completions).first(faults_.most_completions(completions.size()));
    for (const Completion& completion : room.first(ring.take(room))) on_completion(completion);
  }
  return ring.submit_and_wait(0);  // the last closes
}

void RingServer::on_completion(const Completion& completion) {
  const Operation operation = operation_of(completion.user_data);
  switch (operation) {
    case Operation::Signal:
      return end_all();
    case Operation::Accept:
      return on_accept(completion);
    case Operation::AcceptPause:
      return on_accept_pause();
    case Operation::Pool:
      return on_pool();
    case Operation::Receive:
    case Operation::Send:
    case Operation::Timeout:
    case Operation::Shutdown:
      break;
    case Operation::Close:
    case Operation::Cancel:
      return;
  }
  Connection& connection = connections_.at(number_of(completion.user_data));
  if (completion.last()) connection.ended(operation);
  if (operation == Operation::Receive) on_received(connection, completion);
  if (operation == Operation::Send) on_sent(connection, completion.result);
  if (operation == Operation::Timeout) on_timeout(connection);
  advance(connection);
}

// An operation in flight keeps its file open, be it the listening socket, and may use memory of ours. The end
// of the process ends it as well, but some time later.
void RingServer::end_all() {
  ending_ = true;
  ask_.cancel(Operation::Accept);
  ask_.cancel(Operation::AcceptPause);
  ask_.cancel(Operation::Pool);
  for (auto next = connections_.begin(); next != connections_.end();) {
    Connection& connection = (next++)->second;  // on to the next before this one may go
    connection.state = State::Done;
    settle(connection);
  }
}

// ---- new connections ----

void RingServer::accept() {
  ask_.accept(listener_.get());
  ++in_flight_;
}

void RingServer::on_accept(const Completion& completion) {
  const int error = std::max(-completion.result, 0);
  if (error == 0) {
    const int number = completion.result;
    const State state = ending_ ? State::Done : State::Talking;
    Connection connection{.number = number, .id = next_id_++, .state = state};
    settle(connections_.emplace(number, std::move(connection)).first->second);
  }
  if (!completion.last()) return;
  --in_flight_;
  if (ending_ || faults_.on_accept_ended(listener_.get(), error)) return;
  if (error == 0 || error == ECONNABORTED) return accept();  // that one was reset while it waited
  log_.write("cannot accept, pausing",
             {{"fd", listener_.get()}, {"error", std::strerror(error)}, {"pause_ms", kAcceptPause.count()}});
  pause_accepting();
}

// Out of descriptors (EMFILE), the connection stays in the queue, and to accept it at once would fail again.
void RingServer::pause_accepting() {
  ask_.pause_accepting(kAcceptPause);
  ++in_flight_;
}

void RingServer::on_accept_pause() {
  --in_flight_;
  if (ending_) return;
  if (ask_.has_room_for(connections_.size() + 1)) {
    accept();
  } else {
    pause_accepting();  // the table of files is full: an accept would cost the next client its connection
  }
}

// ---- the pool ----

void RingServer::read_pool() {
  ask_.read_count(pool_.ready_fd());
  ++in_flight_;
}

void RingServer::on_pool() {
  --in_flight_;
  if (ending_) return;
  for (PagePool::Done& done : pool_.take_done()) {
    const auto found = connections_.find(static_cast<int>(done.ticket & 0xffff'ffff));
    // The client may have gone meanwhile, and another come with its number.
    if (found == connections_.end() || found->second.id != done.ticket >> 32) continue;
    if (found->second.state != State::Working) continue;
    found->second.state = State::Talking;
    found->second.http.answer(done.response);
    advance(found->second);
  }
  read_pool();
}

// ---- one connection ----

void RingServer::on_received(Connection& connection, const Completion& completion) {
  const int result = completion.result;
  if (result > 0) {
    connection.http.receive(ask_.received(connection, completion));
  } else if (result == 0) {
    connection.http.input_ended();
    if (connection.state == State::Lingering) connection.state = State::Done;
  } else if (result == -ENOBUFS) {
    no_buffers_.happened();  // until this turn's completions are dealt with; then we ask anew
  } else if (result != -ECANCELED && result != -EINTR) {
    connection.state = State::Done;
  }
  ask_.finish_receive(completion);
}

void RingServer::on_sent(Connection& connection, int result) {
  ask_.finish_send(connection);
  if (result >= 0) {
    connection.http.sent(static_cast<size_t>(result));
  } else if (result != -EINTR) {
    connection.state = State::Done;
  }
}

void RingServer::on_timeout(Connection& connection) {
  if (connection.state == State::Lingering) connection.state = State::Done;
  if (connection.state == State::Waiting) work(connection);
}

// One request at a time: the next begins when the answer before it is sent.
void RingServer::advance(Connection& connection) {
  if (connection.state == State::Talking && connection.http.unsent().empty()) {
    if (const auto page = connection.http.next_request()) {
      connection.page = *page;
      begin(connection);
    } else if (connection.http.finished()) {
      end(connection);
    }
  }
  settle(connection);
}

void RingServer::begin(Connection& connection) {
  if (!rate_.admit()) {
    connection.http.answer(status_response(503));
  } else if (const auto wait = waits_.next(); wait.count() > 0) {
    connection.state = State::Waiting;
    ask_.start_timeout(connection, wait);
  } else {
    work(connection);
  }
}

// Makes the answer: here, while everybody else waits, or in the pool.
void RingServer::work(Connection& connection) {
  connection.state = State::Talking;
  if (!pool_.takes(connection.page)) {
    faults_.in_handler(connection.number);
    connection.http.answer(render(connection.page, options_.root));
    return;
  }
  const auto number = static_cast<uint32_t>(connection.number);
  if (pool_.submit(uint64_t{connection.id} << 32 | number, connection.page)) {
    connection.state = State::Working;
  } else {
    connection.http.answer(status_response(503));  // the queue is full: better a quick no than a late yes
  }
}

void RingServer::end(Connection& connection) {
  connection.state = State::Done;
  if (!connection.http.has_unread_input() || connection.http.client_shut()) return;
  connection.state = State::Lingering;
  ask_.shut(connection);
  ask_.start_timeout(connection, kLingerTime);
}

// The one place that asks for what a connection needs now.
void RingServer::settle(Connection& connection) {
  if (connection.state == State::Done) return wind_up(connection);
  if (!connection.http.unsent().empty() && !connection.awaits(Operation::Send)) ask_.send(connection);
  const bool lingering = connection.state == State::Lingering;
  const bool welcome = connection.http.wants_input() || lingering;
  if (connection.awaits(Operation::Receive)) {
    // A multishot recv goes on taking what a client sends that reads no answers. Without one the socket fills
    // up, and the client has to wait.
    if (!welcome && !std::exchange(connection.paused, true))
      ask_.cancel(Operation::Receive, connection.number);
  } else if (welcome && !connection.http.client_shut()) {
    if (connection.paused && !lingering && !connection.idle()) return;  // first answer what is there
    connection.paused = false;
    ask_.receive(connection);
  }
}

// close(2) alone would not end the connection: an operation in flight keeps the socket open.
void RingServer::wind_up(Connection& connection) {
  if (connection.in_flight != 0) {
    if (std::exchange(connection.all_cancelled, true)) return;
    for (const Operation operation : {Operation::Receive, Operation::Send, Operation::Timeout})
      if (connection.awaits(operation)) ask_.cancel(operation, connection.number);
  } else if (ask_.closes_late() && !connection.shut) {
    ask_.shut(connection);
  } else {
    ask_.close(connection);
    connections_.erase(connection.number);
  }
}

}  // namespace
}  // namespace loopscope::sample_servers

int main(int argc, char** argv) {
  using namespace loopscope::sample_servers;
  RingServerOptions options;
  options.listen.port = 8085;
  options.listen.blocking = true;
  CommandLine line("io-uring-server", "One thread, one io_uring, any number of connections.", options);
  line.flag("--sqpoll", options.operations.ring.sqpoll, "a thread of the kernel looks for what is submitted");
  line.flag("--fixed-files", options.operations.fixed_files,
            "connections are slots of a table of the ring's, not descriptors");
  line.flag("--fixed-buffers", options.operations.fixed_buffers,
            "send from memory that is registered with the ring");
  line.number("--buffers", options.operations.buffers, 1, 32'768,
              "buffers to receive into, for all connections together");
  line.choice("--as-linux", options.operations.ring.as_linux, Ring::versions(),
              "use nothing newer than this version had");
  line.add(options.pool);
  line.choice("--bug", options.bug, Faults::names(), "a fault on purpose");
  if (const auto status = line.parse(argc, argv)) return *status;
  Faults::arrange(options.bug, options.operations.ring);
  std::signal(SIGPIPE, SIG_IGN);

  std::expected<void, std::string> result;
  if (auto log = EventLog::open(options.log); !log) {
    result = std::unexpected(log.error());
  } else {
    RingServer server(options, *log);
    result = server.open();
    if (result) result = server.run();
  }
  if (result) return 0;
  fmt::print(stderr, "io-uring-server: {}\n", result.error());
  return 1;
}
