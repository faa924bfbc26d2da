// SPDX-License-Identifier: Apache-2.0
#include "exchange/chrome_writer.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "trace-model/json_line.h"
#include "trace-model/model_state.h"
#include "trace-model/story/burst_words.h"
#include "trace-model/symbols.h"
#include "trace-model/uring_ops.h"

namespace loopscope::exchange {
namespace {

using namespace trace_model;

// No thread has this number: what a snapshot found is on a track of its own in each process.
constexpr Pid kFoundTrack = 0;

std::string microseconds(Ns t) {
  const Ns whole = t / 1000, rest = t % 1000;
  return fmt::format("{}{}.{:03}", t < 0 && whole == 0 ? "-" : "", whole, rest < 0 ? -rest : rest);
}

std::string json_text(std::string_view text) {
  std::string out;
  JsonLine(out).string(text);
  return out;
}

std::string arguments_of(const Call& call) {
  std::string args = fmt::format("{{\"id\":{}", call.id);
  for (size_t i = 0; call.spec && i < call.spec->args.size(); ++i) {
    const ArgSpec& arg = call.spec->args[i];
    if (!call.has(int(i))) continue;
    args += fmt::format(",\"{}\":", arg.name);
    if (arg.kind == ArgKind::Path || arg.kind == ArgKind::Address)
      args += json_text(call.text);
    else if (arg.kind == ArgKind::Flags || arg.kind == ArgKind::Choice)
      args += json_text(fmt::format("{}", fmt::join(names_of(*arg.symbols, uint64_t(call.args[i])), "|")));
    else if (arg.kind == ArgKind::Opaque)
      args += fmt::format("\"{:#x}\"", uint64_t(call.args[i]));
    else
      args += fmt::format("{}", call.args[i]);
  }
  args += fmt::format(",\"ret\":{}", call.ret);
  if (call.error) args += fmt::format(",\"error\":\"{}\"", error_name(call.error));
  if (call.socket && !call.socket->peer.empty()) args += ",\"peer\":" + json_text(call.socket->peer);
  return args + "}";
}

std::string call_name(const Call& call, const Model& model) {
  std::string name(call.name());
  const int fd = call.spec ? std::max(arg_index(*call.spec, "fd"), arg_index(*call.spec, "sockfd")) : -1;
  if (fd >= 0 && call.has(fd)) name += fmt::format(" fd {}", call.args[size_t(fd)]);
  const OpenFile* file = fd >= 0 ? model.state().files.find(call.files[size_t(fd)]) : nullptr;
  if (file && file->listening) name += " (" + file->local + ")";
  const size_t slash = call.text.rfind('/');
  if (call.spec && call.spec->family == CallFamily::Open) name += " " + call.text.substr(slash + 1);
  return name;
}

}  // namespace

void ChromeWriter::add_to(Analysis& analysis) {
  analysis_ = &analysis;
  analysis.add(*this);
}

void ChromeWriter::separator() {
  pending_ += std::exchange(any_, true) ? ",\n" : "\n";
}

void ChromeWriter::slice(std::string_view name, std::string_view category, Ns t, Ns dur, Pid pid, Pid tid,
                         std::string_view args) {
  separator();
  fmt::format_to(std::back_inserter(pending_),
                 R"({{"ph":"X","name":{},"cat":"{}","ts":{},"dur":{},"pid":{},"tid":{},"args":{}}})",
                 json_text(name), category, microseconds(t), microseconds(dur), pid, tid, args);
}

void ChromeWriter::name_thread(Pid pid, Pid tid, std::string_view name) {
  separator();
  fmt::format_to(std::back_inserter(pending_),
                 R"({{"ph":"M","name":"thread_name","pid":{},"tid":{},"args":{{"name":{}}}}})", pid, tid,
                 json_text(name));
}

void ChromeWriter::arrow(const Registration& from, const Burst& to) {
  const auto end = [&](std::string_view phase, Ns t, Pid pid, Pid tid) {
    separator();
    fmt::format_to(
        std::back_inserter(pending_),
        R"({{"ph":"{}","bp":"e","id":{},"name":"woken by","cat":"registration","ts":{},"pid":{},"tid":{}}})",
        phase, arrows_, microseconds(t), pid, tid);
  };
  ++arrows_;
  end("s", from.t, from.pid, from.tid);
  end("f", to.start, to.pid, to.tid);
}

void ChromeWriter::take(const WatchRow& row) {
  if (tracks_.insert(row.pid).second) name_thread(row.pid, kFoundTrack, "found when the recording began");
  slice(fmt::format("fd {} is watched by epoll {}", row.fd, row.epfd), "registration", row.t, 1000, row.pid,
        kFoundTrack, fmt::format("{{\"id\":{},\"data\":\"{:#x}\"}}", row.id, row.data));
  registrations_[{row.file, row.target, row.fd}] = {row.t, row.pid, kFoundTrack};
}

void ChromeWriter::take(const Call& call, const Model& model) {
  const bool waits = call.spec && call.spec->wait != WaitKind::None;
  slice(call_name(call, model), waits ? "wait" : "call", call.t, time_between(call.t, call.returned()),
        call.pid, call.tid, arguments_of(call));
}

void ChromeWriter::take(const Cqe& raw, const Model& model) {
  Cqe cqe = raw;
  model.join(cqe);
  const UringOp* op = cqe.op ? uring_op(*cqe.op) : nullptr;
  separator();
  fmt::format_to(
      std::back_inserter(pending_),
      R"({{"ph":"i","s":"t","name":{},"cat":"completion","ts":{},"pid":{},"tid":{},"args":{{"id":{},"res":{}}}}})",
      json_text(op ? op->name : std::string_view("completion")), microseconds(cqe.t), cqe.pid, cqe.tid,
      cqe.id, cqe.res);
}

// Known before the window as well: what was registered then wakes the loop now.
void ChromeWriter::on_call(const Call& call, const Thread& /*thread*/) {
  constexpr int64_t kAdd = 1;
  if (!call.spec || call.spec->name != "epoll_ctl" || call.error != 0 || call.arg("op") != kAdd) return;
  registrations_[{call.file("epfd"), call.file("fd"), int(call.arg("fd").value_or(-1))}] = {call.t, call.pid,
                                                                                            call.tid};
}

void ChromeWriter::on_burst(const Burst& burst, const Thread& /*thread*/) {
  if (!analysis_->window().has(burst.start)) return;
  slice("woken by " + burst_cause_words(burst), "burst", burst.start, burst.length(), burst.pid, burst.tid,
        fmt::format("{{\"id\":{},\"calls\":{},\"iterations\":{}}}", burst.id, burst.calls, burst.iterations));
  for (const ReadyFile& ready : burst.ready) {
    const auto from = registrations_.find({burst.instance, ready.file, ready.fd});
    if (ready.returned <= burst.start && from != registrations_.end()) arrow(from->second, burst);
  }
}

void ChromeWriter::take(const Event& event, const Model& model, bool inside, std::string& out) {
  if (!std::exchange(headed_, true)) out += "{\"displayTimeUnit\":\"ns\",\"traceEvents\":[";
  if (const auto* row = std::get_if<WatchRow>(&event)) take(*row);
  if (inside) {
    if (const auto* call = std::get_if<Call>(&event)) take(*call, model);
    if (const auto* cqe = std::get_if<Cqe>(&event)) take(*cqe, model);
  }
  out += std::exchange(pending_, {});
}

void ChromeWriter::finish(const Report& report, std::string& out) {
  for (const ReportProcess& process : report.processes) {
    std::string name = process.comm;
    for (size_t i = 1; i < process.cmdline.size(); ++i) name += " " + process.cmdline[i];
    separator();
    fmt::format_to(std::back_inserter(pending_),
                   R"({{"ph":"M","name":"process_name","pid":{},"args":{{"name":{}}}}})", process.pid,
                   json_text(name));
    for (const ThreadName& thread : process.threads)
      if (!thread.comm.empty()) name_thread(process.pid, thread.tid, thread.comm);
  }
  if (!headed_) out += "{\"displayTimeUnit\":\"ns\",\"traceEvents\":[";
  out += std::exchange(pending_, {});
  out += "\n]}\n";
}

}  // namespace loopscope::exchange
