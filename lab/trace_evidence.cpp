// SPDX-License-Identifier: Apache-2.0
#include "lab/trace_evidence.h"

#include <nettle/sha2.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <fstream>

#include <fmt/format.h>

#include "trace-model/analysis/analysis.h"
#include "trace-model/parallel_reader.h"
#include "trace-model/query.h"
#include "trace-model/report_json.h"
#include "trace-model/story/opened_words.h"
#include "trace-model/trace_report.h"

namespace loopscope::lab {

using trace_model::Event;

namespace {

// "triggers": how each listener is registered with epoll, one row for each registration.
void add_triggers(Json& report) {
  Json rows = Json::array();
  for (const Json& listener : report.value("listeners", Json::array()))
    for (const Json& registration : listener.value("registrations", Json::array())) {
      if (!registration.contains("epfd") || registration["epfd"].is_null()) continue;
      const Json events = registration.value("events", Json::array());
      const bool edge = std::find(events.begin(), events.end(), "EPOLLET") != events.end();
      rows.push_back({{"pid", listener["pid"]},
                      {"fd", listener["fd"]},
                      {"address", listener["address"]},
                      {"trigger", edge ? "edge" : "level"}});
    }
  report["triggers"] = std::move(rows);
}

// Which descriptor a wait told of: the recorder writes it where it knows, a log of strace leaves it to its
// reader.
void add_joined(Json& record, const Event& event) {
  const auto* call = std::get_if<trace_model::Call>(&event);
  const auto ready = record.find("ready");
  if (!call || ready == record.end() || !ready->is_array()) return;
  for (size_t i = 0; i < std::min(ready->size(), call->ready.size()); ++i)
    if (call->ready[i].fd >= 0 && (*ready)[i].is_object()) (*ready)[i].emplace("fd", call->ready[i].fd);
}

// "waits": the wakeup, and the last wait of its thread before the work was done or handed on. Waits that do
// not sleep belong to the wakeup before them; whoever names the one that returned last has seen as much.
void add_waits(Json& file, const std::vector<Json>& waits) {
  const Json wakeup = file.value("wakeup", Json());
  if (!wakeup.is_object()) return;
  uint64_t until = file["id"], last = wakeup["id"];
  if (const Json links = file.value("links", Json::array()); !links.empty())
    until = links[0].value("evidence", until);
  for (const Json& wait : waits)
    if (wait["tid"] == wakeup["tid"] && wait["id"] < until) last = std::max(last, wait["id"].get<uint64_t>());
  file["waits"] = Json::array({wakeup["id"], last});
}

}  // namespace

std::expected<std::unique_ptr<TraceEvidence>, std::string> TraceEvidence::open(const std::string& path) {
  const auto report = trace_model::report_of_trace(path);
  if (!report) return std::unexpected(report.error());
  std::unique_ptr<TraceEvidence> made(new TraceEvidence(path));
  made->report_ = Json::parse(trace_model::report_json(*report));
  add_triggers(made->report_);
  return made;
}

std::expected<const std::vector<Json>*, std::string> TraceEvidence::find(const std::string& text) {
  if (const auto known = found_.find(text); known != found_.end()) return &known->second;
  const auto query = trace_model::Query::parse(text);
  if (!query) return std::unexpected(query.error());
  auto file = trace_model::ParallelReader::open(path_);
  if (!file) return std::unexpected(file.error());
  std::vector<Json>& records = found_[text];
  trace_model::Model model;
  for (;;) {
    const auto record = file->next();
    if (!record) return std::unexpected(record.error());
    if (!*record || records.size() >= kMostRecords) return &records;
    Event& event = *(*record)->event;
    model.join(event);
    if (query->matches(event))
      add_joined(records.emplace_back(Json::parse((*record)->line, nullptr, false)), event);
    model.apply(event);
  }
}

std::expected<const Json*, std::string> TraceEvidence::opened(const std::string& path) {
  if (const auto known = opened_.find(path); known != opened_.end()) return &known->second;
  if (path.empty()) return std::unexpected("no path is stated");
  trace_model::Analysis analysis;
  trace_model::OpenedFiles::Options options;
  options.contains = path;
  trace_model::OpenedFiles files(options);
  analysis.add(files);
  const auto read = trace_model::read_trace(path_, [&](Event& event) { analysis.apply(event); });
  if (!read) return std::unexpected(read.error());
  analysis.finish();
  const Json said = Json::parse(trace_model::opened_report_json(files, path, make_report(analysis.model())));
  Json& found = opened_[path] = said["files"];
  const auto waits =
      find("call=epoll_wait,epoll_pwait,epoll_pwait2,poll,ppoll,select,pselect6,io_uring_enter");
  if (!waits) return std::unexpected(waits.error());
  for (Json& file : found) add_waits(file, **waits);
  return &found;
}

std::expected<std::string, std::string> digest_of(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) return std::unexpected(fmt::format("{}: {}", path, strerror(errno)));
  sha256_ctx context{};
  sha256_init(&context);
  std::array<char, 1 << 16> block{};
  while (file.read(block.data(), block.size()), file.gcount() > 0)
    sha256_update(&context, size_t(file.gcount()), reinterpret_cast<const uint8_t*>(block.data()));
  if (file.bad()) return std::unexpected(fmt::format("{} cannot be read", path));
  std::array<uint8_t, SHA256_DIGEST_SIZE> digest{};
  sha256_digest(&context, digest.size(), digest.data());
  std::string hex;
  for (const uint8_t byte : digest) hex += fmt::format("{:02x}", byte);
  return hex;
}

}  // namespace loopscope::lab
