// SPDX-License-Identifier: Apache-2.0
#include "trace-model/story/opened_words.h"

#include <algorithm>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "trace-model/duration_text.h"
#include "trace-model/report.h"
#include "trace-model/story/loop_json.h"
#include "trace-model/terminal_text.h"
#include "trace-model/text_page.h"

namespace loopscope::trace_model {
namespace {

using nlohmann::ordered_json;

std::string root_words(const OpenedFile& file) {
  const RootSeen& root = file.root;
  std::string text = fmt::format("in the wakeup {} of thread {}", root.id, root.tid);
  if (root.cause != WakeCause::Unknown)
    text += fmt::format(" at {}, by {}{}", time_text(root.t), wake_cause_name(root.cause),
                        root.fd >= 0 ? fmt::format(" on fd {}", root.fd) : "");
  return text;
}

bool is_python(const ReportProcess& process) {
  const size_t slash = process.exe.rfind('/');
  return std::string_view(process.exe)
      .substr(slash == std::string::npos ? 0 : slash + 1)
      .starts_with("python");
}

}  // namespace

std::string link_words(const Link& link) {
  switch (link.how) {
    case LinkHow::Created:
      return fmt::format("thread {} created thread {}", link.from_tid, link.to_tid);
    case LinkHow::Woken:
      return fmt::format("thread {} {} thread {}", link.from_tid, link.certain ? "woke" : "probably let run",
                         link.to_tid);
    default:
      return fmt::format("thread {} notified thread {} through {} {}", link.from_tid, link.to_tid,
                         link.how == LinkHow::Eventfd ? "an" : "a", link_how_name(link.how));
  }
}

std::vector<std::string> opened_lines(const OpenedFile& file) {
  std::vector<std::string> lines{fmt::format("{}: {} at {} by thread {} (id {})", terminal_text(file.path),
                                             file.error ? "tried" : "opened", time_text(file.t), file.tid,
                                             file.call)};
  if (file.error) lines.back() += fmt::format(", {}", error_name(file.error));
  if (file.root.id == 0) {
    lines.emplace_back("in no wakeup that is known");
    return lines;
  }
  lines.push_back(root_words(file));
  for (const Link& link : file.links)
    lines.push_back(fmt::format("{} at {} ({}, id {})", link_words(link), time_text(link.t),
                                link.certain ? "certain" : "likely", link.evidence));
  return lines;
}

ordered_json opened_json(const OpenedFile& file) {
  ordered_json json{
      {"path", file.path}, {"id", file.call}, {"t", file.t}, {"pid", file.pid}, {"tid", file.tid}};
  if (file.error) json["error"] = error_name(file.error);
  json["burst"] = file.burst ? ordered_json(file.burst) : ordered_json();
  json["wakeup"] = {};
  if (file.root.id)
    json["wakeup"] = {{"id", file.root.id},
                      {"tid", file.root.tid},
                      {"t", file.root.t},
                      {"cause", wake_cause_name(file.root.cause)},
                      {"fd", file.root.fd}};
  json["links"] = ordered_json::array();
  for (const Link& link : file.links) json["links"].push_back(link_json(link));
  json["sure"] = file.certain() ? "certain" : "likely";
  return json;
}

std::string nothing_opened_words(const Report& report) {
  return std::ranges::any_of(report.processes, is_python)
             ? "Python keeps the modules it has imported: restart the server to see it again."
             : "What a program has read already it need not open again.";
}

std::string opened_text(const OpenedFiles& files, const std::string& contains, const Report& report) {
  TextPage page({.color = false, .columns = 1000});
  const std::vector<OpenedFile> found = files.found();
  if (files.opened() == 0)
    page.line(0, fmt::format("No file whose path contains \"{}\" was opened, in {} and {}. {}",
                             terminal_text(contains), counted(files.bursts(), "wakeup"),
                             counted(files.connections(), "connection"), nothing_opened_words(report)));
  if (files.opened() == 0 && files.failed())
    page.line(0, fmt::format("{} to open one failed:", counted(files.failed(), "attempt")));
  for (const OpenedFile& file : found) {
    const std::vector<std::string> lines = opened_lines(file);
    page.line(0, lines.front());
    for (size_t i = 1; i < lines.size(); ++i) page.line(2, lines[i]);
    if (file.root.id) page.line(2, fmt::format("more: loopscope report --explain {}", file.root.id));
  }
  const uint64_t total = files.opened() ? files.opened() : files.failed();
  if (total > found.size()) page.line(0, fmt::format("and {} more", count_text(total - found.size())));
  return page.take();
}

std::string opened_report_json(const OpenedFiles& files, const std::string& contains, const Report& report) {
  ordered_json json{
      {"contains", contains},      {"opened", files.opened()},           {"failed", files.failed()},
      {"wakeups", files.bursts()}, {"connections", files.connections()}, {"files", ordered_json::array()}};
  for (const OpenedFile& file : files.found()) json["files"].push_back(opened_json(file));
  if (files.opened() == 0) json["text"] = nothing_opened_words(report);
  return json.dump(1, ' ', false, ordered_json::error_handler_t::replace) + '\n';
}

}  // namespace loopscope::trace_model
