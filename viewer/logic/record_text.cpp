// SPDX-License-Identifier: Apache-2.0
#include "viewer/logic/record_text.h"

#include <algorithm>
#include <variant>

#include <fmt/format.h>

#include "trace-model/model.h"
#include "trace-model/show_line.h"
#include "trace-model/symbols.h"
#include "trace-model/terminal_text.h"

namespace loopscope::viewer {

using namespace trace_model;

namespace {

constexpr size_t kLongestLabel = 60, kLongestLine = 20000;

// Tells a model of one record what that record's descriptors are.
class Describer {
 public:
  Describer(Model& model, const Timeline& timeline) : model_(model), timeline_(timeline) {}

  void add(Pid pid, int fd, FileId id) {
    const FileFact fact = timeline_.file(id);
    if (fact.id == 0) return;
    FdRow row;
    row.pid = pid;
    row.fd = fd;
    row.file = id;
    row.socket.kind = kind_name(fact.kind);
    row.socket.local = fact.local;
    row.socket.peer = fact.peer;
    if (fact.listening) row.socket.state = "listen";
    row.path = fact.path;
    model_.apply(Event(row));
  }

  void add(const CallBody& call) {
    if (!call.spec) return;
    for (size_t i = 0; i < call.spec->args.size(); ++i)
      if (call.files[i]) add(call.pid, int(call.args[i]), call.files[i]);
    for (size_t i = 0; i < call.pair.size(); ++i)
      if (call.pair_files[i]) add(call.pid, call.pair[i], call.pair_files[i]);
    for (const PollFd& each : call.poll_fds)
      if (each.file) add(call.pid, each.fd, each.file);
  }

  void add(const Event& event) {
    if (const auto* call = std::get_if<Call>(&event)) {
      add(static_cast<const CallBody&>(*call));
      if (call->ret_file) add(call->pid, int(call->ret), call->ret_file);
      for (const ReadyEntry& each : call->ready)
        if (each.file) add(call->pid, each.fd, each.file);
    } else if (const auto* pending = std::get_if<Pending>(&event)) {
      add(static_cast<const CallBody&>(*pending));
    } else if (const auto* sqe = std::get_if<Sqe>(&event)) {
      add(static_cast<const CallBody&>(*sqe));
      if (sqe->file_id && !sqe->fixed) add(sqe->pid, sqe->fd, sqe->file_id);
    } else if (const auto* cqe = std::get_if<Cqe>(&event)) {
      if (cqe->file && cqe->res >= 0) add(cqe->pid, int(cqe->res), cqe->file);
      if (cqe->on) add(cqe->pid, -1, cqe->on);
    }
  }

 private:
  Model& model_;
  const Timeline& timeline_;
};

void trim(std::string& text) {
  while (!text.empty() && (text.back() == '\n' || text.back() == ' ')) text.pop_back();
  if (text.size() <= kLongestLine) return;
  text.resize(kLongestLine);
  while (!text.empty() && (uint8_t(text.back()) & 0xc0) == 0x80) text.pop_back();
  if (!text.empty() && uint8_t(text.back()) >= 0xc0) text.pop_back();
  text += "…";
}

std::string_view file_name(std::string_view path) {
  const size_t slash = path.rfind('/');
  return slash == path.npos || slash + 1 == path.size() ? path : path.substr(slash + 1);
}

std::string result_of(const Call& call) {
  if (call.error != 0) return fmt::format("= {}", error_name(call.error));
  return fmt::format("= {}", call.ret);
}

std::string label_of(const Call& call) {
  std::string name(call.name());
  if (!call.spec) return name;
  if (call.spec->name == "epoll_ctl") {
    constexpr std::string_view kOps[] = {"?", "ADD", "DEL", "MOD"};
    const auto op = call.arg("op").value_or(0);
    return fmt::format("epoll_ctl {} fd {}", kOps[op >= 1 && op <= 3 ? op : 0], call.arg("fd").value_or(-1));
  }
  if (call.spec->family == CallFamily::Open)
    return fmt::format("{} {} {}", name, terminal_text(file_name(call.text)), result_of(call));
  if (!call.spec->args.empty() && call.spec->args[0].kind == ArgKind::Fd && call.has(0))
    return fmt::format("{} fd {} {}", name, call.args[0], result_of(call));
  return fmt::format("{} {}", name, result_of(call));
}

}  // namespace

std::string RecordText::raw(uint32_t row) const {
  return text_ && timeline_.records.has(row) ? text_->line(timeline_.records.offset(row)) : std::string();
}

Event* RecordText::read(uint32_t row) {
  line_ = raw(row);
  const size_t size = line_.size();
  line_.resize(size + RecordParser::kPaddingBytes);
  return size == 0 ? nullptr : parser_.parse(std::string_view(line_).substr(0, size));
}

std::string RecordText::make_line(uint32_t row) {
  // A search may find what has not been loaded yet.
  if (!timeline_.records.has(row)) return {};
  Model model;
  Describer describer(model, timeline_);
  Event* event = read(row);
  if (!event) return fmt::format("{} (its line cannot be read)", what_name(timeline_.records.what(row)));
  // A completion says of its operation only the number.
  if (const auto* cqe = std::get_if<Cqe>(event); cqe && cqe->sqe) {
    if (const auto operation = timeline_.records.row_of(cqe->sqe)) {
      if (Event* sqe = read(*operation)) describer.add(*sqe), model.apply(*sqe);
      event = read(row);
      if (!event) return {};
    }
  }
  describer.add(*event);
  // A completion's operation is joined here; what an epoll call returned was joined by the recorder, and this
  // model knows of no registration.
  if (std::holds_alternative<Cqe>(*event)) model.join(*event);
  std::string text;
  append_line_begin(text, *event, model.state());
  model.apply(*event);
  append_line_end(text, *event, model.state());
  trim(text);
  return text;
}

std::string RecordText::make_label(uint32_t row) {
  const Event* event = read(row);
  std::string text;
  if (event)
    if (const auto* call = std::get_if<Call>(event)) text = label_of(*call);
  if (text.empty()) text = what_name(timeline_.records.what(row));
  return cut_to_columns(text, kLongestLabel);
}

const std::string& RecordText::line(uint32_t row) {
  if (lines_.size() > kMostKept) lines_.clear();
  const auto [at, is_new] = lines_.try_emplace(row);
  if (is_new) at->second = make_line(row);
  if (!timeline_.records.has(row)) {
    static const std::string not_there = "…";
    lines_.erase(at);
    return not_there;
  }
  return at->second;
}

const std::string& RecordText::label(uint32_t row) {
  static thread_local std::string name;
  if (!timeline_.records.has(row)) return name = "…";
  if (const auto known = labels_.find(row); known != labels_.end()) return known->second;
  if (made_ >= kMostAFrame) return name = what_name(timeline_.records.what(row));
  ++made_;
  if (labels_.size() > kMostKept) labels_.clear();
  return labels_[row] = make_label(row);
}

std::string manual_name(uint16_t what) {
  if (what < kFirstType) return fmt::format("{}(2)", what_name(what));
  if (what >= kFirstSqe && what < kFirstCqe) return fmt::format("{}, taken by the ring", what_name(what));
  if (what >= kFirstCqe && what < kUnknownCall) return fmt::format("{}, completed", what_name(what));
  return std::string(what_name(what));
}

}  // namespace loopscope::viewer
