// SPDX-License-Identifier: Apache-2.0
#include "tracer/sched_probes.h"

#include "tracer/kernel_types.h"

namespace loopscope::tracer {
namespace {

// Until 6.1 and since 6.15 the count is a variable of its own; in between (64701838bf05, 46e8fff6d45f) a
// member of pcpu_hot.
std::optional<int64_t> nesting_count(const btf& types) {
  if (const auto own = per_cpu_offset(types, "__preempt_count")) return *own;
  const auto hot = per_cpu_offset(types, "pcpu_hot");
  const auto within = member_offset(types, "pcpu_hot", "preempt_count");
  if (!hot || !within) return std::nullopt;
  return int64_t(*hot) + *within;
}

// How a program gets to the run queue: task_struct.se.cfs_rq->rq, with CONFIG_FAIR_GROUP_SCHED.
bool run_queue_reachable(const btf& types) {
  return member_offset(types, "sched_entity", "cfs_rq") && member_offset(types, "cfs_rq", "rq") &&
         member_offset(types, "rq", "cpu");
}

}  // namespace

SchedProbes sched_probes(const btf& types) {
  SchedProbes probes;
  const btf_type* prototype = tracepoint_prototype(types, "sched_switch");
  probes.there = prototype && tracepoint_prototype(types, "sched_waking");
  probes.state_argument = prototype && btf_vlen(prototype) >= 5;
#if defined(__x86_64__)
  const auto queue = per_cpu_offset(types, "runqueues");
  const auto count = nesting_count(types);
  if (queue && count && run_queue_reachable(types)) probes.count_from_run_queue = *count - int64_t(*queue);
  probes.context = probes.there && probes.count_from_run_queue;
#else
  probes.context = probes.there;  // the count is in struct thread_info
#endif
  return probes;
}

std::string sched_probe_text(const SchedProbes& probes) {
  if (!probes.there) return "off: this kernel has no sched_switch and sched_waking";
  std::string text = "tp_btf sched_switch, sched_waking";
  if (!probes.context) text += "; missing: in which context threads are woken";
  return text;
}

}  // namespace loopscope::tracer
