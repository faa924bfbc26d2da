// SPDX-License-Identifier: Apache-2.0
#include "trace-model/findings/finding_words.h"

#include <algorithm>

#include <fmt/format.h>

#include "trace-model/findings/detector.h"
#include "trace-model/terminal_text.h"

namespace loopscope::trace_model {

Finding finding_of(std::string_view kind, std::string_view severity, std::string_view sure) {
  Finding finding;
  finding.kind = kind;
  finding.severity = severity;
  finding.sure = sure;
  return finding;
}

std::string fd_words(const Model::State& state, int fd, FileId file) {
  std::string words = fd >= 0 ? fmt::format("fd {}", fd) : std::string("a descriptor");
  const OpenFile* known = file ? state.files.find(file) : nullptr;
  if (!known) return words;
  if (known->listening) return words + fmt::format(" (listens on {})", terminal_text(known->local));
  if (!known->peer.empty()) return words + fmt::format(" (from {})", terminal_text(known->peer));
  if (!known->path.empty()) return words + fmt::format(" ({})", terminal_text(known->path));
  if (known->kind != FileKind::Unknown) return words + fmt::format(" ({})", kind_name(known->kind));
  return words;
}

std::string thread_words(Pid pid, Pid tid) {
  return pid == tid ? fmt::format("process {}", pid) : fmt::format("thread {} of process {}", tid, pid);
}

void keep_evidence(std::vector<RecordId>& evidence, RecordId id) {
  if (id && evidence.size() < kMaxFindingEvidence) evidence.push_back(id);
}

std::string explain_command(RecordId id) {
  return fmt::format("loopscope report {} --explain {}", kTraceWord, id);
}

std::string show_command_of(std::string_view query) {
  return fmt::format("loopscope show {} {}", kTraceWord, query);
}

std::string profile_command(Pid pid, Pid tid) {
  return fmt::format("perf record -g {} {} -- sleep 5", pid == tid ? "-p" : "-t", tid);
}

std::string profile_advice(const Process* process) {
  const std::string_view exe = process ? std::string_view(process->exe) : std::string_view();
  const std::string_view name = exe.substr(exe.rfind('/') == exe.npos ? 0 : exe.rfind('/') + 1);
  if (!name.starts_with("python")) return {};
  return fmt::format("; perf names functions of C, `py-spy dump --pid {}` those of Python", process->pid);
}

std::string shell_word(std::string_view text) {
  constexpr std::string_view kPlain =
      "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-./:=+@%,";
  if (!text.empty() && text.find_first_not_of(kPlain) == text.npos) return std::string(text);
  std::string word = "'";
  for (const char c : text) word += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return word + '\'';
}

}  // namespace loopscope::trace_model
