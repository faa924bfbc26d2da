// SPDX-License-Identifier: Apache-2.0
#include "tracer/off_decoder.h"

#include <string.h>

namespace loopscope::tracer {
namespace {

using trace_model::WakeContext;

// include/linux/sched.h: TASK_INTERRUPTIBLE 1, TASK_UNINTERRUPTIBLE 2, __TASK_STOPPED 4, __TASK_TRACED 8,
// TASK_DEAD 0x80; the letters are those of ps(1) and /proc/PID/stat.
char state_of(uint32_t state) {
  if (state & WIRE_OFF_RUNNABLE) return 'R';
  if (state & 1) return 'S';
  if (state & 2) return 'D';
  if (state & 4) return 'T';
  if (state & 8) return 't';
  return 'X';
}

WakeContext context_of(uint32_t context) {
  switch (context) {
    case WAKE_TASK:
      return WakeContext::Task;
    case WAKE_SOFTIRQ:
      return WakeContext::Softirq;
    case WAKE_HARDIRQ:
      return WakeContext::Hardirq;
    case WAKE_NMI:
      return WakeContext::Nmi;
    default:
      return WakeContext::Unknown;
  }
}

}  // namespace

trace_model::Off decode_off(const wire_off& record, uint64_t start_ns) {
  trace_model::Off off;
  off.dur = trace_model::Ns(record.time_ns - record.off_ns);
  off.state = state_of(record.state);
  if (!record.woken_ns || off.state == 'R') return off;
  off.woken = trace_model::Ns(record.woken_ns - start_ns);
  off.delay = trace_model::Ns(record.time_ns - record.woken_ns);
  off.context = context_of(record.context);
  off.by_pid = trace_model::Pid(record.by_pid);
  off.by_tid = trace_model::Pid(record.by_tid);
  if (off.by_tid != 0)  // else it is of a thread that the recorder cannot see, or idle
    off.by_comm.assign(record.by_comm, strnlen(record.by_comm, sizeof(record.by_comm)));
  return off;
}

}  // namespace loopscope::tracer
