// SPDX-License-Identifier: Apache-2.0
// threadpool-server: threads made beforehand, each of which serves one connection at a time.
//
// A worker does what blocking-server does, and sleeps as it does: in recv for the request, for the 20 ms that
// every request waits, in send. But there are 8 of them, so 8 requests wait at once; the ninth waits for a
// worker.
//
// The main thread only accepts, and puts each connection into a queue from which the workers take theirs. It
// never waits for a client, so the kernel's queue of connections to accept stays short. Ours is bounded, and
// when it is full one more thread answers 503 at once: better a quick no than a late yes.
//
// So c clients that all ask again at once see ceil(c/8) times 20 ms. More threads would serve more at once,
// at the price of a stack and a switch between threads for each; and 8 clients who are slow to send (or, with
// --keep-alive, merely stay) occupy all 8 of them without a thing being done.
#include <fmt/format.h>
#include <pthread.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <condition_variable>
#include <csignal>
#include <cstdio>
#include <cstring>
#include <expected>
#include <mutex>
#include <string>
#include <system_error>
#include <thread>
#include <unordered_set>
#include <utility>
#include <vector>

#include "sample-servers/common/blocking_connection.h"
#include "sample-servers/common/command_line.h"
#include "sample-servers/common/conversation.h"
#include "sample-servers/common/end_handler.h"
#include "sample-servers/common/event_log.h"
#include "sample-servers/common/listening_socket.h"
#include "sample-servers/common/pages.h"
#include "sample-servers/common/rate_limit.h"
#include "sample-servers/common/unique_fd.h"
#include "sample-servers/threadpool-server/bounded_queue.h"

namespace loopscope::sample_servers {
namespace {

using Clock = std::chrono::steady_clock;

constexpr auto kAcceptPause = std::chrono::milliseconds(50);
constexpr size_t kMostRefused = 512;  // that may wait for their 503
constexpr std::chrono::milliseconds kRefusalTime{
    1'000};  // from accept until a refused one is closed, at most

struct ThreadPoolServerOptions : ServerOptions {
  int threads = 8;
  int queue = 64;
  bool keep_alive = false;
  int patience_ms = 5'000;  // how long a client may keep the thread waiting
};

struct Refused {
  UniqueFd fd;
  Clock::time_point since{};
};

class ThreadPoolServer {
 public:
  explicit ThreadPoolServer(ThreadPoolServerOptions options)
      : options_(std::move(options)),
        waiting_(static_cast<size_t>(options_.queue)),
        waits_(options_.wait),
        rate_(options_.rate_limit) {}
  ~ThreadPoolServer() { end(); }
  ThreadPoolServer(const ThreadPoolServer&) = delete;
  ThreadPoolServer& operator=(const ThreadPoolServer&) = delete;

  [[nodiscard]] std::expected<void, std::string> open();
  [[nodiscard]] std::expected<void, std::string> run();  // until a signal to end

 private:
  [[nodiscard]] std::expected<void, std::string> start_threads();
  void work();
  void refuse();
  void serve(BlockingConnection& client, bool keep_alive, bool refused);
  [[nodiscard]] Response respond(const Page& page);
  [[nodiscard]] std::chrono::milliseconds patience() const {
    return std::chrono::milliseconds(options_.patience_ms);
  }
  [[nodiscard]] bool enter(int fd);
  void leave(int fd);
  void end();

  ThreadPoolServerOptions options_;
  EventLog log_;
  UniqueFd listener_;
  BoundedQueue<UniqueFd> waiting_;
  BoundedQueue<Refused> refused_{kMostRefused};

  std::mutex mutex_;  // of all until the threads
  WaitTime waits_;
  RateLimit rate_;
  std::unordered_set<int> being_served_;
  bool ended_ = false;
  std::condition_variable end_;

  std::vector<std::jthread> threads_;  // last: joined before what they use goes
};

std::unexpected<std::string> failed(const char* what) {
  return std::unexpected(fmt::format("{}: {}", what, std::strerror(errno)));
}

std::expected<void, std::string> ThreadPoolServer::open() {
  auto log = EventLog::open(options_.log);
  if (!log) return std::unexpected(log.error());
  log_ = std::move(*log);
  options_.listen.blocking = true;
  auto listener = listen_on(options_.listen);
  if (!listener) return std::unexpected(listener.error());
  listener_ = std::move(*listener);
  if (auto started = start_threads(); !started) return started;
  if (!handle_end_signals(listener_.get())) return failed("sigaction");
  fmt::print("threadpool-server: pid {} listens on {}, fd {}\n", ::getpid(), local_address(listener_.get()),
             listener_.get());
  std::fflush(stdout);
  return {};
}

// Signals are blocked while threads are made: these inherit that, and so a signal to end always reaches the
// main thread, whose accept it is to end.
std::expected<void, std::string> ThreadPoolServer::start_threads() {
  sigset_t all, before;
  sigfillset(&all);
  ::pthread_sigmask(SIG_SETMASK, &all, &before);
  std::expected<void, std::string> result;
  try {
    for (int i = 0; i < options_.threads; ++i) {
      threads_.emplace_back([this] { work(); });
      ::pthread_setname_np(threads_.back().native_handle(), fmt::format("worker-{}", i + 1).c_str());
    }
    threads_.emplace_back([this] { refuse(); });
    ::pthread_setname_np(threads_.back().native_handle(), "refused");
  } catch (const std::system_error& error) {
    result = std::unexpected(fmt::format("cannot start {} threads: {}", options_.threads + 1, error.what()));
  }
  ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
  return result;
}

// ---- the main thread ----

std::expected<void, std::string> ThreadPoolServer::run() {
  for (;;) {
    UniqueFd connection(::accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC));
    if (end_is_wished()) return {};
    if (connection) {
      if (waiting_.push(connection)) continue;
      Refused refused{.fd = std::move(connection), .since = Clock::now()};
      (void)refused_.push(refused);  // else it is closed here, without a word
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

// Wakes every thread, wherever it sleeps.
void ThreadPoolServer::end() {
  waiting_.end();
  refused_.end();
  const std::lock_guard lock(mutex_);
  ended_ = true;
  end_.notify_all();
  for (const int fd : being_served_) ::shutdown(fd, SHUT_RDWR);
}

// ---- the other threads ----

void ThreadPoolServer::work() {
  while (auto connection = waiting_.pop()) {
    BlockingConnection client(std::move(*connection), patience(), log_);
    if (enter(client.fd())) serve(client, options_.keep_alive, false);
    leave(client.fd());
  }
}

// A client that hears 503 before it has asked takes it for nonsense, so somebody has to wait until it has
// asked; not the main thread. The longer it has waited for us, the less patience we have with it.
void ThreadPoolServer::refuse() {
  while (auto refused = refused_.pop()) {
    const auto left =
        std::chrono::floor<std::chrono::milliseconds>(refused->since + kRefusalTime - Clock::now());
    BlockingConnection client(std::move(refused->fd), std::max(left, std::chrono::milliseconds(1)), log_);
    if (enter(client.fd())) serve(client, false, true);
    leave(client.fd());
  }
}

void ThreadPoolServer::serve(BlockingConnection& client, bool keep_alive, bool refused) {
  Conversation http(keep_alive);
  bool goes_on = true;
  while (goes_on && !http.finished()) {
    if (const auto page = http.next_request()) {
      http.answer(refused ? status_response(503) : respond(*page));
      client.start_patience();
    } else if (!http.unsent().empty()) {
      goes_on = client.send_out(http);
    } else {
      goes_on = client.receive(http);
    }
  }
  if (goes_on && http.has_unread_input() && !http.client_shut()) client.linger();
}

Response ThreadPoolServer::respond(const Page& page) {
  {
    std::unique_lock lock(mutex_);
    if (!rate_.admit()) return status_response(503);
    // Sleeps for this long, as nanosleep would, but end() can wake it.
    end_.wait_for(lock, waits_.next(), [this] { return ended_; });
  }
  return render(page, options_.root);
}

// Between enter and leave, end() shuts the connection. False when it is too late to begin.
bool ThreadPoolServer::enter(int fd) {
  const std::lock_guard lock(mutex_);
  being_served_.insert(fd);
  return !ended_;
}

void ThreadPoolServer::leave(int fd) {
  const std::lock_guard lock(mutex_);
  being_served_.erase(fd);
}

}  // namespace
}  // namespace loopscope::sample_servers

int main(int argc, char** argv) {
  using namespace loopscope::sample_servers;
  ThreadPoolServerOptions options;
  options.listen.port = 8081;
  CommandLine line("threadpool-server",
                   "Threads made beforehand, each of which serves one connection at a time.", options);
  line.number("--threads", options.threads, 1, 256, "threads that serve");
  line.number("--queue", options.queue, 1, 10'000,
              "connections that may wait for a thread; the next is answered 503");
  line.flag("--keep-alive", options.keep_alive,
            "do not close after each answer: the thread stays with this client until it leaves");
  line.number("--patience-ms", options.patience_ms, 1, 600'000,
              "how long a client may take to send a request or to read its answer");
  if (const auto status = line.parse(argc, argv)) return *status;

  ThreadPoolServer server(options);
  auto result = server.open();
  if (result) result = server.run();
  if (result) return 0;
  fmt::print(stderr, "threadpool-server: {}\n", result.error());
  return 1;
}
