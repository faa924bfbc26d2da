// SPDX-License-Identifier: Apache-2.0
// Rings, and what goes through them.
#include "tests/trace-model/random_records.h"
#include "trace-model/uring_ops.h"

namespace loopscope::trace_model {

RingRow RandomRecords::ring() {
  RingRow row;
  row.id = 1 + any();
  row.t = time();
  row.tid = coin() ? pid() : 0;
  row.pid = row.tid && coin() ? row.tid : pid();
  row.ring = 1 + file() / 2;
  row.fd = coin() ? fd() : -1;
  row.sq_entries = small();
  row.cq_entries = small();
  row.flags = uint32_t(bits(symbols::kUringSetupFlags));
  row.sq_thread = coin() ? pid() : 0;
  row.origin = coin() ? Origin::Trace : origin();
  return row;
}

Sqe RandomRecords::sqe(uint8_t op) {
  Sqe sqe;
  sqe.op = op;
  if (const CallSpec* spec = call_of_op(op))
    fill(sqe, *spec);
  else
    sqe.tid = pid(), sqe.pid = coin() ? sqe.tid : pid();
  sqe.id = 1 + any();
  sqe.t = time();
  sqe.ring = 1 + file() / 2;
  sqe.fixed = coin();
  sqe.fd = sqe.fixed || coin() ? fd() : -1;
  sqe.file_id = coin() ? file() : 0;
  sqe.user_data = any();
  sqe.flags = uint32_t(bits(symbols::kSqeFlags));
  sqe.multishot = coin();
  if (coin()) sqe.direct = coin() ? kDirectAlloc : small();
  if (coin()) sqe.buf_group = small();
  if (coin()) sqe.buf_index = small();
  if (coin()) sqe.poll = uint32_t(bits(symbols::kPollEvents));
  if (coin()) sqe.timeout_ns = time();
  if (coin()) sqe.error = int(1 + any() % 600);
  if (const int index = descriptor_argument(op); index >= 0) {
    if (sqe.fd >= 0) sqe.unreadable &= uint8_t(~(1u << index)), sqe.set(index, sqe.fd);
    sqe.files[size_t(index)] = sqe.file_id;
  }
  return sqe;
}

Cqe RandomRecords::cqe() {
  Cqe cqe;
  cqe.id = 1 + any();
  cqe.t = time();
  if (coin()) cqe.tid = pid(), cqe.pid = coin() ? cqe.tid : pid();
  cqe.ring = 1 + file() / 2;
  if (coin()) {
    cqe.sqe = 1 + any();
  } else {
    if (coin()) cqe.op = uint8_t(any());
    cqe.user_data = any();
  }
  cqe.res = coin() ? time() : -int64_t(any() % 600);
  cqe.flags = uint32_t(bits(symbols::kCqeFlags));
  if (coin()) cqe.buffer = small();
  cqe.file = coin() ? file() : 0;
  cqe.on = coin() ? file() : 0;
  if (coin()) cqe.socket = socket(false);
  for (uint64_t n = any() % 4; n > 0; --n) cqe.ready.push_back(ready_entry(true));
  if (coin()) cqe.ready_total = uint32_t(cqe.ready.size() + 1 + any() % 100);
  if (coin()) cqe.armed = time();
  if (coin()) cqe.woken = time();
  if (coin()) cqe.punted = time();
  cqe.overflow = coin();
  cqe.uncertain = coin();
  return cqe;
}

}  // namespace loopscope::trace_model
