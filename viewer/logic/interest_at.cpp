// SPDX-License-Identifier: Apache-2.0
#include "viewer/logic/interest_at.h"

#include <algorithm>
#include <map>

#include "trace-model/terminal_text.h"

namespace loopscope::viewer {

using trace_model::terminal_text;

namespace {

constexpr size_t kMostFiles = 2000, kMostInstances = 200;

std::string words_of(const FileFact& file) {
  std::string text(trace_model::kind_name(file.kind));
  if (!file.path.empty()) text += " " + terminal_text(file.path);
  if (!file.local.empty()) text += " " + terminal_text(file.local);
  if (!file.peer.empty()) text += " ← " + terminal_text(file.peer);
  if (file.listening) text += " listen";
  return text;
}

}  // namespace

InterestAnswer interest_at(const Timeline& timeline, Ns t) {
  InterestAnswer answer{t, {}, 0};
  std::map<const InterestLog::Instance*, size_t> numbers;
  timeline.watched.at(t, [&](const InterestLog::Instance& instance, const WatchedItem& item) {
    const auto [known, is_new] = numbers.try_emplace(&instance, answer.instances.size());
    if (is_new) answer.instances.push_back({instance, {}, 0});
    answer.instances[known->second].files.push_back({item, {}, timeline.listens(item.target)});
  });
  std::ranges::stable_sort(answer.instances, {}, [](const WatchingInstance& i) {
    return std::pair(i.instance.pid, i.instance.epfd);
  });
  if (answer.instances.size() > kMostInstances) {
    answer.more = answer.instances.size() - kMostInstances;
    answer.instances.resize(kMostInstances);
  }
  for (WatchingInstance& each : answer.instances) {
    std::ranges::stable_sort(each.files, {},
                             [](const WatchedFile& f) { return std::pair(!f.listening, f.item.fd); });
    if (each.files.size() > kMostFiles) {
      each.more = each.files.size() - kMostFiles;
      each.files.resize(kMostFiles);
    }
    for (WatchedFile& file : each.files) file.what = words_of(timeline.file(file.item.target));
  }
  return answer;
}

}  // namespace loopscope::viewer
