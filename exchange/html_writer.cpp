// SPDX-License-Identifier: Apache-2.0
#include "exchange/html_writer.h"

#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "exchange/page_parts.h"
#include "exchange/strace/call_words.h"
#include "trace-model/duration_text.h"
#include "trace-model/json_line.h"
#include "trace-model/model_state.h"
#include "trace-model/report_json.h"
#include "trace-model/story/burst_words.h"

namespace loopscope::exchange {
namespace {

using namespace trace_model;

constexpr std::array<std::string_view, 5> kKinds{"call", "wait", "open", "accept", "control"};
constexpr int kCall = 0, kWait = 1, kOpen = 2, kAccept = 3, kControl = 4;
constexpr size_t kMostOpened = 8;

int kind_of_call(const Call& call) {
  if (!call.spec) return kCall;
  if (call.spec->family == CallFamily::Accept) return kAccept;
  if (call.spec->wait != WaitKind::None) return kWait;
  if (call.spec->family == CallFamily::Open) return kOpen;
  return call.spec->name == "epoll_ctl" || call.spec->name == "bind" || call.spec->name == "listen" ? kControl
                                                                                                    : kCall;
}

FileId socket_of(const Call& call) {
  const FileId socket = call.file("sockfd");
  return socket ? socket : call.spec && call.spec->name == "epoll_ctl" ? call.file("fd") : 0;
}

std::string line_of(const Call& call) {
  const strace::CallWords words = strace::words_of(call);
  return fmt::format("{}{}) = {}", words.begun, words.rest, words.result);
}

std::string json_text(std::string_view text) {
  std::string out;
  JsonLine(out).string(text);
  return out;
}

template <typename Range, typename ValueOf>
std::string list(const Range& range, ValueOf value_of) {
  std::string out = "[";
  for (const auto& element : range) {
    if (out.size() > 1) out += ',';
    out += value_of(element);
  }
  return out + "]";
}

// JSON within a page: nothing in it may end the element that holds it. These letters stand in strings only.
std::string harmless(const std::string& json) {
  std::string out;
  out.reserve(json.size());
  for (const char c : json) {
    if (c == '<' || c == '>' || c == '&')
      out += fmt::format("\\u{:04x}", unsigned(c));
    else
      out += c;
  }
  return out;
}

std::string filled(std::string page, std::string_view name, std::string_view with) {
  const std::string place = fmt::format("{{{{{}}}}}", name);
  const size_t at = page.find(place);
  return at == std::string::npos ? page : page.replace(at, place.size(), with);
}

// As --from takes it.
std::string seconds(Ns t) {
  return fmt::format("{:.6f}s", double(t) / 1e9);
}

std::string number(int64_t value) {
  return fmt::format("{}", value);
}

}  // namespace

void HtmlWriter::add_to(Analysis& analysis) {
  analysis_ = &analysis;
  analysis.add(*this);
  findings_ = std::make_unique<Findings>(analysis, Thresholds());
}

void HtmlWriter::take(const Event& event, const Model& /*model*/, bool inside, std::string& /*out*/) {
  const auto* call = std::get_if<Call>(&event);
  if (!call || !inside) return;
  last_ = std::max(last_, call->returned());
  if (++seen_ > most_calls_) return;
  calls_.push_back({call->id, call->t, time_between(call->t, call->returned()), call->pid, call->tid,
                    socket_of(*call), kind_of_call(*call), call->error != 0, line_of(*call)});
}

void HtmlWriter::on_call(const Call& call, const Thread& thread) {
  if (!thread.comm.empty()) names_[call.tid] = thread.comm;  // the last: programs are replaced
  const bool opens = call.spec && call.spec->family == CallFamily::Open && call.error == 0;
  if (!opens || !analysis_->window().has(call.t)) return;
  const Work work = Analysis::work_of(thread, call.t);
  if (work.root == 0) return;
  std::vector<Opened>& opened = opened_[work.root];
  const bool elsewhere = work.root_tid != call.tid;
  const std::string what = elsewhere ? fmt::format("{} (on thread {})", call.text, call.tid) : call.text;
  const auto before = std::ranges::find(opened, what, &Opened::what);
  if (before != opened.end())
    ++before->times;
  else if (opened.size() < kMostOpened)
    opened.push_back({what});
}

void HtmlWriter::on_burst(const Burst& burst, const Thread& /*thread*/) {
  if (!analysis_->window().has(burst.start) || ++bursts_seen_ > most_bursts_) return;
  bursts_.push_back({burst.id, burst.start, burst.length(), burst.pid, burst.tid, burst_cause_words(burst),
                     burst_story(burst)});
}

// What a wakeup opened is told of the wakeup that the work began in, also where another thread did it.
std::string HtmlWriter::bursts() const {
  return list(bursts_, [this](const ShownBurst& burst) {
    std::string did = burst.did;
    const auto opened = opened_.find(burst.id);
    for (size_t i = 0; opened != opened_.end() && i < opened->second.size(); ++i) {
      const Opened& file = opened->second[i];
      did += (i ? ", " : did.empty() ? "opened " : "; opened ") + file.what;
      if (file.times > 1) did += fmt::format(" ({} times)", file.times);
    }
    return fmt::format(R"({{"id":{},"t":{},"dur":{},"pid":{},"tid":{},"cause":{},"did":{}}})", burst.id,
                       burst.t, burst.dur, burst.pid, burst.tid, json_text(burst.cause), json_text(did));
  });
}

std::string HtmlWriter::columns(const Report& report) const {
  std::map<std::pair<Pid, FileId>, int> listeners;
  for (const ReportListener& row : report.listeners) listeners.try_emplace({row.pid, row.file}, row.fd);
  const auto on = [&](const Shown& call) {
    const auto listener = listeners.find({call.pid, call.file});
    return number(call.file && listener != listeners.end() ? listener->second : -1);
  };
  const auto column = [&](auto value_of) { return list(calls_, value_of); };
  return fmt::format("[{},{},{},{},{},{},{},{},{}]",
                     column([](const Shown& c) { return number(int64_t(c.id)); }),
                     column([](const Shown& c) { return number(c.t); }),
                     column([](const Shown& c) { return number(c.dur); }),
                     column([](const Shown& c) { return number(c.pid); }),
                     column([](const Shown& c) { return number(c.tid); }),
                     column([](const Shown& c) { return number(c.kind); }),
                     column([](const Shown& c) { return number(c.failed); }), column(on),
                     column([](const Shown& c) { return json_text(c.text); }));
}

Ns HtmlWriter::shown_until() const {
  Ns until = 0;
  for (const Shown& call : calls_) until = std::max(until, time_after(call.t, call.dur));
  return until;
}

std::string HtmlWriter::data(const Report& report) const {
  Ns from = calls_.empty() ? 0 : INT64_MAX;
  for (const Shown& call : calls_) from = std::min(from, call.t);
  const Ns to = shown_until();
  const TraceHeader header = report.header.value_or(TraceHeader());
  std::string names = "{";
  for (const auto& [tid, name] : names_)
    names += fmt::format("{}\"{}\":{}", names.size() > 1 ? "," : "", tid, json_text(name));
  return fmt::format(
      R"({{"bytes":{{{{bytes}}}},"header":{{"kernel":{},"started":{},"tool":{},"command":{}}},)"
      R"("shown":{{"from":{},"to":{},"calls":{},"of":{},"until":{},"bursts":{},"bursts_of":{}}},)"
      R"("kinds":{},"names":{}}},"columns":{},"bursts":{},"report":{}}})",
      json_text(header.kernel), json_text(header.started), json_text(header.tool),
      list(header.command, [](const std::string& word) { return json_text(word); }), from, to, calls_.size(),
      seen_, last_, bursts_.size(), bursts_seen_,
      list(kKinds, [](std::string_view kind) { return json_text(kind); }), names, columns(report), bursts(),
      report_json(report));
}

void HtmlWriter::finish(const Report& report, std::string& out) {
  Report complete = report;
  if (findings_) add_findings(complete, *findings_, "");
  std::string page(kPageHtml);
  page = filled(std::move(page), "css", kPageCss);
  page = filled(std::move(page), "js", std::string(kTimelineJs) + std::string(kPageJs));
  page = filled(std::move(page), "data", harmless(data(complete)));  // last: it may hold anything
  // The size stands first in the data, with room for any.
  constexpr size_t kPlace = std::string_view("{{bytes}}").size(), kDigits = 12;
  const size_t bytes = page.size() - kPlace + kDigits;
  page = filled(std::move(page), "bytes", fmt::format("{:>{}}", bytes, kDigits));
  out += page;
}

std::string HtmlWriter::left_out() const {
  if (seen_ <= most_calls_) return {};
  return fmt::format(
      "the page draws the first {} of {} calls, until {}; --from {} shows what follows, --limit more at once",
      count_text(calls_.size()), count_text(seen_), offset_text(shown_until()), seconds(shown_until()));
}

}  // namespace loopscope::exchange
