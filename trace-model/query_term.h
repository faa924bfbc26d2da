// SPDX-License-Identifier: Apache-2.0
// One condition of a Query, compiled: what to look at, and what to compare it with.
#pragma once

#include <cstdint>
#include <expected>
#include <string>
#include <string_view>
#include <vector>

#include "trace-model/events.h"

namespace loopscope::trace_model {

enum class QueryField : uint8_t {
  Fd,
  File,
  Call,
  Path,
  Addr,
  ProcessId,
  ThreadId,
  Ret,
  Error,
  T,
  Dur,
  Events,
  Data,
  Type,
  Kind,
  Backlog,
  Queue,
  Drops,
  Peek,
  Id,
  Op,     // of operations of rings, and of calls that have such an argument
  Flags,  // likewise
  Ring,
  Slot,
  UserData,
  Res,       // as ret; of a failure the negative number of its error
  Argument,  // only an argument of that name
};

enum class Operator : uint8_t { Equal, Contains, Less, LessEqual, Greater, GreaterEqual };

// (bits & mask) == value: one name of a table, or all bits of a number.
struct BitTest {
  uint64_t mask = 0, value = 0;
};

// An argument of one call that has the field's name.
struct ArgumentTest {
  int8_t index = 0;   // in CallSpec::args
  int8_t fd_set = 0;  // which of CallBody::fd_sets, for an FdSet
  ArgKind kind{};
  std::vector<BitTest> bits;  // Flags and Choice; of the others, QueryTerm's values are compared
};

struct QueryTerm {
  QueryField field = QueryField::Argument;
  Operator comparison = Operator::Equal;
  bool negated = false;  // != and !~
  std::vector<int64_t> numbers;
  bool is_unsigned = false;  // numbers are 64 bits without a sign
  std::vector<std::string> texts;
  std::vector<bool> calls;                                // Call: by index into all_calls()
  std::vector<bool> errors;                               // Error: by number
  uint32_t record_types = 0;                              // Type: by index into Event
  std::vector<bool> operations;                           // Op: by number
  std::vector<BitTest> ring_flags, sqe_flags, cqe_flags;  // Flags
  std::vector<BitTest> epoll_events, poll_events;         // Events
  std::vector<std::vector<ArgumentTest>> arguments;       // by index into all_calls()

  [[nodiscard]] bool holds(const Event& event) const;
  [[nodiscard]] bool holds(const Call& call) const;

  [[nodiscard]] bool accepts(int64_t value) const;           // numbers
  [[nodiscard]] bool accepts(std::string_view value) const;  // texts
};

inline constexpr int kErrorNumbers = 600;  // error_name() knows none from here on

// "fd=6", with its value already unquoted.
struct TermText {
  std::string field, operation, value, whole;
};
[[nodiscard]] std::expected<QueryTerm, std::string> compile(const TermText& text);

// The names of fields that are not arguments, for help and completion.
[[nodiscard]] const std::vector<std::string_view>& query_field_names();
[[nodiscard]] std::string_view record_type_name(size_t index_in_event);

}  // namespace loopscope::trace_model
