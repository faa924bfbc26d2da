// SPDX-License-Identifier: Apache-2.0
// Records with random content, for tests that write and read again. Every value is one that comes back: where
// the format has two spellings of the same thing (nspid 0 and nspid equal to pid), the one a reader gives is
// made.
#pragma once

#include <random>

#include "trace-model/events.h"

namespace loopscope::trace_model {

// The position of a record among Event's alternatives.
template <typename Record, size_t index = 0>
constexpr size_t kind_of_record() {
  if constexpr (std::is_same_v<Record, std::variant_alternative_t<index, Event>>)
    return index;
  else
    return kind_of_record<Record, index + 1>();
}

class RandomRecords {
 public:
  explicit RandomRecords(uint32_t seed) : random_(seed) {}

  Call call(const CallSpec& spec);
  Pending pending(const CallSpec& spec);
  Sqe sqe(uint8_t op);
  Cqe cqe();
  Event record(size_t kind);  // any index of Event's alternatives but Call and Pending
  std::string bytes();        // often not UTF-8

 private:
  uint64_t any() { return random_() >> (random_() % 64); }
  bool coin() { return random_() & 1; }
  uint32_t small() { return uint32_t(any()); }
  int fd() { return int(any() % 1000); }
  FileId file() { return FileId(any()); }
  Pid pid() { return Pid(1 + any() % 4'000'000); }
  int64_t time() { return int64_t(random_()) >> (random_() % 64); }
  Origin origin() { return Origin(1 + any() % 4); }
  SocketInfo socket(bool row);
  Off off();
  std::vector<std::string> texts();
  std::vector<int> fds();
  uint64_t bits(const SymbolTable& table);
  void fill(CallBody& call, const CallSpec& spec);
  ReadyEntry ready_entry(bool epoll);
  RingRow ring();
  void fill_argument(CallBody& call, size_t index, size_t& fd_set);
  void fill_result(Call& call);

  std::mt19937_64 random_;
};

}  // namespace loopscope::trace_model
