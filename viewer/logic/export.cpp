// SPDX-License-Identifier: Apache-2.0
#include "viewer/logic/export.h"

#include <unistd.h>
#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <variant>

#include <fmt/format.h>

#include "trace-model/duration_text.h"
#include "trace-model/json_writer.h"
#include "trace-model/model.h"
#include "trace-model/model_state.h"
#include "trace-model/query_term.h"
#include "trace-model/show_line.h"
#include "trace-model/terminal_text.h"
#include "trace-model/trace_reader.h"
#include "viewer/logic/record_table.h"

namespace loopscope::viewer {

using namespace trace_model;

namespace {

constexpr size_t kBlockBytes = 256 * 1024;

// Each record in file order until `take` says false or there are no more.
template <typename Take>
void each_record(const TraceText& text, const std::atomic<bool>& stopped, Take&& take) {
  TraceReader reader;
  std::vector<char> block(kBlockBytes);
  uint64_t offset = 0;
  bool ended = false;
  while (!stopped) {
    if (const Record* record = reader.next()) {
      if (!take(*record)) return;
      continue;
    }
    if (ended || !reader.refusal().empty()) return;
    const size_t n = text.read(offset, block.data(), block.size());
    if (n == 0)
      reader.end(), ended = true;
    else
      reader.feed({block.data(), n});
    offset += n;
  }
}

// A file that is complete or not there. The first error is the one that is told.
class NewFile {
 public:
  explicit NewFile(const std::string& path) : path_(path), part_(fmt::format("{}.{}", path, getpid())) {
    errno = 0;
    file_.open(part_, std::ios::binary);
    note_error();
  }
  ~NewFile() {
    if (!done_) std::remove(part_.c_str());
  }
  NewFile(const NewFile&) = delete;
  NewFile& operator=(const NewFile&) = delete;

  [[nodiscard]] bool good() const { return error_ == 0; }
  void write(std::string_view text) {
    errno = 0;
    file_.write(text.data(), std::streamsize(text.size()));
    note_error();
  }
  [[nodiscard]] Exported finish(uint64_t records) {
    errno = 0;
    file_.close();
    note_error();
    if (good() && std::rename(part_.c_str(), path_.c_str()) == 0) {
      done_ = true;
      return fmt::format("{}: {}", terminal_text(path_), counted(records, "record"));
    }
    const int error = good() ? errno : error_;
    return std::unexpected(fmt::format("cannot write {}: {}", terminal_text(path_), std::strerror(error)));
  }

 private:
  void note_error() {
    if (!file_ && error_ == 0) error_ = errno ? errno : EIO;
  }

  std::string path_, part_;
  std::ofstream file_;
  int error_ = 0;
  bool done_ = false;
};

// A spreadsheet takes what begins with one of these for a formula; before an apostrophe it is text.
void append_quoted(std::string& out, std::string_view text) {
  constexpr std::string_view kFormulas = "=+-@\t\r";
  out += '"';
  if (!text.empty() && kFormulas.contains(text.front())) out += '\'';
  for (const char c : text) {
    if (c == '"') out += '"';
    out += c;
  }
  out += '"';
}

// Quoted where it has to be.
void append_text(std::string& out, std::string_view text) {
  constexpr std::string_view kSpecial = "=+-@,\"\t\r\n";
  if (text.find_first_of(kSpecial) == text.npos)
    out += text;
  else
    append_quoted(out, text);
}

Ns begin_of(const Event& event) {
  return std::visit(
      [](const auto& record) -> Ns {
        if constexpr (requires { record.t; })
          return record.t;
        else
          return 0;
      },
      event);
}

// The columns that numbers stand in; what a record says in words is the last.
void append_columns(std::string& out, const Event& event, const Model::State& state) {
  Pid pid = 0, tid = 0;
  Ns dur = -1;
  std::string name, result, error;
  std::visit(
      [&](const auto& record) {
        if constexpr (requires { record.pid; }) pid = record.pid;
        if constexpr (requires { record.tid; }) tid = record.tid;
      },
      event);
  if (const auto* call = std::get_if<Call>(&event)) {
    dur = call->dur;
    name = terminal_text(call->name());
    result = fmt::format("{}", call->ret);
    if (call->error) error = fmt::format("{}", call->error);
    if (pid == 0)
      if (const Thread* thread = state.processes.find_thread(tid)) pid = thread->pid;
  } else {
    name = record_type_name(event.index());
  }
  if (const auto* cqe = std::get_if<Cqe>(&event)) result = fmt::format("{}", cqe->res);
  out += fmt::format("{},{},{},{},{},", id_of(event), begin_of(event), dur < 0 ? "" : fmt::format("{}", dur),
                     pid, tid);
  append_text(out, name);
  out += fmt::format(",{},{},", result, error);
}

}  // namespace

Exported write_table(const TraceText& text, const std::vector<uint32_t>& rows, const std::string& path,
                     const std::atomic<bool>& stopped) {
  NewFile file(path);
  file.write("id,t_ns,dur_ns,pid,tid,what,result,error,text\r\n");
  Model model;
  std::string line, words;
  uint64_t written = 0;
  uint32_t row = 0;
  auto next = rows.begin();
  each_record(text, stopped, [&](const Record& record) {
    const bool wanted = rows.empty() || (next != rows.end() && *next == row);
    ++row;
    model.join(*record.event);
    words.clear();
    if (wanted) append_line_begin(words, *record.event, model.state());
    model.apply(*record.event);
    if (!wanted) return true;
    append_line_end(words, *record.event, model.state());
    while (words.ends_with('\n')) words.pop_back();
    line.clear();
    append_columns(line, *record.event, model.state());
    append_quoted(line, words);
    line += "\r\n";
    file.write(line);
    ++written;
    if (!rows.empty()) ++next;
    return file.good() && (rows.empty() || next != rows.end());
  });
  if (stopped) return std::unexpected("the table was not finished");
  return file.finish(written);
}

Exported write_range(const TraceText& text, Ns from, Ns until, const std::string& path,
                     const std::atomic<bool>& stopped) {
  NewFile file(path);
  Model model;
  TraceHeader header;
  std::string line;
  uint64_t written = 0;
  RecordId last_id = 0;
  bool begun = false, header_written = false;
  const auto write = [&](const Event& event) {
    line.clear();
    append_line(line, event);
    file.write(line);
    ++written;
  };
  // Their ids are those of the records that are left out.
  const auto begin = [&](RecordId first) {
    begun = true;
    std::vector<Event> state = model.state_rows(from);
    RecordId id = header.id;
    for (Event& event : state) {
      if (++id >= first) break;
      std::visit([id](auto& record) { record.id = id; }, event);
      write(event);
    }
  };
  each_record(text, stopped, [&](const Record& record) {
    if (const auto* found = std::get_if<TraceHeader>(record.event)) {
      header = *found;
      header_written = true;
      write(*record.event);
      return true;
    }
    if (std::holds_alternative<End>(*record.event)) return true;
    const Ns t = completion_time(*record.event);
    if (t < from) {
      model.apply(*record.event);
      return true;
    }
    if (!begun) begin(id_of(*record.event));
    if (t >= until) return false;
    last_id = id_of(*record.event);
    file.write(record.line);
    file.write("\n");
    ++written;
    return file.good();
  });
  if (stopped) return std::unexpected("the part of the trace was not finished");
  if (!header_written) return std::unexpected("the trace has no header, so no part of it would be a trace");
  if (!begun) begin(UINT64_MAX);
  End end;
  end.id = std::max<RecordId>(last_id, header.id) + 1;
  end.t = until;
  end.events = written + 1;
  end.reason = "range";
  if (last_id == 0) end.id = header.id + written;
  write(Event(end));
  return file.finish(written);
}

std::string free_path(const std::string& trace, const std::string& part, const std::string& end) {
  std::string name = trace == "-" ? "standard-input" : trace;
  for (const std::string_view known : {".zst", ".jsonl", ".loopscope"})
    if (name.ends_with(known) && name.size() > known.size()) name.resize(name.size() - known.size());
  constexpr int kMostTries = 1000;
  for (int i = 1; i < kMostTries; ++i) {
    std::string path = fmt::format("{}{}{}{}", name, part, i == 1 ? "" : fmt::format("{}", i), end);
    if (access(path.c_str(), F_OK) != 0) return path;
  }
  return name + part + end;
}

Exporting::~Exporting() {
  stopped_ = true;
  if (thread_.joinable()) thread_.join();
}

void Exporting::start(std::function<Exported(const std::atomic<bool>&)> work) {
  if (busy_) return;
  if (thread_.joinable()) thread_.join();
  busy_ = true;
  thread_ = std::thread([this, work = std::move(work)] {
    const Exported exported = work(stopped_);
    {
      const std::lock_guard lock(mutex_);
      outcome_ = exported ? "Saved " + *exported : exported.error();
      busy_ = false;  // whoever has the outcome may start the next
    }
    wake_();
  });
}

std::string Exporting::take_outcome() {
  const std::lock_guard lock(mutex_);
  return std::exchange(outcome_, {});
}

}  // namespace loopscope::viewer
