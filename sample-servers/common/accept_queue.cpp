// SPDX-License-Identifier: Apache-2.0
#include "sample-servers/common/accept_queue.h"

#include <linux/sock_diag.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include <array>
#include <fstream>

namespace loopscope::sample_servers {
namespace {

std::optional<tcp_info> info_of(int socket_fd) {
  tcp_info info{};
  socklen_t size = sizeof(info);
  if (::getsockopt(socket_fd, IPPROTO_TCP, TCP_INFO, &info, &size) != 0) return std::nullopt;
  return info;
}

// When a client here sends its first segment the third time, counted from the first. From Linux 6.5 the first
// waits are equal, unless this is set to 0 (ip-sysctl.rst); before, each was twice the one before it.
int64_t second_retry_ms() {
  int equal_waits = 0;
  std::ifstream("/proc/sys/net/ipv4/tcp_syn_linear_timeouts") >> equal_waits;
  return equal_waits > 0 ? 2'000 : 3'000;
}

}  // namespace

std::optional<AcceptQueue> accept_queue(int listener_fd) {
  std::array<uint32_t, SK_MEMINFO_VARS> memory{};
  socklen_t size = sizeof(memory);
  const auto info = info_of(listener_fd);
  if (!info || ::getsockopt(listener_fd, SOL_SOCKET, SO_MEMINFO, memory.data(), &size) != 0)
    return std::nullopt;
  return AcceptQueue{
      .length = info->tcpi_unacked, .backlog = info->tcpi_sacked, .dropped = memory[SK_MEMINFO_DROPS]};
}

int64_t syn_ack_repeats(int connection_fd) {
  const auto info = info_of(connection_fd);
  return info ? info->tcpi_total_retrans : 0;  // just accepted, so it has sent nothing else yet
}

void AcceptQueueWatch::after_accept(int listener_fd, int connection_fd) {
  const auto queue = accept_queue(listener_fd);
  if (queue && queue->dropped > dropped_) {
    log_.write("accept queue overflow", {{"fd", listener_fd},
                                         {"dropped", queue->dropped - dropped_},
                                         {"dropped_in_all", queue->dropped},
                                         {"queue", queue->length},
                                         {"backlog", queue->backlog}});
    if (dropped_ == 0)
      log_.write("clients that were dropped try again by themselves",
                 {{"after_ms", 1000}, {"again_after_ms", second_retry_ms()}});
    dropped_ = queue->dropped;
  }
  if (const auto repeats = syn_ack_repeats(connection_fd); repeats > 0)
    log_.write("accepted late", {{"fd", connection_fd}, {"syn_ack_repeats", repeats}});
}

}  // namespace loopscope::sample_servers
