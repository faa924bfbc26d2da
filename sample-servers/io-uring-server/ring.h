// SPDX-License-Identifier: Apache-2.0
// A ring (io_uring(7)): two queues in memory that is shared with the kernel. An entry of the submission queue
// (SQE) asks for an operation; an entry of the completion queue (CQE) says how it ended. One
// io_uring_enter(2) hands over all that was asked for and waits for what is done.
//
// What this kernel has not is replaced, and the log says by what.
#pragma once

#include <liburing.h>

#include <cstddef>
#include <cstdint>
#include <expected>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "sample-servers/common/event_log.h"

namespace loopscope::sample_servers {

struct RingOptions {
  bool sqpoll = false;            // a thread of the kernel looks for SQEs: submitting needs no call
  std::string as_linux = "6.13";  // use nothing newer than this version had
  unsigned submissions = 1024;    // that fit into the queue; the next one empties it first
  unsigned completions = 4096;    // that fit; more are kept by the kernel until there is room
};

struct Completion {
  uint64_t user_data = 0;  // what the SQE was given, as it was
  int result = 0;          // as the system call would have returned it, but -errno in place of errno
  uint32_t flags = 0;      // IORING_CQE_F_…

  [[nodiscard]] bool last() const { return !(flags & IORING_CQE_F_MORE); }  // of this SQE
};

// What this kernel has not, or was not to use, or refused with `error`, and what takes its place.
void say_missing(const EventLog& log, std::string_view missing, std::string_view instead, int error = 0);

class Ring {
 public:
  // What is not in every kernel with io_uring.
  struct Features {
    bool multishot_accept = false;   // Linux 5.19: one SQE, a CQE for each connection
    bool multishot_receive = false;  // Linux 6.0: one SQE, a CQE for each piece, in one of ReceiveBuffers
    bool prompt_close = false;  // Linux 6.13: a file goes when its slot is closed, not when all else that was
                                // asked for before has ended, of whatever connection
    bool skip_success = false;  // Linux 5.17: IOSQE_CQE_SKIP_SUCCESS, no CQE unless it failed
  };

  Ring() = default;
  ~Ring();
  Ring(const Ring&) = delete;
  Ring& operator=(const Ring&) = delete;

  // Or a sentence that says why there can be no ring here. The thread that opens a ring must be the one that
  // uses it.
  [[nodiscard]] std::expected<void, std::string> open(const RingOptions& options, const EventLog& log);
  [[nodiscard]] static std::vector<std::string> versions();  // for RingOptions::as_linux

  [[nodiscard]] io_uring* get() { return &ring_; }
  [[nodiscard]] int fd() const { return ring_.ring_fd; }
  [[nodiscard]] const Features& has() const { return has_; }

  // For an SQE whose success nobody needs to hear of.
  [[nodiscard]] uint8_t quiet() const { return has_.skip_success ? IOSQE_CQE_SKIP_SUCCESS : 0; }

  // An SQE to fill in. It is handed over with those before it, by submit_and_wait or when the queue is full.
  [[nodiscard]] io_uring_sqe* next_sqe();
  // Hands over the SQEs and waits for `least` CQEs; 0 waits for none.
  [[nodiscard]] std::expected<void, std::string> submit_and_wait(unsigned least);
  // Moves CQEs into `taken`, and says how many. Copied, so that the queue has room while they are dealt with.
  [[nodiscard]] size_t take(std::span<Completion> taken);
  // More CQEs than fit: the kernel keeps the rest, at the price of memory and order (IORING_SQ_CQ_OVERFLOW).
  [[nodiscard]] bool overflowed() const { return io_uring_cq_has_overflow(&ring_); }

  // A table of files that belongs to the ring. What is accepted into it has no descriptor, and is found
  // without counting references up and down for each operation. RLIMIT_NOFILE limits only the size of the
  // table. When it is full the kernel accepts a connection all the same, and drops it. Says how many slots
  // there are; 0 when there can be none.
  [[nodiscard]] size_t open_file_table(const EventLog& log);

 private:
  [[nodiscard]] int set_up(const RingOptions& options, const EventLog& log);
  void find_features(int newest, const EventLog& log);

  io_uring ring_{};
  bool open_ = false;
  Features has_{};
};

}  // namespace loopscope::sample_servers
