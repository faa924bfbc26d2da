// SPDX-License-Identifier: Apache-2.0
#include "trace-model/report_words.h"

#include <algorithm>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "trace-model/duration_text.h"
#include "trace-model/symbols.h"
#include "trace-model/terminal_text.h"
#include "trace-model/uring_ops.h"

namespace loopscope::trace_model {
namespace {

std::string joined_names(const SymbolTable& table, uint32_t bits) {
  return fmt::format("{}", fmt::join(names_of(table, bits), "|"));
}

std::string origin_words(const ReportListener& listener) {
  if (listener.origin == ListenerOrigin::Inherited) return "inherited: another program or process made it";
  if (listener.origin != ListenerOrigin::Bind || !listener.listen_t) return {};
  std::string text = fmt::format("listening since {}", time_text(*listener.listen_t));
  if (listener.bind_t) text = fmt::format("bound at {}, {}", time_text(*listener.bind_t), text);
  return text;
}

// Where IORING_OP_EPOLL_CTL did it.
std::string through_ring(const Registration& registration, const Report& report) {
  if (registration.how != WatchedBy::UringEpollCtl) return {};
  const auto ring = std::ranges::find(report.rings, registration.ring, &ReportRing::ring);
  if (ring == report.rings.end() || ring->fd < 0) return " through io_uring";
  return fmt::format(" through io_uring {}", ring->fd);
}

std::string by_thread(const ReportListener& listener, const Registration& registration) {
  return registration.tid && registration.tid != listener.pid ? fmt::format(" by thread {}", registration.tid)
                                                              : "";
}

std::string when_words(const Registration& registration, const Report& report) {
  const bool once = registration.how == WatchedBy::EpollCtl || registration.how == WatchedBy::UringEpollCtl;
  if (registration.origin == Origin::Trace)
    return fmt::format("{}at {}", once ? "" : "first ", time_text(registration.t));
  return report.recorded.anything ? "before the recording began" : "";
}

std::string registration_words(const ReportListener& listener, const Registration& registration,
                               const Report& report) {
  std::string text;
  switch (registration.how) {
    case WatchedBy::EpollCtl:
    case WatchedBy::UringEpollCtl:
      text = fmt::format("registered with epoll {} ({}, data {:#x})", registration.epfd,
                         joined_names(symbols::kEpollEvents, registration.events), registration.data);
      if (registration.fd != listener.fd) text += fmt::format(" under the number {}", registration.fd);
      text += through_ring(registration, report) + by_thread(listener, registration);
      break;
    case WatchedBy::Poll:
    case WatchedBy::Select:
      text = fmt::format("in the {} set of thread {}",
                         registration.how == WatchedBy::Poll ? "poll" : "select", registration.tid);
      if (registration.how == WatchedBy::Poll)
        text += fmt::format(" ({})", joined_names(symbols::kPollEvents, registration.events));
      break;
    case WatchedBy::BlockingAccept:
      text = fmt::format("thread {} blocks in accept on it", registration.tid);
      break;
    case WatchedBy::Uring:
      text = fmt::format("{}{} in io_uring {}", registration.multishot ? "multishot " : "",
                         uring_op(registration.op) ? uring_op(registration.op)->name : "an operation",
                         registration.epfd);
      break;
  }
  if (const std::string when = when_words(registration, report); !when.empty()) text += ", " + when;
  if (registration.adds > 1) text += fmt::format(", added again {}", counted(registration.adds - 1, "time"));
  if (registration.removed_t) text += fmt::format(", removed at {}", time_text(*registration.removed_t));
  return text;
}

bool has_ring(const Report& report, Pid pid) {
  return std::ranges::any_of(report.processes,
                             [pid](const ReportProcess& p) { return p.pid == pid && p.io_uring; });
}

// Who waits for connections on the same socket.
std::string others_words(const ReportListener& listener, const Report& report) {
  std::vector<Pid> others;
  for (const ReportListener& other : report.listeners)
    if (other.file == listener.file && other.pid != listener.pid && !other.registrations.empty() &&
        std::ranges::find(others, other.pid) == others.end())
      others.push_back(other.pid);
  if (others.empty()) return {};
  constexpr size_t kNamed = 8;
  const size_t left_out = others.size() > kNamed ? others.size() - kNamed : 0;
  others.resize(others.size() - left_out);
  std::string text = fmt::format("process{} {}", others.size() == 1 ? "" : "es", fmt::join(others, ", "));
  if (left_out) text += fmt::format(" and {} more", left_out);
  return text + (others.size() == 1 ? " waits on it" : " wait on it");
}

std::string unregistered_words(const ReportListener& listener, const Report& report) {
  if (has_ring(report, listener.pid) && !report.recorded.ring_operations)
    return "no registration is known: the process has an io_uring ring, whose operations were not recorded";
  std::string text = "not registered: this process does not wait on it";
  if (const std::string others = others_words(listener, report); !others.empty()) text += "; " + others;
  return text;
}

std::string traffic_words(const ReportListener& listener) {
  std::vector<std::string> parts;
  if (listener.accepts) parts.push_back(counted(*listener.accepts, "connection") + " accepted");
  if (listener.wakeups && !listener.registrations.empty())
    parts.push_back(counted(*listener.wakeups, "wakeup"));
  return fmt::format("{}", fmt::join(parts, ", "));
}

std::string queue_words(const ReportListener& listener) {
  const int64_t most = listener.queue_max.value_or(0), dropped = listener.dropped.value_or(0);
  if (most <= 0 && dropped <= 0) return {};
  std::string text = fmt::format("accept queue: at most {}", count_text(uint64_t(most)));
  if (listener.backlog) text += fmt::format(" of {}", *listener.backlog);
  if (dropped > 0) text += "; " + counted(uint64_t(dropped), "connection attempt") + " dropped";
  return text;
}

}  // namespace

std::vector<std::string> listener_words(const ReportListener& listener, const Report& report) {
  std::string head = fmt::format("fd {} {} {} {}", listener.fd,
                                 listener.closed_t ? "was a listening socket:" : "is a listening socket:",
                                 kind_name(listener.kind), terminal_text(listener.address));
  const auto of_process = [&](const ReportListener& other) {
    return other.pid == listener.pid && !other.closed_t;
  };
  if (!listener.closed_t && std::ranges::count_if(report.listeners, of_process) == 1)
    head.replace(head.find("is a"), 4, "is the");
  if (listener.backlog) head += fmt::format(", backlog {}", *listener.backlog);
  if (listener.inode) head += fmt::format(", inode {}", listener.inode);
  std::vector<std::string> lines{std::move(head)};
  if (std::string origin = origin_words(listener); !origin.empty()) lines.push_back(std::move(origin));
  if (listener.registrations.empty() && !listener.closed_t)
    lines.push_back(unregistered_words(listener, report));
  for (const Registration& registration : listener.registrations)
    lines.push_back(registration_words(listener, registration, report));
  const bool used = listener.accepts.value_or(0) || !listener.registrations.empty();
  if (std::string traffic = traffic_words(listener); used && !traffic.empty())
    lines.push_back(std::move(traffic));
  if (std::string queue = queue_words(listener); !queue.empty()) lines.push_back(std::move(queue));
  if (listener.closed_t) lines.push_back(fmt::format("closed at {}", time_text(*listener.closed_t)));
  return lines;
}

std::string wait_words(const ReportLoop& loop) {
  switch (loop.wait) {
    case WaitKind::Epoll:
      return fmt::format("epoll {}", loop.fd);
    case WaitKind::Uring:
      return fmt::format("io_uring {}", loop.fd);
    case WaitKind::Accept:
      return fmt::format("accept on fd {}", loop.fd);
    default:
      return std::string(wait_kind_name(loop.wait));
  }
}

std::string cause_words(const std::array<uint64_t, kWakeCauses>& counts) {
  std::vector<std::pair<uint64_t, size_t>> causes;
  for (size_t cause = 0; cause < kWakeCauses; ++cause)
    if (counts[cause]) causes.emplace_back(counts[cause], cause);
  std::ranges::stable_sort(causes, std::greater(), &std::pair<uint64_t, size_t>::first);
  std::string text;
  for (const auto& [count, cause] : causes)
    text += fmt::format("{}{} {}", text.empty() ? "" : ", ", wake_cause_name(WakeCause(cause)),
                        count_text(count));
  return text;
}

std::string asleep_words(const ReportLoop& loop, const Report& report) {
  if (!loop.asleep.pending) return {};
  if (!report.recorded.anything) return fmt::format("asleep in {} now", loop.asleep.call);
  if (loop.asleep_all_along) return fmt::format("asleep in {} for the whole recording", loop.asleep.call);
  const Ns slept = time_between(loop.asleep.since, report.last_t);
  return fmt::format("asleep in {} at the end, for {}{}", loop.asleep.call,
                     loop.asleep.start_known ? "" : "at least ", duration_text(slept));
}

std::vector<std::string> finding_words(const Finding& finding) {
  std::vector<std::string> lines{
      fmt::format("{}{}: {}{}.", finding.severity == "warning" ? "Warning" : "Note",
                  finding.sure == "likely" ? ", likely" : "",
                  finding.advice.empty() ? "" : finding.kind + ": ", finding.text)};
  if (!finding.advice.empty()) lines.push_back(fmt::format("  What to do: {}.", finding.advice));
  if (!finding.next.empty()) lines.push_back(fmt::format("  Next: {}", terminal_text(finding.next)));
  return lines;
}

std::vector<std::string> not_checked_words(const Report& report) {
  std::vector<std::string> lines;
  for (size_t i = 0; i < report.not_checked.size();) {
    const std::string& why = report.not_checked[i].why;
    std::string kinds;
    for (; i < report.not_checked.size() && report.not_checked[i].why == why; ++i)
      kinds += (kinds.empty() ? "" : ", ") + report.not_checked[i].kind;
    lines.push_back(fmt::format("Not checked: {}, because {}.", kinds, why));
  }
  return lines;
}

}  // namespace loopscope::trace_model
