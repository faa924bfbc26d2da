// SPDX-License-Identifier: Apache-2.0
#include "viewer/logic/comparing.h"

#include <expected>

#include "trace-model/analysis/analysis.h"
#include "trace-model/analysis/requests.h"
#include "trace-model/parallel_reader.h"
#include "trace-model/report.h"
#include "trace-model/terminal_text.h"

namespace loopscope::viewer {

using namespace trace_model;

namespace {

std::expected<TraceFigures, std::string> figures_of_file(const std::string& path,
                                                         const std::atomic<bool>& stopped) {
  auto file = ParallelReader::open(path);
  if (!file) return std::unexpected(file.error());
  Analysis analysis;
  RequestOptions options;
  options.parts = true;
  options.wanted = 0;
  Requests requests(analysis, options);
  analysis.add(requests);
  for (;;) {
    const auto record = file->next();
    if (!record) return std::unexpected(record.error());
    if (!*record || stopped) break;
    analysis.apply(*(*record)->event);
  }
  analysis.finish();
  requests.finish();
  Report report = make_report(analysis.model());
  add_requests(report, requests);
  return trace_figures(report, requests, path);
}

}  // namespace

Comparing::~Comparing() {
  stop();
}

void Comparing::stop() {
  stopped_ = true;
  if (thread_.joinable()) thread_.join();
  stopped_ = false;
}

void Comparing::start(const std::string& a, const std::string& b) {
  stop();
  busy_ = true;
  trouble_.clear();
  comparison_.reset();
  thread_ = std::thread([this, a, b] {
    auto first = figures_of_file(a, stopped_);
    auto second = first ? figures_of_file(b, stopped_) : first;
    {
      const std::lock_guard lock(mutex_);
      if (second)
        new_comparison_ = compare(std::move(*first), std::move(*second));
      else
        new_trouble_ = terminal_text(second.error());
      busy_ = false;
    }
    wake_();
  });
}

bool Comparing::poll() {
  const std::lock_guard lock(mutex_);
  if (!new_comparison_ && new_trouble_.empty()) return false;
  comparison_ = std::exchange(new_comparison_, std::nullopt);
  trouble_ = std::exchange(new_trouble_, {});
  return true;
}

}  // namespace loopscope::viewer
