// SPDX-License-Identifier: Apache-2.0
#include <utility>

#include <fmt/format.h>

#include "trace-model/trace_reader.h"

namespace loopscope::trace_model {

std::expected<TraceFile, std::string> TraceFile::open(const std::string& path,
                                                      const TraceReader::Limits& limits) {
  auto file = InputFile::open(path);
  if (!file) return std::unexpected(file.error());
  return TraceFile(std::move(*file), limits);
}

TraceFile::TraceFile(InputFile file, const TraceReader::Limits& limits)
    : file_(std::move(file)), reader_(limits) {}

std::expected<const Record*, std::string> TraceFile::next() {
  for (;;) {
    if (const Record* record = reader_.next()) return record;
    if (!reader_.refusal().empty()) return std::unexpected(fmt::format("{}: {}", path(), reader_.refusal()));
    if (ended_) break;
    const auto more = reader_.read_from(file_);
    if (!more) return std::unexpected(more.error());
    ended_ = !*more;
  }
  if (reader_.record_count()) return nullptr;
  return std::unexpected(reader_.checks().why_empty(path()));
}

}  // namespace loopscope::trace_model
