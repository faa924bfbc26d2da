// SPDX-License-Identifier: Apache-2.0
#include "tracer/proc/proc_fs.h"

#include <fcntl.h>

#include <algorithm>
#include <set>

#include <fmt/format.h>

#include "tracer/proc/text_fields.h"

namespace loopscope::tracer {
namespace {

constexpr uint64_t kPfKthread = 0x00200000;  // include/linux/sched.h

void take_uids(std::string_view value, ProcessStatus& status) {
  status.uid = uint32_t(number<uint64_t>(next_field(value)).value_or(0));
  status.euid = uint32_t(number<uint64_t>(next_field(value)).value_or(0));
}

void take_field(std::string_view name, std::string_view value, ProcessStatus& status) {
  if (name == "Tgid") status.tgid = number<Pid>(value).value_or(0);
  if (name == "Pid") status.pid = number<Pid>(value).value_or(0);
  if (name == "PPid") status.ppid = number<Pid>(value).value_or(0);
  if (name == "Name") status.comm = value;
  if (name == "State") status.zombie = value.starts_with('Z');
  if (name == "Uid") take_uids(value, status);
  if (name == "Kthread") status.kernel_thread = value == "1";
  if (name == "CapEff") status.cap_effective = number<uint64_t>(value, 16).value_or(0);
  if (name == "Seccomp") status.seccomp = number<int>(value).value_or(0);
  if (name == "NSpid")
    for (auto field = next_field(value); !field.empty(); field = next_field(value))
      status.nspid.push_back(number<Pid>(field).value_or(0));
}

// Kernels before 6.8 have no Kthread line; the flags in /proc/PID/stat stand seven fields after the comm,
// which ends at the last parenthesis.
bool kernel_thread_by_stat(std::string_view stat) {
  const size_t close = stat.rfind(')');
  if (close == stat.npos) return false;
  std::string_view rest = stat.substr(close + 1);
  for (int skipped = 0; skipped < 6; ++skipped) (void)next_field(rest);
  return number<uint64_t>(next_field(rest)).value_or(0) & kPfKthread;
}

}  // namespace

std::optional<ProcessStatus> parse_status(std::string_view text) {
  ProcessStatus status;
  while (!text.empty()) {
    const std::string_view line = next_line(text);
    const size_t colon = line.find(':');
    if (colon != line.npos) take_field(line.substr(0, colon), trimmed(line.substr(colon + 1)), status);
  }
  if (status.tgid <= 0 || status.pid <= 0) return std::nullopt;
  return status;
}

std::vector<std::string> split_cmdline(std::string_view raw) {
  std::vector<std::string> arguments;
  while (!raw.empty()) {
    const size_t end = std::min(raw.find('\0'), raw.size());
    arguments.emplace_back(raw.substr(0, end));
    raw.remove_prefix(std::min(end + 1, raw.size()));
  }
  // A program that wrote a title over its arguments (nginx, postgres) leaves a tail of NULs.
  const bool has_tail = arguments.size() > 2 && arguments.back().empty() && arguments.end()[-2].empty();
  while (has_tail && !arguments.empty() && arguments.back().empty()) arguments.pop_back();
  return arguments;
}

OrErrno<ProcessStatus> ProcessDir::status() const {
  const auto text = read_file(fd(), "status");
  if (!text) return std::unexpected(text.error());
  auto status = parse_status(*text);
  if (!status) return std::unexpected(EINVAL);
  if (auto raw_comm = comm()) status->comm = std::move(*raw_comm);  // the one in `status` is escaped
  if (text->find("\nKthread:") == text->npos)
    if (const auto stat = read_file(fd(), "stat")) status->kernel_thread = kernel_thread_by_stat(*stat);
  return *std::move(status);
}

OrErrno<std::string> ProcessDir::comm() const {
  auto text = read_file(fd(), "comm");
  if (text && text->ends_with('\n')) text->pop_back();
  return text;
}

OrErrno<std::string> ProcessDir::exe() const {
  return read_link(fd(), "exe");
}

OrErrno<std::vector<std::string>> ProcessDir::cmdline() const {
  const auto raw = read_file(fd(), "cmdline");
  if (!raw) return std::unexpected(raw.error());
  return split_cmdline(*raw);
}

OrErrno<uint64_t> ProcessDir::namespace_inode(const char* name) const {
  const auto link = read_link(fd(), fmt::format("ns/{}", name).c_str());
  if (!link) return std::unexpected(link.error());
  const auto inode = bracketed_number(*link);
  if (!inode) return std::unexpected(EINVAL);
  return *inode;
}

OrErrno<std::vector<Pid>> ProcessDir::thread_ids() const {
  return numbered_entries(fd(), "task");
}

OrErrno<std::vector<trace_model::ThreadName>> ProcessDir::threads() const {
  const auto ids = thread_ids();
  if (!ids) return std::unexpected(ids.error());
  std::vector<trace_model::ThreadName> threads;
  for (const Pid tid : *ids) {
    auto name = read_file(fd(), fmt::format("task/{}/comm", tid).c_str());
    if (!name) continue;  // ended meanwhile
    if (name->ends_with('\n')) name->pop_back();
    threads.push_back({tid, std::move(*name)});
  }
  return threads;
}

std::vector<Pid> ProcFs::pids() const {
  return numbered_entries(AT_FDCWD, root_.c_str()).value_or(std::vector<Pid>());
}

OrErrno<ProcessDir> ProcFs::open(Pid pid) const {
  auto folder = open_folder(AT_FDCWD, fmt::format("{}/{}", root_, pid).c_str());
  if (!folder) return std::unexpected(folder.error());
  return ProcessDir(pid, std::move(*folder));
}

std::vector<Pid> ProcFs::children(Pid pid) const {
  std::vector<Pid> found;
  const auto process = open(pid);
  if (!process) return found;
  for (const Pid tid : process->thread_ids().value_or(std::vector<Pid>())) {
    const auto list = read_file(process->fd(), fmt::format("task/{}/children", tid).c_str());
    if (!list) continue;
    std::string_view rest = *list;
    for (auto field = next_field(rest); !field.empty(); field = next_field(rest))
      if (const auto child = number<Pid>(field)) found.push_back(*child);
  }
  return found;
}

std::vector<Pid> ProcFs::with_descendants(std::vector<Pid> pids) const {
  std::set<Pid> known;
  std::erase_if(pids, [&](Pid pid) { return !known.insert(pid).second; });
  for (size_t i = 0; i < pids.size(); ++i)
    for (const Pid child : children(pids[i]))
      if (known.insert(child).second) pids.push_back(child);
  return pids;
}

}  // namespace loopscope::tracer
