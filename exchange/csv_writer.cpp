// SPDX-License-Identifier: Apache-2.0
#include "exchange/csv_writer.h"

#include <optional>
#include <utility>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "trace-model/model_state.h"
#include "trace-model/symbols.h"
#include "trace-model/uring_ops.h"
#include "trace-model/utf8.h"

namespace loopscope::exchange {
namespace {

using namespace trace_model;

constexpr std::string_view kHead =
    "id,type,t_ns,dur_ns,pid,tid,call,fd,kind,op,path,address,events,data,ret,error,ready,peer\r\n";

struct Row {
  RecordId id = 0;
  std::string_view type;
  Ns t = 0;
  std::optional<Ns> dur;
  Pid pid = 0, tid = 0;
  std::string call, kind, op, path, address, events, data, error, ready, peer;
  std::optional<int64_t> fd, ret;
};

std::string cell(std::string_view raw) {
  std::string text = to_utf8(raw);
  constexpr std::string_view kFormula = "=+-@\t\r";
  if (!text.empty() && kFormula.find(text[0]) != kFormula.npos) text.insert(0, 1, '\'');
  if (text.find_first_of(",\"\r\n") == text.npos) return text;
  std::string quoted = "\"";
  for (const char c : text) quoted.append(c == '"' ? 2 : 1, c);
  return quoted + '"';
}

std::string number(const std::optional<int64_t>& value) {
  return value ? fmt::format("{}", *value) : "";
}

void append(std::string& out, const Row& row) {
  fmt::format_to(std::back_inserter(out), "{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{}\r\n", row.id,
                 row.type, row.t, number(row.dur), row.pid, row.tid, cell(row.call), number(row.fd),
                 cell(row.kind), cell(row.op), cell(row.path), cell(row.address), cell(row.events), row.data,
                 number(row.ret), row.error, cell(row.ready), cell(row.peer));
}

std::string names(const SymbolTable& table, uint64_t bits) {
  return fmt::format("{}", fmt::join(names_of(table, bits), "|"));
}

std::string op_name(uint8_t op) {
  const UringOp* known = uring_op(op);
  return known ? std::string(known->name) : fmt::format("{:#x}", op);
}

std::string ready_words(const std::vector<ReadyEntry>& ready, bool epoll) {
  std::string text;
  for (const ReadyEntry& entry : ready)
    text += fmt::format("{}{}:{}", text.empty() ? "" : " ", entry.fd >= 0 ? fmt::format("{}", entry.fd) : "?",
                        names(epoll ? symbols::kEpollEvents : symbols::kPollEvents, entry.events));
  return text;
}

// The first descriptor that the call names (of epoll_ctl the one that is watched), and what it is.
void describe(Row& row, const CallBody& call, const Model& model) {
  row.pid = call.pid;
  row.tid = call.tid;
  row.call = call.name();
  if (!call.spec) return;
  FileId file = 0;
  for (size_t i = 0; i < call.spec->args.size(); ++i) {
    const ArgSpec& arg = call.spec->args[i];
    const bool watched = arg.name == "fd" && call.spec->name == "epoll_ctl";
    if (arg.kind == ArgKind::Fd && call.has(int(i)) && (!row.fd || watched)) {
      row.fd = call.args[i];
      file = call.files[i];
    }
    if (arg.kind == ArgKind::Path) row.path = call.text;
    if (arg.kind == ArgKind::Address) row.address = call.text;
    if (arg.name == "op" && call.has(int(i))) row.op = names(*arg.symbols, uint64_t(call.args[i]));
    if (arg.name == "events" && call.has(int(i))) row.events = names(*arg.symbols, uint64_t(call.args[i]));
    if (arg.kind == ArgKind::Opaque && call.has(int(i)))
      row.data = fmt::format("{:#x}", uint64_t(call.args[i]));
  }
  if (const OpenFile* known = file ? model.state().files.find(file) : nullptr) {
    row.kind = known->listening ? "listener" : std::string(kind_name(known->kind));
    if (row.address.empty() && known->listening) row.address = known->local;
  }
}

void take(const Call& call, const Model& model, std::string& out) {
  Row row;
  row.id = call.id;
  row.type = "call";
  row.t = call.t;
  row.dur = call.dur;
  describe(row, call, model);
  row.ret = call.ret;
  if (call.error) row.error = error_name(call.error);
  row.ready = ready_words(call.ready, call.spec && call.spec->wait == WaitKind::Epoll);
  if (call.socket) row.peer = call.socket->peer;
  append(out, row);
}

void take(const Sqe& sqe, const Model& model, std::string& out) {
  Row row;
  row.id = sqe.id;
  row.type = "sqe";
  row.t = sqe.t;
  describe(row, sqe, model);
  row.pid = sqe.pid;
  row.tid = sqe.tid;
  row.op = op_name(sqe.op);
  if (sqe.fd >= 0 && !sqe.fixed) row.fd = sqe.fd;
  row.data = fmt::format("{:#x}", sqe.user_data);
  append(out, row);
}

void take(Cqe cqe, const Model& model, std::string& out) {
  model.join(cqe);
  Row row;
  row.id = cqe.id;
  row.type = "cqe";
  row.t = cqe.t;
  row.dur = cqe.took;
  row.pid = cqe.pid;
  row.tid = cqe.tid;
  if (cqe.op) row.op = op_name(*cqe.op);
  if (cqe.fd >= 0 && !cqe.fixed) row.fd = cqe.fd;
  row.data = fmt::format("{:#x}", cqe.user_data);
  row.ret = cqe.res;
  if (cqe.res < 0) row.error = error_name(int(-cqe.res));
  if (cqe.socket) row.peer = cqe.socket->peer;
  append(out, row);
}

void take(const Event& event, std::string& out) {
  Row row;
  row.id = id_of(event);
  row.t = completion_time(event);
  if (const auto* fork = std::get_if<Fork>(&event)) {
    row.type = "fork";
    row.pid = fork->pid;
    row.tid = fork->tid;
    row.ret = fork->child_tid;
  } else if (const auto* exec = std::get_if<Exec>(&event)) {
    row.type = "exec";
    row.pid = exec->pid;
    row.tid = exec->tid;
    row.path = exec->exe;
  } else if (const auto* exit = std::get_if<Exit>(&event)) {
    row.type = "exit";
    row.pid = exit->pid;
    row.tid = exit->tid;
    row.ret = exit->code;
    if (exit->signal) row.error = names(symbols::kSignal, uint64_t(exit->signal));
  } else if (const auto* lost = std::get_if<Lost>(&event)) {
    row.type = "lost";
    row.t = lost->t;
    row.dur = time_between(lost->t, lost->until);
    row.ret = int64_t(lost->count);
  } else {
    return;
  }
  append(out, row);
}

}  // namespace

void CsvWriter::take(const Event& event, const Model& model, bool inside, std::string& out) {
  if (!std::exchange(headed_, true)) out += kHead;
  if (!inside) return;
  if (const auto* call = std::get_if<Call>(&event)) return exchange::take(*call, model, out);
  if (const auto* sqe = std::get_if<Sqe>(&event)) return exchange::take(*sqe, model, out);
  if (const auto* cqe = std::get_if<Cqe>(&event)) return exchange::take(*cqe, model, out);
  exchange::take(event, out);
}

void CsvWriter::finish(const Report& /*report*/, std::string& out) {
  if (!headed_) out += kHead;
}

}  // namespace loopscope::exchange
