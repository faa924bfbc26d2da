// SPDX-License-Identifier: Apache-2.0
#include "exchange/strace/import.h"

#include <algorithm>

#include <fmt/format.h>

#include "exchange/strace/text.h"
#include "trace-model/times.h"

namespace loopscope::exchange::strace {
namespace {

using trace_model::Call;
using trace_model::Event;
using trace_model::time_between;
using trace_model::WaitKind;

using Words = std::vector<std::string_view>;

constexpr size_t kCommLength = 15;  // TASK_COMM_LEN without its end
constexpr uint64_t kCloneFiles = 0x400;
constexpr int64_t kSigchld = 17, kMillisecond = 1'000'000;

// The longest a wait was allowed to sleep; nothing where that is not known or not bounded.
std::optional<Ns> limit_of(const Call& call) {
  if (const auto timeout = call.arg("timeout"))
    return *timeout < 0 ? std::nullopt : std::optional(*timeout * kMillisecond);
  const auto timeout = call.arg("timeout_ns");
  return timeout && *timeout >= 0 ? timeout : std::nullopt;
}

}  // namespace

Importer::Importer(std::string_view log, const Survey& survey) : reader_(log), survey_(survey) {}

void Importer::on_problem(std::function<void(const LogProblem&)> call) {
  on_problem_ = call;
  reader_.on_problem(std::move(call));
}

const Event* Importer::next() {
  if (handed_out_) ready_.pop_front();
  handed_out_ = false;
  while (ready_.empty() && !finished_) {
    if (const LogEvent* event = reader_.next())
      take(*event);
    else
      finish();
  }
  if (ready_.empty()) return nullptr;
  handed_out_ = true;
  return &ready_.front();
}

void Importer::take(const LogEvent& event) {
  meet(tid_of(event), event.start, event.comm);
  if (event.what == LogEvent::What::Call) take_call(event);
  if (event.what == LogEvent::What::Exit) take_exit(event);
}

Importer::Thread& Importer::meet(Pid tid, Ns t, std::string_view comm) {
  Thread& thread = threads_[tid];
  if (!thread.met) {
    thread.met = true;
    thread.pid = survey_.process_of(tid);
    thread.comm = comm;
    born(tid, std::max(t, completed_));
    ++living_[thread.pid];
  }
  return thread;
}

// The first word of a thread. Who made it may still be in the call that did.
void Importer::born(Pid tid, Ns t) {
  const auto known = survey_.births.find(tid);
  const Pid pid = threads_[tid].pid;
  if (known == survey_.births.end()) return begin_process(pid, 0, 0, t, threads_[tid].comm);
  const Birth& birth = known->second;
  const Pid parent = birth.parent ? birth.parent : survey_.first;
  if (parent != tid) meet(parent, t, {});
  if (!birth.thread)
    return begin_process(pid, parent, birth.flags ? birth.flags : kSigchld, t, threads_[tid].comm);
  if (birth.parent == 0) return;  // that it is one more of the process is all that is known
  trace_model::Fork made;
  made.t = t;
  made.tid = parent;
  made.pid = made.child = threads_[parent].pid;
  made.child_tid = tid;
  made.fdtable = tables_[pid];
  made.flags = birth.flags;
  emit(made, t);
}

void Importer::begin_process(Pid pid, Pid parent_tid, uint64_t flags, Ns t, std::string_view comm) {
  if (tables_.contains(pid)) return;
  const Pid parent = parent_tid ? threads_[parent_tid].pid : 0;
  const bool shares = parent && (flags & kCloneFiles);
  const FdTableId table = shares ? tables_[parent] : ++last_table_;
  tables_[pid] = table;
  if (parent) {
    if (!shares) identities_.copy_table(tables_[parent], table);
    trace_model::Fork made;
    made.t = t;
    made.tid = parent_tid;
    made.pid = parent;
    made.child = made.child_tid = pid;
    made.fdtable = table;
    made.flags = flags;
    emit(made, t);
  }
  if (parent && comm.empty()) return;
  trace_model::ProcessRow row;
  row.t = t;
  row.pid = pid;
  row.ppid = parent;
  row.fdtable = table;
  row.comm = comm;
  row.threads.push_back({pid, std::string(comm)});
  row.origin = parent ? trace_model::Origin::Fork : trace_model::Origin::Snapshot;
  emit(std::move(row), t);
}

Ns Importer::duration(const LogEvent& event, const CallText& text, const Call& call) const {
  if (text.took) return *text.took;
  const Ns longest = time_between(event.start, event.end);
  if (event.split) return longest;
  // A call in one piece returned before the next line. Of a wait that bound is what it slept, nearly.
  if (call.spec->wait == WaitKind::None || call.spec->wait == WaitKind::Accept) return 0;
  const auto limit = limit_of(call);
  return limit && call.ret == 0 ? std::min(longest, *limit) : limit == Ns(0) ? 0 : longest;
}

void Importer::take_call(const LogEvent& event) {
  const auto text = read_call_text(event.text);
  if (!text) {
    ++unreadable_;
    if (on_problem_) on_problem_({event.line, text.error()});
    return;
  }
  Call call;
  call.spec = trace_model::find_call(text->name);
  if (!call.spec) return void(++other_calls_);
  Thread& thread = threads_[tid_of(event)];
  Descriptions described;
  call.tid = tid_of(event);
  call.pid = thread.pid;
  call.ret = text->ret;
  call.error = text->error;
  if (!text->returned) return;  // exit, or the log does not say: "= ?"
  if (!read_arguments(*text, call, described)) {
    // Of the many operations of fcntl and ioctl those that say nothing of descriptors are left out anywhere.
    const bool other = text->name == "fcntl" || text->name == "ioctl";
    ++(other ? other_calls_ : unreadable_);
    if (!other && on_problem_)
      on_problem_({event.line, fmt::format("an argument of {} cannot be read", text->name)});
    return;
  }
  read_results(*text, call);
  call.t = std::max(event.start, thread.last_end);
  const Ns end = std::max(call.t, trace_model::time_after(event.start, duration(event, *text, call)));
  call.dur = time_between(call.t, end);
  if (end < completed_) {
    call.late = time_between(end, completed_);
    call.dur = time_between(call.t, completed_);
  }
  if ((call.spec->name == "clone" || call.spec->name.ends_with("fork") || call.spec->name == "clone3") &&
      call.error == 0 && call.ret > 0 && call.ret <= INT32_MAX)
    meet(Pid(call.ret), end, {});
  apply(call, *text, described);
  thread.last_end = end;
  ++calls_;
  const bool execs = call.spec->name.starts_with("execve") && call.error == 0;
  const Call copy = execs ? call : Call();
  const Ns completes = call.end();
  emit(std::move(call), completes);
  if (execs) executed(copy, *text);
}

void Importer::executed(const Call& call, const CallText& text) {
  identities_.executed(tables_[call.pid]);
  trace_model::Exec exec;
  exec.t = completed_;
  exec.pid = exec.tid = call.pid;
  if (call.tid != call.pid) exec.old_tid = call.tid;
  exec.exe = call.text;
  exec.fdtable = tables_[call.pid];
  emit(std::move(exec), completed_);

  trace_model::ProcessRow row;
  row.t = completed_;
  row.pid = call.pid;
  row.fdtable = tables_[call.pid];
  row.origin = trace_model::Origin::Exec;
  row.exe = call.text;
  row.comm = call.text.substr(call.text.rfind('/') + 1, kCommLength);  // npos + 1 is the beginning
  row.threads.push_back({call.pid, row.comm});
  const size_t list = call.spec->name == "execve" ? 1 : 2;
  if (list < text.args.size() && text.args[list].size() > 1)
    for (const std::string_view word :
         split_arguments(text.args[list].substr(1, text.args[list].size() - 2)).value_or(Words()))
      if (const auto quoted = read_quoted(word)) row.cmdline.push_back(quoted->bytes);
  emit(std::move(row), completed_);
}

// +++ exited with 0 +++   +++ killed by SIGINT (core dumped) +++   +++ superseded by execve in pid 12 +++
void Importer::take_exit(const LogEvent& event) {
  constexpr std::string_view kExited = "+++ exited with ", kKilled = "+++ killed by ";
  Thread& thread = threads_[tid_of(event)];
  if (thread.ended) return;
  thread.ended = true;
  trace_model::Exit exit;
  exit.t = std::max(event.start, completed_);
  exit.pid = thread.pid;
  exit.tid = tid_of(event);
  const std::string_view text = event.text;
  const auto word_after = [&](std::string_view before) {
    return text.substr(before.size(), text.find(' ', before.size()) - before.size());
  };
  if (text.starts_with(kExited))
    exit.code = int(read_number(word_after(kExited)).value_or(0));
  else if (text.starts_with(kKilled))
    exit.signal = int(read_flags(trace_model::symbols::kSignal, word_after(kKilled)).value_or(0));
  exit.last = --living_[thread.pid] == 0;
  const Ns t = exit.t;
  emit(exit, t);
}

void Importer::finish() {
  finished_ = true;
  bool all_ended = !threads_.empty();
  for (const auto& [tid, event] : reader_.in_progress()) {
    const CallText text = read_begun_text(event.text);
    Thread& thread = threads_[tid_of(event)];
    if (thread.ended) continue;
    trace_model::Pending pending;
    pending.spec = trace_model::find_call(text.name);
    Descriptions described;
    if (!pending.spec || !read_arguments(text, pending, described)) continue;
    pending.tid = tid_of(event);
    pending.pid = thread.pid;
    pending.t = event.start;
    pending.seen = std::max(completed_, event.start);
    identify(pending, described);
    const Ns seen = pending.seen;
    emit(std::move(pending), seen);
  }
  for (const auto& [tid, thread] : threads_) all_ended = all_ended && thread.ended;
  trace_model::End end;
  end.t = completed_;
  end.events = calls_;
  end.reason = all_ended ? "target exited" : "interrupted";
  if (other_calls_) end.skipped["calls that a trace does not hold"] = other_calls_;
  if (unreadable_) end.skipped["lines that could not be read"] = unreadable_;
  if (reader_.without_beginning())
    end.skipped["calls whose beginning is not in the log"] = reader_.without_beginning();
  emit(std::move(end), completed_);
}

}  // namespace loopscope::exchange::strace
