// SPDX-License-Identifier: Apache-2.0
#include "trace-model/story/loop_words.h"

#include <algorithm>
#include <cmath>
#include <map>

#include <fmt/format.h>

#include "trace-model/duration_text.h"
#include "trace-model/report_words.h"
#include "trace-model/story/burst_words.h"
#include "trace-model/terminal_text.h"
#include "trace-model/text_table.h"

namespace loopscope::trace_model {
namespace {

constexpr size_t kWakersTold = 4;

std::string share_text(double share) {
  if (share > 0 && share < 0.001) return "< 0.1 %";
  return fmt::format("{:.{}f} %", share * 100, share < 0.0995 ? 1 : 0);
}

std::string rate_text(double rate) {
  return fmt::format("{:.{}f} a second", rate, rate < 9.95 ? 1 : 0);
}

// Threads of one name are told together: a client that is run anew for each request has many.
std::string waker_words(const LoopFigures& figures) {
  std::map<std::string, std::pair<uint64_t, uint64_t>> by_name;  // how often, how many threads
  uint64_t others = 0;
  std::vector<const Waker*> sorted;
  for (const Waker& waker : figures.wakers)
    waker.tid < 0 ? void(others += waker.count) : sorted.push_back(&waker);
  std::map<std::string, const Waker*> one;
  for (const Waker* waker : sorted) {
    const std::string key = woken_words(waker->context, 0, waker->comm, waker->spec);
    by_name[key].first += waker->count;
    ++by_name[key].second;
    one[key] = waker;
  }
  std::vector<std::pair<uint64_t, std::string>> lines;
  for (const auto& [key, count] : by_name) {
    const Waker& waker = *one[key];
    std::string text =
        count.second == 1 ? woken_words(waker.context, waker.tid, waker.comm, waker.spec) : key;
    lines.emplace_back(count.first, std::move(text));
  }
  std::ranges::stable_sort(lines, std::greater(), &std::pair<uint64_t, std::string>::first);
  std::string text;
  for (size_t i = 0; i < lines.size(); ++i) {
    if (i >= kWakersTold) {
      others += lines[i].first;
      continue;
    }
    text += fmt::format("{}{} {}×", text.empty() ? "" : ", ", lines[i].second, count_text(lines[i].first));
  }
  if (others) text += fmt::format("{}others {}×", text.empty() ? "" : ", ", count_text(others));
  return text;
}

TableRow quantile_row(std::string name, const DurationHistogram& durations) {
  return {std::move(name), duration_text(durations.quantile(0.5)), duration_text(durations.quantile(0.9)),
          duration_text(durations.quantile(0.99)), duration_text(durations.max())};
}

std::vector<std::string> duration_lines(const LoopFigures& figures) {
  std::vector<TableRow> rows{{"", "P50", "P90", "P99", "MAX"}};
  if (figures.length.count()) rows.push_back(quantile_row("burst", figures.length));
  if (figures.delay.count()) rows.push_back(quantile_row("woken until it ran", figures.delay));
  if (figures.served.count()) rows.push_back(quantile_row("ready until served", figures.served));
  return table_lines(rows, {1, 2, 3, 4});
}

std::string busy_words(const ReportLoop& loop) {
  const LoopFigures& figures = loop.figures;
  std::string text = fmt::format("busy {} of {}", share_text(loop.load), duration_text(loop.observed));
  if (loop.scheduled)
    text += fmt::format(": ran {}, waited for a CPU {}, asleep in calls {}", duration_text(figures.running),
                        duration_text(figures.runnable), duration_text(figures.blocked));
  if (figures.saturated > 0)
    text += fmt::format("; without any rest for {}", duration_text(figures.saturated));
  return text;
}

std::string awake_words(const LoopFigures& figures) {
  std::vector<std::string> parts;
  if (figures.already_ready)
    parts.push_back(fmt::format("{} found something ready", count_text(figures.already_ready)));
  if (figures.looks) parts.push_back(fmt::format("{} found nothing", count_text(figures.looks)));
  if (parts.empty()) return {};
  return fmt::format("waits that did not sleep: {}{}{}", parts.front(), parts.size() > 1 ? ", " : "",
                     parts.size() > 1 ? parts.back() : "");
}

}  // namespace

std::array<uint64_t, kWakeCauses> wakeups_of(const ReportLoop& loop) {
  if (!loop.scheduled || loop.figures.bursts == 0) return loop.wakeups;
  std::array<uint64_t, kWakeCauses> wakeups = loop.figures.causes;
  wakeups[size_t(WakeCause::AlreadyReady)] += loop.figures.already_ready;
  return wakeups;
}

std::string_view bar(unsigned eighths, bool utf8) {
  static constexpr std::array<std::string_view, 9> kBlocks{" ", "▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"};
  static constexpr std::array<std::string_view, 9> kAscii{" ", ".", ":", "-", "=", "+", "*", "#", "#"};
  return (utf8 ? kBlocks : kAscii)[std::min(eighths, 8u)];
}

std::string histogram_words(const DurationHistogram& durations, bool utf8) {
  const std::vector<uint64_t> octaves = durations.octaves();
  const auto used = [](uint64_t count) { return count != 0; };
  const auto first = std::ranges::find_if(octaves, used);
  if (first == octaves.end()) return {};
  const size_t from = size_t(first - octaves.begin());
  const uint64_t most = *std::ranges::max_element(octaves);
  std::string text = duration_text(from ? Ns(1) << from : 0) + " ";
  for (size_t i = from; i < octaves.size(); ++i)
    text += bar(octaves[i] ? std::max(1u, unsigned(std::lround(double(octaves[i]) / double(most) * 8))) : 0,
                utf8);
  return text + " " + duration_text(durations.max());
}

void add_loop(TextPage& page, size_t indent, const ReportLoop& loop, const LoopTextOptions& options) {
  const LoopFigures& figures = loop.figures;
  page.line(indent, fmt::format("thread {}{} waits in {}: woke {}, {}", loop.tid,
                                loop.comm.empty() ? "" : " " + terminal_text(loop.comm), wait_words(loop),
                                counted(figures.bursts, "time"), rate_text(loop.rate_per_s)));
  const size_t below = indent + 2;
  if (const std::string causes = cause_words(figures.causes); !causes.empty())
    page.line(below, "woken by: " + causes);
  if (const std::string wakers = waker_words(figures); !wakers.empty()) page.line(below, "who: " + wakers);
  if (const std::string awake = awake_words(figures); !awake.empty()) page.line(below, awake);
  page.line(below, busy_words(loop), loop.load > 0.9 ? Tone::Warning : Tone::Plain);
  page.table(below, duration_lines(figures));
  if (figures.unserved && options.io)
    page.line(below, fmt::format("{} not touched in the burst that named them",
                                 counted(figures.unserved, "ready descriptor")));
  if (!options.histogram) return;
  const auto histogram = [&](std::string_view name, const DurationHistogram& durations) {
    if (const std::string words = histogram_words(durations, options.utf8); !words.empty())
      page.verbatim(below, fmt::format("{} {}", name, words));
  };
  histogram("bursts            ", figures.length);
  histogram("woken until it ran", figures.delay);
  histogram("ready until served", figures.served);
}

std::vector<const Burst*> slowest_of(const Report& report, size_t count) {
  std::vector<const Burst*> slowest;
  for (const ReportLoop& loop : report.loops)
    for (const Burst& burst : loop.figures.slowest) slowest.push_back(&burst);
  std::ranges::stable_sort(slowest, [](const Burst* a, const Burst* b) { return a->length() > b->length(); });
  if (slowest.size() > count) slowest.resize(count);
  return slowest;
}

std::vector<std::string> slow_lines(const std::vector<const Burst*>& bursts) {
  if (bursts.empty()) return {};
  std::vector<TableRow> rows{{"ID", "AT", "LENGTH", "WHAT IT DID", "THREAD", "WOKEN BY"}};
  for (const Burst* burst : bursts)
    rows.push_back({std::to_string(burst->id), offset_text(burst->start), duration_text(burst->length()),
                    burst_story(*burst), std::to_string(burst->tid), burst_cause_words(*burst)});
  return table_lines(rows, {0, 1, 2});
}

std::vector<std::string> coverage_lines(const Report& report) {
  uint64_t slept = 0, unknown = 0, assumed = 0, overlap = 0, bursts = 0;
  for (const ReportLoop& loop : report.loops) {
    const LoopFigures& figures = loop.figures;
    bursts += figures.bursts;
    slept += figures.delay.count() + figures.delays_unknown;
    unknown += figures.delays_unknown;
    assumed += figures.sleeps_assumed;
    overlap += figures.overlap_loss;
  }
  std::vector<std::string> lines;
  if (bursts == 0) return lines;
  if (!report.recorded.scheduled)
    lines.emplace_back(
        "When threads did not run was not recorded: sleeps are told by their length (20 µs or more), and "
        "time "
        "that a loop waited for a CPU or was asleep in a call counts as running.");
  else if (slept)
    lines.push_back(fmt::format("{} of {} measured from being made runnable{}.", count_text(slept - unknown),
                                counted(slept, "wakeup"),
                                unknown ? fmt::format("; {} lack that", count_text(unknown)) : ""));
  if (report.recorded.scheduled && assumed)
    lines.push_back(fmt::format("{} assumed from the length of the wait alone.",
                                counted(assumed, "sleep") + (assumed == 1 ? " is" : " are")));
  if (report.recorded.scheduled && !report.recorded.wake_contexts)
    lines.emplace_back(
        "In what the CPU was when a thread was woken is not known on this kernel: \"while X ran\" names who "
        "ran "
        "there, which for what came over a network may have nothing to do with it.");
  if (overlap) lines.push_back(fmt::format("{} overlap a loss of records.", counted(overlap, "burst")));
  return lines;
}

}  // namespace loopscope::trace_model
