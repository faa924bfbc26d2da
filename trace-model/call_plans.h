// SPDX-License-Identifier: Apache-2.0
// What each call does to the state, and where in its arguments the model looks: worked out once from the call
// table, so that applying a call compares no names.
#pragma once

#include "trace-model/events.h"

namespace loopscope::trace_model {

enum class Effect : uint8_t {
  None,
  Opens,
  Accept,
  Socket,
  Pair,
  Bind,
  Listen,
  Connect,
  Shutdown,
  EpollCtl,
  Wait,
  Duplicate,
  Fcntl,
  Ioctl,
  Close,
  CloseRange,
  Receive,
  Restart,
  Register,
};

struct CallPlan {
  Effect effect = Effect::None;
  int8_t fds[2] = {-1, -1};  // arguments that name descriptors, to be confirmed by the call; -1: none
  int8_t flags = -1;         // the argument that may hold a close-on-exec bit
  int8_t timeout = -1;
  int8_t reads = -1, writes = -1;  // the argument whose file bytes are taken from, or put into
};

// The plans, in the order of all_calls(). Each record looks several times, so nothing here is a call.
extern const CallPlan* const kCallPlans;
extern const CallSpec* const kFirstCall;

[[nodiscard]] inline const CallPlan& plan_of(const CallSpec& spec) {  // spec: one of all_calls()
  return kCallPlans[&spec - kFirstCall];
}

// io_uring_enter and io_uring_register may name their ring by an index of registered rings instead of a
// descriptor (io_uring_register(2), IORING_REGISTER_RING_FDS).
[[nodiscard]] bool names_registered_ring(const CallBody& call);

// Whether the descriptor it returns names a file of its own. signalfd(2) makes one unless it is given one.
[[nodiscard]] bool makes_file(const CallBody& call);

}  // namespace loopscope::trace_model
