// SPDX-License-Identifier: Apache-2.0
#include "trace-model/report_request_json.h"

#include <cmath>

#include "trace-model/symbols.h"

namespace loopscope::trace_model {
namespace {

using nlohmann::ordered_json;

// Averages to three places: more digits than that are noise.
double rounded(double value) {
  return std::round(value * 1000) / 1000;
}

ordered_json rounded_or_null(const std::optional<double>& value) {
  return value ? ordered_json(rounded(*value)) : ordered_json();
}

template <typename Value>
ordered_json value_or_null(const Value& value, bool known) {
  return known ? ordered_json(value) : ordered_json();
}

std::string error_text(int error) {
  const std::string_view name = error_name(error);
  return name.empty() ? std::to_string(error) : std::string(name);
}

ordered_json per_request_json(const std::optional<PerRequest>& per) {
  if (!per) return {};
  return {{"calls", rounded(per->calls)},
          {"wakeups", rounded(per->wakeups)},
          {"cpu_ns", per->cpu_ns ? ordered_json(int64_t(std::llround(*per->cpu_ns))) : ordered_json()},
          {"switches", rounded_or_null(per->switches)},
          {"ring_operations", rounded(per->operations)},
          {"own_calls", rounded(per->own_calls)}};
}

ordered_json listener_json(const ReportListenerRequests& row) {
  ordered_json json{{"file", value_or_null(row.listener, row.listener && row.listener < kFirstPrivateFile)},
                    {"fd", value_or_null(row.fd, row.fd >= 0)},
                    {"address", value_or_null(row.address, row.listener != 0)},
                    {"count", row.requests},
                    {"exchanges", row.exchanges},
                    {"unanswered", row.unanswered},
                    {"in_progress", row.in_progress},
                    {"overlap_loss", row.overlap_loss},
                    {"several_writes", row.several_writes},
                    {"connections", row.connections},
                    {"only_read", row.only_read},
                    {"only_written", row.only_written},
                    {"bytes_in", row.bytes_in},
                    {"bytes_out", row.bytes_out}};
  json["latency_ns"] = request_quantiles_json(row.latency);
  json["queue_ns"] = request_quantiles_json(row.queue);
  json["service_ns"] = request_quantiles_json(row.service);
  return json;
}

ordered_json block_json(const Stretch& block) {
  if (block.dur <= 0) return {};
  ordered_json json{{"id", block.record}, {"t", block.t}, {"ns", block.dur}, {"call", {}}};
  if (block.spec) json["call"] = block.spec->name;
  if (block.fd >= 0) json["fd"] = block.fd;
  if (!block.path.empty()) json["path"] = block.path;
  return json;
}

ordered_json away_json(const Away& away) {
  if (away.dur <= 0) return {};
  return {{"t", away.t}, {"ns", away.dur}, {"from_tid", away.from_tid}, {"to_tid", away.to_tid}};
}

}  // namespace

ordered_json request_quantiles_json(const std::optional<RequestQuantiles>& quantiles) {
  if (!quantiles) return {};
  return {{"p50", quantiles->p50}, {"p90", quantiles->p90}, {"p99", quantiles->p99}, {"max", quantiles->max}};
}

ordered_json request_json(const Request& request) {
  ordered_json json{{"id", request.id}, {"pid", request.pid}, {"tid", request.tid}};
  json["fd"] = value_or_null(request.fd, request.fd >= 0);
  json["file"] = value_or_null(request.file, request.file && request.file < kFirstPrivateFile);
  json["peer"] = request.peer;
  json["label"] = request.label;
  json["number"] = request.number;
  json["t"] = request.ready;
  json["latency_ns"] = request.latency();
  json["queue_ns"] = request.queue();
  json["service_ns"] = request.service();
  json["running_ns"] = request.running();
  json["runnable_ns"] = request.time.runnable;
  json["blocked_ns"] = request.time.blocked;
  json["elsewhere_ns"] = request.elsewhere();
  json["longest_block"] = block_json(request.time.longest_block);
  json["longest_away"] = away_json(request.time.longest_away);
  json["first_write_t"] = value_or_null(request.first_write, request.writes > 0);
  json["last_write"] = value_or_null(request.last_write, request.writes > 0);
  json["reads"] = request.reads;
  json["writes"] = request.writes;
  json["calls"] = request.calls;
  json["bytes_in"] = request.bytes_in;
  json["bytes_out"] = request.bytes_out;
  json["threads"] = request.threads;
  json["opened"] = ordered_json::array();
  for (const OpenedPath& opened : request.opened) {
    json["opened"].push_back({{"id", opened.call}, {"t", opened.t}, {"path", opened.path}});
    if (opened.error) json["opened"].back()["error"] = error_text(opened.error);
  }
  if (request.opened_total > request.opened.size()) json["opened_total"] = request.opened_total;
  json["connected"] = ordered_json::array();
  for (const ConnectedTo& connected : request.connected) {
    json["connected"].push_back({{"id", connected.call}, {"t", connected.t}, {"address", connected.address}});
    if (connected.error) json["connected"].back()["error"] = error_text(connected.error);
  }
  if (request.connected_total > request.connected.size()) json["connected_total"] = request.connected_total;
  if (request.just_accepted) json["just_accepted"] = true;
  if (request.through_ring) json["through_ring"] = true;
  if (request.unfinished) json["unfinished"] = true;
  return json;
}

ordered_json requests_json(const ReportRequests& row) {
  ordered_json json{{"pid", row.pid}, {"count", row.requests}, {"exchanges", row.exchanges}};
  json["first_t"] = value_or_null(row.first, row.exchanges > 0);
  json["last_t"] = value_or_null(row.last, row.exchanges > 0);
  json["per_second"] = rounded_or_null(row.per_second());
  json["per_request"] = per_request_json(row.per_request);
  json["latency_ns"] = request_quantiles_json(row.latency);
  json["queue_ns"] = request_quantiles_json(row.queue);
  json["service_ns"] = request_quantiles_json(row.service);
  json["rule"] = kRequestRule;
  json["not_delimitable"] = value_or_null(row.not_delimitable, !row.not_delimitable.empty());
  json["listeners"] = ordered_json::array();
  for (const ReportListenerRequests& listener : row.listeners)
    json["listeners"].push_back(listener_json(listener));
  json["slowest"] = ordered_json::array();
  for (const Request& request : row.slowest) json["slowest"].push_back(request_json(request));
  return json;
}

}  // namespace loopscope::trace_model
