// SPDX-License-Identifier: Apache-2.0
#include "trace-model/story/opened_files.h"

#include <algorithm>

#include "trace-model/model_state.h"

namespace loopscope::trace_model {
namespace {

constexpr std::array<std::string_view, 10> kNotOwn{"/usr/", "/lib/", "/lib64/", "/bin/", "/etc/",
                                                   "/proc", "/sys",  "/dev/",   "/run/", "/var/lib/"};

bool opens_directory(const Call& call) {
  const int flags = arg_index(*call.spec, "flags");
  if (flags < 0 || !call.has(flags) || !call.spec->args[size_t(flags)].symbols) return false;
  const std::vector<std::string> names =
      names_of(*call.spec->args[size_t(flags)].symbols, uint64_t(call.args[size_t(flags)]));
  return std::ranges::find(names, "O_DIRECTORY") != names.end();
}

}  // namespace

bool OpenedFiles::wanted(const Call& call) const {
  if (!options_.contains.empty()) return call.text.find(options_.contains) != std::string::npos;
  if (call.error) return false;
  const auto begins = [&](std::string_view prefix) { return call.text.starts_with(prefix); };
  return std::ranges::none_of(kNotOwn, begins) && !opens_directory(call);
}

void OpenedFiles::on_call(const Call& call, const Thread& thread) {
  if (call.spec == nullptr || call.spec->family != CallFamily::Open || call.text.empty()) return;
  if (!inside(call.t) || !wanted(call)) return;
  OpenedFile file;
  file.call = call.id;
  file.t = call.t;
  file.pid = call.pid;
  file.tid = call.tid;
  file.error = call.error;
  file.path = call.text;
  if (thread.activity.in_burst) file.burst = thread.activity.burst.id;
  Work work = Analysis::work_of(thread, call.t);
  if (work.root) {
    const RootSeen& seen = roots_[work.root % kRoots];
    file.root = seen.id == work.root ? seen : RootSeen{work.root, work.root_tid, 0, WakeCause::Unknown, -1};
    file.links = std::move(work.path);
  }
  if (options_.contains.empty() && file.root.id == 0) return;  // no wakeup did it
  ++(call.error ? failed_ : opened_);
  std::deque<OpenedFile>& kept = call.error ? failed_files_ : opened_files_;
  if (kept.size() >= options_.max_kept) {
    if (!options_.contains.empty()) return;
    kept.pop_front();
  }
  kept.push_back(std::move(file));
}

void OpenedFiles::note(const Burst& burst) {
  roots_[burst.id % kRoots] = {burst.id, burst.tid, burst.start, burst.cause,
                               burst.ready.empty() ? -1 : burst.ready.front().fd};
}

void OpenedFiles::on_burst(const Burst& burst, const Thread& /*thread*/) {
  note(burst);  // what woke it is known for sure when it has ended
  for (OpenedFile& file : opened_files_)
    if (file.root.id == burst.id) file.root.cause = burst.cause;
  if (!inside(burst.start)) return;
  ++bursts_;
  connections_ += burst.connections;
}

std::vector<OpenedFile> OpenedFiles::found() const {
  const std::deque<OpenedFile>& files = opened_files_.empty() ? failed_files_ : opened_files_;
  return {files.begin(), files.end()};
}

}  // namespace loopscope::trace_model
