// SPDX-License-Identifier: Apache-2.0
#include "trace-model/story/explanation.h"

#include <algorithm>

#include "trace-model/call_plans.h"
#include "trace-model/model_state.h"
#include "trace-model/show_line.h"
#include "trace-model/show_line_files.h"
#include "trace-model/show_line_rows.h"
#include "trace-model/show_line_text.h"

namespace loopscope::trace_model {
namespace {

constexpr size_t kMaxBack = 4, kMaxWrites = 8, kMaxFollowed = 256;

bool writes_to_socket(const Call& call, const Model::State& state) {
  const int8_t index = call.spec ? plan_of(*call.spec).writes : int8_t(-1);
  if (index < 0 || call.ret <= 0) return false;
  const OpenFile* file = state.files.find(call.files[size_t(index)]);
  return file && is_socket(file->kind);
}

// As `show` has it, from the name of the call on.
size_t columns_before(const Call& call) {
  std::string before;
  append_seconds(before, call.t);
  append_who(before, call.pid, call.tid);
  return before.size();
}

}  // namespace

void FindBurst::note(const Thread& thread, Ns t) {
  met_ = true;
  burst_ = thread.activity.in_burst ? thread.activity.burst.id : Analysis::work_of(thread, t).root;
}

void FindBurst::on_call(const Call& call, const Thread& thread) {
  if (call.id != id_) return;
  type_ = "call";
  note(thread, call.t);
}

void FindBurst::on_off(const OffRow& row, const Thread& thread) {
  if (row.id != id_) return;
  type_ = "off";
  note(thread, row.t);
}

void FindBurst::on_event(const Event& event) {
  if (id_of(event) == id_) met_ = true;
}

// What tells of a link: a new thread, for one.
void FindBurst::on_link(const Link& link) {
  if (link.evidence == id_ && burst_ == 0) burst_ = link.root;
}

ExplainedCall ExplainBurst::explained(const Call& call) {
  ExplainedCall made;
  made.id = call.id;
  made.t = call.t;
  made.dur = time_between(call.late, call.dur);
  made.off = call.off;
  made.wait = call.spec && call.spec->wait != WaitKind::None && call.spec->wait != WaitKind::Accept;
  if (call.spec)
    if (const int8_t index = plan_of(*call.spec).fds[0]; index >= 0 && call.has(index)) {
      made.subject = int(call.args[size_t(index)]);
      made.file = call.files[size_t(index)];
    }
  const Event event(call);
  if (line_.empty()) append_line_begin(line_, event, analysis_.model().state());
  append_line_end(line_, event, analysis_.model().state());
  if (!line_.empty() && line_.back() == '\n') line_.pop_back();
  made.line = line_.substr(std::min(columns_before(call), line_.size()));
  return made;
}

void ExplainBurst::add(std::vector<ExplainedCall>& calls, uint64_t& left_out, ExplainedCall call) {
  if (kept_ >= kMaxExplainedCalls) return void(++left_out);
  ++kept_;
  calls.push_back(std::move(call));
}

// What a call's arguments name is known before it is applied.
void ExplainBurst::before(const Event& event) {
  line_.clear();
  const Call* call = std::get_if<Call>(&event);
  if (!call || !call->spec || (!found_ && call->id != id_)) return;
  Call joined = *call;
  analysis_.model().join(joined);
  append_line_begin(line_, Event(std::move(joined)), analysis_.model().state());
}

ExplainedWork* ExplainBurst::work_of(const Thread& thread, Ns t) {
  if (thread.activity.in_burst) return nullptr;
  const Work work = Analysis::work_of(thread, t);
  if (work.root != id_ || thread.tid == tid_) return nullptr;
  const auto known = std::ranges::find(said_.works, thread.tid, &ExplainedWork::tid);
  if (known != said_.works.end()) return &*known;
  if (said_.works.size() >= kMaxExplainedThreads) {
    ++said_.threads_left_out;
    return nullptr;
  }
  said_.works.push_back({thread.tid, work.path, {}, 0});
  return &said_.works.back();
}

void ExplainBurst::note_opened(const Call& call, const Thread& thread, const std::vector<Link>& links) {
  if (call.spec->family != CallFamily::Open || call.text.empty() || said_.opened.size() >= kMaxBurstReady)
    return;
  OpenedFile file;
  file.call = call.id;
  file.t = call.t;
  file.pid = call.pid;
  file.tid = thread.tid;
  file.path = call.text;
  file.error = call.error;
  file.root = {id_, tid_, said_.burst.start, said_.burst.cause, -1};
  file.links = links;
  said_.opened.push_back(std::move(file));
}

void ExplainBurst::on_call(const Call& call, const Thread& thread) {
  if (!found_ || !call.spec) return;
  const Activity& activity = thread.activity;
  if (activity.in_burst && activity.burst.id == id_) {
    if (call.id == id_) return void(said_.wait = explained(call).line);
    note_opened(call, thread, {});
    return add(said_.calls, said_.left_out, explained(call));
  }
  if (activity.in_burst) {
    const auto followed = followed_.find(thread.tid);
    if (followed == followed_.end() || !writes_to_socket(call, analysis_.model().state())) return;
    if (followed->second.size() < kMaxWrites) followed->second.push_back(explained(call));
    return;
  }
  if (ExplainedWork* work = work_of(thread, call.t)) {
    note_opened(call, thread, work->links);
    add(work->calls, work->left_out, explained(call));
  }
}

void ExplainBurst::on_off(const OffRow& row, const Thread& thread) {
  if (!found_) return;
  ExplainedCall made;
  made.id = row.id;
  made.t = row.t;
  made.dur = row.off.dur;
  made.off = row.off;
  if (thread.activity.in_burst && thread.activity.burst.id == id_)
    return add(said_.calls, said_.left_out, std::move(made));
  if (ExplainedWork* work = work_of(thread, row.t)) add(work->calls, work->left_out, std::move(made));
}

void ExplainBurst::on_burst_begun(const Burst& burst, const Thread& thread) {
  if (burst.id == id_) {
    found_ = true;
    tid_ = thread.tid;
    said_.burst = burst;
    return;
  }
  if (found_ && followed_.size() < kMaxFollowed) followed_[thread.tid].clear();
}

void ExplainBurst::on_burst(const Burst& burst, const Thread& thread) {
  if (burst.id == id_) {
    said_.burst = burst;
    for (const ReadyFile& ready : burst.ready) {
      std::string name;
      append_descriptor(name, analysis_.model().state(), ready.file, burst.pid, ready.fd);
      said_.names.emplace_back(ready.fd, std::move(name));
    }
  } else if (found_) {
    note_way_back(burst);
    followed_.erase(thread.tid);
  }
}

// A burst that a thread of this work notified; where only the scheduler tells of it, that is likely.
void ExplainBurst::note_way_back(const Burst& burst) {
  std::optional<Link> link;
  if (burst.root == id_) link = burst.caused_by;
  const auto waker = std::ranges::find(said_.works, burst.woken.by_tid, &ExplainedWork::tid);
  if (!link && burst.woken.by_tid && waker != said_.works.end() && burst.woken.t)
    if (!waker->calls.empty() && waker->calls.back().t <= *burst.woken.t &&
        *burst.woken.t <= time_after(waker->calls.back().t, kWayBackWithin))
      link = Link{LinkHow::Woken, false, burst.woken.by_tid, burst.tid, *burst.woken.t, burst.id, id_};
  if (!link || said_.back.size() >= kMaxBack) return;
  WayBack back{burst.id, burst.tid, burst.start, burst.cause, *link, {}};
  if (const auto followed = followed_.find(burst.tid); followed != followed_.end())
    back.writes = std::move(followed->second);
  said_.back.push_back(std::move(back));
}

}  // namespace loopscope::trace_model
