// SPDX-License-Identifier: Apache-2.0
// The queue in which the kernel keeps connections that nobody has accepted yet, as its listening socket tells
// of it.
//
// listen's backlog is how long it may become; Linux lets one more in than that (sk_acceptq_is_full,
// include/net/sock.h). At a full queue nobody is refused: what a client sends to set up its connection is
// dropped in silence, and its kernel, which takes that for a loss, sends it anew after 1 s, and again until
// it gets in. Some clients have their connection set up but for the last segment that is dropped; they
// believe they are in, and it is their request that they send anew, first after 0.2 s. Either way a queue
// that is too short shows as a few requests that take whole seconds, of which the server itself sees nothing:
// for it they began when they were accepted.
#pragma once

#include <cstdint>
#include <optional>

#include "sample-servers/common/event_log.h"

namespace loopscope::sample_servers {

struct AcceptQueue {
  int64_t length = 0;   // connections in it now (tcpi_unacked of a listening socket, net/ipv4/tcp.c)
  int64_t backlog = 0;  // listen's, as the kernel has clamped it (tcpi_sacked)
  int64_t dropped = 0;  // segments so far, several of one client if it tries again (sk_drops, by SO_MEMINFO)
};

// None where the kernel does not say.
[[nodiscard]] std::optional<AcceptQueue> accept_queue(int listener_fd);

// How often the kernel repeated the second of the three segments that set this connection up, because the
// third was dropped. 0 as well where the kernel does not say.
[[nodiscard]] int64_t syn_ack_repeats(int connection_fd);

// Writes to the log when the queue has dropped something since the last look.
class AcceptQueueWatch {
 public:
  explicit AcceptQueueWatch(const EventLog& log) : log_(log) {}
  void after_accept(int listener_fd, int connection_fd);

 private:
  const EventLog& log_;
  int64_t dropped_ = 0;  // until the last look
};

}  // namespace loopscope::sample_servers
