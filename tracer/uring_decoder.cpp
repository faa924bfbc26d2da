// SPDX-License-Identifier: Apache-2.0
#include "tracer/uring_decoder.h"

#include <string.h>
#include <sys/epoll.h>

#include <algorithm>

#include "trace-model/address.h"
#include "trace-model/uring_ops.h"
#include "tracer/call_decoder.h"
#include "tracer/wire_sockets.h"

namespace loopscope::tracer {

using trace_model::Cqe;
using trace_model::Pid;
using trace_model::Sqe;
namespace uring = trace_model::uring;

namespace {

constexpr uint32_t kUnknownOp = 256;
constexpr uint32_t kAllocSlot = UINT32_MAX;    // IORING_FILE_INDEX_ALLOC
constexpr uint16_t kRecvFixedBuffer = 1 << 2;  // IORING_RECVSEND_FIXED_BUF, in ioprio

template <typename T>
T read_at(std::span<const std::byte> bytes, size_t at) {
  T value{};
  if (at + sizeof(T) <= bytes.size()) memcpy(&value, bytes.data() + at, sizeof(T));
  return value;
}

// Where the entry's members would stand in the registers of the call (io_uring_enter(2) for each operation).
std::array<uint64_t, 6> as_registers(const wire_entry& e) {
  const auto fd = uint64_t(int64_t(e.fd));
  switch (e.opcode) {
    case uring::kAccept:
      return {fd, e.addr, e.off, e.op_flags};
    case uring::kConnect:
    case uring::kBind:
      return {fd, e.addr, e.off};
    case uring::kListen:
    case uring::kShutdown:
      return {fd, e.len};
    case uring::kSocket:
      return {fd, e.off, e.len};
    case uring::kOpenat:
      return {fd, e.addr, e.op_flags, e.len};
    case uring::kEpollCtl:
      return {fd, e.len, e.off};
    case uring::kEpollWait:
      return {fd, e.addr, e.len, uint64_t(-1)};
    case uring::kSend:
    case uring::kSendZc:
    case uring::kRecv:
    case uring::kRecvZc:
      return {fd, e.addr, e.len, e.op_flags};
    case uring::kSendmsg:
    case uring::kSendmsgZc:
    case uring::kRecvmsg:
      return {fd, e.addr, e.op_flags};
    case uring::kSplice:
    case uring::kTee:
      return {e.file_index, e.addr, fd, e.off, e.len, e.op_flags};
    case uring::kPipe:
      return {e.addr, e.op_flags};
    default:
      return {fd, e.addr, e.len};
  }
}

bool makes_descriptor(uint8_t op) {
  return op == uring::kAccept || op == uring::kSocket || op == uring::kOpenat || op == uring::kOpenat2 ||
         op == uring::kPipe;
}

bool has_descriptor(uint8_t op) {
  switch (op) {
    case uring::kNop:
    case uring::kTimeout:
    case uring::kTimeoutRemove:
    case uring::kPollRemove:
    case uring::kLinkTimeout:
    case uring::kFilesUpdate:
    case uring::kSocket:
    case uring::kPipe:
      return false;
    default:
      return true;
  }
}

bool uses_buffer_index(const wire_entry& e) {
  const bool message = e.opcode == uring::kSend || e.opcode == uring::kSendZc || e.opcode == uring::kRecv;
  return e.opcode == uring::kReadFixed || e.opcode == uring::kWriteFixed || e.opcode == uring::kReadvFixed ||
         e.opcode == uring::kWritevFixed || (message && e.ioprio & kRecvFixedBuffer);
}

bool is_multishot(const wire_entry& e) {
  switch (e.opcode) {
    case uring::kAccept:
    case uring::kPollAdd:
      return (e.opcode == uring::kAccept ? e.ioprio : e.len) & 1;
    case uring::kRecv:
    case uring::kRecvmsg:
    case uring::kRecvZc:
      return e.ioprio & 2;
    case uring::kTimeout:
      return e.op_flags & (1 << 6);
    default:
      return e.opcode == uring::kReadMultishot;
  }
}

// sqe->file_index: a slot and 1, or a free one.
void set_slot_made(uint32_t file_index, Sqe& sqe) {
  if (file_index) sqe.direct = file_index == kAllocSlot ? trace_model::kDirectAlloc : file_index - 1;
}

void set_slots(const wire_entry& e, Sqe& sqe) {
  if (makes_descriptor(e.opcode)) set_slot_made(e.file_index, sqe);
  if (e.opcode != uring::kClose || !e.file_index) return;
  sqe.fixed = true;
  sqe.fd = int(e.file_index - 1);
}

// Two descriptors of one operation, in the order in which the call has them.
std::array<trace_model::FileId, 2> in_order(uint8_t op, trace_model::FileId first,
                                            trace_model::FileId second) {
  if (op == uring::kSplice || op == uring::kTee) return {second, first};
  return {first, second};
}

void set_extra(const wire_sqe& record, Sqe& sqe) {
  if (!(record.header.flags & WIRE_F_EXTRA)) return;
  const auto set = [&](std::string_view name, int64_t value) {
    if (const int index = trace_model::arg_index(*sqe.spec, name); index >= 0) sqe.set(index, value);
  };
  if (sqe.op == uring::kTimeout || sqe.op == uring::kLinkTimeout) {
    sqe.timeout_ns = int64_t(record.extra[0]);
  } else if (sqe.op == uring::kEpollCtl) {
    set("events", uint32_t(record.extra[0]));
    set("data", int64_t(record.extra[1]));
  } else if (sqe.op == uring::kOpenat2) {
    set("flags", int64_t(record.extra[0]));
    set("mode", int64_t(record.extra[1]));
    if (record.extra[2]) set("resolve", int64_t(record.extra[2]));
  }
}

void set_text(const wire_sqe& record, std::span<const std::byte> payload, Sqe& sqe) {
  if (record.header.flags & WIRE_F_UNREADABLE || payload.empty()) return;
  for (size_t i = 0; i < sqe.spec->args.size(); ++i) {
    const auto kind = sqe.spec->args[i].kind;
    if (kind == trace_model::ArgKind::Path) {
      sqe.text.assign(reinterpret_cast<const char*>(payload.data()), payload.size() - 1);
      sqe.text_cut = record.header.flags & WIRE_F_CUT;
      sqe.set(int(i), 0);
    } else if (kind == trace_model::ArgKind::Address) {
      sqe.text = trace_model::address_text(payload);
      sqe.set(int(i), 0);
    }
  }
}

void set_ready(std::span<const std::byte> payload, Cqe& cqe) {
  const size_t count = std::min(payload.size() / sizeof(epoll_event), trace_model::kMaxReady);
  for (size_t i = 0; i < count; ++i) {
    const auto event = read_at<epoll_event>(payload, i * sizeof(epoll_event));
    auto& entry = cqe.ready.emplace_back();
    entry.events = event.events;
    entry.data = event.data.u64;
  }
  if (cqe.res > int64_t(cqe.ready.size())) cqe.ready_total = uint32_t(cqe.res);
}

void set_socket(const wire_cqe& record, std::span<const std::byte> payload, Cqe& cqe) {
  if (!(record.header.flags & WIRE_F_SOCKET) || payload.size() < sizeof(wire_socket)) return;
  cqe.socket = socket_info(read_at<wire_socket>(payload, 0));
  cqe.socket->state.clear();
  if (record.header.flags & WIRE_F_EXTRA) {
    cqe.socket->queue = int64_t(record.extra[0]);
    cqe.socket->backlog = uint32_t(record.extra[1]);
    if (const uint64_t drops = record.extra[1] >> 32) cqe.socket->drops = int64_t(drops);
  }
}

}  // namespace

bool UringDecoder::is_ring(const wire_fd_row& row) {
  return strncmp(row.name, "[io_uring]", sizeof(row.name)) == 0;
}

trace_model::RingRow UringDecoder::ring(const wire_ring& record, trace_model::Origin origin) {
  trace_model::RingRow row;
  row.t = time(record.time_ns);
  row.pid = Pid(record.pid);
  row.tid = Pid(record.tid);
  if (origin == trace_model::Origin::Trace) files_.of_new(record.ring, record.time_ns, record.time_ns);
  row.ring = files_.of_same(record.file, record.ring, record.time_ns);
  row.fd = record.fd;
  row.sq_entries = record.sq_entries;
  row.cq_entries = record.cq_entries;
  row.flags = record.flags;
  row.sq_thread = Pid(record.sq_thread);
  row.origin = origin;
  return row;
}

void UringDecoder::decode(const wire_sqe& record, std::span<const std::byte> payload, Sqe& sqe) {
  const wire_entry& e = record.entry;
  sqe.clear();
  sqe.t = time(record.time_ns);
  sqe.pid = Pid(record.pid);
  sqe.tid = Pid(record.tid);
  sqe.ring = files_.of(record.ring, record.time_ns);
  sqe.op = e.opcode;
  sqe.user_data = e.user_data;
  sqe.flags = e.flags;
  sqe.fd_inferred = record.header.flags & WIRE_F_NO_SQE;
  sqe.error = record.header.flags & WIRE_F_REFUSED ? -record.res : 0;
  sqe.fixed = e.flags & uring::kSqeFixedFile;
  if (has_descriptor(e.opcode)) sqe.fd = e.fd;
  set_slots(e, sqe);
  if (sqe.fd >= 0) sqe.file_id = files_.of(record.file[0], record.time_ns);
  sqe.multishot = is_multishot(e);
  if (e.flags & uring::kSqeBufferSelect) sqe.buf_group = e.buf_index;
  if (uses_buffer_index(e)) sqe.buf_index = e.buf_index;
  if (e.opcode == uring::kPollAdd || e.opcode == uring::kPollRemove) sqe.poll = e.op_flags;
  sqe.spec = sqe.fd_inferred ? nullptr : trace_model::call_of_op(e.opcode);
  if (sqe.spec) {
    const auto second = files_.of(record.file[1], record.time_ns);
    auto registers = as_registers(e);
    if (e.opcode == uring::kClose) registers[0] = uint64_t(int64_t(sqe.fd));
    set_arguments(registers, in_order(e.opcode, sqe.file_id, second), sqe);
  }
  set_extra(record, sqe);
  if (!sqe.spec) return;
  drop_unused_mode(sqe);
  set_text(record, payload.first(std::min<size_t>(payload.size(), record.payload_size)), sqe);
  if (record.header.flags & WIRE_F_UNREADABLE) mark_unreadable(sqe);
}

void UringDecoder::decode(const ArmedObservation& observed, Sqe& sqe) {
  const wire_armed_row& row = observed.row;
  sqe.clear();
  sqe.t = time(row.time_ns);
  sqe.pid = Pid(row.pid);
  sqe.tid = Pid(row.tid);
  sqe.ring = files_.of(row.ring, row.time_ns);
  sqe.op = uint8_t(row.opcode);
  sqe.fd = observed.fd;
  sqe.file_id = files_.of(row.file, row.time_ns);
  sqe.user_data = row.user_data;
  sqe.multishot = observed.multishot || row.poll_multishot;
  set_slot_made(row.file_index, sqe);
  sqe.origin = observed.origin;
  sqe.spec = trace_model::call_of_op(sqe.op);
  const int descriptor = trace_model::descriptor_argument(sqe.op);
  if (descriptor < 0 || sqe.fd < 0) return;
  sqe.set(descriptor, sqe.fd);
  sqe.files[size_t(descriptor)] = sqe.file_id;
}

void UringDecoder::written(uint64_t request, uint64_t number, const Sqe& sqe) {
  InFlight& known = in_flight_[request];
  known = {.id = sqe.id,
           .number = number,
           .ring = sqe.ring,
           .user_data = sqe.user_data,
           .since_ns = uint64_t(sqe.t) + start_ns_,
           .op = sqe.op,
           .slot_unknown = sqe.fixed && !sqe.file_id};
}

bool UringDecoder::knows(const wire_armed_row& row) const {
  const auto known = in_flight_.find(row.request);
  return known != in_flight_.end() && known->second.number == row.number;
}

// A completion that found the queue full is reported by what the program called it alone: it is told only
// where there is no second of that name.
UringDecoder::Operations::iterator UringDecoder::find_only(trace_model::FileId ring, uint64_t user_data) {
  auto found = in_flight_.end();
  for (auto at = in_flight_.begin(); at != in_flight_.end(); ++at) {
    if (at->second.ring != ring || at->second.user_data != user_data) continue;
    if (found != in_flight_.end()) return in_flight_.end();
    found = at;
  }
  return found;
}

UringDecoder::Operations::iterator UringDecoder::find(const wire_cqe& record, trace_model::FileId ring) {
  if (record.header.flags & WIRE_F_OVERFLOW) return find_only(ring, record.user_data);
  if (!record.request) return in_flight_.end();
  const auto known = in_flight_.find(record.request);
  return known != in_flight_.end() && known->second.number == record.number ? known : in_flight_.end();
}

void UringDecoder::decode(const wire_cqe& record, std::span<const std::byte> payload, Cqe& cqe) {
  cqe.clear();
  cqe.t = time(record.time_ns);
  cqe.pid = Pid(record.pid);
  cqe.tid = Pid(record.tid);
  cqe.ring = files_.of(record.ring, record.time_ns);
  cqe.user_data = record.user_data;
  cqe.res = record.res;
  cqe.flags = record.flags & 0xffff;
  if (cqe.flags & uring::kCqeBuffer) cqe.buffer = record.flags >> 16;
  if (record.armed_ns) cqe.armed = time(record.armed_ns);
  if (record.woken_ns) cqe.woken = time(record.woken_ns);
  if (record.punted_ns) cqe.punted = time(record.punted_ns);
  cqe.overflow = record.header.flags & WIRE_F_OVERFLOW;
  const auto operation = find(record, cqe.ring);
  uint64_t since_ns = record.time_ns;
  uint8_t op = uint8_t(record.opcode);
  bool slot_unknown = false;
  if (operation != in_flight_.end()) {
    InFlight& known = operation->second;
    cqe.sqe = known.id;
    op = known.op;
    // What this one made is not what the next one makes, though it may stand at the same address.
    since_ns = std::exchange(known.since_ns, record.time_ns + 1);
    slot_unknown = known.slot_unknown;
    if (!(cqe.flags & uring::kCqeMore)) in_flight_.erase(operation);
  } else if (record.opcode < kUnknownOp) {
    cqe.op = op;
  }
  if (record.file && makes_descriptor(op)) cqe.file = files_.of_new(record.file, since_ns, record.time_ns);
  // A descriptor for what is in a slot already.
  if (op == uring::kFixedFdInstall) cqe.file = files_.of(record.file, record.time_ns);
  if (slot_unknown || !cqe.sqe) cqe.on = files_.of(record.on, record.time_ns);
  payload = payload.first(std::min<size_t>(payload.size(), record.payload_size));
  if (op == uring::kEpollWait && cqe.res > 0) set_ready(payload, cqe);
  set_socket(record, payload, cqe);
}

}  // namespace loopscope::tracer
