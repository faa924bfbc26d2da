// SPDX-License-Identifier: Apache-2.0
#include "trace-model/findings/accepts.h"

#include <algorithm>

#include "trace-model/findings/finding_words.h"
#include "trace-model/model_state.h"

namespace loopscope::trace_model {
namespace {

constexpr int kEagain = 11, kEnfile = 23, kEmfile = 24;
constexpr uint32_t kExclusive = 1u << 28;

// The kernel admits one more than the backlog (sk_acceptq_is_full).
bool is_full(int64_t waiting, int64_t backlog) {
  return backlog > 0 && waiting > backlog;
}

}  // namespace

void Accepts::on_call(const Call& call, const Thread& thread) {
  if (call.spec->family == CallFamily::Accept) return accepted(call, thread);
  if (state().last_wait.loop && !call.ready.empty()) woken(call, thread);
}

void Accepts::woken(const Call& call, const Thread& thread) {
  const Burst& burst = thread.activity.burst;
  if (burst.id != call.id || burst.slept == Slept::No) return;
  woken_.erase(uint64_t(thread.tid));
  for (const ReadyFile& ready : burst.ready)
    if (ready.listening && ready.file) woken_[uint64_t(thread.tid)] = {ready.file, call.id};
}

bool Accepts::is_exclusive(FileId file) const {
  const OpenFile* known = state().files.find(file);
  if (!known) return false;
  for (const Watcher& watcher : known->watchers) {
    auto* list = const_cast<InterestList*>(state().interest.find(watcher.instance));
    const InterestItem* item = list ? list->find(file, watcher.fd) : nullptr;
    if (item && (item->events & kExclusive)) return true;
  }
  return false;
}

Accepts::Worker* Accepts::worker(Listening& listening, const Thread& thread) const {
  for (Worker& known : listening.workers)
    if (known.tid == thread.tid && known.pid == thread.pid) return &known;
  if (listening.workers.size() >= kMaxResults) return nullptr;
  return &listening.workers.emplace_back(Worker{thread.pid, thread.tid});
}

void Accepts::accepted(const Call& call, const Thread& thread) {
  if (!counts(call.t)) return void(woken_.erase(uint64_t(thread.tid)));
  const FileId file = call.files[0];
  Listening* known = at(file);
  if (!known) return;
  Listening& listening = *known;
  listening.fd = int(call.args[0]);
  Worker* who = worker(listening, thread);
  if (call.error == 0) {
    if (who) ++who->accepted;
    if (listening.accepts.empty()) listening.first = call.t;
    keep_evidence(listening.accepts, call.id);
  }
  if (const Woken* woken = woken_.find(uint64_t(thread.tid)); woken && woken->file == file) {
    ++listening.woken;
    if (call.error == kEagain && !is_exclusive(file)) {
      if (listening.for_nothing++ == 0) listening.nothing_first = call.t;
      listening.nothing_last = call.returned();
      listening.nothing_pid = thread.pid;
      listening.nothing_tid = thread.tid;
      if (who) ++who->for_nothing;
      keep_evidence(listening.nothing, woken->wait);
      keep_evidence(listening.nothing, call.id);
    }
    woken_.erase(uint64_t(thread.tid));
  }
  if (call.error == 0) listening.failed_in_a_row = 0;
  if (call.error == kEmfile || call.error == kEnfile) failed(call, thread, listening);
  if (!call.socket || !call.socket->queue || !call.socket->backlog) return;
  // What was taken from the queue is no longer counted.
  const int64_t waiting = std::max<int64_t>(0, *call.socket->queue) + (call.error == 0 ? 1 : 0);
  listening.backlog = *call.socket->backlog;
  const bool dropped = call.socket->drops && note_drops(listening, *call.socket->drops);
  if (dropped || is_full(waiting, listening.backlog))
    note_full(listening, {call.t, call.returned(), thread.pid, thread.tid, call.id}, waiting);
}

Accepts::Listening* Accepts::at(FileId file) {
  const auto known = listening_.find(file);
  if (known != listening_.end()) return &known->second;
  if (file == 0 || listening_.size() >= kMaxResults) return nullptr;
  Listening& made = listening_[file];
  if (const Listener* listener = state().listeners.find(file)) made.drops_before = listener->drops_before;
  return &made;
}

// Once a second, whether somebody accepts or not.
void Accepts::on_queue(const QueueRow& row) {
  Listening* listening = counts(row.t) ? at(row.file) : nullptr;
  if (!listening) return;
  listening->backlog = row.backlog;
  const bool dropped = note_drops(*listening, row.drops);
  if (dropped || is_full(row.queue, row.backlog))
    note_full(*listening, {row.t, row.t, 0, 0, row.id}, row.queue);
}

// Whether there are more than when it was last looked at.
bool Accepts::note_drops(Listening& listening, int64_t drops) {
  const int64_t more = listening.drops_before ? drops - *listening.drops_before : 0;
  listening.drops_before = std::max(drops, listening.drops_before.value_or(drops));
  listening.dropped += std::max<int64_t>(more, 0);
  return more > 0;
}

void Accepts::note_full(Listening& listening, const Seen& seen, int64_t waiting) {
  if (listening.found_full++ == 0) listening.full_first = seen.t;
  if (listening.full_pid == 0) {
    listening.full_pid = seen.pid;
    listening.full_tid = seen.tid;
  }
  listening.full_last = seen.until;
  listening.most_queued = std::max(listening.most_queued, waiting);
  keep_evidence(listening.full, seen.id);
}

void Accepts::failed(const Call& call, const Thread& thread, Listening& listening) const {
  if (listening.failed++ == 0) listening.failed_first = call.t;
  listening.failed_last = call.returned();
  listening.failed_pid = thread.pid;
  listening.failed_tid = thread.tid;
  listening.error = call.error;
  keep_evidence(listening.failures, call.id);
  if (listening.failed_in_a_row++ == 0) listening.row_first = call.t;
  if (listening.failed_in_a_row <= listening.longest_row) return;
  listening.longest_row = listening.failed_in_a_row;
  listening.longest_row_ns = std::max<Ns>(0, time_between(listening.row_first, call.returned()));
}

void Accepts::on_event(const Event& event) {
  if (std::holds_alternative<Lost>(event)) woken_.clear();
  if (const QueueRow* row = std::get_if<QueueRow>(&event)) on_queue(*row);
  if (const Exit* exit = std::get_if<Exit>(&event)) woken_.erase(uint64_t(exit->tid));
}

void Accepts::report(const Report& report, std::vector<Finding>& findings) const {
  for (const auto& [file, listening] : listening_) {
    add_herd(file, listening, findings);
    add_failures(file, listening, findings);
    add_overflow(file, listening, report, findings);
  }
  add_uneven(report, findings);
}

}  // namespace loopscope::trace_model
