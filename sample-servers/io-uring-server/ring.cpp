// SPDX-License-Identifier: Apache-2.0
#include "sample-servers/io-uring-server/ring.h"

#include <fmt/format.h>
#include <sys/resource.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <memory>

namespace loopscope::sample_servers {
namespace {

// How long the kernel's thread of --sqpoll goes on looking, for nothing and at full speed, before it sleeps.
// Then the next submission needs a call after all. The kernel's own choice is 1000 ms.
constexpr unsigned kPollerIdleMs = 10;
constexpr rlim_t kMostFiles = 4096;  // slots of the table of files

// IORING_FEAT_RW_ATTR, which liburing 2.3 has no name for: of Linux 6.14, but nothing shows 6.13.
constexpr unsigned kFeatureRwAttr = 1u << 16;

// Versions as numbers that compare: 5.19 is 519.
constexpr int kOldest = 511;  // SHUTDOWN, and waiting without threads (IORING_FEAT_EXT_ARG came with it)
constexpr auto kVersions = std::to_array<std::pair<const char*, int>>(
    {{"5.11", kOldest}, {"5.17", 517}, {"5.19", 519}, {"6.0", 600}, {"6.1", 601}, {"6.13", 613}});

int number_of(const std::string& version) {
  for (const auto& [name, number] : kVersions)
    if (name == version) return number;
  return kOldest;
}

struct Setup {
  unsigned flags;
  std::string_view name;
  int since;
};

// Best first. When something that an operation waits for happens, part of the operation is still to be done,
// by the thread that asked for it. DEFER_TASKRUN does it in io_uring_enter, when the loop waits; COOP_TASKRUN
// at the next change into the kernel, whichever; without either the thread is interrupted for it at once.
constexpr auto kSetups = std::to_array<Setup>({
    {IORING_SETUP_SINGLE_ISSUER | IORING_SETUP_DEFER_TASKRUN, "IORING_SETUP_DEFER_TASKRUN", 601},
    {IORING_SETUP_COOP_TASKRUN, "IORING_SETUP_COOP_TASKRUN", 519},
    {0, "interruptions by the kernel", kOldest},
});
// With SQPOLL that thread is the kernel's, and both of them are refused (EINVAL).
constexpr auto kPollSetups = std::to_array<Setup>({
    {IORING_SETUP_SQPOLL | IORING_SETUP_SINGLE_ISSUER, "IORING_SETUP_SINGLE_ISSUER", 600},
    {IORING_SETUP_SQPOLL, "a ring that any thread may use", kOldest},
});

std::string why_not(int error) {
  if (error == ENOSYS)
    return "this kernel has no io_uring: Linux 5.11 or newer is needed, built with CONFIG_IO_URING";
  if (error == ENOMEM) return "io_uring_setup: too little memory may be locked; raise ulimit -l";
  if (error != EPERM) return fmt::format("io_uring_setup: {}", std::strerror(error));
  int disabled = 0;
  std::ifstream("/proc/sys/kernel/io_uring_disabled") >> disabled;  // no such file before Linux 6.6
  if (disabled == 0)
    return "io_uring is forbidden here, probably by a container's seccomp filter: allow io_uring_setup, "
           "io_uring_enter and io_uring_register in it";
  return fmt::format("io_uring is switched off for {}; `sysctl kernel.io_uring_disabled=0` allows it",
                     disabled == 1 ? "processes without privileges" : "everybody");
}

}  // namespace

void say_missing(const EventLog& log, std::string_view missing, std::string_view instead, int error) {
  if (error == 0) return log.write("missing here", {{"missing", missing}, {"instead", instead}});
  log.write("missing here", {{"missing", missing}, {"instead", instead}, {"error", std::strerror(error)}});
}

std::vector<std::string> Ring::versions() {
  std::vector<std::string> names;
  names.reserve(kVersions.size());
  for (const auto& [name, number] : kVersions) names.emplace_back(name);
  return names;
}

Ring::~Ring() {
  if (open_) io_uring_queue_exit(&ring_);
}

std::expected<void, std::string> Ring::open(const RingOptions& options, const EventLog& log) {
  if (const int error = set_up(options, log); error < 0) return std::unexpected(why_not(-error));
  open_ = true;
  if (!(ring_.features & IORING_FEAT_EXT_ARG))
    return std::unexpected("this kernel's io_uring is too old: Linux 5.11 or newer is needed");
  find_features(number_of(options.as_linux), log);
  return {};
}

int Ring::set_up(const RingOptions& options, const EventLog& log) {
  const std::span<const Setup> setups =
      options.sqpoll ? std::span<const Setup>(kPollSetups) : std::span<const Setup>(kSetups);
  int result = -EINVAL;
  for (const Setup& setup : setups) {
    if (setup.since > number_of(options.as_linux)) continue;
    io_uring_params params{};
    params.flags = setup.flags | IORING_SETUP_CQSIZE;
    params.cq_entries = options.completions;
    params.sq_thread_idle = kPollerIdleMs;
    result = io_uring_queue_init_params(options.submissions, &ring_, &params);
    if (result == -EINVAL) continue;  // flags this kernel does not know
    if (result == 0 && &setup != &setups.front()) say_missing(log, setups.front().name, setup.name);
    break;
  }
  return result;
}

// A kernel can be asked which operations it knows, but not with which flags. So another operation that came
// with the same version answers for them.
void Ring::find_features(int newest, const EventLog& log) {
  const std::unique_ptr<io_uring_probe, decltype(&io_uring_free_probe)> probe(io_uring_get_probe_ring(&ring_),
                                                                              &io_uring_free_probe);
  const auto knows = [&](int operation) {
    return probe && io_uring_opcode_supported(probe.get(), operation);
  };
  has_.skip_success = newest >= 517 && (ring_.features & IORING_FEAT_CQE_SKIP);
  has_.multishot_accept = newest >= 519 && knows(IORING_OP_SOCKET);
  has_.prompt_close = newest >= 613 && (ring_.features & kFeatureRwAttr);
  has_.multishot_receive = newest >= 600 && knows(IORING_OP_SEND_ZC);
  if (!has_.skip_success) say_missing(log, "IOSQE_CQE_SKIP_SUCCESS", "completions that nobody needs");
  if (!has_.multishot_accept) say_missing(log, "IORING_ACCEPT_MULTISHOT", "an accept for each connection");
  if (!has_.multishot_receive)
    say_missing(log, "IORING_RECV_MULTISHOT", "a recv for each piece, into a buffer of the connection's own");
  // io_uring_enter then finds the ring by an index of this thread's, and looks up no descriptor.
  if (newest < 519 || io_uring_register_ring_fd(&ring_) != 1)
    say_missing(log, "IORING_REGISTER_RING_FDS", "the ring's descriptor");
}

io_uring_sqe* Ring::next_sqe() {
  io_uring_sqe* sqe = nullptr;
  while ((sqe = io_uring_get_sqe(&ring_)) == nullptr) {
    io_uring_submit(&ring_);
    if (ring_.flags & IORING_SETUP_SQPOLL) io_uring_sqring_wait(&ring_);
  }
  return sqe;
}

std::expected<void, std::string> Ring::submit_and_wait(unsigned least) {
  const int result =
      least == 0 ? io_uring_submit_and_get_events(&ring_) : io_uring_submit_and_wait(&ring_, least);
  // EINTR: stopped and continued, or traced. EBUSY: CQEs have to be taken first. EAGAIN: the kernel is short
  // of memory. In all three what was not handed over stays in the queue.
  if (result >= 0 || result == -EINTR || result == -EBUSY || result == -EAGAIN) return {};
  return std::unexpected(fmt::format("io_uring_enter: {}", std::strerror(-result)));
}

size_t Ring::take(std::span<Completion> taken) {
  std::array<io_uring_cqe*, 64> ready{};
  const auto most = static_cast<unsigned>(std::min(taken.size(), ready.size()));
  const unsigned count = io_uring_peek_batch_cqe(&ring_, ready.data(), most);
  std::ranges::transform(std::span(ready).first(count), taken.begin(), [](const io_uring_cqe* cqe) {
    return Completion{.user_data = cqe->user_data, .result = cqe->res, .flags = cqe->flags};
  });
  io_uring_cq_advance(&ring_, count);
  return count;
}

size_t Ring::open_file_table(const EventLog& log) {
  rlimit descriptors{};
  ::getrlimit(RLIMIT_NOFILE, &descriptors);
  const auto slots = static_cast<unsigned>(std::min(kMostFiles, descriptors.rlim_cur));
  const int error = has_.multishot_accept ? -io_uring_register_files_sparse(&ring_, slots) : EINVAL;
  if (error != 0) say_missing(log, "accept into a table of files", "descriptors", error);
  if (error == 0 && !has_.prompt_close) say_missing(log, "closing of a slot at once", "a shutdown before it");
  return error == 0 ? slots : 0;
}

}  // namespace loopscope::sample_servers
