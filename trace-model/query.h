// SPDX-License-Identifier: Apache-2.0
// The search language of `loopscope show` and the viewer: conditions that must all hold of a record.
//
//   fd=6 call=epoll_ctl op=ADD path~balloons dur>10ms
//
// Each is FIELD OPERATOR VALUE without spaces between; a value with spaces stands in double quotes, in which
// \" and
// \\ are a quote and a backslash. Operators: = != (any value the record has of that field, and none), ~ !~
// (contains, and does not), < <= > >=. Values separated by commas are alternatives, but in path, addr and
// other texts, where a comma is a comma. != and !~ are the exact opposites of = and ~: they hold as well of a
// record that has no such field; all others do not.
//
// Fields: fd (every descriptor the record names: arguments, ready, returned), file (their identities), call,
// path, addr, pid, tid, ret, res, error, t, dur, events, data, type (of the record, or a socket's), kind,
// backlog, queue, drops, peek, id, and every argument of trace-model/call_table.h by its name. Times take ns,
// us, ms, s; without a unit they are ns. Flags and operations are names, whole or from behind an underscore
// on (op=ADD is EPOLL_CTL_ADD, events=IN is EPOLLIN), in either case, or numbers, which stand for all of the
// bits.
//
// Of io_uring: ring, op (ACCEPT: the whole name), slot, user_data, flags. An operation has the arguments of
// the call it is the form of, and call=accept4 finds it as well; of its completion that is so once
// Model::join has seen it.
//
// A query is parsed once, down to numbers and bit masks, and then asked millions of times.
#pragma once

#include <expected>
#include <string>
#include <string_view>
#include <vector>

#include "trace-model/events.h"
#include "trace-model/query_term.h"

namespace loopscope::trace_model {

class Query {
 public:
  // The error is a sentence that names the condition it is about.
  [[nodiscard]] static std::expected<Query, std::string> parse(std::string_view text);

  // What Model::join found out should be there: `fd` looks at what was ready.
  [[nodiscard]] bool matches(const Event& event) const;
  [[nodiscard]] bool matches(const Call& call) const;

  [[nodiscard]] bool empty() const { return terms_.empty(); }

 private:
  std::vector<QueryTerm> terms_;
};

}  // namespace loopscope::trace_model
