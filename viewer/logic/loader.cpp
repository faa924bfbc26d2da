// SPDX-License-Identifier: Apache-2.0
#include "viewer/logic/loader.h"

#include <chrono>

#include <fmt/format.h>

#include "trace-model/analysis/analysis.h"
#include "trace-model/duration_text.h"
#include "trace-model/findings/findings.h"
#include "trace-model/terminal_text.h"
#include "viewer/logic/timeline_builder.h"

namespace loopscope::viewer {

using namespace trace_model;

namespace {

constexpr size_t kProblemsTold = 3;
constexpr uint32_t kRowsBetweenLooks = 256;
constexpr Ns kPostEvery = 30'000'000, kReportEvery = 1'000'000'000;  // of a live trace

Ns clock_now() {
  return std::chrono::steady_clock::now().time_since_epoch().count();
}

std::vector<std::string> missing_in(const Report& report, const TraceChecks& checks) {
  std::vector<std::string> missing;
  size_t told = 0;
  for (const Problem& problem : checks.problems())
    if (told++ < kProblemsTold) missing.push_back(terminal_text(sentence_of(problem)));
  if (checks.problem_count() > kProblemsTold)
    missing.push_back(
        fmt::format("{} more damaged lines", count_text(checks.problem_count() - kProblemsTold)));
  if (!report.end)
    missing.push_back("the trace has no end record: it was cut short, and what came after is missing");
  const uint64_t lost = std::max(report.lost, report.end ? report.end->lost : 0);
  if (lost > 0)
    missing.push_back(fmt::format("{} could not be kept while recording", counted(lost, "record")));
  for (const std::string& what : report.incomplete) missing.push_back(terminal_text(what));
  return missing;
}

}  // namespace

Loader::Loader(std::string path, std::function<void()> wake, Follow follow)
    : path_(std::move(path)), wake_(std::move(wake)), follow_(follow), thread_([this] { run(); }) {}

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
  text_->set_growing(false);
  {
    const std::lock_guard lock(mutex_);
    result_ = std::move(result);
    running_ = false;
  }
  wake_();
}

Loaded Loader::load() {
  if (const auto opened = text_->open(path_); !opened) {
    Loaded loaded;
    loaded.error = opened.error();
    return loaded;
  }
  bytes_total_ = text_->input_bytes();
  TraceSource source(path_, *text_, follow_);
  return read_all(source);
}

Loaded Loader::read_all(TraceSource& source) {
  Loaded loaded;
  Analysis analysis;
  const trace_model::Thresholds thresholds;  // the findings look at it to the end
  const trace_model::Findings findings(analysis, thresholds);
  TimelineBuilder builder(analysis);
  const auto report_so_far = [&] {
    Report report = make_report(analysis.model());
    add_findings(report, findings, path_);
    return report;
  };
  uint32_t posted = 0, reported = 0;
  Ns posted_at = clock_now(), reported_at = 0;
  const auto post_batch = [&] {
    posted = builder.rows();
    posted_at = clock_now();
    bytes_read_ = source.bytes_read();
    (void)text_->flush();
    post(builder.batch(take_spent()));
    builder.free(take_spent_tracks());
  };
  while (!cancelled_) {
    const TraceSource::Step step = source.next();
    live_ = source.live();
    if (step == TraceSource::Step::Failed && builder.rows() == 0) {
      loaded.error = terminal_text(source.error());
      return loaded;
    }
    if (step == TraceSource::Step::Failed) loaded.missing.push_back(terminal_text(source.error()));
    if (step == TraceSource::Step::Failed || step == TraceSource::Step::End) break;
    if (step == TraceSource::Step::Record) {
      const Record& record = source.record();
      const uint64_t offset = text_->keep(record.line, record.offset);
      analysis.apply(*record.event);
      builder.take(*record.event, offset);
      const uint32_t waiting = builder.rows() - posted;
      if (live_ && waiting % kRowsBetweenLooks == 0) note_clock(completion_time(*record.event));
      const bool due = live_ && waiting % kRowsBetweenLooks == 0 && clock_now() - posted_at >= kPostEvery;
      if (waiting >= kBatchRows || due) post_batch();
      continue;
    }
    // Nothing more for the moment.
    if (builder.rows() != posted) {
      note_clock(builder.last());
      post_batch();
    }
    if (builder.rows() != reported && clock_now() - reported_at >= kReportEvery) {
      reported = builder.rows(), reported_at = clock_now();
      post_so_far(report_so_far());
    }
  }
  analysis.finish();
  builder.finish();
  if (!text_->flush())
    loaded.missing.push_back(
        "there was no room for a temporary copy: details of some records cannot be shown");
  post_batch();
  loaded.report = report_so_far();
  for (std::string& what : missing_in(loaded.report, source.checks()))
    loaded.missing.push_back(std::move(what));
  for (const std::string& what : source.troubles()) loaded.missing.push_back(terminal_text(what));
  if (cancelled_) loaded.missing.emplace_back("loading was stopped: the rest of the trace is not shown");
  return loaded;
}

// The smallest distance seen is that of a record that came at once.
void Loader::note_clock(Ns last) {
  if (last == INT64_MIN) return;
  clock_ahead_ = std::min<Ns>(clock_ahead_, time_between(last, clock_now()));
}

std::optional<Ns> Loader::live_now() const {
  const Ns ahead = clock_ahead_;
  if (!live() || ahead == INT64_MAX) return std::nullopt;
  return time_between(ahead, clock_now());
}

void Loader::post_so_far(Report report) {
  Loaded so_far;
  so_far.report = std::move(report);
  so_far.complete = false;
  {
    const std::lock_guard lock(mutex_);
    result_ = std::move(so_far);
  }
  wake_();
}

void Loader::post(Batch batch) {
  if (batch.rows.empty() && batch.steps.empty() && batch.freed_tracks.empty()) return;
  std::unique_lock lock(mutex_);
  taken_.wait(lock, [this] { return waiting_.size() < kMostWaiting || cancelled_; });
  waiting_.push_back(std::move(batch));
  lock.unlock();
  wake_();
}

Batch Loader::take_spent() {
  const std::lock_guard lock(mutex_);
  if (spent_.empty()) return {};
  Batch batch = std::move(spent_.back());
  spent_.pop_back();
  return batch;
}

void Loader::free_tracks(std::vector<SpentTrack> spent) {
  const std::lock_guard lock(mutex_);
  spent_tracks_ = std::move(spent);
}

std::vector<SpentTrack> Loader::take_spent_tracks() {
  const std::lock_guard lock(mutex_);
  return std::exchange(spent_tracks_, {});
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
    timeline.apply(batch);
    any = true;
    lock.lock();
    if (spent_.size() < kMostWaiting) spent_.push_back(std::move(batch));
  } while (std::chrono::steady_clock::now() < until);
  return any;
}

std::optional<Loaded> Loader::take_result() {
  const std::lock_guard lock(mutex_);
  if (!waiting_.empty() || !result_) return std::nullopt;
  if (result_->complete) spent_.clear();
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
