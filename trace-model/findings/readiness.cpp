// SPDX-License-Identifier: Apache-2.0
#include "trace-model/findings/readiness.h"

#include <algorithm>

#include <fmt/format.h>

#include "trace-model/call_plans.h"
#include "trace-model/duration_text.h"
#include "trace-model/findings/finding_words.h"
#include "trace-model/model_state.h"

namespace loopscope::trace_model {
namespace {

constexpr uint32_t kOut = 4, kInOrEnd = 1 | 2 | 8 | 0x10 | 0x2000;  // IN, PRI, ERR, HUP, RDHUP
constexpr uint32_t kOneshot = 1u << 30, kEdge = 1u << 31;

const InterestItem* item_of(const Model::State& state, FileId instance, FileId target, int fd) {
  auto* list = const_cast<InterestList*>(state.interest.find(instance));
  return list ? list->find(target, fd) : nullptr;
}

// The number that was registered names the file no longer, since before this wait began.
bool closed_before(const Thread& thread, const ReadyEntry& entry, Ns t) {
  const FdEntry* place = thread.table && entry.fd >= 0 ? thread.table->find(entry.fd) : nullptr;
  return place && (!place->open || place->open->id != entry.file) && place->confirmed != INT64_MIN &&
         place->confirmed < t;
}

}  // namespace

void Readiness::on_call(const Call& call, const Thread& thread) {
  if (call.spec->wait == WaitKind::Epoll) {
    const Loop* loop = state().last_wait.loop;
    if (!loop || call.uncertain || call.error) return;
    for (const ReadyEntry& entry : call.ready) returned(call, thread, entry, loop->instance);
    return;
  }
  if (returned_.empty()) return;
  const CallPlan& plan = plan_of(*call.spec);
  for (const int8_t fd : plan.fds) touch(file_named(call, thread, fd));
}

void Readiness::on_cqe(const Cqe& cqe) {
  touch(cqe.of);
}

// What is missing may have touched them.
void Readiness::on_event(const Event& event) {
  if (std::holds_alternative<Lost>(event)) returned_.clear();
}

void Readiness::touch(FileId file) {
  Returned* known = file ? returned_.find(file) : nullptr;
  if (!known) return;
  for (Streak& streak : known->streaks) streak = Streak{streak.instance};
}

void Readiness::returned(const Call& call, const Thread& thread, const ReadyEntry& entry, FileId instance) {
  if (entry.file == 0 || !entry.candidates.empty()) return;
  const InterestItem* item = item_of(state(), instance, entry.file, entry.fd);
  if (!item || item->events & (kEdge | kOneshot)) return;
  if (returned_.size() >= room_ && !returned_.find(entry.file)) forget_closed();
  Returned& file = returned_[entry.file];
  for (Streak& streak : file.streaks) {
    if (streak.instance != 0 && streak.instance != instance) continue;
    const bool writable = (entry.events & kOut) && !(entry.events & kInOrEnd);
    const bool closed = closed_before(thread, entry, call.t);
    if (streak.count && (streak.writable != writable || streak.closed != closed)) streak = Streak{};
    streak.instance = instance;
    streak.writable = writable;
    streak.closed = closed;
    const Kind kind = closed ? Kind::Closed : writable ? Kind::Writable : Kind::Ignored;
    return count(call, thread, entry, streak, kind);
  }
}

void Readiness::count(const Call& call, const Thread& thread, const ReadyEntry& entry, Streak& streak,
                      Kind kind) {
  if (!counts(call.returned())) return;
  if (++streak.count == 1) {
    streak.first = call.id;
    streak.first_t = call.returned();
  }
  if (kind != Kind::Closed && streak.count < thresholds().ignored) return;
  if (streak.result == 0) {
    const auto same = [&](const Result& each) {
      return each.file == entry.file && each.instance == streak.instance && each.kind == kind;
    };
    const auto known = std::ranges::find_if(results_, same);
    if (known == results_.end() && results_.size() >= kMaxResults) return;
    streak.result = uint32_t(known - results_.begin()) + 1;
    if (known == results_.end())
      results_.push_back(
          {kind, thread.pid, thread.tid, entry.fd, entry.file, streak.instance, streak.first_t, 0, 0, {}});
    Result& result = results_[streak.result - 1];
    result.count += streak.count - 1;
    if (streak.first != call.id) keep_evidence(result.evidence, streak.first);
  }
  Result& result = results_[streak.result - 1];
  ++result.count;
  result.last_t = call.returned();
  keep_evidence(result.evidence, call.id);
}

void Readiness::forget_closed() {
  FlatMap<Returned> open;
  returned_.for_each([&](uint64_t id, Returned& file) {
    const OpenFile* known = state().files.find(FileId(id));
    if (known && (known->held() || !known->watchers.empty())) open[id] = file;
  });
  returned_ = std::move(open);
  room_ = std::max<size_t>(1024, returned_.size() * 2);
}

Finding Readiness::finding(const Result& result) const {
  const std::string fd = fd_words(state(), result.fd, result.file);
  const Ns lasted = std::max<Ns>(0, time_between(result.first_t, result.last_t));
  const std::string times = fmt::format("{} from {} on, over {}", counted(result.count, "time"),
                                        time_text(result.first_t), duration_text(lasted));
  Finding finding = finding_of("", kWarning, kCertain);
  finding.t = result.first_t;
  finding.pid = result.pid;
  finding.tid = result.tid;
  finding.fd = result.fd;
  finding.file = result.file;
  finding.evidence = result.evidence;
  finding.hurt_ns = lasted;
  finding.next = explain_command(result.evidence.empty() ? 0 : result.evidence.front());
  const std::string who = thread_words(result.pid, result.tid);
  switch (result.kind) {
    case Kind::Closed:
      finding.kind = "closed fd still registered";
      finding.text = fmt::format(
          "epoll told {} of fd {} {}, a number that names that file no longer: it was "
          "closed, but a copy of it lives on and keeps the registration",
          who, result.fd, times);
      finding.advice =
          "EPOLL_CTL_DEL before close, wherever a dup, a fork or SCM_RIGHTS may keep the file open";
      break;
    case Kind::Writable:
      finding.kind = "EPOLLOUT left armed";
      finding.text = fmt::format(
          "epoll told {} that {} is writable {}, and nothing was sent there in between", who, fd, times);
      finding.advice =
          "take EPOLLOUT out with EPOLL_CTL_MOD when there is nothing left to send, or use EPOLLET";
      break;
    case Kind::Ignored:
      finding.kind = "ready fd ignored";
      finding.text = fmt::format(
          "epoll told {} of {} {}, level-triggered, and no call was made on it in between", who, fd, times);
      finding.advice =
          "read, accept or close it when it is reported, or take it out of the interest list meanwhile";
      break;
  }
  return finding;
}

void Readiness::add_oneshots(std::vector<Finding>& findings) const {
  state().interest.for_each([&](const InterestList& list) {
    list.for_each([&](const InterestItem& item) {
      const Ns quiet = time_between(item.confirmed, state().last_t);
      if (!(item.events & kOneshot) || !item.disarmed || !counts(item.confirmed) ||
          quiet < thresholds().not_rearmed)
        return;
      if (!item.target->held() || findings.size() >= kMaxResults) return;
      Finding finding = finding_of("EPOLLONESHOT not re-armed", kNote, kLikely);
      finding.t = item.confirmed;
      finding.pid = item.pid;
      finding.tid = item.tid ? item.tid : item.pid;
      finding.fd = item.fd;
      finding.file = item.target->id;
      finding.text =
          fmt::format("{} was returned by epoll {} once, at {}, and was not armed again in the {} since",
                      fd_words(state(), item.fd, item.target->id), item.epfd, time_text(item.confirmed),
                      duration_text(quiet));
      finding.advice = "EPOLL_CTL_MOD arms it again; without it nothing that comes there is noticed";
      finding.next = show_command_of(fmt::format("fd={}", item.fd));
      findings.push_back(std::move(finding));
    });
  });
}

void Readiness::report(const Report& report, std::vector<Finding>& findings) const {
  for (const Result& result : results_)
    if (report.recorded.io || result.kind == Kind::Closed) findings.push_back(finding(result));
  add_oneshots(findings);
}

}  // namespace loopscope::trace_model
