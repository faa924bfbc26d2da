// SPDX-License-Identifier: Apache-2.0
#include "trace-model/findings/busy_loops.h"

#include <fmt/format.h>

#include "trace-model/duration_text.h"
#include "trace-model/findings/finding_words.h"
#include "trace-model/model_state.h"

namespace loopscope::trace_model {
namespace {

constexpr uint64_t kMoreThanCalls = 4;  // so many empty looks to any other call

}  // namespace

void BusyLoops::on_call(const Call& call, const Thread& thread) {
  const WaitSeen& wait = state().last_wait;
  const bool look = wait.loop && call.ret == 0 && !call.error && thread.activity.burst.id != call.id &&
                    (wait.cause == WakeCause::LookedWithoutSleeping || call.spec->wait == WaitKind::Uring);
  // io_uring_enter that neither submitted nor waited, on a ring.
  Looks* known = looks_.find(uint64_t(thread.tid));
  if (!known && !look) return;
  Looks& looks = known ? *known : looks_[uint64_t(thread.tid)];
  if (!known) looks.window = call.t;
  if (time_between(looks.window, call.t) >= kWindow) close_window(looks, call.t);
  if (!look) {
    ++looks.calls;
    looks.looked_last = false;
    return;
  }
  looks.pid = thread.pid;
  looks.tid = thread.tid;
  looks.kind = wait.loop->kind;
  looks.fd = wait.loop->fd;
  looks.instance = wait.loop->instance;
  if (looks.looked_last && looks.empty++ == 0) looks.first = call.id;
  looks.looked_last = true;
}

void BusyLoops::on_burst_begun(const Burst& burst, const Thread& thread) {
  if (burst.slept == Slept::No) return;
  if (Looks* looks = looks_.find(uint64_t(thread.tid))) looks->slept = true;
}

void BusyLoops::close_window(Looks& looks, Ns t) const {
  const Ns length = time_between(looks.window, t);
  const double rate = double(looks.empty) * 1e9 / double(length);
  if (counts(looks.window) && !looks.slept && rate >= double(thresholds().empty_looks) &&
      looks.empty >= kMoreThanCalls * looks.calls) {
    if (looks.count == 0) looks.first_t = looks.window;
    looks.busy = time_after(looks.busy, length);
    looks.count += looks.empty;
    keep_evidence(looks.evidence, looks.first);
  }
  open_window(looks, t);
}

void BusyLoops::open_window(Looks& looks, Ns t) {
  looks.window = t;
  looks.empty = looks.calls = 0;
  looks.slept = looks.looked_last = false;
}

void BusyLoops::on_event(const Event& event) {
  if (const Lost* lost = std::get_if<Lost>(&event))
    looks_.for_each([&](uint64_t, Looks& looks) { open_window(looks, lost->until); });
  const Exit* exit = std::get_if<Exit>(&event);
  Looks* looks = exit ? looks_.find(uint64_t(exit->tid)) : nullptr;
  if (!looks) return;
  if (looks->count && ended_.size() < kMaxResults) ended_.push_back(*looks);
  looks_.erase(uint64_t(exit->tid));
}

void BusyLoops::report(const Report& /*report*/, std::vector<Finding>& findings) const {
  const auto add = [&](const Looks& looks) {
    if (looks.count == 0 || findings.size() >= kMaxResults) return;
    const Process* process = state().processes.find(looks.pid);
    const bool by_design = process && process->comm == "haproxy";
    Finding finding = finding_of("busy loop", by_design ? kNote : kWarning, kCertain);
    finding.t = looks.first_t;
    finding.pid = looks.pid;
    finding.tid = looks.tid;
    finding.fd = looks.fd;
    finding.file = looks.instance;
    finding.evidence = looks.evidence;
    finding.hurt_ns = looks.busy;
    finding.text = fmt::format(
        "{} looked {} for events without sleeping, found none and did nothing, for {} from {} on: it uses a "
        "processor with nothing to do{}",
        thread_words(looks.pid, looks.tid), counted(looks.count, "time"), duration_text(looks.busy),
        time_text(looks.first_t), by_design ? " (busy-polling, as HAProxy can be told to)" : "");
    finding.advice = "let the wait sleep: a timeout of -1, or that of the next timer";
    finding.next = looks.evidence.empty() ? profile_command(looks.pid, looks.tid)
                                          : explain_command(looks.evidence.front());
    findings.push_back(std::move(finding));
  };
  looks_.for_each([&](uint64_t, const Looks& looks) { add(looks); });
  for (const Looks& looks : ended_) add(looks);
}

}  // namespace loopscope::trace_model
