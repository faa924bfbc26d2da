// SPDX-License-Identifier: Apache-2.0
#include "exchange/jsonl_writer.h"

#include <algorithm>

#include "trace-model/json_writer.h"

namespace loopscope::exchange {

using trace_model::Event;

void JsonlWriter::shift(Event& event) const {
  if (shift_ == 0) return;
  std::visit([this](auto& record) { record.id += shift_; }, event);
  if (auto* call = std::get_if<trace_model::Call>(&event); call && call->pending) call->pending += shift_;
  if (auto* cqe = std::get_if<trace_model::Cqe>(&event); cqe && cqe->sqe) cqe->sqe += shift_;
}

// The rows take the ids from that of the first record on; it and all after it move behind them. Operations in
// flight are stated before them, with ids that later records name, and move as well.
void JsonlWriter::state(const trace_model::Model& model, const Event& first, std::string& out) {
  const trace_model::Ns t = completion_time(first);
  std::vector<Event> rows = model.state_rows(t);
  shift_ = uint64_t(
      std::ranges::count(rows, trace_model::RecordId(0), [](const Event& row) { return id_of(row); }));
  trace_model::RecordId next = id_of(first);
  for (Event& row : rows) {
    if (id_of(row) == 0)
      std::visit([&](auto& record) { record.id = next++; }, row);
    else
      shift(row);
    append_line(out, row);
  }
}

void JsonlWriter::take(const Event& event, const trace_model::Model& model, bool inside, std::string& out) {
  if (std::holds_alternative<trace_model::TraceHeader>(event)) return append_line(out, event);
  const bool end = std::holds_alternative<trace_model::End>(event);
  if (!inside && !end) {
    if (!begun_) ++skipped_;
    return;
  }
  if (!begun_ && skipped_ > 0 && !end) state(model, event, out);
  begun_ = true;
  calls_ += std::holds_alternative<trace_model::Call>(event);
  Event written = event;
  shift(written);
  if (auto* last = std::get_if<trace_model::End>(&written)) last->events = calls_;
  append_line(out, written);
}

}  // namespace loopscope::exchange
