// SPDX-License-Identifier: Apache-2.0
#include "viewer/logic/loader.h"

#include <unistd.h>
#include <cerrno>
#include <chrono>
#include <cstring>

#include <fmt/format.h>

#include "trace-model/analysis/analysis.h"
#include "trace-model/duration_text.h"
#include "trace-model/findings/findings.h"
#include "trace-model/terminal_text.h"
#include "trace-model/trace_reader.h"
#include "viewer/logic/timeline_builder.h"

namespace loopscope::viewer {

using namespace trace_model;

namespace {

constexpr size_t kBlockBytes = 256 * 1024, kProblemsTold = 3;

std::vector<std::string> missing_in(const Report& report, const TraceReader& reader) {
  std::vector<std::string> missing;
  if (reader.problem_count() > 0) {
    size_t told = 0;
    for (const Problem& problem : reader.problems())
      if (told++ < kProblemsTold) missing.push_back(terminal_text(sentence_of(problem)));
    if (reader.problem_count() > kProblemsTold)
      missing.push_back(
          fmt::format("{} more damaged lines", count_text(reader.problem_count() - kProblemsTold)));
  }
  if (!report.end)
    missing.push_back("the trace has no end record: it was cut short, and what came after is missing");
  const uint64_t lost = std::max(report.lost, report.end ? report.end->lost : 0);
  if (lost > 0)
    missing.push_back(fmt::format("{} could not be kept while recording", counted(lost, "record")));
  for (const std::string& what : report.incomplete) missing.push_back(terminal_text(what));
  return missing;
}

}  // namespace

Loader::Loader(std::string path, std::function<void()> wake)
    : path_(std::move(path)), wake_(std::move(wake)), thread_([this] { run(); }) {}

Loader::~Loader() {
  cancelled_ = true;
  taken_.notify_all();
  thread_.join();
}

void Loader::run() {
  Loaded result;
  try {
    result = load();
  } catch (const std::exception& error) {
    result.error = fmt::format("{}: {}", path_, error.what());
  }
  {
    const std::lock_guard lock(mutex_);
    result_ = std::move(result);
  }
  running_ = false;
  wake_();
}

Loaded Loader::load() {
  Loaded loaded;
  if (const auto opened = text_->open(path_); !opened) {
    loaded.error = opened.error();
    return loaded;
  }
  bytes_total_ = text_->input_bytes();
  Analysis analysis;
  const trace_model::Thresholds thresholds;  // the findings look at it to the end
  const trace_model::Findings findings(analysis, thresholds);
  TimelineBuilder builder(analysis);
  TraceReader reader;
  std::vector<char> block(kBlockBytes);
  uint32_t posted = 0;
  bool ended = false;
  while (!cancelled_) {
    if (const Record* record = reader.next()) {
      const uint64_t offset = text_->keep(record->line, record->offset);
      analysis.apply(*record->event);
      builder.take(*record->event, offset);
      if (builder.rows() - posted < kBatchRows) continue;
      posted = builder.rows();
      (void)text_->flush();
      post(builder.batch());
      continue;
    }
    if (!reader.refusal().empty()) {
      loaded.error = fmt::format("{}: {}", path_, reader.refusal());
      return loaded;
    }
    if (ended) break;
    const ssize_t n = read(text_->input(), block.data(), block.size());
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) loaded.missing.push_back(fmt::format("cannot read on: {}", std::strerror(errno)));
    if (n <= 0) {
      reader.end();
      ended = true;
      continue;
    }
    reader.feed({block.data(), size_t(n)});
    bytes_read_ += uint64_t(n);
  }
  if (reader.record_count() == 0 && !cancelled_) {
    loaded.error = reader.problem_count() == 0
                       ? fmt::format("{} is empty: it holds no trace", path_)
                       : fmt::format("{} is not a loopscope trace: {}", path_,
                                     terminal_text(sentence_of(reader.problems().front())));
    return loaded;
  }
  analysis.finish();
  builder.finish();
  if (!text_->flush())
    loaded.missing.push_back(
        "there was no room for a temporary copy: details of some records cannot be shown");
  post(builder.batch());
  loaded.report = make_report(analysis.model());
  add_findings(loaded.report, findings, path_);
  for (std::string& what : missing_in(loaded.report, reader)) loaded.missing.push_back(std::move(what));
  if (cancelled_) loaded.missing.emplace_back("loading was stopped: the rest of the trace is not shown");
  return loaded;
}

void Loader::post(Batch batch) {
  std::unique_lock lock(mutex_);
  taken_.wait(lock, [this] { return waiting_.size() < kMostWaiting || cancelled_; });
  waiting_.push_back(std::move(batch));
  lock.unlock();
  wake_();
}

bool Loader::apply_to(Timeline& timeline, Ns budget_ns) {
  const auto until = std::chrono::steady_clock::now() + std::chrono::nanoseconds(budget_ns);
  bool any = false;
  do {
    std::unique_lock lock(mutex_);
    if (waiting_.empty()) break;
    Batch batch = std::move(waiting_.front());
    waiting_.pop_front();
    lock.unlock();
    taken_.notify_one();
    timeline.apply(std::move(batch));
    any = true;
  } while (std::chrono::steady_clock::now() < until);
  return any;
}

std::optional<Loaded> Loader::take_result() {
  const std::lock_guard lock(mutex_);
  if (!waiting_.empty() || !result_) return std::nullopt;
  return std::exchange(result_, std::nullopt);
}

bool Loader::waiting() const {
  const std::lock_guard lock(mutex_);
  return !waiting_.empty() || result_.has_value();
}

double Loader::progress() const {
  const uint64_t total = bytes_total_;
  return total ? std::min(1.0, double(bytes_read_) / double(total)) : -1;
}

}  // namespace loopscope::viewer
