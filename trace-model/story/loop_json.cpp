// SPDX-License-Identifier: Apache-2.0
#include "trace-model/story/loop_json.h"

#include <nlohmann/json.hpp>

#include "trace-model/json_optional.h"
#include "trace-model/story/burst_words.h"
#include "trace-model/symbols.h"
#include "trace-model/uring_ops.h"

namespace loopscope::trace_model {
namespace {

using nlohmann::ordered_json;

ordered_json durations_json(const DurationHistogram& durations) {
  if (durations.count() == 0) return {};
  return {{"p50", durations.quantile(0.5)},
          {"p90", durations.quantile(0.9)},
          {"p99", durations.quantile(0.99)},
          {"max", durations.max()},
          {"count", durations.count()}};
}

ordered_json ready_json(const ReadyFile& ready) {
  ordered_json json{{"fd", {}}, {"kind", kind_name(ready.kind)}};
  if (ready.fd >= 0) json["fd"] = ready.fd;
  if (ready.completion) {
    const UringOp* op = uring_op(ready.op);
    json["op"] = op ? op->name : "";
  } else {
    json["events"] = names_of(symbols::kEpollEvents, ready.events);
    json["served_ns"] = or_null(ready.served);
  }
  if (ready.listening) json["listening"] = true;
  if (ready.nothing_there) json["nothing_there"] = true;
  return json;
}

ordered_json stretch_json(const Stretch& stretch) {
  if (stretch.dur <= 0) return {};
  ordered_json json{{"id", stretch.record}, {"t", stretch.t}, {"ns", stretch.dur}, {"call", {}}};
  if (stretch.spec) json["call"] = stretch.spec->name;
  if (stretch.fd >= 0) json["fd"] = stretch.fd;
  if (!stretch.path.empty()) json["path"] = stretch.path;
  if (stretch.state) json["state"] = std::string(1, stretch.state);
  if (stretch.serving_fd >= 0) json["serving_fd"] = stretch.serving_fd;
  return json;
}

}  // namespace

ordered_json causes_json(const std::array<uint64_t, kWakeCauses>& causes) {
  ordered_json json = ordered_json::object();
  for (size_t cause = 0; cause < kWakeCauses; ++cause)
    if (causes[cause]) json[std::string(wake_cause_name(WakeCause(cause)))] = causes[cause];
  return json;
}

ordered_json woken_json(const Woken& woken) {
  ordered_json json{{"t", or_null(woken.t)}, {"delay_ns", {}}, {"context", wake_context_name(woken.context)}};
  if (woken.t) json["delay_ns"] = woken.delay;
  json["by"] = {};
  if (woken.by_tid) json["by"] = {{"pid", woken.by_pid}, {"tid", woken.by_tid}, {"comm", woken.by_comm}};
  if (woken.by_spec) json["call"] = {{"id", woken.by_call}, {"call", woken.by_spec->name}};
  return json;
}

ordered_json link_json(const Link& link) {
  return {{"how", link_how_name(link.how)},
          {"sure", link.certain ? "certain" : "likely"},
          {"from_tid", link.from_tid},
          {"to_tid", link.to_tid},
          {"t", link.t},
          {"evidence", link.evidence}};
}

ordered_json window_json(const Window& window) {
  ordered_json json{{"from", {}}, {"to", {}}};
  if (window.from != INT64_MIN) json["from"] = window.from;
  if (window.until != INT64_MAX) json["to"] = window.until;
  return json;
}

ordered_json burst_json(const Burst& burst) {
  ordered_json json{{"id", burst.id},
                    {"t", burst.start},
                    {"dur", burst.length()},
                    {"pid", burst.pid},
                    {"tid", burst.tid},
                    {"cause", wake_cause_name(burst.cause)},
                    {"slept", burst.slept == Slept::Yes  ? "yes"
                              : burst.slept == Slept::No ? "no"
                                                         : "likely"},
                    {"waited_ns", or_null(burst.waited)},
                    {"woken", woken_json(burst.woken)},
                    {"running_ns", burst.running()},
                    {"runnable_ns", burst.runnable},
                    {"blocked_ns", burst.blocked},
                    {"iterations", burst.iterations},
                    {"looked_again", burst.looks},
                    {"found_ready", burst.found_ready},
                    {"calls", burst.calls},
                    {"connections", burst.connections},
                    {"switches", burst.switches}};
  json["ready"] = ordered_json::array();
  for (const ReadyFile& ready : burst.ready) json["ready"].push_back(ready_json(ready));
  if (burst.ready_total > burst.ready.size()) json["ready_total"] = burst.ready_total;
  json["opened"] = ordered_json::array();
  for (const OpenedPath& opened : burst.opened) {
    ordered_json& row = json["opened"].emplace_back(
        ordered_json{{"id", opened.call}, {"t", opened.t}, {"path", opened.path}});
    if (opened.error) row["error"] = error_name(opened.error);
  }
  if (burst.opened_total > burst.opened.size()) json["opened_total"] = burst.opened_total;
  json["longest"] = {{"running", stretch_json(burst.longest_run)},
                     {"runnable", stretch_json(burst.longest_runnable)},
                     {"blocked", stretch_json(burst.longest_block)}};
  if (burst.caused_by) json["caused_by"] = link_json(*burst.caused_by);
  json["root"] = burst.root;
  if (burst.overlaps_loss) json["overlaps_loss"] = true;
  if (burst.unfinished) json["unfinished"] = true;
  json["text"] = burst_story(burst);
  return json;
}

ordered_json bursts_json(const ReportLoop& loop) {
  const LoopFigures& figures = loop.figures;
  ordered_json json{{"count", figures.bursts},
                    {"causes", causes_json(figures.causes)},
                    {"already_ready", figures.already_ready},
                    {"looked_again", figures.looks},
                    {"length_ns", durations_json(figures.length)},
                    {"wake_delay_ns", durations_json(figures.delay)},
                    {"served_delay_ns", durations_json(figures.served)},
                    {"unserved", figures.unserved},
                    {"running_ns", figures.running},
                    {"runnable_ns", {}},
                    {"blocked_ns", {}},
                    {"waited_ns", figures.waited},
                    {"observed_ns", loop.observed},
                    {"load", loop.load},
                    {"rate_per_s", loop.rate_per_s},
                    {"saturated_ns", figures.saturated},
                    {"switches", {}},
                    {"calls", figures.calls}};
  if (loop.scheduled) {
    json["runnable_ns"] = figures.runnable;
    json["blocked_ns"] = figures.blocked;
    json["switches"] = figures.switches;
  }
  json["wakers"] = ordered_json::array();
  for (const Waker& waker : figures.wakers) {
    if (waker.tid < 0) {
      json["wakers"].push_back({{"others", true}, {"count", waker.count}});
      continue;
    }
    ordered_json& row = json["wakers"].emplace_back(
        ordered_json{{"context", wake_context_name(waker.context)}, {"pid", {}}, {"tid", {}}, {"comm", {}}});
    if (waker.tid) row["pid"] = waker.pid, row["tid"] = waker.tid, row["comm"] = waker.comm;
    row["call"] = waker.spec ? ordered_json(waker.spec->name) : ordered_json();
    row["count"] = waker.count;
  }
  json["slowest"] = ordered_json::array();
  for (const Burst& burst : figures.slowest) json["slowest"].push_back(burst_json(burst));
  json["coverage"] = {{"delays_unknown", figures.delays_unknown},
                      {"sleeps_assumed", figures.sleeps_assumed},
                      {"overlap_loss", figures.overlap_loss}};
  return json;
}

}  // namespace loopscope::trace_model
