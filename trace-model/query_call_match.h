// SPDX-License-Identifier: Apache-2.0
// Whether a condition holds of a call: what it was called with and what it gave back.
#pragma once

#include <algorithm>

#include "trace-model/query_term.h"

namespace loopscope::trace_model {

inline bool any_bits(const std::vector<BitTest>& tests, uint64_t bits) {
  return std::ranges::any_of(tests, [&](const BitTest& test) { return (bits & test.mask) == test.value; });
}

// A call, returned or in progress; `call` is nullptr for the latter.
class CallMatch {
 public:
  // `slot`: the argument that names a registered file of a ring in place of a descriptor; -1: none.
  CallMatch(const QueryTerm& term, const CallBody& body, const Call* call, int slot = -1)
      : term_(term), body_(body), call_(call), slot_(slot) {}

  [[nodiscard]] bool fd() const;
  [[nodiscard]] bool file() const;
  [[nodiscard]] bool name() const;
  [[nodiscard]] bool path() const { return text(ArgKind::Path); }
  [[nodiscard]] bool addr() const;
  [[nodiscard]] bool events() const;
  [[nodiscard]] bool data() const;
  [[nodiscard]] bool argument() const;

 private:
  [[nodiscard]] bool text(ArgKind kind) const;
  [[nodiscard]] bool argument(const ArgumentTest& test) const;
  [[nodiscard]] bool closed_in_range() const;
  [[nodiscard]] bool accepts(int64_t value) const { return term_.accepts(value); }
  [[nodiscard]] bool known_file(FileId file) const { return file && accepts(file); }
  template <typename Range>
  [[nodiscard]] bool any_fd(const Range& range) const {
    return std::ranges::any_of(range, [&](int fd) { return accepts(fd); });
  }
  [[nodiscard]] bool ready_fd() const;

  const QueryTerm& term_;
  const CallBody& body_;
  const Call* call_;
  int slot_;
};

}  // namespace loopscope::trace_model
