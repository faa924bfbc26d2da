// SPDX-License-Identifier: Apache-2.0
// One recording: attach, read what is there, follow until told to stop, say what was lost.
//
// The order is attach → snapshot → reconcile: programs run and buffer before the state is read, every row
// carries the time it was read, and the file is written in order of time, so that whoever applies it in that
// order ends in the true state.
#pragma once

#include <expected>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "trace-model/model.h"
#include "trace-model/trace_sink.h"
#include "tracer/bpf_session.h"
#include "tracer/call_selection.h"
#include "tracer/event_order.h"
#include "tracer/record_options.h"
#include "tracer/record_stream.h"
#include "tracer/state_reader.h"
#include "tracer/trace_output.h"

namespace loopscope::tracer {

// Why a recording is to end. Asked between two rounds; empty: go on.
using StopReason = std::function<std::string()>;

struct RecordingTotals {
  uint64_t calls = 0, lost = 0, bytes = 0;
  double seconds = 0;
  std::string reason;
};

class Recording {
 public:
  Recording(const RecordOptions& options, std::vector<std::string> command_line);
  ~Recording();

  // Loads, attaches, marks the targets and reads their state. Nothing is written yet. The error is a
  // sentence.
  [[nodiscard]] std::expected<void, std::string> attach(const std::vector<trace_model::Pid>& targets);

  // Writes to `fd` until stop says why, a limit is reached or no target is left. `wake_fd` ends a sleep
  // early. An error while writing ends the recording; what was written before it stays.
  [[nodiscard]] std::expected<RecordingTotals, std::string> run(int fd, std::string_view file_name,
                                                                const StopReason& stop, int wake_fd);

  [[nodiscard]] const trace_model::Model& model() const { return stream_->model(); }
  [[nodiscard]] const trace_model::TraceHeader& header() const { return header_; }
  [[nodiscard]] const std::vector<trace_model::Lost>& losses() const { return losses_; }

 private:
  size_t drain();
  void note_losses();
  enum class Due { InTime, Now };
  void look_again(Due due);
  void look_at_queues();
  enum class Announce { New, All };
  void scan_pending(trace_model::Origin origin, uint64_t started_before_ns, Announce which);
  std::expected<bool, std::string> release(uint64_t watermark_ns, TraceOutput& output);
  std::expected<void, std::string> finish(TraceOutput& output, const std::string& reason);
  void show_progress(const TraceOutput& output, bool last);

  RecordOptions options_;
  trace_model::TraceHeader header_;
  CallSelection selection_;
  std::unique_ptr<BpfSession> bpf_;
  std::unique_ptr<RecordStream> stream_;
  std::unique_ptr<StateReader> state_;
  EventOrder order_;
  uint64_t start_ns_ = 0;
  std::set<trace_model::Pid> executed_;  // processes to read again after an exec
  bool state_in_doubt_ = false;
  uint64_t last_resync_ns_ = 0, last_scan_ns_ = 0, last_progress_ns_ = 0;
  uint64_t queues_due_ns_ = 0;
  uint64_t records_at_scan_ = 0, records_ = 0, lost_ = 0;
  std::vector<trace_model::Lost> losses_;
};

}  // namespace loopscope::tracer
