// SPDX-License-Identifier: Apache-2.0
// blocking-server: one thread, one connection at a time, one request at a time.
//
// The thread sleeps in accept until a client comes, in recv until its request is there, in nanosleep for the
// 20 ms that every request waits as if for a disk or a database, and in send until the kernel has taken the
// answer. It has no loop over events: where it is in the program is what it waits for. Meanwhile everybody
// else waits, in the queue that the kernel keeps for accept, or, when that is full, not even there
// (accept_queue.h; try --backlog 5).
//
// So c clients that all ask again at once each see c times 20 ms: the thread serves 50 requests a second,
// however many ask.
//
// It closes each connection after its answer, so that the next client has its turn. With --keep-alive the
// connection stays open, and the thread stays with it: it sleeps in recv for this client's next request while
// the others, with requests long sent, wait until this one leaves or has been silent for 5 s. A server that
// keeps connections must be able to wait for several at a time; that is what the other models are about.
#include <fmt/format.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <cstdio>
#include <cstring>
#include <expected>
#include <string>
#include <utility>

#include "sample-servers/common/accept_queue.h"
#include "sample-servers/common/blocking_connection.h"
#include "sample-servers/common/command_line.h"
#include "sample-servers/common/conversation.h"
#include "sample-servers/common/end_handler.h"
#include "sample-servers/common/event_log.h"
#include "sample-servers/common/listening_socket.h"
#include "sample-servers/common/pages.h"
#include "sample-servers/common/rate_limit.h"
#include "sample-servers/common/unique_fd.h"

namespace loopscope::sample_servers {
namespace {

constexpr auto kAcceptPause = std::chrono::milliseconds(50);

struct BlockingServerOptions : ServerOptions {
  bool keep_alive = false;
  int patience_ms = 5'000;  // how long a client may keep the thread waiting
};

class BlockingServer {
 public:
  explicit BlockingServer(BlockingServerOptions options)
      : options_(std::move(options)), waits_(options_.wait), rate_(options_.rate_limit) {}
  [[nodiscard]] std::expected<void, std::string> open();
  [[nodiscard]] std::expected<void, std::string> run();  // until a signal to end

 private:
  void serve(BlockingConnection client);
  [[nodiscard]] Response respond(const Page& page);

  BlockingServerOptions options_;
  EventLog log_;
  UniqueFd listener_;
  AcceptQueueWatch queue_{log_};
  WaitTime waits_;
  RateLimit rate_;
};

std::unexpected<std::string> failed(const char* what) {
  return std::unexpected(fmt::format("{}: {}", what, std::strerror(errno)));
}

std::expected<void, std::string> BlockingServer::open() {
  auto log = EventLog::open(options_.log);
  if (!log) return std::unexpected(log.error());
  log_ = std::move(*log);
  options_.listen.blocking = true;
  auto listener = listen_on(options_.listen);
  if (!listener) return std::unexpected(listener.error());
  listener_ = std::move(*listener);
  if (!handle_end_signals(listener_.get())) return failed("sigaction");
  fmt::print("blocking-server: pid {} listens on {}, fd {}\n", ::getpid(), local_address(listener_.get()),
             listener_.get());
  std::fflush(stdout);
  return {};
}

std::expected<void, std::string> BlockingServer::run() {
  for (;;) {
    UniqueFd connection(::accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC));
    if (end_is_wished()) return {};
    if (connection) {
      queue_.after_accept(listener_.get(), connection.get());
      serve(BlockingConnection(std::move(connection), std::chrono::milliseconds(options_.patience_ms), log_));
    } else if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM) {
      // accept looks for a free descriptor before it looks for a connection: it would fail again at once.
      log_.write("cannot accept, pausing", {{"fd", listener_.get()}, {"error", std::strerror(errno)}});
      sleep_unless_ended(kAcceptPause);
    } else if (errno == EINVAL || errno == EBADF) {
      return failed("accept4");
    }
    // Any other error belongs to that one connection (accept(2)): it was reset while it waited, for example.
  }
}

void BlockingServer::serve(BlockingConnection client) {
  shut_at_end(client.fd());
  Conversation http(options_.keep_alive);
  bool goes_on = true;
  while (goes_on && !http.finished()) {
    if (const auto page = http.next_request()) {
      http.answer(respond(*page));
      client.start_patience();
    } else if (!http.unsent().empty()) {
      goes_on = client.send_out(http);
    } else {
      goes_on = client.receive(http);
    }
  }
  if (goes_on && http.has_unread_input() && !http.client_shut()) client.linger();
  shut_at_end(-1);
}

Response BlockingServer::respond(const Page& page) {
  if (!rate_.admit()) return status_response(503);
  sleep_unless_ended(waits_.next());
  return render(page, options_.root);
}

}  // namespace
}  // namespace loopscope::sample_servers

int main(int argc, char** argv) {
  using namespace loopscope::sample_servers;
  BlockingServerOptions options;
  options.listen.port = 8080;
  CommandLine line("blocking-server", "One thread, one connection at a time, one request at a time.",
                   options);
  line.flag("--keep-alive", options.keep_alive,
            "do not close after each answer: the others wait until this client leaves");
  line.number("--patience-ms", options.patience_ms, 1, 600'000,
              "how long a client may take to send a request or to read its answer");
  if (const auto status = line.parse(argc, argv)) return *status;

  BlockingServer server(options);
  auto result = server.open();
  if (result) result = server.run();
  if (result) return 0;
  fmt::print(stderr, "blocking-server: {}\n", result.error());
  return 1;
}
