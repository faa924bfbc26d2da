// SPDX-License-Identifier: Apache-2.0
#include "trace-model/analysis/activity.h"

namespace loopscope::trace_model {

const RecentCall* Activity::call_at(Ns t) const {
  for (const RecentCall& call : recent)
    if (call.spec && call.t <= t && t <= call.end) return &call;
  return nullptr;
}

const RecentBurst* Activity::burst_at(Ns t) const {
  for (const RecentBurst& past : bursts)
    if (past.id && past.start <= t && t <= past.end) return &past;
  return nullptr;
}

}  // namespace loopscope::trace_model
