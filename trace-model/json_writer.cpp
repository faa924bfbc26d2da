// SPDX-License-Identifier: Apache-2.0
// Every record but `call` and `pending`, which call_writer.cpp writes, and those of io_uring
// (uring_writer.cpp).
#include "trace-model/json_writer.h"
#include "trace-model/off_json.h"

#include "trace-model/json_members.h"

namespace loopscope::trace_model {
namespace {

template <typename Value, typename WriteValue>
void write_map_unless_empty(JsonLine& line, std::string_view opening, const std::map<std::string, Value>& map,
                            WriteValue write_value) {
  if (map.empty()) return;
  line.raw(opening);
  char separator = '{';
  for (const auto& [name, value] : map) {
    line.raw(separator);
    line.string(name);
    line.raw(':');
    write_value(value);
    separator = ',';
  }
  line.raw('}');
}

template <typename Range>
void write_numbers_unless_empty(JsonLine& line, std::string_view key, const Range& numbers) {
  if (numbers.empty()) return;
  line.raw(key);
  write_numbers(line, numbers);
}

void write_threads(JsonLine& line, const std::vector<ThreadName>& threads) {
  if (threads.empty()) return;
  line.raw(",\"threads\":");
  char separator = '[';
  for (const ThreadName& thread : threads) {
    line.raw(separator);
    write_number(line, "{\"tid\":", thread.tid);
    write_text_unless_empty(line, "comm", thread.comm);
    line.raw('}');
    separator = ',';
  }
  line.raw(']');
}

void write_cpu_times(JsonLine& line, const std::vector<CpuTime>& threads) {
  if (threads.empty()) return;
  line.raw(",\"threads\":");
  char separator = '[';
  for (const CpuTime& thread : threads) {
    line.raw(separator);
    write_number(line, "{\"tid\":", thread.tid);
    write_text_unless_empty(line, "comm", thread.comm);
    write_number(line, ",\"ns\":", thread.ns);
    line.raw('}');
    separator = ',';
  }
  line.raw(']');
}

}  // namespace

void append_line(std::string& out, const Event& event) {
  std::visit([&](const auto& record) { append_line(out, record); }, event);
}

void append_line(std::string& out, const TraceHeader& header) {
  JsonLine line(out);
  begin_record(line, "{\"type\":\"trace\",\"id\":", header.id);
  write_number(line, ",\"format\":", header.format);
  write_text_unless_empty(line, "tool", header.tool);
  write_text_unless_empty(line, "started", header.started);
  write_number(line, ",\"monotonic_ns\":", header.monotonic_ns);
  write_text_unless_empty(line, "kernel", header.kernel);
  write_text_unless_empty(line, "arch", header.arch);
  write_unless_zero(line, ",\"host_cpus\":", header.host_cpus);
  write_texts_unless_empty(line, "command", header.command);
  write_numbers_unless_empty(line, ",\"target\":", header.target);
  write_texts_unless_empty(line, "calls", header.calls);
  if (!header.io) line.raw(",\"io\":false");
  write_map_unless_empty(line, ",\"probes\":", header.probes,
                         [&](const std::string& how) { line.string(how); });
  if (header.last_s) write_number(line, ",\"last_s\":", *header.last_s);
  end_record(line);
}

void append_line(std::string& out, const ProcessRow& row) {
  JsonLine line(out);
  begin_record(line, "{\"type\":\"process\",\"id\":", row.id);
  write_number(line, ",\"t\":", row.t);
  write_number(line, ",\"pid\":", row.pid);
  write_number(line, ",\"ppid\":", row.ppid);
  if (row.nspid != row.pid) write_unless_zero(line, ",\"nspid\":", row.nspid);
  write_unless_zero(line, ",\"fdtable\":", row.fdtable);
  write_text_unless_empty(line, "comm", row.comm);
  write_text_unless_empty(line, "exe", row.exe);
  write_texts_unless_empty(line, "cmdline", row.cmdline);
  write_threads(line, row.threads);
  write_unless_zero(line, ",\"netns\":", row.netns);
  write_unless_zero(line, ",\"pidns\":", row.pidns);
  write_origin(line, row.origin);
  end_record(line);
}

void append_line(std::string& out, const FdRow& row) {
  JsonLine line(out);
  const SocketInfo& socket = row.socket;
  begin_record(line, "{\"type\":\"fd\",\"id\":", row.id);
  write_number(line, ",\"t\":", row.t);
  write_number(line, ",\"pid\":", row.pid);
  write_number(line, ",\"fd\":", row.fd);
  write_unless_zero(line, ",\"file\":", row.file);
  write_unless_zero(line, ",\"fdtable\":", row.fdtable);
  write_text(line, "kind", socket.kind.empty() ? std::string_view("unknown") : std::string_view(socket.kind));
  write_text_unless_empty(line, "state", socket.state);
  write_text_unless_empty(line, "sock_type", socket.sock_type);
  write_text_unless_empty(line, "local", socket.local);
  write_text_unless_empty(line, "peer", socket.peer);
  if (socket.backlog) write_number(line, ",\"backlog\":", *socket.backlog);
  if (socket.queue) write_number(line, ",\"queue\":", *socket.queue);
  if (socket.drops) write_number(line, ",\"drops\":", *socket.drops);
  write_unless_zero(line, ",\"inode\":", socket.inode);
  write_unless_zero(line, ",\"peer_inode\":", socket.peer_inode);
  write_text_unless_empty(line, "path", row.path);
  if (row.cloexec) line.raw(",\"cloexec\":true");
  if (row.nonblock) line.raw(",\"nonblock\":true");
  write_origin(line, row.origin);
  end_record(line);
}

void append_line(std::string& out, const WatchRow& row) {
  JsonLine line(out);
  begin_record(line, "{\"type\":\"watch\",\"id\":", row.id);
  write_number(line, ",\"t\":", row.t);
  write_number(line, ",\"pid\":", row.pid);
  write_number(line, ",\"epfd\":", row.epfd);
  write_unless_zero(line, ",\"file\":", row.file);
  write_number(line, ",\"fd\":", row.fd);
  write_unless_zero(line, ",\"target\":", row.target);
  if (row.events) {
    line.raw(",\"events\":");
    write_names(line, symbols::kEpollEvents, row.events);
  }
  line.raw(",\"data\":");
  line.hex(row.data);
  if (row.target_closed) line.raw(",\"target_closed\":true");
  write_origin(line, row.origin);
  end_record(line);
}

void append_line(std::string& out, const SnapshotEnd& end) {
  JsonLine line(out);
  begin_record(line, "{\"type\":\"snapshot_end\",\"id\":", end.id);
  write_number(line, ",\"t\":", end.t);
  write_number(line, ",\"since\":", end.since);
  write_numbers_unless_empty(line, ",\"pids\":", end.pids);
  write_origin(line, end.origin);
  write_text_unless_empty(line, "incomplete", end.incomplete);
  end_record(line);
}

void append_line(std::string& out, const CpuRow& row) {
  JsonLine line(out);
  begin_record(line, "{\"type\":\"cpu\",\"id\":", row.id);
  write_number(line, ",\"t\":", row.t);
  write_number(line, ",\"pid\":", row.pid);
  write_cpu_times(line, row.threads);
  end_record(line);
}

void append_line(std::string& out, const OffRow& row) {
  JsonLine line(out);
  begin_record(line, "{\"type\":\"off\",\"id\":", row.id);
  write_number(line, ",\"t\":", row.t);
  write_who(line, row.pid, row.tid);
  line.raw(',');
  write_off(line, row.off);
  end_record(line);
}

void append_line(std::string& out, const QueueRow& row) {
  JsonLine line(out);
  begin_record(line, "{\"type\":\"queue\",\"id\":", row.id);
  write_number(line, ",\"t\":", row.t);
  write_number(line, ",\"file\":", row.file);
  write_number(line, ",\"queue\":", row.queue);
  write_number(line, ",\"backlog\":", row.backlog);
  write_number(line, ",\"drops\":", row.drops);
  end_record(line);
}

void append_line(std::string& out, const Fork& fork) {
  JsonLine line(out);
  begin_record(line, "{\"type\":\"fork\",\"id\":", fork.id);
  write_number(line, ",\"t\":", fork.t);
  write_who(line, fork.pid, fork.tid);
  write_number(line, ",\"child\":", fork.child);
  write_number(line, ",\"child_tid\":", fork.child_tid);
  if (fork.nspid != fork.child) write_unless_zero(line, ",\"nspid\":", fork.nspid);
  write_unless_zero(line, ",\"fdtable\":", fork.fdtable);
  if (has_names(symbols::kCloneFlags, fork.flags)) {
    line.raw(",\"flags\":");
    write_names(line, symbols::kCloneFlags, fork.flags);
  }
  end_record(line);
}

void append_line(std::string& out, const Exec& exec) {
  JsonLine line(out);
  begin_record(line, "{\"type\":\"exec\",\"id\":", exec.id);
  write_number(line, ",\"t\":", exec.t);
  write_who(line, exec.pid, exec.tid);
  write_unless_zero(line, ",\"old_tid\":", exec.old_tid);
  write_text_unless_empty(line, "exe", exec.exe);
  write_unless_zero(line, ",\"fdtable\":", exec.fdtable);
  end_record(line);
}

void append_line(std::string& out, const Unshare& unshare) {
  JsonLine line(out);
  begin_record(line, "{\"type\":\"unshare\",\"id\":", unshare.id);
  write_number(line, ",\"t\":", unshare.t);
  write_who(line, unshare.pid, unshare.tid);
  write_unless_zero(line, ",\"fdtable\":", unshare.fdtable);
  write_unless_zero(line, ",\"from\":", unshare.from);
  end_record(line);
}

void append_line(std::string& out, const Exit& exit) {
  JsonLine line(out);
  begin_record(line, "{\"type\":\"exit\",\"id\":", exit.id);
  write_number(line, ",\"t\":", exit.t);
  write_who(line, exit.pid, exit.tid);
  if (exit.signal) {
    line.raw(",\"signal\":");
    write_choice(line, symbols::kSignal, uint64_t(exit.signal));
  } else {
    write_number(line, ",\"code\":", exit.code);
  }
  if (exit.last) line.raw(",\"last\":true");
  if (exit.cpu_ns) write_number(line, ",\"cpu_ns\":", *exit.cpu_ns);
  end_record(line);
}

void append_line(std::string& out, const Lost& lost) {
  JsonLine line(out);
  begin_record(line, "{\"type\":\"lost\",\"id\":", lost.id);
  write_number(line, ",\"t\":", lost.t);
  write_number(line, ",\"until\":", lost.until);
  write_number(line, ",\"count\":", lost.count);
  write_text(line, "class", loss_class_name(lost.loss_class));
  end_record(line);
}

void append_line(std::string& out, const End& end) {
  JsonLine line(out);
  begin_record(line, "{\"type\":\"end\",\"id\":", end.id);
  write_number(line, ",\"t\":", end.t);
  write_number(line, ",\"events\":", end.events);
  write_number(line, ",\"lost\":", end.lost);
  write_text_unless_empty(line, "reason", end.reason);
  write_text_unless_empty(line, "error", end.error);
  write_map_unless_empty(line, ",\"skipped\":", end.skipped, [&](uint64_t count) { line.number(count); });
  end_record(line);
}

void append_line(std::string& out, const Unknown& unknown) {
  JsonLine line(out);
  line.raw("{\"type\":");
  line.string(unknown.type);
  write_number(line, ",\"id\":", unknown.id);
  end_record(line);
}

}  // namespace loopscope::trace_model
