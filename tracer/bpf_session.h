// SPDX-License-Identifier: Apache-2.0
// The kernel side, loaded and attached: the one file that speaks to libbpf. It hands out bytes laid out as
// bpf/wire_events.h says and knows nothing of what they mean.
//
// Life: open() loads the programs; attach() makes them run (they see nothing yet: no thread is marked);
// mark_threads() marks the threads of the targets and their descendants; drain() hands over what was
// recorded.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <expected>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "bpf/wire_events.h"

struct observer_bpf;
struct ring_buffer;
struct bpf_link;

namespace loopscope::tracer {

struct BpfOptions {
  std::vector<call_shape> shapes;     // WIRE_MAX_CALLS of them
  uint64_t buffer_bytes = 32u << 20;  // rounded up to a power of two of at least a page
  bool follow_forks = true;
  bool sched = true;                       // when threads do not run
  uint32_t peek_bytes = 0;                 // of what is read from sockets
  uint64_t wanted_ops = 0, table_ops = 0;  // of io_uring: a bit for each operation
};

struct LossInterval {
  wire_loss kind;
  uint64_t count, first_ns, last_ns;
};

class BpfSession {
 public:
  // Errors are sentences for the user: what could not be done, and what would make it possible.
  [[nodiscard]] static std::expected<BpfSession, std::string> open(const BpfOptions& options);
  BpfSession(BpfSession&&) noexcept;
  BpfSession& operator=(BpfSession&&) noexcept;
  ~BpfSession();

  [[nodiscard]] std::expected<void, std::string> attach();

  // Stops the recording of calls and lifecycle; what was recorded stays to be drained, and the iterators
  // still run.
  void detach();

  [[nodiscard]] std::expected<void, std::string> add_target(uint32_t pid);

  // One pass over the threads of the machine: marks those of the targets (and of their descendants where
  // forks are followed) and returns a row for each that is observed.
  [[nodiscard]] std::expected<std::vector<wire_task_row>, std::string> threads();

  // Rows (wire_fd_row, wire_watch_row; then wire_ring, wire_armed_row) for the descriptors of all observed
  // processes, one after another.
  [[nodiscard]] std::expected<std::vector<std::byte>, std::string> descriptors();

  // A row for each listening socket of the observed processes; once for each descriptor that leads to it.
  [[nodiscard]] std::expected<std::vector<wire_queue_row>, std::string> queues();

  // Hands every record in the ring buffer to `sink`; returns how many there were.
  size_t drain(const std::function<void(std::span<const std::byte>)>& sink);

  // Sleeps until there is a record or `limit` has passed or `wake_fd` becomes readable.
  void wait(std::chrono::milliseconds limit, int wake_fd);

  // What was lost since the last call, one interval per class.
  [[nodiscard]] std::vector<LossInterval> take_losses();

  // Things seen and not recorded, by name, in total.
  [[nodiscard]] std::map<std::string, uint64_t> skipped() const;

  // Probe name → what serves it, for the header of the trace.
  [[nodiscard]] std::map<std::string, std::string> probes() const;

 private:
  struct Parts;
  void attach_uring();
  void attach_sched();
  explicit BpfSession(std::unique_ptr<Parts> parts);
  std::unique_ptr<Parts> parts_;
};

}  // namespace loopscope::tracer
