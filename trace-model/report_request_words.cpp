// SPDX-License-Identifier: Apache-2.0
#include "trace-model/report_request_words.h"

#include <cmath>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "trace-model/duration_text.h"
#include "trace-model/terminal_text.h"

namespace loopscope::trace_model {
namespace {

constexpr size_t kSlowestTold = 3, kListenersTold = 8, kFilesTold = 3;

std::string quantile_words(const std::optional<RequestQuantiles>& q) {
  if (!q) return "-";
  return fmt::format("{} / {} / {} / {}", duration_text(q->p50), duration_text(q->p90), duration_text(q->p99),
                     duration_text(q->max));
}

std::string number_words(double value) {
  return value >= 100 ? count_text(uint64_t(std::llround(value)))
                      : fmt::format("{:.{}f}", value, value < 9.95 ? 2 : 1);
}

std::string heading_of(const ReportRequests& row) {
  std::string text = counted(row.requests, "request");
  if (row.exchanges != row.requests) text += fmt::format(" in {}", counted(row.exchanges, "exchange"));
  if (const auto rate = row.per_second()) text += fmt::format(", {} a second", number_words(*rate));
  uint64_t in_progress = 0, unanswered = 0, lost = 0;
  for (const ReportListenerRequests& listener : row.listeners) {
    in_progress += listener.in_progress;
    unanswered += listener.unanswered;
    lost += listener.overlap_loss;
  }
  if (in_progress) text += fmt::format("; {} not answered when the trace ended", count_text(in_progress));
  if (unanswered) text += fmt::format("; {} never answered", count_text(unanswered));
  if (lost) text += fmt::format("; {} overlap a loss and have no times", count_text(lost));
  return text;
}

std::string per_request_words(const PerRequest& per) {
  std::string text = fmt::format("each: {} calls ({} of its own), {} wake-ups", number_words(per.calls),
                                 number_words(per.own_calls), number_words(per.wakeups));
  if (per.operations > 0) text += fmt::format(", {} operations of rings", number_words(per.operations));
  if (per.cpu_ns) text += fmt::format(", {} of CPU", duration_text(Ns(*per.cpu_ns)));
  if (per.switches) text += fmt::format(", {} context switches", number_words(*per.switches));
  return text;
}

std::string listener_words(const ReportListenerRequests& row) {
  const std::string where =
      row.listener == 0 || row.address.empty() ? "an unknown listener" : terminal_text(row.address);
  return fmt::format("{} on {}, {}", count_text(row.requests), where, counted(row.connections, "connection"));
}

std::string who(const Request& request) {
  std::string text = request.fd >= 0 ? fmt::format("fd {}", request.fd) : "a slot";
  if (!request.peer.empty()) text += " from " + terminal_text(request.peer);
  if (!request.label.empty()) text += fmt::format(" \"{}\"", terminal_text(request.label));
  return text;
}

std::string meanwhile(const Request& request) {
  std::vector<std::string> names;
  for (const OpenedPath& opened : request.opened)
    if (names.size() < kFilesTold) names.push_back(terminal_text(opened.path));
  std::string text;
  if (!names.empty()) {
    text = fmt::format("; opened {}", fmt::join(names, ", "));
    if (request.opened_total > names.size())
      text += fmt::format(" and {} more", request.opened_total - names.size());
  }
  names.clear();
  for (const ConnectedTo& connected : request.connected)
    if (names.size() < kFilesTold) names.push_back(terminal_text(connected.address));
  if (names.empty()) return text;
  text += fmt::format("; connected to {}", fmt::join(names, ", "));
  if (request.connected_total > names.size())
    text += fmt::format(" and {} more", request.connected_total - names.size());
  return text;
}

void add_slowest(std::vector<RequestLine>& lines, const ReportRequests& row) {
  for (size_t i = 0; i < std::min(row.slowest.size(), kSlowestTold); ++i) {
    const Request& request = row.slowest[i];
    lines.push_back({2, fmt::format("{}request {} at {} ({}): {}{}", i == 0 ? "slowest: " : "", request.id,
                                    time_text(request.ready), who(request), request_time_words(request),
                                    meanwhile(request))});
  }
}

}  // namespace

std::string request_time_words(const Request& request) {
  std::vector<std::string> parts;
  const auto add = [&](std::string_view what, Ns time, const std::string& how = "") {
    if (time > 0) parts.push_back(fmt::format("{} {}{}", what, duration_text(time), how));
  };
  const RequestTime& time = request.time;
  add("queued", request.queue());
  add("running", request.running());
  add("waiting for a CPU", time.runnable);
  std::string blocked_in;
  if (time.longest_block.dur > 0) {
    blocked_in = time.longest_block.spec ? fmt::format(" in {}", time.longest_block.spec->name)
                                         : " in a call that is not recorded";
    if (time.longest_block.dur < time.blocked)
      blocked_in = fmt::format(", {} of it{}", duration_text(time.longest_block.dur), blocked_in);
    if (!time.longest_block.path.empty()) blocked_in += " " + terminal_text(time.longest_block.path);
  }
  add("blocked", time.blocked, blocked_in);
  std::string away;
  if (time.longest_away.dur > 0 && time.longest_away.to_tid != time.longest_away.from_tid)
    away = fmt::format(", then thread {}", time.longest_away.to_tid);
  add(request.through_ring ? "from the ring and back" : "elsewhere", request.elsewhere(), away);
  return fmt::format("{}{}{}", duration_text(request.latency()), parts.empty() ? "" : ": ",
                     fmt::join(parts, ", "));
}

std::vector<RequestLine> request_words(const Report& report, Pid pid) {
  std::vector<RequestLine> lines;
  for (const ReportRequests& row : report.requests) {
    if (row.pid != pid) continue;
    if (row.requests > 0 || row.not_delimitable.empty()) {
      lines.push_back({0, heading_of(row)});
      for (size_t i = 0; i < std::min(row.listeners.size(), kListenersTold); ++i)
        lines.push_back({2, listener_words(row.listeners[i])});
      if (row.latency) {
        lines.push_back({2, "p50 / p90 / p99 / max: latency " + quantile_words(row.latency)});
        lines.push_back({4, fmt::format("queued {}, service {}", quantile_words(row.queue),
                                        quantile_words(row.service))});
      }
      if (row.per_request) lines.push_back({2, per_request_words(*row.per_request)});
      add_slowest(lines, row);
    }
    if (!row.not_delimitable.empty())
      lines.push_back({row.requests > 0 ? 2U : 0U,
                       fmt::format("requests that cannot be told apart: {}", row.not_delimitable)});
  }
  return lines;
}

std::string request_rule_words(const Report& report) {
  for (const ReportRequests& row : report.requests)
    if (row.requests > 0) return fmt::format("Of requests: {}.", kRequestRule);
  return {};
}

}  // namespace loopscope::trace_model
