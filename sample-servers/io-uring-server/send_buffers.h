// SPDX-License-Identifier: Apache-2.0
// Memory that is registered with the ring once (IORING_REGISTER_BUFFERS), in pieces from which answers are
// sent. The kernel has pinned its pages and need not do so for each operation. Where it only copies from
// them, as into a socket, that saves little; with O_DIRECT or SEND_ZC it saves more.
#pragma once

#include <sys/uio.h>

#include <algorithm>
#include <string_view>
#include <vector>

#include "sample-servers/io-uring-server/ring.h"

namespace loopscope::sample_servers {

class SendBuffers {
 public:
  static constexpr int kIndex = 0;  // all of it is registered as one buffer, the ring's first
  static constexpr size_t kPieceBytes = 4096;
  static constexpr size_t kPieces = 256;

  // False when there can be none: it counts against RLIMIT_MEMLOCK.
  [[nodiscard]] bool open(Ring& ring, const EventLog& log) {
    memory_.resize(kPieces * kPieceBytes);
    const iovec all{.iov_base = memory_.data(), .iov_len = memory_.size()};
    const int error = -io_uring_register_buffers(ring.get(), &all, 1);
    if (error != 0) say_missing(log, "IORING_REGISTER_BUFFERS", "memory that is not registered", error);
    for (size_t i = 0; i < kPieces; ++i) free_.push_back(memory_.data() + i * kPieceBytes);
    return error == 0;
  }

  // A piece that holds the beginning of `text`, as much as fits; nullptr when none is free.
  [[nodiscard]] char* take(std::string_view text) {
    if (free_.empty()) return nullptr;
    char* piece = free_.back();
    free_.pop_back();
    std::ranges::copy(text.substr(0, kPieceBytes), piece);
    return piece;
  }
  void give_back(char* piece) { free_.push_back(piece); }

 private:
  std::vector<char> memory_{};
  std::vector<char*> free_{};
};

}  // namespace loopscope::sample_servers
