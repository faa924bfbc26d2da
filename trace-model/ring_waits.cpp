// SPDX-License-Identifier: Apache-2.0
// io_uring_enter: what it took, and which completions a loop was handed when it returned.
#include "trace-model/call_plans.h"
#include "trace-model/model_state.h"

namespace loopscope::trace_model {

using State = Model::State;

Ring* State::ring_of(const Thread& thread, const Call& call) {
  if (call.files[0]) return &ring(call.files[0], thread.pid, call.t);
  const OpenFile* file = names_registered_ring(call) ? nullptr : thread.table->at(int(call.args[0]));
  return file ? rings.find(file->id) : nullptr;
}

void State::enter_returned(const Thread& thread, const Call& call) {
  Ring* ring = ring_of(thread, call);
  if (!ring) return;
  if (ring->fd < 0 && !names_registered_ring(call)) ring->fd = int(call.args[0]);
  const Ns returned = call.returned();
  ring->took(call.error == 0 && call.ret > 0 ? uint64_t(call.ret) : 0);
  ring->returned(call.start_known ? call.t : INT64_MIN, returned);
  settle(*ring, returned);
}

WakeCause State::uring_cause(const Thread& thread, const Call& call, std::optional<WakeCause> error) {
  Ring* ring = ring_of(thread, call);
  if (call.error != 0) return error.value_or(WakeCause::Error);
  if (!ring || ring->cqes == 0) return WakeCause::Completion;  // completions are not recorded, perhaps
  for (const ReadyListener& ready : ring->ready_listeners)
    if (const OpenFile* file = files.find(ready.file)) count_wakeup(thread, *file, ready.fd);
  ring->ready_listeners.clear();
  const bool posted = std::exchange(ring->posted, false);
  const bool may_sleep = call.args[2] > 0;  // min_complete
  return posted || may_sleep ? WakeCause::Completion : WakeCause::LookedWithoutSleeping;
}

}  // namespace loopscope::trace_model
