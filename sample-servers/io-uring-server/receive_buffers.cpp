// SPDX-License-Identifier: Apache-2.0
#include "sample-servers/io-uring-server/receive_buffers.h"

#include <unistd.h>

#include <bit>
#include <cerrno>
#include <cstring>

namespace loopscope::sample_servers {
namespace {

// The kernel wants the ring to begin with a page.
void* pages(size_t size_bytes) {
  void* memory = nullptr;
  if (::posix_memalign(&memory, static_cast<size_t>(::sysconf(_SC_PAGESIZE)), size_bytes) != 0)
    return nullptr;
  return std::memset(memory, 0, size_bytes);
}

uint16_t id_in(const Completion& completion) {
  return static_cast<uint16_t>(completion.flags >> IORING_CQE_BUFFER_SHIFT);
}

}  // namespace

bool ReceiveBuffers::open(Ring& ring, unsigned count, const EventLog& log) {
  if (!ring.has().multishot_receive) return false;
  const int error = set_up(ring.get(), count);
  if (error != 0) say_missing(log, "IORING_REGISTER_PBUF_RING", "a buffer for each connection", error);
  return error == 0;
}

int ReceiveBuffers::set_up(io_uring* ring, unsigned count) {
  count_ = std::bit_ceil(count);
  free_.reset(static_cast<io_uring_buf_ring*>(pages(count_ * sizeof(io_uring_buf))));
  memory_.reset(static_cast<char*>(pages(size_t{count_} * kBufferBytes)));
  if (!free_ || !memory_) return ENOMEM;
  io_uring_buf_reg registration{};
  registration.ring_addr = reinterpret_cast<uintptr_t>(free_.get());
  registration.ring_entries = count_;
  registration.bgid = kGroup;
  if (const int error = io_uring_register_buf_ring(ring, &registration, 0); error < 0) return -error;
  ring_ = ring;
  for (unsigned i = 0; i < count_; ++i) add(static_cast<uint16_t>(i), static_cast<int>(i));
  io_uring_buf_ring_advance(free_.get(), static_cast<int>(count_));
  return 0;
}

ReceiveBuffers::~ReceiveBuffers() {
  if (ring_ != nullptr) io_uring_unregister_buf_ring(ring_, kGroup);
}

void ReceiveBuffers::add(uint16_t id, int place) {
  io_uring_buf_ring_add(free_.get(), memory_.get() + size_t{id} * kBufferBytes, kBufferBytes, id,
                        io_uring_buf_ring_mask(count_), place);
}

std::string_view ReceiveBuffers::bytes(const Completion& completion) const {
  return {memory_.get() + size_t{id_in(completion)} * kBufferBytes, static_cast<size_t>(completion.result)};
}

void ReceiveBuffers::give_back(const Completion& completion) {
  add(id_in(completion), 0);
  io_uring_buf_ring_advance(free_.get(), 1);
}

}  // namespace loopscope::sample_servers
