// SPDX-License-Identifier: Apache-2.0
// Small numbers for kernel objects. The kernel frees and reuses addresses; what tells a reused one is that a
// call which makes a new file returned it. Records must therefore come in order of completion time.
#pragma once

#include <cstdint>

#include "trace-model/events.h"
#include "trace-model/flat_map.h"

namespace loopscope::tracer {

template <typename Id>
class Identities {
 public:
  // The number of the object at `address`, a fresh one when it was not seen before. 0 stays 0.
  Id of(uint64_t address, uint64_t now_ns) {
    if (!address) return 0;
    Known& known = known_[address];
    if (!known.id) known = {++last_, now_ns};
    return known.id;
  }

  // The number of an object that was made between `since_ns` and `now_ns`. One that was met in that interval
  // (a snapshot may see a descriptor before the call that opens it has returned) is the same; an older one is
  // not.
  Id of_new(uint64_t address, uint64_t since_ns, uint64_t now_ns) {
    if (!address) return 0;
    Known& known = known_[address];
    if (!known.id || known.met_ns < since_ns) known = {++last_, now_ns};
    return known.id;
  }

  // Two addresses of one object: the one that was met first gives the number.
  Id of_same(uint64_t address, uint64_t other, uint64_t now_ns) {
    if (!address || !other) return of(address ? address : other, now_ns);
    if (const Known known = known_[address]; known.id && !known_[other].id) {
      known_[other] = known;
      return known.id;
    }
    const Id id = of(other, now_ns);
    known_[address] = {id, now_ns};
    return id;
  }

 private:
  struct Known {
    Id id = 0;
    uint64_t met_ns = 0;
  };
  trace_model::FlatMap<Known> known_;
  Id last_ = 0;
};

using FileIds = Identities<trace_model::FileId>;
using FdTableIds = Identities<trace_model::FdTableId>;

}  // namespace loopscope::tracer
