// SPDX-License-Identifier: Apache-2.0
// Buffers from which the kernel picks one when bytes have come (a provided buffer ring, Linux 5.19). A
// connection that waits holds no memory: a thousand idle ones need no more of it than those that are received
// from just now.
#pragma once

#include <liburing.h>

#include <cstdint>
#include <cstdlib>
#include <memory>
#include <string_view>

#include "sample-servers/io-uring-server/ring.h"

namespace loopscope::sample_servers {

class ReceiveBuffers {
 public:
  static constexpr uint16_t kGroup = 0;  // the ring's only group; an SQE names it with IOSQE_BUFFER_SELECT
  static constexpr unsigned kBufferBytes = 4096;

  ReceiveBuffers() = default;
  ~ReceiveBuffers();
  ReceiveBuffers(const ReceiveBuffers&) = delete;
  ReceiveBuffers& operator=(const ReceiveBuffers&) = delete;

  // False when there can be none. `count` is rounded up to a power of two; at most 32768. The ring must
  // outlive this.
  [[nodiscard]] bool open(Ring& ring, unsigned count, const EventLog& log);

  // Whether the completion brought a buffer; where `size` bytes of it are, until give_back().
  [[nodiscard]] static bool in(const Completion& completion) {
    return completion.flags & IORING_CQE_F_BUFFER;
  }
  [[nodiscard]] std::string_view bytes(const Completion& completion) const;
  // For the kernel to pick again. No system call: it sees the ring's new end.
  void give_back(const Completion& completion);

 private:
  [[nodiscard]] int set_up(io_uring* ring, unsigned count);
  void add(uint16_t id, int place);

  struct Free {
    void operator()(void* memory) const { std::free(memory); }
  };
  io_uring* ring_ = nullptr;
  unsigned count_ = 0;
  std::unique_ptr<io_uring_buf_ring, Free> free_{};  // the buffers the kernel may pick
  std::unique_ptr<char, Free> memory_{};
};

}  // namespace loopscope::sample_servers
