// SPDX-License-Identifier: Apache-2.0
#include "lab/refusal.h"

#include <charconv>
#include <cmath>

#include <fmt/format.h>

#include "lab/words.h"

namespace loopscope::lab {
namespace {

template <typename... Arguments>
std::string said(std::string_view language, std::string_view en, std::string_view zh,
                 const Arguments&... arguments) {
  return fmt::format(fmt::runtime(say(language, en, zh)), arguments...);
}

std::string text_at(const Json& record, const char* name) {
  const auto found = record.find(name);
  if (found == record.end()) return "?";
  return found->is_string() ? found->get<std::string>() : found->dump();
}

std::string what_kind(const Json& record, uint64_t id, std::string_view language) {
  const std::string type = text_at(record, "type");
  if (type == "call")
    return said(language, "Record {} is a call of {}.", "第 {} 筆紀錄是一次 {} 呼叫。", id,
                text_at(record, "call"));
  if (type == "pending")
    return said(
        language,
        "Record {} says that {} was still in progress; its return is a record of its own, further below.",
        "第 {} 筆紀錄說的是 {} 還在進行中；它傳回時另有一筆紀錄，在更下面。", id, text_at(record, "call"));
  if (type == "fd")
    return said(language, "Record {} tells what descriptor {} was when the recording began.",
                "第 {} 筆紀錄說的是錄製開始時描述元 {} 的狀態。", id, text_at(record, "fd"));
  if (type == "watch")
    return said(language, "Record {} tells that epoll {} watched descriptor {} when the recording began.",
                "第 {} 筆紀錄說的是錄製開始時 epoll {} 看守著描述元 {}。", id, text_at(record, "epfd"),
                text_at(record, "fd"));
  if (type == "sqe")
    return said(language, "Record {} is the operation {} handed to a ring.",
                "第 {} 筆紀錄是交給 ring 的操作 {}。", id, text_at(record, "op"));
  if (type == "cqe")
    return said(language, "Record {} is the completion of an operation of a ring.",
                "第 {} 筆紀錄是 ring 中某個操作的完成。", id);
  if (type == "trace")
    return said(language, "Record {} is the head of the trace.", "第 {} 筆紀錄是整份紀錄的開頭。", id);
  return said(language, "Record {} is of type {}.", "第 {} 筆紀錄的種類是 {}。", id, type);
}

}  // namespace

std::string plain_number(std::string_view text) {
  const auto trim = [&] {
    while (!text.empty() && (text.front() == ' ' || text.front() == '#')) text.remove_prefix(1);
    while (!text.empty() && text.back() == ' ') text.remove_suffix(1);
  };
  trim();
  for (const std::string_view word : {"fd", "id"})
    if (text.starts_with(word)) text.remove_prefix(word.size());
  if (text.ends_with("ms")) text.remove_suffix(2);
  trim();
  double number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size() || !std::isfinite(number)) return {};
  return std::string(text);
}

std::string what_record(Evidence& evidence, uint64_t id, std::string_view language) {
  const auto found = evidence.find(fmt::format("id={}", id));
  if (!found || (*found)->empty())
    return said(language,
                "There is no record {} in this trace; ids are the first column of `loopscope show --ids`.",
                "這份紀錄裡沒有第 {} 筆；id 是 `loopscope show --ids` 的第一欄。", id);
  return what_kind((*found)->front(), id, language);
}

std::string why_not(const Exercise& exercise, Evidence& evidence, const std::string& answer,
                    std::string_view language) {
  const std::string hint(say(language, " A hint may help: --hint.", "可以看提示：--hint。"));
  uint64_t whole = 0;
  const auto [end, error] = std::from_chars(answer.data(), answer.data() + answer.size(), whole);
  const bool is_whole = error == std::errc() && end == answer.data() + answer.size();
  if (exercise.type == AnswerType::Record) {
    if (!is_whole)
      return said(language, "The answer is the id of a record, the first column of `loopscope show --ids`.",
                  "答案是一筆紀錄的 id，也就是 `loopscope show --ids` 的第一欄。");
    return said(language, "No. {}{}", "不對。{}{}", what_record(evidence, whole, language), hint);
  }
  if (exercise.type == AnswerType::Fd && is_whole) {
    const auto found = evidence.find(fmt::format("fd={}", whole));
    if (!found || (*found)->empty())
      return said(language, "No: nothing in this trace is about a descriptor {}.{}",
                  "不對：這份紀錄裡沒有描述元 {}。{}", whole, hint);
    return said(language, "No. See what was done with descriptor {}: loopscope show --ids 'fd={}'.{}",
                "不對。請看描述元 {} 做了什麼：loopscope show --ids 'fd={}'。{}", whole, whole, hint);
  }
  if (exercise.type == AnswerType::Number)
    return said(language, "No: {} is not what this trace says.{}", "不對：這份紀錄說的不是 {}。{}", answer,
                hint);
  return said(language, "No.{}", "不對。{}", hint);
}

}  // namespace loopscope::lab
