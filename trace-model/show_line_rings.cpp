// SPDX-License-Identifier: Apache-2.0
#include "trace-model/show_line_rings.h"

#include "trace-model/show_line_args.h"
#include "trace-model/show_line_files.h"
#include "trace-model/show_line_rows.h"
#include "trace-model/show_line_text.h"
#include "trace-model/times.h"
#include "trace-model/uring_ops.h"

namespace loopscope::trace_model {
namespace {

constexpr uint32_t kShownOtherwise = uring::kCqeBuffer | uring::kCqeMore | uring::kCqeNotif;

void append_operation(std::string& out, uint8_t op) {
  if (const UringOp* known = uring_op(op))
    out += known->name;
  else if (op == uring::kUnknown)
    out += '?';
  else
    append_hex(out, op);
}

void append_ring(std::string& out, Pid pid, Pid tid, FileId ring) {
  append_who(out, pid, tid ? tid : pid);
  out += "ring ";
  append_number(out, ring);
  out += ": ";
}

// What stands between the parentheses of one line: pieces with commas between.
class Pieces {
 public:
  explicit Pieces(std::string& out) : out_(out), begin_(out.size()) {}
  std::string& next() {
    if (out_.size() != begin_) out_ += ", ";
    return out_;
  }
  [[nodiscard]] std::string& same() { return out_; }

 private:
  std::string& out_;
  size_t begin_;
};

void append_file_operated_on(Pieces& pieces, const Model::State& state, Pid pid, int fd, bool fixed,
                             FileId file) {
  if (fixed)
    append_slot(pieces.next(), state, file, fd);
  else if (fd >= 0)
    append_descriptor(pieces.next(), state, file, pid, fd);
  else if (const OpenFile* known = file ? state.files.find(file) : nullptr) {
    append_file(pieces.next() += '<', *known);
    pieces.same() += '>';
  }
}

// Of an operation that is the form of no call.
void append_own_members(Pieces& pieces, const Sqe& sqe, const Model::State& state) {
  append_file_operated_on(pieces, state, sqe.pid, sqe.fd, sqe.fixed, sqe.file_id);
  if (sqe.poll) append_symbols(pieces.next(), symbols::kPollEvents, sqe.poll);
  if (sqe.timeout_ns) append_duration(pieces.next(), *sqe.timeout_ns);
}

void append_options(Pieces& pieces, const Sqe& sqe) {
  if (sqe.multishot) pieces.next() += "multishot";
  if (sqe.direct == kDirectAlloc)
    pieces.next() += "into a slot";
  else if (sqe.direct)
    append_number(pieces.next() += "into slot ", *sqe.direct);
  if (sqe.buf_group) append_number(pieces.next() += "buffers of group ", *sqe.buf_group);
  if (sqe.buf_index) append_number(pieces.next() += "buffer ", *sqe.buf_index);
  const uint32_t flags = sqe.flags & ~(uring::kSqeFixedFile | uring::kSqeBufferSelect);
  if (flags) append_symbols(pieces.next(), symbols::kSqeFlags, flags);
  append_hex(pieces.next() += "user_data=", sqe.user_data);
}

bool is_descriptor(const Cqe& cqe) {
  return cqe.file != 0 || (cqe.op && (*cqe.op == uring::kAccept || *cqe.op == uring::kSocket));
}

void append_outcome(std::string& out, const Cqe& cqe, const Model::State& state) {
  if (cqe.res < 0) {
    const std::string_view name = cqe.res > -4096 ? error_name(int(-cqe.res)) : std::string_view();
    if (name.empty())
      append_number(out, cqe.res);
    else
      out.append("-").append(name);
  } else if (is_descriptor(cqe) && cqe.direct) {
    append_slot(out, state, cqe.file, cqe.res);
  } else if (is_descriptor(cqe)) {
    append_descriptor(out, state, cqe.file, cqe.pid, cqe.res);
  } else if (cqe.op == uring::kPollAdd) {
    append_symbols(out, symbols::kPollEvents, uint64_t(cqe.res));
  } else {
    append_number(out, cqe.res);
  }
}

void append_events(std::string& out, const Cqe& cqe, const Model::State& state) {
  if (cqe.ready.empty()) return;
  out += " [";
  for (const ReadyEntry& entry : cqe.ready) {
    if (&entry != cqe.ready.data()) out += ", ";
    append_ready(out, state, cqe.pid, entry);
  }
  if (cqe.ready_total > cqe.ready.size()) out += ", ...";
  out += ']';
}

void append_flags(std::string& out, const Cqe& cqe) {
  if (cqe.flags & uring::kCqeNotif) out += " notification";
  if (cqe.flags & uring::kCqeMore) out += " more";
  if (cqe.buffer) append_number(out += " in buffer ", *cqe.buffer);
  if (const uint32_t others = cqe.flags & ~kShownOtherwise)
    append_symbols(out += ' ', symbols::kCqeFlags, others);
}

// Each as the time since the operation was taken, or, where that is not known, before the completion.
void append_times(std::string& out, const Cqe& cqe) {
  const Ns taken = cqe.took ? time_between(*cqe.took, cqe.t) : cqe.t;
  if (cqe.took) {
    out += ", ";
    append_duration(out, *cqe.took);
    out += " after it was taken";
  }
  const std::pair<const std::optional<Ns>&, std::string_view> moments[]{
      {cqe.punted, "handed to a worker"}, {cqe.armed, "armed"}, {cqe.woken, "woken"}};
  bool any = false;
  for (const auto& [moment, name] : moments) {
    if (!moment) continue;
    out.append(any ? ", " : " (").append(name).append(" ");
    if (cqe.took)
      append_duration(out += "after ", time_between(taken, *moment));
    else
      append_duration(out, time_between(*moment, taken)), out += " before";
    any = true;
  }
  if (any) out += ')';
}

}  // namespace

void append_submission(std::string& out, const Sqe& sqe, const Model::State& state) {
  append_ring(out, sqe.pid, sqe.tid, sqe.ring);
  append_operation(out, sqe.op);
  out += '(';
  Pieces pieces(out);
  if (sqe.spec && sqe.present)
    append_operation_arguments(out, sqe, sqe.fixed ? descriptor_argument(sqe.op) : -1, state);
  else
    append_own_members(pieces, sqe, state);
  append_options(pieces, sqe);
  out += ')';
  if (sqe.error > 0) {
    out += " refused: ";
    if (const std::string_view name = error_name(sqe.error); !name.empty())
      out += name;
    else
      append_number(out, sqe.error);
  }
  if (sqe.fd_inferred) out += " [its entry could not be read]";
  append_origin(out, sqe.origin);
}

void append_completed(std::string& out, const Cqe& cqe, const Model::State& state) {
  append_ring(out, cqe.pid, cqe.tid, cqe.ring);
  append_operation(out, cqe.op.value_or(uring::kUnknown));
  out += '(';
  Pieces pieces(out);
  append_file_operated_on(pieces, state, cqe.pid, cqe.fd, cqe.fixed, cqe.of ? cqe.of : cqe.on);
  if (!cqe.sqe || cqe.op) append_hex(pieces.next() += "user_data=", cqe.user_data);
  out += ')';
}

void append_completion(std::string& out, const Cqe& cqe, const Model::State& state) {
  out += " = ";
  append_outcome(out, cqe, state);
  append_events(out, cqe, state);
  append_flags(out, cqe);
  append_times(out, cqe);
  if (!cqe.sqe || !cqe.op) out += " [not seen taken]";
  if (cqe.overflow) out += " [the completion queue was full]";
  if (cqe.uncertain) out += " [uncertain: records were lost]";
}

}  // namespace loopscope::trace_model
