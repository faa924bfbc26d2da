// SPDX-License-Identifier: Apache-2.0
#include "trace-model/report_json.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "trace-model/json_optional.h"
#include "trace-model/report_request_json.h"
#include "trace-model/report_ring_json.h"
#include "trace-model/story/loop_json.h"
#include "trace-model/story/loop_words.h"
#include "trace-model/story/opened_words.h"
#include "trace-model/symbols.h"
#include "trace-model/uring_ops.h"

namespace loopscope::trace_model {
namespace {

using nlohmann::ordered_json;

ordered_json process_json(const ReportProcess& process) {
  ordered_json json{{"pid", process.pid}, {"ppid", process.ppid}};
  if (process.nspid) json["nspid"] = process.nspid;
  json["comm"] = process.comm;
  json["exe"] = process.exe;
  json["cmdline"] = process.cmdline;
  json["threads"] = ordered_json::array();
  for (const ThreadName& thread : process.threads)
    json["threads"].push_back({{"tid", thread.tid}, {"comm", thread.comm}});
  json["io_uring"] = process.io_uring;
  json["cpu_ns"] = or_null(process.cpu_ns);
  if (process.io_uring)
    json["io_uring_cpu_ns"] = {{"sqpoll", process.cpu_sqpoll_ns}, {"workers", process.cpu_workers_ns}};
  if (process.exit_t) {
    json["exit_t"] = *process.exit_t;
    json[process.exit_signal ? "exit_signal" : "exit_code"] =
        process.exit_signal ? process.exit_signal : process.exit_code;
  }
  return json;
}

bool in_epoll(WatchedBy how) {
  return how == WatchedBy::EpollCtl || how == WatchedBy::UringEpollCtl;
}

ordered_json registration_json(const Registration& registration) {
  const bool epoll = in_epoll(registration.how);
  const bool traced = registration.origin == Origin::Trace;
  ordered_json json{{"how", watched_by_name(registration.how)}, {"epfd", {}}, {"ring", {}}, {"t", {}}};
  if (epoll) json["epfd"] = registration.epfd;
  const FileId ring = registration.how == WatchedBy::Uring ? registration.instance : registration.ring;
  if (ring) json["ring"] = ring;
  if (traced) json["t"] = registration.t;
  json["events"] = names_of(epoll ? symbols::kEpollEvents : symbols::kPollEvents, registration.events);
  json["data"] = epoll ? ordered_json(fmt::format("{:#x}", registration.data)) : ordered_json();
  json["origin"] = traced ? "trace" : "snapshot";
  json["fd"] = registration.fd;
  if (registration.tid) json["tid"] = registration.tid;
  if (epoll) json["adds"] = registration.adds;
  if (registration.how == WatchedBy::Uring) {
    const UringOp* op = uring_op(registration.op);
    json["op"] = op ? op->name : "";
    json["multishot"] = registration.multishot;
  }
  if (registration.removed_t) json["removed_t"] = *registration.removed_t;
  return json;
}

ordered_json listener_json(const ReportListener& listener) {
  ordered_json json{{"pid", listener.pid},
                    {"fd", listener.fd},
                    {"file", {}},
                    {"inode", listener.inode},
                    {"address", listener.address},
                    {"kind", kind_name(listener.kind)},
                    {"backlog", or_null(listener.backlog)},
                    {"origin", listener_origin_name(listener.origin)},
                    {"bind_t", or_null(listener.bind_t)},
                    {"listen_t", or_null(listener.listen_t)}};
  if (listener.file < kFirstPrivateFile)
    json["file"] = listener.file;  // private numbers are not in the trace
  if (listener.closed_t) json["closed_t"] = *listener.closed_t;
  json["registrations"] = ordered_json::array();
  for (const Registration& registration : listener.registrations)
    json["registrations"].push_back(registration_json(registration));
  json["accepts"] = or_null(listener.accepts);
  json["wakeups"] = or_null(listener.wakeups);
  json["accept_queue"] = {{"max", or_null(listener.queue_max)},
                          {"backlog", or_null(listener.backlog)},
                          {"dropped", or_null(listener.dropped)}};
  return json;
}

ordered_json loop_json(const ReportLoop& loop) {
  ordered_json json{{"pid", loop.pid},
                    {"tid", loop.tid},
                    {"comm", loop.comm},
                    {"wait", wait_kind_name(loop.wait)},
                    {"epfd", {}}};
  if (loop.wait == WaitKind::Epoll) json["epfd"] = loop.fd;
  if (loop.wait == WaitKind::Accept || loop.wait == WaitKind::Uring) json["fd"] = loop.fd;
  json["iterations"] = or_null(loop.iterations);
  json["wakeups"] = causes_json(wakeups_of(loop));
  json["returned"] = causes_json(loop.wakeups);
  json["busy_ns"] = quantiles_json(loop.busy);
  json["wait_ns"] = quantiles_json(loop.slept);
  json["cpu_ns"] = or_null(loop.cpu_ns);
  json["bursts"] = loop.figures.bursts ? bursts_json(loop) : ordered_json();
  json["asleep"] = {};
  if (loop.asleep.pending) {
    json["asleep"] = {{"call", loop.asleep.call},
                      {"pending", loop.asleep.pending},
                      {"since", {}},
                      {"all_along", loop.asleep_all_along}};
    if (loop.asleep.start_known) json["asleep"]["since"] = loop.asleep.since;
  }
  return json;
}

ordered_json finding_json(const Finding& finding) {
  ordered_json json{
      {"kind", finding.kind}, {"severity", finding.severity}, {"t", or_null(finding.t)}, {"tid", {}}};
  if (finding.tid) json["tid"] = finding.tid;
  json["evidence"] = finding.evidence;
  json["text"] = finding.text;
  if (finding.pid) json["pid"] = finding.pid;
  if (finding.fd >= 0) json["fd"] = finding.fd;
  if (finding.file) json["file"] = finding.file;
  json["sure"] = finding.sure.empty() ? "certain" : finding.sure;
  if (finding.hurt_ns > 0) json["hurt_ns"] = finding.hurt_ns;
  if (!finding.advice.empty()) json["advice"] = finding.advice;
  if (!finding.next.empty()) json["next"] = finding.next;
  return json;
}

ordered_json loss_json(const Report& report) {
  ordered_json json{{"count", std::max(report.lost, report.end ? report.end->lost : 0)},
                    {"gaps", ordered_json::array()}};
  for (const ReportGap& gap : report.gaps)
    json["gaps"].push_back({{"id", gap.id},
                            {"t", gap.t},
                            {"until", gap.until},
                            {"count", gap.count},
                            {"class", loss_class_name(gap.loss_class)}});
  if (report.gap_count > report.gaps.size()) json["gaps_total"] = report.gap_count;
  return json;
}

ordered_json trace_json(const Report& report) {
  ordered_json json = ordered_json::object();
  if (report.header) {
    json["started"] = report.header->started;
    json["tool"] = report.header->tool;
    json["kernel"] = report.header->kernel;
    json["io"] = report.recorded.io;
  }
  json["calls"] = report.calls;
  json["last_t"] = report.last_t;
  json["reason"] = report.end ? ordered_json(report.end->reason) : ordered_json();
  if (report.end && !report.end->error.empty()) json["error"] = report.end->error;
  if (report.end && !report.end->skipped.empty()) json["skipped"] = report.end->skipped;
  return json;
}

template <typename Rows, typename Json>
ordered_json list_of(const Rows& rows, Json&& json) {
  ordered_json list = ordered_json::array();
  for (const auto& row : rows) list.push_back(json(row));
  return list;
}

}  // namespace

std::string report_json(const Report& report) {
  ordered_json json;
  json["processes"] = list_of(report.processes, process_json);
  json["listeners"] = list_of(report.listeners, listener_json);
  json["loops"] = list_of(report.loops, loop_json);
  json["rings"] = list_of(report.rings, ring_json);
  json["requests"] = list_of(report.requests, requests_json);
  json["findings"] = list_of(report.findings, finding_json);
  json["not_checked"] = list_of(report.not_checked, [](const NotChecked& each) {
    return ordered_json{{"kind", each.kind}, {"why", each.why}};
  });
  json["loss"] = loss_json(report);
  json["complete"] = report.complete;
  if (!report.incomplete.empty()) json["incomplete"] = report.incomplete;
  if (report.listeners_left_out) json["listeners_left_out"] = report.listeners_left_out;
  if (report.threads_left_out) json["threads_left_out"] = report.threads_left_out;
  if (!report.window.all()) json["window"] = window_json(report.window);
  json["opened"] = list_of(report.opened, opened_json);
  json["trace"] = trace_json(report);
  return json.dump(1, ' ', false, ordered_json::error_handler_t::replace) + '\n';
}

}  // namespace loopscope::trace_model
