// SPDX-License-Identifier: Apache-2.0
#include <ctime>

#include <algorithm>
#include <array>
#include <set>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "exchange/strace/import.h"

namespace loopscope::exchange::strace {
namespace {

constexpr Ns kSecond = 1'000'000'000;

std::string clock_text(Ns epoch) {
  const time_t seconds = epoch / kSecond;
  tm utc{};
  gmtime_r(&seconds, &utc);
  std::array<char, 32> text{};
  const size_t length = strftime(text.data(), text.size(), "%Y-%m-%dT%H:%M:%S", &utc);
  return fmt::format("{}.{:09}Z", std::string_view(text.data(), length), epoch % kSecond);
}

constexpr size_t kMostOwn = 20;

std::string times_of(const Survey& survey) {
  std::string words;
  switch (survey.clock.kind()) {
    case TimeKind::None:
      return "off: the log has no times (strace -ttt); its lines are 100 us apart, so durations mean nothing";
    case TimeKind::Epoch:
      words = "strace -ttt";
      break;
    case TimeKind::DayTime:
      words = "strace -t or -tt; the day is not known";
      break;
    case TimeKind::Relative:
      words = "strace -r; neither day nor hour is known";
  }
  words += survey.durations ? ", durations by -T"
                            : ", without -T: waits as long as until the next line, other calls 0";
  if (survey.clock.steps_back())
    words += fmt::format("; the log's clock was set back {} times", survey.clock.steps_back());
  return words + "; all of it includes what strace's own stops took";
}

// The forms of one call: a program uses one of them, so a log that has one would show the others.
constexpr std::array<std::array<std::string_view, 3>, 4> kForms{
    {{"epoll_wait", "epoll_pwait", "epoll_pwait2"},
     {"poll", "ppoll", ""},
     {"select", "pselect6", ""},
     {"accept", "accept4", ""}}};

std::set<std::string> with_other_forms(const Survey& survey) {
  std::set<std::string> calls(survey.calls.begin(), survey.calls.end());
  for (const auto& forms : kForms)
    if (std::ranges::any_of(forms, [&](std::string_view form) { return survey.calls.contains(form); }))
      for (const std::string_view form : forms)
        if (!form.empty()) calls.emplace(form);
  return calls;
}

std::string descriptors_of(const Survey& survey) {
  std::string words = survey.described ? "by number, described by strace -y" : "by number";
  words += "; what was open before the log began, or was made by calls that are not in it, has no kind";
  if (!survey.sees_accepts())
    words += "; what a loop begins to watch after its listening socket was ready is taken for a connection";
  const bool many = survey.own.size() > 1;
  if (!survey.described && !survey.own.empty() && survey.own.size() <= kMostOwn)
    words += fmt::format(
        "; fd {} {} watched before anybody could connect: no connection{}, but the server's own, such as the "
        "pair of "
        "sockets by which its threads wake the loop",
        fmt::join(survey.own, ", "), many ? "were" : "was", many ? "s" : "");
  return words;
}

std::string processes_of(const Survey& survey) {
  if (!survey.numbered)
    return "off: the log names no process (strace -f -o); all of it is taken for one, number 1";
  return survey.first_unnumbered ? "by number; the first has none in the log and is called 1" : "by number";
}

}  // namespace

trace_model::TraceHeader header_of(const Survey& survey) {
  trace_model::TraceHeader header;
  header.id = 1;
  header.target = {survey.first};
  const std::set<std::string> calls = with_other_forms(survey);
  header.calls.assign(calls.begin(), calls.end());
  header.io = false;
  for (const std::string& name : survey.calls)
    header.io = header.io || trace_model::find_call(name)->family == trace_model::CallFamily::Io;
  if (const auto epoch = survey.clock.epoch()) header.started = clock_text(*epoch);
  header.probes["calls"] =
      "strace: what was in its log; a call that is missing from `calls` was not asked for or not made";
  header.probes["times"] = times_of(survey);
  header.probes["descriptors"] = descriptors_of(survey);
  header.probes["processes"] = processes_of(survey);
  header.probes["off-CPU"] = "off: strace does not show when a thread ran";
  header.probes["io_uring"] = "off: strace does not see operations of a ring";
  header.probes["queues"] = "off: strace does not show accept queues";
  return header;
}

}  // namespace loopscope::exchange::strace
