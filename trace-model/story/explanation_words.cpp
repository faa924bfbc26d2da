// SPDX-License-Identifier: Apache-2.0
#include "trace-model/story/explanation_words.h"

#include <algorithm>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "trace-model/duration_text.h"
#include "trace-model/story/burst_words.h"
#include "trace-model/story/loop_json.h"
#include "trace-model/story/opened_words.h"
#include "trace-model/terminal_text.h"

namespace loopscope::trace_model {
namespace {

using nlohmann::ordered_json;

constexpr Ns kLongRun = 1'000'000;

// Into the page: one call after another, with what lies between them.
class CallLines {
 public:
  CallLines(TextPage& page, Ns origin, Ns begun) : page_(page), origin_(origin), end_(begun) {}

  void add(const ExplainedCall& call, size_t indent) {
    const Ns gap = time_between(end_, call.t);
    if (gap >= kLongRun)
      page_.verbatim(indent, fmt::format("{:>10}  on the CPU for {}", offset(end_), duration_text(gap)),
                     Tone::Warning);
    const std::string what =
        call.line.empty() ? "off the CPU: " + off_words(call.off.value_or(Off())) : call.line;
    page_.verbatim(indent, fmt::format("{:>10}  {}", offset(call.t), what));
    if (call.off && !call.line.empty() && !call.wait)
      page_.line(indent + 14, "of it " + off_words(*call.off), Tone::Warning);
    end_ = std::max(end_, time_after(call.t, call.dur));
  }
  void finish(Ns end, size_t indent) {
    if (const Ns gap = time_between(end_, end); gap >= kLongRun)
      page_.verbatim(indent, fmt::format("{:>10}  on the CPU for {}", offset(end_), duration_text(gap)),
                     Tone::Warning);
  }

 private:
  [[nodiscard]] std::string offset(Ns t) const {
    return fmt::format("{:+.3f} ms", double(time_between(origin_, t)) / 1e6);
  }
  static std::string off_words(const Off& off) {
    const Ns asleep = std::max<Ns>(time_between(off.delay, off.dur), 0);
    if (off.state == 'R') return fmt::format("no CPU for {}", duration_text(off.dur));
    std::string text = fmt::format("asleep {}", duration_text(asleep));
    if (off.woken)
      text += fmt::format(", then no CPU for {} (woken: {})", duration_text(off.delay),
                          woken_words(off.context, off.by_tid, off.by_comm, nullptr));
    return text;
  }

  TextPage& page_;
  Ns origin_, end_;
};

std::string name_of(const Explanation& said, int fd) {
  const auto known = std::ranges::find(said.names, fd, &std::pair<int, std::string>::first);
  return known == said.names.end() ? fmt::format("fd {}", fd) : "fd " + known->second;
}

void wait_lines(TextPage& page, const Explanation& said) {
  const Burst& burst = said.burst;
  page.line(2, said.wait);
  const std::string waited = burst.waited ? " for " + duration_text(*burst.waited) : "";
  if (burst.slept == Slept::No)
    page.line(2, "It did not sleep in that wait: this is the first that was seen of the thread.");
  else
    page.line(2, fmt::format("It slept{}{}; woken by {}.", waited,
                             burst.slept == Slept::Likely ? " (assumed from the length)" : "",
                             burst_cause_words(burst)));
  const Woken& woken = burst.woken;
  if (woken.t)
    page.line(2, fmt::format("Made runnable at {}: {}. It ran {} later.", time_text(*woken.t),
                             woken_words(woken.context, woken.by_tid, woken.by_comm, woken.by_spec),
                             duration_text(woken.delay)));
  if (burst.caused_by)
    page.line(2,
              fmt::format("{} ({}, id {}){}.", link_words(*burst.caused_by),
                          burst.caused_by->certain ? "certain" : "likely", burst.caused_by->evidence,
                          burst.root == burst.id ? "" : fmt::format(": work of the wakeup {}", burst.root)));
}

void ready_lines(TextPage& page, const Explanation& said) {
  const Burst& burst = said.burst;
  if (burst.ready.empty()) return;
  page.line(2, fmt::format("Ready: {}", counted(burst.ready_total, "descriptor")));
  for (const ReadyFile& ready : burst.ready) {
    std::string text = name_of(said, ready.fd);
    text += ready.completion ? ""
            : ready.served ? fmt::format(", served {} after the wait named it", duration_text(*ready.served))
                           : ", not touched in this burst";
    if (ready.returned > burst.start) text += ", found when it looked again";
    if (ready.nothing_there) text += ", had nothing to give (EAGAIN)";
    page.line(4, text, ready.served.value_or(0) >= kLongRun ? Tone::Warning : Tone::Plain);
  }
}

// Calls stand under the descriptor that caused them: until another one that was ready is touched.
void call_lines(TextPage& page, const Explanation& said) {
  const Burst& burst = said.burst;
  page.blank();
  page.heading(fmt::format("What it did, in {}", duration_text(burst.length())));
  CallLines lines(page, burst.start, burst.start);
  FileId group = 0;
  for (const ExplainedCall& call : said.calls) {
    const auto ready = std::ranges::find_if(burst.ready, [&](const ReadyFile& file) {
      return file.file && file.file == call.file && !call.line.empty() && !call.wait;
    });
    if (ready != burst.ready.end() && ready->file != group) {
      group = ready->file;
      page.line(2, "for " + name_of(said, ready->fd) + ":", Tone::Strong);
    }
    lines.add(call, group && !call.wait ? 4 : 2);
  }
  if (said.left_out) page.line(2, fmt::format("and {} more", counted(said.left_out, "call")));
  if (!said.left_out) lines.finish(burst.end, 2);
  page.verbatim(2, fmt::format("{:>+7.3f} ms  {}", double(burst.length()) / 1e6,
                               burst.unfinished ? "the trace, or the thread, ended here" : "asleep again"));
  if (burst.scheduled)
    page.line(2, fmt::format("In all: ran {}, waited for a CPU {}, asleep in calls {}.",
                             duration_text(burst.running()), duration_text(burst.runnable),
                             duration_text(burst.blocked)));
}

void work_lines(TextPage& page, const Explanation& said) {
  for (const ExplainedWork& work : said.works) {
    page.blank();
    page.heading(fmt::format("On thread {}", work.tid));
    for (const Link& link : work.links)
      page.line(2, fmt::format("{} at +{} ({}, id {})", link_words(link),
                               duration_text(time_between(said.burst.start, link.t)),
                               link.certain ? "certain" : "likely", link.evidence));
    CallLines lines(page, said.burst.start, work.calls.empty() ? 0 : work.calls.front().t);
    for (const ExplainedCall& call : work.calls) lines.add(call, 2);
    if (work.left_out) page.line(2, fmt::format("and {} more", counted(work.left_out, "call")));
  }
  if (said.threads_left_out)
    page.line(0,
              fmt::format("Calls of more threads are left out: only {} are followed.", kMaxExplainedThreads));
}

void back_lines(TextPage& page, const Explanation& said) {
  for (const WayBack& back : said.back) {
    page.blank();
    page.heading(fmt::format("Back on the loop of thread {}", back.tid));
    page.line(
        2, fmt::format("{} ({}, id {}): wakeup {} at +{}, by {}", link_words(back.link),
                       back.link.certain ? "certain" : "likely", back.link.evidence, back.burst,
                       duration_text(time_between(said.burst.start, back.t)), wake_cause_name(back.cause)));
    for (const ExplainedCall& call : back.writes)
      page.verbatim(2, fmt::format("{:>+7.3f} ms  {}", double(time_between(said.burst.start, call.t)) / 1e6,
                                   call.line));
  }
}

void opened_section(TextPage& page, const Explanation& said, const Report& report) {
  page.blank();
  uint64_t opened = 0;
  for (const OpenedFile& file : said.opened) opened += file.error == 0;
  if (opened == 0)
    page.line(0, "No file was opened in it, nor by the threads it started. " + nothing_opened_words(report));
  else
    page.heading("Files it opened");
  for (const OpenedFile& file : said.opened)
    if (file.error == 0)
      page.line(2, fmt::format("{}, thread {}, id {}{}", terminal_text(file.path), file.tid, file.call,
                               file.certain() ? "" : " (likely)"));
}

ordered_json call_json(const ExplainedCall& call) {
  ordered_json json{{"id", call.id}, {"t", call.t}, {"dur", call.dur}};
  if (call.line.empty())
    json["off"] = std::string(1, call.off.value_or(Off()).state);
  else
    json["text"] = call.line;
  if (!call.line.empty() && call.off) json["off_ns"] = call.off->dur;
  return json;
}

ordered_json calls_json(const std::vector<ExplainedCall>& calls) {
  ordered_json json = ordered_json::array();
  for (const ExplainedCall& call : calls) json.push_back(call_json(call));
  return json;
}

ordered_json links_json(const std::vector<Link>& links) {
  ordered_json json = ordered_json::array();
  for (const Link& link : links) json.push_back(link_json(link));
  return json;
}

}  // namespace

std::string explanation_text(const Explanation& said, RecordId asked, const Report& report,
                             const PageOptions& options) {
  TextPage page(options);
  const Burst& burst = said.burst;
  page.heading(fmt::format("Wakeup {} of thread {}, at {}", burst.id, burst.tid, time_text(burst.start)));
  if (asked != burst.id)
    page.line(2, fmt::format("the record {} lies in it, or in work that it started", asked));
  wait_lines(page, said);
  ready_lines(page, said);
  call_lines(page, said);
  work_lines(page, said);
  back_lines(page, said);
  opened_section(page, said, report);
  return page.take();
}

std::string explanation_json(const Explanation& said, RecordId asked, const Report& report) {
  ordered_json json{{"asked", asked}, {"burst", burst_json(said.burst)}, {"wait", said.wait}};
  json["calls"] = calls_json(said.calls);
  if (said.left_out) json["calls_left_out"] = said.left_out;
  json["threads"] = ordered_json::array();
  for (const ExplainedWork& work : said.works) {
    ordered_json row{{"tid", work.tid}, {"links", links_json(work.links)}, {"calls", calls_json(work.calls)}};
    row["sure"] = Work{said.burst.id, said.burst.tid, work.links}.certain() ? "certain" : "likely";
    if (work.left_out) row["calls_left_out"] = work.left_out;
    json["threads"].push_back(std::move(row));
  }
  json["back"] = ordered_json::array();
  for (const WayBack& back : said.back)
    json["back"].push_back({{"burst", back.burst},
                            {"tid", back.tid},
                            {"t", back.t},
                            {"cause", wake_cause_name(back.cause)},
                            {"link", link_json(back.link)},
                            {"writes", calls_json(back.writes)}});
  json["opened"] = ordered_json::array();
  for (const OpenedFile& file : said.opened) json["opened"].push_back(opened_json(file));
  const auto opened = [](const OpenedFile& file) { return file.error == 0; };
  if (std::ranges::none_of(said.opened, opened)) json["text"] = nothing_opened_words(report);
  return json.dump(1, ' ', false, ordered_json::error_handler_t::replace) + '\n';
}

}  // namespace loopscope::trace_model
