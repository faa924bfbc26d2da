// SPDX-License-Identifier: Apache-2.0
// A log of strace as the records of a trace, in its order, with ids.
//
//   const Survey survey = survey_of(log);
//   Importer importer(log, survey);
//   write header_of(survey, …);
//   while (const Event* event = importer.next()) write *event;
//
// The header's `probes` say what a log cannot: who woke whom, what was open before, perhaps times.
#pragma once

#include <algorithm>
#include <deque>
#include <functional>
#include <map>
#include <set>

#include "exchange/strace/call_arguments.h"
#include "exchange/strace/identities.h"
#include "exchange/strace/log_reader.h"
#include "exchange/strace/survey.h"

namespace loopscope::exchange::strace {

[[nodiscard]] trace_model::TraceHeader header_of(const Survey& survey);

class Importer {
 public:
  Importer(std::string_view log, const Survey& survey);

  void on_problem(std::function<void(const LogProblem&)> call);
  [[nodiscard]] const trace_model::Event* next();  // nullptr at the end; valid until the next call

  [[nodiscard]] uint64_t calls() const { return calls_; }
  [[nodiscard]] uint64_t processes() const { return tables_.size(); }
  [[nodiscard]] uint64_t foreign_lines() const { return reader_.foreign_lines(); }

 private:
  struct Thread {
    Pid pid = 0;
    Ns last_end = INT64_MIN;
    bool met = false, ended = false;
    FileId woken_by = 0;  // the listening socket that its last wait with a sleep told of
    std::string_view comm;
  };

  void take(const LogEvent& event);
  void take_call(const LogEvent& event);
  void take_exit(const LogEvent& event);
  Thread& meet(Pid tid, Ns t, std::string_view comm);
  void begin_process(Pid pid, Pid parent_tid, uint64_t flags, Ns t, std::string_view comm);
  void born(Pid tid, Ns t);
  void finish();

  [[nodiscard]] Pid tid_of(const LogEvent& event) const { return event.tid ? event.tid : survey_.first; }
  [[nodiscard]] Ns duration(const LogEvent& event, const CallText& text, const trace_model::Call& call) const;
  void identify(trace_model::CallBody& body, const Descriptions& described);
  bool name(trace_model::FileId& file, Pid pid, int fd, std::string_view what);  // whether it is new
  void apply(trace_model::Call& call, const CallText& text, const Descriptions& described);
  void forget_opened(const trace_model::Call& call);
  void apply_new(trace_model::Call& call, const CallText& text);
  void apply_socket(trace_model::Call& call);
  void executed(const trace_model::Call& call, const CallText& text);
  void note_wakeup(const trace_model::Call& call);
  void guess_connection(const trace_model::Call& call, bool is_new);
  void row_of(Pid pid, int fd, FileId file, std::string_view what);

  template <typename Record>
  void emit(Record record, Ns completes) {
    record.id = ++last_id_;
    completed_ = std::max(completed_, completes);
    ready_.emplace_back(std::move(record));
  }

  LogReader reader_;
  const Survey& survey_;
  std::function<void(const LogProblem&)> on_problem_;
  Identities identities_;
  std::map<Pid, Thread> threads_;
  std::map<Pid, FdTableId> tables_;
  std::map<Pid, uint32_t> living_;  // threads of a process
  std::deque<trace_model::Event> ready_;
  bool handed_out_ = false, finished_ = false;
  trace_model::RecordId last_id_ = 1;  // the header's
  Ns completed_ = 0;
  FdTableId last_table_ = 0;
  uint64_t calls_ = 0, other_calls_ = 0, unreadable_ = 0;
};

}  // namespace loopscope::exchange::strace
