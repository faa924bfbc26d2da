// SPDX-License-Identifier: Apache-2.0
#include "viewer/logic/search.h"

#include <algorithm>
#include <chrono>

#include "trace-model/model.h"
#include "trace-model/trace_reader.h"

namespace loopscope::viewer {

using namespace trace_model;

namespace {

constexpr size_t kBlockBytes = 256 * 1024;
constexpr uint32_t kRowsBetweenTelling = 4096;
constexpr std::chrono::milliseconds kBetweenLooks{100};

// Conditions, or a word alone, which stands for several queries of which one must hold.
std::expected<std::vector<Query>, std::string> queries_of(const std::string& text) {
  std::vector<Query> any;
  std::vector<std::string> texts{text};
  if (text.find_first_of("=~<>") == text.npos) {
    const std::string quoted = '"' + text + '"';
    texts = {"call~" + quoted, "path~" + quoted, "addr~" + quoted, "type=" + quoted};
  }
  std::string why;
  for (const std::string& each : texts) {
    auto query = Query::parse(each);
    if (query)
      any.push_back(std::move(*query));
    else
      why = query.error();
  }
  if (any.empty()) return std::unexpected(why);
  return any;
}

}  // namespace

void Search::stop() {
  stopped_ = true;
  if (thread_.joinable()) thread_.join();
  stopped_ = false;
  running_ = false;
}

void Search::start(const std::string& query, std::shared_ptr<const TraceText> text, uint64_t offset,
                   uint32_t row) {
  stop();
  query_ = query;
  error_.clear();
  hits_.clear();
  new_hits_.clear();
  if (query.find_first_not_of(' ') == query.npos || !text) return;
  auto any = queries_of(query);
  if (!any) {
    error_ = any.error();
    return;
  }
  running_ = true;
  thread_ = std::thread([this, any = std::move(*any), text = std::move(text), offset, row] {
    run(any, *text, offset, row);
    running_ = false;
    wake_();
  });
}

void Search::run(const std::vector<Query>& any, const TraceText& text, uint64_t offset, uint32_t row) {
  TraceReader reader;
  Model model;
  std::vector<char> block(kBlockBytes);
  std::vector<uint32_t> rows;
  size_t all = 0;
  bool ended = false;
  while (!stopped_ && all < kMostHits) {
    if (const Record* record = reader.next()) {
      model.join(*record->event);
      if (std::ranges::any_of(any, [&](const Query& query) { return query.matches(*record->event); }))
        rows.push_back(row), ++all;
      model.apply(*record->event);
      if (++row % kRowsBetweenTelling == 0) found(rows);
      continue;
    }
    if (ended) break;
    const size_t n = text.read(offset, block.data(), block.size());
    if (n > 0) {
      reader.feed({block.data(), n});
    } else if (text.growing()) {
      found(rows);
      if (running_.exchange(false)) wake_();
      std::this_thread::sleep_for(kBetweenLooks);
    } else {
      reader.end(), ended = true;
    }
    offset += n;
  }
  found(rows);
}

void Search::found(std::vector<uint32_t>& rows) {
  if (rows.empty()) return;
  {
    const std::lock_guard lock(mutex_);
    new_hits_.insert(new_hits_.end(), rows.begin(), rows.end());
  }
  rows.clear();
  wake_();
}

bool Search::poll() {
  const std::lock_guard lock(mutex_);
  if (new_hits_.empty()) return false;
  hits_.insert(hits_.end(), new_hits_.begin(), new_hits_.end());
  new_hits_.clear();
  return true;
}

void Search::drop_before(uint32_t row) {
  hits_.erase(hits_.begin(), std::ranges::lower_bound(hits_, row));
}

bool Search::is_hit(uint32_t row) const {
  return std::ranges::binary_search(hits_, row);
}

std::optional<uint32_t> Search::next(uint32_t row) const {
  if (hits_.empty()) return std::nullopt;
  const auto at = row == UINT32_MAX ? hits_.begin() : std::ranges::upper_bound(hits_, row);
  return at == hits_.end() ? hits_.front() : *at;
}

std::optional<uint32_t> Search::previous(uint32_t row) const {
  if (hits_.empty()) return std::nullopt;
  const auto at = row == UINT32_MAX ? hits_.begin() : std::ranges::lower_bound(hits_, row);
  return at == hits_.begin() ? hits_.back() : *(at - 1);
}

}  // namespace loopscope::viewer
