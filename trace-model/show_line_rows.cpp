// SPDX-License-Identifier: Apache-2.0
#include "trace-model/show_line_rows.h"

#include "trace-model/show_line_files.h"
#include "trace-model/show_line_off.h"
#include "trace-model/show_line_text.h"

namespace loopscope::trace_model {
namespace {

constexpr size_t kWhoColumns = 13;  // two spaces before it, one behind

class RowWriter {
 public:
  RowWriter(std::string& out, const Model::State& state) : out_(out), state_(state) {}

  void operator()(const TraceHeader& header) {
    append_who(out_, 0, 0);
    out_ += "--- recorded by ";
    append_safe(out_, header.tool);
    text(" at ", header.started);
    text(" on ", header.kernel);
    text(" ", header.arch);
    out_ += " ---";
  }

  void operator()(const ProcessRow& row) {
    append_who(out_, row.pid, row.pid);
    out_ += "--- process ";
    append_safe(out_, row.comm.empty() ? row.exe : row.comm);
    if (!row.cmdline.empty()) out_ += ':';
    for (const std::string& word : row.cmdline) text(" ", word);
    number(", parent ", row.ppid);
    if (row.nspid) number(", in its own namespace ", row.nspid);
    if (row.threads.size() > 1) number(", threads ", row.threads.size());
    out_ += " ---";
    append_origin(out_, row.origin);
  }

  void operator()(const FdRow& row) {
    append_who(out_, row.pid, row.pid);
    number("--- fd ", row.fd);
    out_ += " is ";
    if (row.path.empty() || !row.socket.local.empty())
      append_socket(out_, row.socket);
    else
      append_safe(out_, row.path);
    if (!row.socket.state.empty() && row.socket.state != "listen") text(", ", row.socket.state);
    if (row.socket.backlog) number(", backlog ", *row.socket.backlog);
    if (row.socket.queue) number(", queue ", *row.socket.queue);
    if (const int64_t drops = row.socket.drops.value_or(0)) number(", dropped ", drops);
    if (row.socket.inode) number(", inode ", row.socket.inode);
    if (row.cloexec) out_ += ", close-on-exec";
    if (row.nonblock) out_ += ", nonblocking";
    out_ += " ---";
    append_origin(out_, row.origin);
  }

  void operator()(const WatchRow& row) {
    append_who(out_, row.pid, row.pid);
    out_ += "--- epoll ";
    append_number(out_, row.epfd);
    out_ += " watches fd ";
    append_descriptor(out_, state_, row.target, row.pid, row.fd);
    out_ += " {";
    append_symbols(out_, symbols::kEpollEvents, row.events);
    out_ += ", data=";
    append_hex(out_, row.data);
    out_ += '}';
    if (row.target_closed) out_ += ", a number that is closed";
    out_ += " ---";
    append_origin(out_, row.origin);
  }

  void operator()(const RingRow& row) {
    append_who(out_, row.pid, row.tid ? row.tid : row.pid);
    number("--- ring ", row.ring);
    if (row.fd >= 0) number(" is fd ", row.fd);
    if (row.sq_entries) number(", entries ", row.sq_entries);
    if (row.cq_entries) number(", completions ", row.cq_entries);
    if (row.sq_thread) number(", submissions taken by thread ", row.sq_thread);
    if (row.flags) {
      out_ += ", ";
      append_symbols(out_, symbols::kUringSetupFlags, row.flags);
    }
    out_ += " ---";
    append_origin(out_, row.origin);
  }

  void operator()(const CpuRow& row) {
    append_who(out_, row.pid, row.pid);
    out_ += "--- time on the CPU:";
    for (const CpuTime& thread : row.threads) {
      number(&thread == row.threads.data() ? " " : ", ", thread.tid);
      text(" ", thread.comm);
      out_ += ' ';
      append_duration(out_, thread.ns);
    }
    out_ += " ---";
  }

  void operator()(const OffRow& row) {
    append_who(out_, row.pid, row.tid);
    out_ += "--- did not run: ";
    append_off(out_, row.off);
    out_ += " ---";
  }

  void operator()(const QueueRow& row) {
    append_who(out_, 0, 0);
    number("--- accept queue of file ", row.file);
    number(": ", row.queue);
    number(" of ", row.backlog);
    number(", dropped ", row.drops);
    out_ += " ---";
  }

  void operator()(const SnapshotEnd& record) {
    append_who(out_, 0, 0);
    out_ += "--- descriptors read of";
    for (const Pid pid : record.pids) number(" ", pid);
    if (record.pids.empty()) out_ += " no process";
    text(", incomplete: ", record.incomplete);
    out_ += " ---";
    append_origin(out_, record.origin);
  }

  void operator()(const Fork& fork) {
    append_who(out_, fork.pid, fork.tid);
    const bool thread = fork.child == fork.pid;
    number(thread ? "--- new thread " : "--- new process ", thread ? fork.child_tid : fork.child);
    out_ += ": ";
    append_symbols(out_, symbols::kCloneFlags, fork.flags);
    out_ += " ---";
  }

  void operator()(const Exec& exec) {
    append_who(out_, exec.pid, exec.tid);
    out_ += "--- runs ";
    append_quoted(out_, exec.exe);
    if (exec.old_tid) number(", was thread ", exec.old_tid);
    out_ += " ---";
  }

  void operator()(const Unshare& record) {
    append_who(out_, record.pid, record.tid);
    out_ += "--- has a descriptor table of its own ---";
  }

  void operator()(const Exit& exit) {
    append_who(out_, exit.pid, exit.tid);
    if (exit.signal) {
      out_ += "+++ killed by ";
      append_symbols(out_, symbols::kSignal, uint64_t(exit.signal));
    } else {
      number("+++ exited with ", exit.code);
    }
    if (exit.last && exit.tid != exit.pid) out_ += ", the last thread";
    if (exit.cpu_ns) {
      out_ += " after ";
      append_duration(out_, *exit.cpu_ns);
      out_ += " on the CPU";
    }
    out_ += " +++";
  }

  void operator()(const Lost& lost) {
    append_who(out_, 0, 0);
    number("--- LOST ", lost.count);
    text(" records (", loss_class_name(lost.loss_class));
    out_ += ") in ";
    append_duration(out_, time_between(lost.t, lost.until));
    out_ += " ---";
  }

  void operator()(const End& end) {
    append_who(out_, 0, 0);
    out_ += "+++ recording ended: ";
    append_safe(out_, end.reason);
    text(", ", end.error);
    number("; calls ", end.events);
    number(", lost ", end.lost);
    for (const auto& [what, count] : end.skipped) {
      text(", ", what);
      number(" ", count);
    }
    out_ += " +++";
  }

  void operator()(const Unknown& unknown) {
    append_who(out_, 0, 0);
    text("--- a record of type ", unknown.type);
    out_ += " ---";
  }

  void operator()(const CallBody&) {}
  void operator()(const Cqe&) {}

 private:
  void number(std::string_view before, auto value) {
    out_ += before;
    append_number(out_, value);
  }
  void text(std::string_view before, std::string_view value) {
    if (value.empty()) return;
    out_ += before;
    append_safe(out_, value);
  }

  std::string& out_;
  const Model::State& state_;
};

}  // namespace

void append_row(std::string& out, const Event& event, const Model::State& state) {
  std::visit(RowWriter(out, state), event);
}

void append_who(std::string& out, Pid pid, Pid tid) {
  const size_t begin = out.size();
  out += "  ";
  if (pid) append_number(out, pid);
  if (tid != pid) {
    out += '.';
    append_number(out, tid);
  }
  pad_to(out, begin, kWhoColumns + 3);
}

void append_origin(std::string& out, Origin origin) {
  if (origin == Origin::Trace) return;
  out.append(" [").append(origin_name(origin)).append("]");
}

}  // namespace loopscope::trace_model
