// SPDX-License-Identifier: Apache-2.0
// What Iterations found, in words.
#include <fmt/format.h>

#include "trace-model/call_plans.h"
#include "trace-model/duration_text.h"
#include "trace-model/findings/finding_words.h"
#include "trace-model/findings/iterations.h"
#include "trace-model/terminal_text.h"

namespace loopscope::trace_model {
namespace {

constexpr Ns kLastMoments = 50'000'000;

std::string waited_words(uint64_t waited) {
  return waited ? fmt::format("; {} that {} ready waited meanwhile", counted(waited, "connection"),
                              waited == 1 ? "was" : "were")
                : std::string("; no other connection was seen to wait");
}

// "in read of fd 9 (/srv/slow)", "after recvfrom of fd 7 (from 127.0.0.1:51124)"
std::string place_words(const Model::State& state, const Held& held) {
  if (!held.spec) return {};
  std::string words = fmt::format("{} {}", held.inside ? "in" : "after", held.spec->name);
  if (!held.path.empty()) return words + fmt::format(" of {}", terminal_text(held.path));
  if (held.fd >= 0) words += fmt::format(" of {}", fd_words(state, held.fd, held.file));
  if (!held.next_spec) return words;
  words += fmt::format(" and before {}", held.next_spec->name);
  return held.next_fd < 0 ? words
                          : words + fmt::format(" of {}", fd_words(state, held.next_fd, held.next_file));
}

std::string serving_words(const Model::State& state, const Held& held) {
  if (held.serving_fd < 0 || held.serving == held.file) return {};
  return fmt::format(", while it served {}", fd_words(state, held.serving_fd, held.serving));
}

}  // namespace

// Whether others can be kept waiting: it waits for several things, and nobody else looks after them.
bool Iterations::is_shared(const HeldUp& held) const {
  if (held.kind == WaitKind::Poll || held.kind == WaitKind::Select) {
    const uint32_t* widest = widest_poll_.find(uint64_t(held.tid));
    return widest && *widest >= 2;
  }
  if (held.kind == WaitKind::Epoll) {
    const InterestList* list = state().interest.find(held.instance);
    if (list && list->size() < 2) return false;
  }
  size_t waiting = 0;
  const auto count = [&](const Thread& thread) {
    for (const auto& loop : thread.loops)
      waiting += loop->kind == held.kind && loop->instance == held.instance && held.instance != 0;
  };
  state().processes.for_each_thread(count);
  for (const auto& thread : state().processes.ended()) count(*thread);
  return waiting <= 1;
}

Finding Iterations::slow_finding(const HeldUp& held, HeldBy by) const {
  const Held& worst = held.worst;
  const bool grave = held.longest >= thresholds().worth_warning || held.count >= thresholds().repeated;
  const bool noted = by == HeldBy::NoCpu || by == HeldBy::Unusual;
  Finding finding = finding_of(by == HeldBy::NoCpu     ? "no CPU for the loop"
                               : by == HeldBy::Unusual ? "unusual iteration"
                                                       : "long iteration",
                               grave && !noted ? kWarning : kNote, kCertain);
  finding.t = held.longest_t;
  finding.pid = held.pid;
  finding.tid = held.tid;
  // Whom it was for is best told by the answer that follows.
  const OpenFile* next = worst.next_file ? state().files.find(worst.next_file) : nullptr;
  const bool answered = next && is_socket(next->kind) && plan_of(*worst.next_spec).writes >= 0;
  finding.fd = answered ? worst.next_fd : worst.serving_fd >= 0 ? worst.serving_fd : worst.fd;
  finding.file = answered ? worst.next_file : worst.serving_fd >= 0 ? worst.serving : worst.file;
  finding.evidence = held.evidence;
  finding.hurt_ns = held.total;
  finding.text = fmt::format("{} did not return to its wait for {} {} ({} at worst, at {})",
                             thread_words(held.pid, held.tid), duration_text(thresholds().long_iteration),
                             held.count == 1 ? "once" : fmt::format("or more {} times", held.count),
                             duration_text(held.longest), time_text(held.longest_t));
  const std::string place = place_words(state(), worst);
  const std::string serving = serving_words(state(), worst);
  if (by == HeldBy::Unusual) {
    finding.text = fmt::format(
        "{} took {} {} times as long as usual or more for an iteration: {} at worst, at {}, where half of "
        "them "
        "take {} or less; of that {} on the CPU at a stretch{}{}{}",
        thread_words(held.pid, held.tid), held.count == 1 ? "once" : fmt::format("{} times", held.count),
        thresholds().outlier, duration_text(held.longest), time_text(held.longest_t),
        duration_text(held.usual), duration_text(worst.dur), place.empty() ? "" : " " + place, serving,
        waited_words(held.most_waited));
    finding.advice = "see which request it was: one that costs so much more than the others holds them up";
    finding.next = explain_command(held.longest_wait);
  } else if (by == HeldBy::Cpu) {
    finding.text += fmt::format(": of that {} on the CPU at a stretch{}{}{}", duration_text(worst.dur),
                                place.empty() ? "" : " " + place, serving, waited_words(held.most_waited));
    finding.advice =
        "take that computing off the loop: to a pool of threads or another process, or in pieces";
    finding.advice += profile_advice(state().processes.find(held.pid));
    finding.next = profile_command(held.pid, held.tid);
  } else if (by == HeldBy::NoCpu) {
    finding.text += fmt::format(": it could have run, but others had the CPU, for {} at a stretch{}",
                                duration_text(worst.dur), waited_words(held.most_waited));
    finding.advice =
        "see who else needs the processors; run fewer threads, or give this one a processor or weight";
    finding.next = fmt::format("pidstat -w -t -p {} 1 5", held.pid);
  } else {
    finding.text += fmt::format(": it slept many times for less than {}{}",
                                duration_text(thresholds().blocking_call), waited_words(held.most_waited));
    finding.advice = "see what it waits for: locks, files, other threads";
    finding.next = explain_command(held.longest_wait);
  }
  return finding;
}

Finding Iterations::sleep_finding(const HeldUp& held) const {
  const Held& worst = held.worst;
  const bool accepts = worst.spec && worst.spec->family == CallFamily::Accept;
  const bool grave =
      held.longest >= thresholds().long_iteration || held.total / 20 > state().last_t / 20 / 20;
  Finding finding = finding_of(accepts ? "accept on a blocking listener" : "blocking call",
                               grave ? kWarning : kNote, kCertain);
  finding.t = held.longest_t;
  finding.pid = held.pid;
  finding.tid = held.tid;
  finding.fd = worst.fd >= 0 ? worst.fd : worst.serving_fd;
  finding.file = worst.fd >= 0 ? worst.file : worst.serving;
  finding.evidence = held.evidence;
  finding.hurt_ns = held.total;
  const std::string place = place_words(state(), worst);
  finding.text = fmt::format(
      "{}, a loop, slept {} {}, {} in all, {} at worst, at {}{}{}", thread_words(held.pid, held.tid),
      place.empty() ? "outside recorded calls (a sleep or a lock)" : place,
      held.count == 1 ? "once" : fmt::format("{} times", held.count), duration_text(held.total),
      duration_text(held.longest), time_text(held.longest_t), serving_words(state(), worst),
      waited_words(held.most_waited));
  if (accepts)
    finding.advice =
        "make the listening socket non-blocking: the connection may be gone, or another's, by then";
  else if (place.empty())
    finding.advice =
        "let a timer of the loop wait in its place, or a thread of a pool; look for sleep and locks";
  else
    finding.advice =
        "use a non-blocking descriptor and the loop's wait, or give the call to a pool of threads";
  finding.next = held.longest_wait ? explain_command(held.longest_wait) : profile_command(held.pid, held.tid);
  return finding;
}

void Iterations::report(const Report& report, std::vector<Finding>& findings) const {
  // A recording that ends takes its probes off one by one: a sleep at its very end looks like computing.
  const Ns until = report.end ? time_between(kLastMoments, report.end->t) : INT64_MAX;
  const auto cut = [&](const HeldUp& held) {
    return held.count == 1 && held.worst.inside && time_after(held.worst.t, held.worst.dur) >= until;
  };
  for (const auto& [key, held] : slow_)
    if (is_shared(held) && !cut(held)) findings.push_back(slow_finding(held, std::get<HeldBy>(key)));
  for (const auto& [key, held] : sleeps_)
    if (is_shared(held)) findings.push_back(sleep_finding(held));
}

}  // namespace loopscope::trace_model
