// SPDX-License-Identifier: Apache-2.0
#include "trace-model/findings/undrained.h"

#include <algorithm>

#include <fmt/format.h>

#include "trace-model/call_plans.h"
#include "trace-model/duration_text.h"
#include "trace-model/findings/finding_words.h"
#include "trace-model/model_state.h"

namespace loopscope::trace_model {
namespace {

constexpr uint32_t kIn = 1, kGone = 0x8 | 0x10 | 0x2000, kEdge = 1u << 31;
constexpr uint32_t kHabit = 2;

// How many bytes a read asked for; nullopt: the call does not say.
std::optional<int64_t> asked_for(const Call& call) {
  if (const auto count = call.arg("count")) return count;
  return call.arg("len");
}

}  // namespace

// What is missing may have been the read that drained it.
void Undrained::on_event(const Event& event) {
  if (std::holds_alternative<Lost>(event)) open_.clear();
}

FileId Undrained::edge_triggered_by(FileId file) const {
  const OpenFile* known = state().files.find(file);
  if (!known) return 0;
  for (const Watcher& watcher : known->watchers) {
    auto* list = const_cast<InterestList*>(state().interest.find(watcher.instance));
    const InterestItem* item = list ? list->find(file, watcher.fd) : nullptr;
    if (item && (item->events & kEdge) && (item->events & kIn)) return watcher.instance;
  }
  return 0;
}

void Undrained::on_call(const Call& call, const Thread& thread) {
  const CallPlan& plan = plan_of(*call.spec);
  if (call.spec->wait == WaitKind::Epoll) return open_.empty() ? void() : reported(call, thread);
  if (call.spec->family == CallFamily::Accept) return accepted(call, thread);
  if (plan.reads >= 0 && call.spec->name != "sendfile" && call.spec->name != "splice")
    return read(call, thread, call.files[size_t(plan.reads)], int(call.args[size_t(plan.reads)]));
  if (open_.empty()) return;
  if (plan.writes >= 0) return drained(file_named(call, thread, plan.writes));
  if (plan.effect == Effect::EpollCtl) return drained(file_named(call, thread, plan.fds[1]));
  if (plan.effect == Effect::Close) return drained(call.files[0]);
}

void Undrained::read(const Call& call, const Thread& thread, FileId file, int fd) {
  if (file == 0) return;
  const bool all = call.error == 0 && call.ret > 0 && asked_for(call) == call.ret;
  if (!all) return drained(file);
  full(call, thread, file, fd, 0, call.ret);
}

void Undrained::accepted(const Call& call, const Thread& thread) {
  const FileId file = call.files[0];
  const int64_t left = call.socket ? call.socket->queue.value_or(0) : 0;
  if (file == 0) return;
  if (call.error != 0 || left <= 0) return drained(file);
  full(call, thread, file, int(call.args[0]), uint64_t(left), 0);
}

void Undrained::full(const Call& call, const Thread& thread, FileId file, int fd, uint64_t left,
                     int64_t asked) {
  Stop* known = open_.find(file);
  if (!known) {
    const OpenFile* what = state().files.find(file);
    if (!what || (!is_socket(what->kind) && what->kind != FileKind::Pipe && what->kind != FileKind::Fifo))
      return;
    const FileId instance = edge_triggered_by(file);
    if (!instance) return;
    known = &open_[file];
    known->instance = instance;
    known->first_t = call.t;
  }
  if (known->habit == 0) known->evidence.clear();
  known->read = call.id;
  known->t = call.returned();
  known->pid = thread.pid;
  known->tid = thread.tid;
  known->fd = fd;
  known->left = left;
  known->asked = asked;
  known->event = false;
  known->stopped = true;
  keep_evidence(known->evidence, call.id);
}

void Undrained::drained(FileId file) {
  Stop* stop = file ? open_.find(file) : nullptr;
  if (!stop) return;
  if (stop->habit >= kHabit || stop->hung_up) keep(*stop, file);
  open_.erase(file);
}

// A new event for a descriptor that was not read to its end, after the thread slept.
void Undrained::reported(const Call& call, const Thread& thread) {
  if (thread.activity.burst.id != call.id || thread.activity.burst.slept == Slept::No) return;
  for (const ReadyEntry& entry : call.ready) {
    Stop* stop = entry.file && (entry.events & kIn) ? open_.find(entry.file) : nullptr;
    if (!stop || stop->event || !stop->stopped || stop->t > call.returned()) continue;
    const Ns left_alone = time_between(stop->t, call.returned());
    stop->longest = std::max(stop->longest, left_alone);
    if ((entry.events & kGone) && left_alone >= thresholds().undrained) stop->hung_up = true;
    stop->event = true;
    ++stop->habit;
    keep_evidence(stop->evidence, call.id);
  }
}

void Undrained::keep(const Stop& stop, FileId file) {
  if (results_.size() < kMaxResults && counts(stop.t)) results_.emplace_back(file, stop);
}

void Undrained::report(const Report& report, std::vector<Finding>& findings) const {
  if (!report.recorded.io) return;
  std::vector<std::pair<FileId, Stop>> all = results_;
  open_.for_each([&](uint64_t file, const Stop& stop) {
    const Ns since = time_between(stop.t, state().last_t);
    const bool left_alone = !stop.event && since >= thresholds().undrained;
    if (!counts(stop.t) || all.size() >= kMaxResults || (!left_alone && !stop.hung_up && stop.habit < kHabit))
      return;
    all.emplace_back(FileId(file), stop);
    if (left_alone) all.back().second.longest = std::max(stop.longest, since);
  });
  for (const auto& [file, stop] : all) {
    Finding finding = finding_of("edge-triggered fd not drained", kWarning, stop.left ? kCertain : kLikely);
    finding.t = stop.t;
    finding.pid = stop.pid;
    finding.tid = stop.tid;
    finding.fd = stop.fd;
    finding.file = file;
    finding.evidence = stop.evidence;
    finding.hurt_ns = stop.longest;
    finding.text = fmt::format(
        "{} stopped reading {}, which is edge-triggered, {}, and slept: {}, at {}; nobody read on for {}",
        thread_words(stop.pid, stop.tid), fd_words(state(), stop.fd, file),
        stop.habit > 1 ? fmt::format("{} times", stop.habit) : "once",
        stop.left ? fmt::format("accept left {} in the queue", counted(stop.left, "connection"))
                  : fmt::format("the read got all {} that it had asked for, so more may be there",
                                counted(uint64_t(stop.asked), "byte")),
        time_text(stop.t), duration_text(stop.longest));
    finding.advice =
        stop.left ? "accept until EAGAIN" : "read until EAGAIN, or until a read gets less than it asked for";
    finding.next = explain_command(stop.read);
    findings.push_back(std::move(finding));
  }
}

}  // namespace loopscope::trace_model
