// SPDX-License-Identifier: Apache-2.0
#include "trace-model/report_ring_json.h"

#include <fmt/format.h>

#include "trace-model/report_ring_words.h"
#include "trace-model/symbols.h"

namespace loopscope::trace_model {
namespace {

using nlohmann::ordered_json;

std::string error_words(int number) {
  const std::string_view name = error_name(number);
  return name.empty() ? std::to_string(number) : std::string(name);
}

ordered_json op_json(const ReportOp& op) {
  ordered_json json{{"op", op_words(op.op)},     {"taken", op.submitted},
                    {"found", op.found},         {"completed", op.completed},
                    {"silent", op.silent},       {"in_flight", op.in_flight - op.undecided},
                    {"undecided", op.undecided}, {"results", op.results},
                    {"failed", op.failed},       {"errors", ordered_json::object()},
                    {"punted", op.punted},       {"multishot_ended", op.ended},
                    {"unmatched", op.unmatched}, {"without_call", op.without_call}};
  for (const auto& [number, count] : op.errors) json["errors"][error_words(number)] = count;
  if (op.given_up) json["given_up"] = op.given_up;
  json["latency_ns"] = quantiles_json(op.latency);
  json["armed_ns"] = quantiles_json(op.to_armed);
  json["ready_ns"] = quantiles_json(op.to_woken);
  json["posted_ns"] = quantiles_json(op.to_cqe);
  json["returned_ns"] = quantiles_json(op.to_return);
  return json;
}

ordered_json batches_json(const ReportRing& ring) {
  ordered_json list = ordered_json::array();
  for (size_t i = 0; i < ring.batches.size(); ++i)
    if (ring.batches[i])
      list.push_back({{"from", i ? uint64_t{1} << (i - 1) : 0},
                      {"to", i ? (uint64_t{1} << i) - 1 : 0},
                      {"enters", ring.batches[i]}});
  return list;
}

ordered_json ended_json(const EndedMultishot& end) {
  ordered_json json{{"sqe", end.sqe}, {"cqe", end.cqe}, {"t", end.t}, {"op", op_words(end.op)}};
  json[end.fixed ? "slot" : "fd"] = end.fd;
  json["file"] = end.file && end.file < kFirstPrivateFile ? ordered_json(end.file) : ordered_json();
  json["error"] = end.error ? ordered_json(error_words(end.error)) : ordered_json();
  return json;
}

}  // namespace

ordered_json quantiles_json(const std::optional<Quantiles>& quantiles) {
  if (!quantiles) return {};
  return {{"p50", quantiles->p50}, {"p99", quantiles->p99}, {"max", quantiles->max}};
}

ordered_json ring_json(const ReportRing& ring) {
  ordered_json json{{"pid", ring.pid}, {"ring", {}}, {"fd", {}}};
  if (ring.ring < kFirstPrivateFile) json["ring"] = ring.ring;
  if (ring.fd >= 0) json["fd"] = ring.fd;
  json["sq_entries"] = ring.sq_entries;
  json["cq_entries"] = ring.cq_entries;
  json["flags"] = names_of(symbols::kUringSetupFlags, ring.flags);
  json["origin"] = ring.origin == Origin::Trace ? "trace" : "snapshot";
  json["t"] = ring.origin == Origin::Trace ? ordered_json(ring.since) : ordered_json();
  if (ring.closed_t) json["closed_t"] = *ring.closed_t;
  json["sq_thread"] = ring.sq_thread ? ordered_json(ring.sq_thread) : ordered_json();
  json["sq_thread_cpu_ns"] = ring.sq_thread_cpu_ns ? ordered_json(*ring.sq_thread_cpu_ns) : ordered_json();
  json["enters"] = ring.enters;
  json["sqes"] = ring.sqes;
  json["cqes"] = ring.cqes;
  json["sqes_per_enter"] = batches_json(ring);
  json["calls_replaced"] = ring.calls_replaced;
  json["overflows"] = ring.overflows;
  json["operations"] = ordered_json::array();
  for (const ReportOp& op : ring.ops) json["operations"].push_back(op_json(op));
  json["multishot_ended"] = ordered_json::array();
  for (const EndedMultishot& end : ring.ended) json["multishot_ended"].push_back(ended_json(end));
  return json;
}

}  // namespace loopscope::trace_model
