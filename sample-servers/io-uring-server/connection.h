// SPDX-License-Identifier: Apache-2.0
// A connection, and how a completion finds it.
#pragma once

#include <liburing.h>

#include <cstdint>
#include <vector>

#include "sample-servers/common/conversation.h"
#include "sample-servers/common/pages.h"

namespace loopscope::sample_servers {

// user_data is 64 bits that an SQE hands to its CQEs: here, which operation in the lowest 8, and of which
// connection above them. A connection's number is its descriptor, or its slot in the ring's table of files.
//
// A completion may come long after its connection has ended, and until then the kernel may use the
// connection's memory. So a connection's memory is freed, and its number left to another, only when its last
// operation has completed.
enum class Operation : uint8_t {
  Signal,
  Accept,
  AcceptPause,
  Pool,
  Receive,  // from here on: of a connection, and of each at most one in flight
  Send,
  Timeout,
  Shutdown,
  Close,   // of a connection that is gone already
  Cancel,  // how it ends makes no difference
};

[[nodiscard]] constexpr uint64_t user_data(Operation operation, int number = 0) {
  return uint64_t{static_cast<uint32_t>(number)} << 8 | static_cast<uint8_t>(operation);
}
[[nodiscard]] constexpr Operation operation_of(uint64_t user_data) {
  return static_cast<Operation>(user_data & 0xff);
}
[[nodiscard]] constexpr int number_of(uint64_t user_data) {
  return static_cast<int>(user_data >> 8);
}

enum class State {
  Talking,    // receiving a request, or sending an answer
  Waiting,    // `page` waits for its timeout
  Working,    // `page` is being made in the pool
  Lingering,  // our side is shut; reading on, lest what is unread at close destroys the last answer
  Done,       // to be closed
};

struct Connection {
  int number = -1;
  uint32_t id = 0;  // tells it from an earlier connection of the same number
  State state = State::Talking;
  Conversation http{};
  Page page{};
  unsigned in_flight = 0;             // a bit for each Operation
  bool paused = false;                // receiving was cancelled, as there is enough to answer
  bool shut = false;                  // our side
  bool all_cancelled = false;         // on the way to being closed
  __kernel_timespec timeout{};        // the kernel reads it when the SQE is handed over
  char* send_piece = nullptr;         // of SendBuffers, while it is being sent
  std::vector<char> receive_piece{};  // where there are no ReceiveBuffers

  [[nodiscard]] bool awaits(Operation operation) const { return in_flight & bit(operation); }
  void begun(Operation operation) { in_flight |= bit(operation); }
  void ended(Operation operation) { in_flight &= ~bit(operation); }
  // Nothing more can be done for it before it has sent something.
  [[nodiscard]] bool idle() const { return state == State::Talking && http.unsent().empty(); }

  static unsigned bit(Operation operation) { return 1u << static_cast<unsigned>(operation); }
};

}  // namespace loopscope::sample_servers
