// SPDX-License-Identifier: Apache-2.0
// From wire records in order of time to lines of a trace: numbers for kernel objects, names for arguments,
// ids, joins. The model is fed with the same records, so that the summary at the end says what a report on
// the file would.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>

#include "trace-model/model.h"
#include "tracer/call_decoder.h"
#include "tracer/observations.h"
#include "tracer/pending_calls.h"
#include "tracer/request_starts.h"
#include "tracer/uring_decoder.h"

namespace loopscope::tracer {

class RecordStream {
 public:
  // `start_ns`: the trace's t 0 on CLOCK_MONOTONIC. Lines are appended to the string that lines() returns.
  explicit RecordStream(uint64_t start_ns);

  // For a recording with --peek: which of the bytes read are to be written.
  void keep_request_starts() { request_starts_.emplace(); }

  // Records must come in order of completion time; one that does not is marked `late`.
  void take(std::span<const std::byte> wire_record);
  void take(Observation& observation);
  void take(trace_model::Event event);

  [[nodiscard]] std::string& lines() { return lines_; }
  [[nodiscard]] const trace_model::Model& model() const { return model_; }
  [[nodiscard]] const PendingCalls& pending() const { return pending_; }
  [[nodiscard]] uint64_t calls_written() const { return calls_written_; }
  [[nodiscard]] uint64_t undecodable() const { return undecodable_; }
  // Times off the CPU within calls whose own records were lost: nothing they could stand in.
  [[nodiscard]] uint64_t homeless_off() const { return homeless_off_; }
  [[nodiscard]] trace_model::Ns last_time() const { return last_time_; }
  [[nodiscard]] trace_model::RecordId next_id() { return ++last_id_; }

  // Observed threads that have not exited.
  [[nodiscard]] bool any_thread_left() const { return !threads_.empty(); }
  [[nodiscard]] bool saw_any_thread() const { return saw_thread_; }

 private:
  struct Thread {
    trace_model::Pid pid = 0;
    uint64_t files = 0;
  };
  void take_call(const wire_call& record, std::span<const std::byte> payload);
  void take_fork(const wire_fork& record);
  void take_exec(const wire_exec& record);
  void take_exit(const wire_exit& record);
  void take_process(ProcessObservation& observed);
  void take_fd(const FdObservation& observed);
  void take_watch(const WatchObservation& observed);
  void take_pending(PendingObservation& observed);
  void take_queue(const wire_queue_row& row);
  void take_off(const wire_off& record);
  void take_ring(const wire_ring& row, trace_model::Origin origin);
  void take_sqe(const wire_sqe& record, std::span<const std::byte> payload);
  void take_cqe(const wire_cqe& record, std::span<const std::byte> payload);
  void take_armed(const ArmedObservation& observed);
  // Of a call in progress, until its record comes.
  struct HeldOff {
    trace_model::Off off;
    uint64_t off_ns = 0, again_ns = 0;  // of the last interval
  };
  Thread& thread(trace_model::Pid pid, uint32_t tid, uint64_t files);
  void forget_thread(trace_model::Pid pid, uint32_t tid);
  void note_table(uint32_t pid, uint32_t tid, uint64_t files, uint64_t time_ns);
  template <typename Record>
  void write(Record& record);
  [[nodiscard]] trace_model::Ns time(uint64_t ns) const { return trace_model::Ns(ns - start_ns_); }

  uint64_t start_ns_;
  std::string lines_;
  trace_model::Model model_;
  FileIds files_;
  FdTableIds tables_;
  CallDecoder decoder_;
  UringDecoder uring_;
  PendingCalls pending_;
  std::optional<RequestStarts> request_starts_;
  trace_model::Call call_;
  trace_model::Sqe sqe_;
  trace_model::Cqe cqe_;
  trace_model::FlatMap<Thread> threads_;                         // by tid
  std::unordered_map<trace_model::Pid, size_t> live_threads_;    // of each process
  trace_model::FlatMap<HeldOff> held_off_;                       // by tid
  std::map<trace_model::FileId, trace_model::QueueRow> queues_;  // as last written
  trace_model::RecordId last_id_ = 0;
  trace_model::Ns last_time_ = INT64_MIN;
  uint64_t calls_written_ = 0, undecodable_ = 0, homeless_off_ = 0;
  bool saw_thread_ = false;
};

}  // namespace loopscope::tracer
