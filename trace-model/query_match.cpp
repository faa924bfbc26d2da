// SPDX-License-Identifier: Apache-2.0
// Whether a condition holds of a record. A record may have several values of one field (the descriptors in a
// ready list); the condition holds when it holds of one of them.
#include <algorithm>

#include "trace-model/query_call_match.h"
#include "trace-model/times.h"
#include "trace-model/uring_ops.h"

namespace loopscope::trace_model {
namespace {

template <typename Number>
bool compare(Operator comparison, Number left, Number right) {
  switch (comparison) {
    case Operator::Less:
      return left < right;
    case Operator::LessEqual:
      return left <= right;
    case Operator::Greater:
      return left > right;
    case Operator::GreaterEqual:
      return left >= right;
    default:
      return left == right;
  }
}

template <typename Record, size_t index = 0>
constexpr size_t index_in_event() {
  if constexpr (std::is_same_v<Record, std::variant_alternative_t<index, Event>>)
    return index;
  else
    return index_in_event<Record, index + 1>();
}

// One record of any type: what it has of the field by the names of its members.
struct RecordMatch {
  const QueryTerm& term;

  [[nodiscard]] bool number(int64_t value) const { return term.accepts(value); }
  [[nodiscard]] bool text(std::string_view value) const { return !value.empty() && term.accepts(value); }
  [[nodiscard]] bool number(const std::optional<int64_t>& value) const {
    return value && term.accepts(*value);
  }

  // Fields that calls and rows alike have as members.
  template <typename Record>
  [[nodiscard]] bool common(const Record& record) const {
    switch (term.field) {
      case QueryField::ProcessId:
        if constexpr (requires { record.child; })
          if (number(record.child)) return true;
        if constexpr (requires { record.pid; }) return number(record.pid);
        break;
      case QueryField::ThreadId:
        if constexpr (requires { record.child_tid; })
          if (number(record.child_tid)) return true;
        if constexpr (requires { record.tid; }) return number(record.tid);
        break;
      case QueryField::T:
        if constexpr (requires { record.t; }) return number(record.t);
        break;
      case QueryField::Dur:
        if constexpr (requires { record.dur; }) return number(record.dur);
        if constexpr (requires { record.off.dur; }) return number(record.off.dur);
        if constexpr (requires { record.until; }) return number(time_between(record.t, record.until));
        if constexpr (requires { record.seen; }) return number(time_between(record.t, record.seen));
        break;
      case QueryField::Id:
        return number(int64_t(record.id));
      case QueryField::Type:
        return term.record_types >> index_in_event<Record>() & 1;
      default:
        break;
    }
    return false;
  }

  [[nodiscard]] bool socket(const SocketInfo& info) const {
    switch (term.field) {
      case QueryField::Kind:
        return text(info.kind);
      case QueryField::Backlog:
        return number(info.backlog);
      case QueryField::Queue:
        return number(info.queue);
      case QueryField::Drops:
        return number(info.drops);
      case QueryField::Addr:
        return text(info.local) || text(info.peer);
      default:
        return false;
    }
  }

  [[nodiscard]] bool body(const CallBody& body, const Call* call, int slot = -1) const {
    const CallMatch match(term, body, call, slot);
    switch (term.field) {
      case QueryField::Fd:
        return match.fd();
      case QueryField::File:
        return match.file();
      case QueryField::Call:
        return match.name();
      case QueryField::Path:
        return match.path();
      case QueryField::Addr:
        return match.addr();
      case QueryField::Events:
        return match.events();
      case QueryField::Data:
        return match.data();
      case QueryField::Type:
      case QueryField::Backlog:
      case QueryField::Op:
      case QueryField::Flags:
      case QueryField::Argument:
        return match.argument();
      default:
        return false;
    }
  }

  [[nodiscard]] bool error(int64_t number) const {
    return number > 0 && number < kErrorNumbers && term.errors[size_t(number)];
  }
  [[nodiscard]] bool operation(uint8_t op) const { return !term.operations.empty() && term.operations[op]; }

  [[nodiscard]] bool operator()(const Call& call) const {
    switch (term.field) {
      case QueryField::Ret:
        return number(call.ret);
      case QueryField::Res:
        return number(call.error > 0 ? -int64_t(call.error) : call.ret);
      case QueryField::Error:
        return error(call.error);
      case QueryField::Peek:
        return text(call.peek);
      case QueryField::Ring:
        return call.spec && call.spec->family == CallFamily::Uring &&
               number(call.spec->returns_fd ? call.ret_file : call.files[0]);
      default:
        break;
    }
    return body(call, &call) || common(call) || (call.socket && socket(*call.socket));
  }
  [[nodiscard]] bool operator()(const Pending& pending) const {
    return body(pending, nullptr) || common(pending);
  }
  [[nodiscard]] bool operator()(const FdRow& row) const {
    switch (term.field) {
      case QueryField::Fd:
        return number(row.fd);
      case QueryField::File:
        return number(row.file);
      case QueryField::Path:
        return text(row.path);
      default:
        return common(row) || socket(row.socket);
    }
  }
  [[nodiscard]] bool operator()(const WatchRow& row) const {
    switch (term.field) {
      case QueryField::Fd:
        return number(row.fd) || number(row.epfd);
      case QueryField::File:
        return number(row.file) || number(row.target);
      case QueryField::Events:
        return any_bits(term.epoll_events, row.events);
      case QueryField::Data:
        return number(int64_t(row.data));
      default:
        return common(row);
    }
  }
  [[nodiscard]] bool operator()(const RingRow& row) const {
    switch (term.field) {
      case QueryField::Fd:
        return row.fd >= 0 && number(row.fd);
      case QueryField::Ring:
      case QueryField::File:
        return number(row.ring);
      case QueryField::Flags:
        return any_bits(term.ring_flags, row.flags);
      default:
        return common(row);
    }
  }
  [[nodiscard]] bool operator()(const Sqe& sqe) const {
    const int slot = sqe.fixed ? descriptor_argument(sqe.op) : -1;
    const bool in_body = body(sqe, nullptr, slot);
    switch (term.field) {
      case QueryField::Fd:
        return in_body || (!sqe.fixed && sqe.fd >= 0 && number(sqe.fd));
      case QueryField::Slot:
        return (sqe.fixed && number(sqe.fd)) ||
               (sqe.direct && *sqe.direct != kDirectAlloc && number(*sqe.direct));
      case QueryField::File:
        return in_body || (sqe.file_id && number(sqe.file_id));
      case QueryField::Ring:
        return number(sqe.ring);
      case QueryField::Op:
        return in_body || operation(sqe.op);
      case QueryField::Flags:
        return in_body || any_bits(term.sqe_flags, sqe.flags);
      case QueryField::Events:
        return in_body || (sqe.poll && any_bits(term.poll_events, sqe.poll));
      case QueryField::UserData:
        return number(int64_t(sqe.user_data));
      case QueryField::Error:
        return error(sqe.error);
      default:
        return in_body || common(sqe);
    }
  }
  [[nodiscard]] bool operator()(const Cqe& cqe) const {
    switch (term.field) {
      case QueryField::Call: {
        const CallSpec* call = cqe.op ? call_of_op(*cqe.op) : nullptr;
        return call && term.calls[size_t(call - all_calls().data())];
      }
      case QueryField::Fd:
        return completed_fd(cqe);
      case QueryField::Slot:
        return (cqe.fixed && number(cqe.fd)) || (cqe.direct && cqe.file && number(cqe.res));
      case QueryField::File:
        return (cqe.file && number(cqe.file)) || (cqe.on && number(cqe.on)) || (cqe.of && number(cqe.of)) ||
               std::ranges::any_of(cqe.ready, [&](const ReadyEntry& e) { return e.file && number(e.file); });
      case QueryField::Ring:
        return number(cqe.ring);
      case QueryField::Op:
        return cqe.op && operation(*cqe.op);
      case QueryField::Flags:
        return any_bits(term.cqe_flags, cqe.flags);
      case QueryField::UserData:
        return number(int64_t(cqe.user_data));
      case QueryField::Ret:
        return number(cqe.res < 0 ? -1 : cqe.res);
      case QueryField::Res:
        return number(cqe.res);
      case QueryField::Error:
        return cqe.res < 0 && cqe.res > -kErrorNumbers && error(-cqe.res);
      case QueryField::Dur:
        return cqe.took && number(*cqe.took);
      case QueryField::Events:
        return std::ranges::any_of(
            cqe.ready, [&](const ReadyEntry& e) { return any_bits(term.epoll_events, e.events); });
      case QueryField::Data:
        return std::ranges::any_of(cqe.ready, [&](const ReadyEntry& e) { return number(int64_t(e.data)); });
      default:
        return common(cqe) || (cqe.socket && socket(*cqe.socket));
    }
  }
  [[nodiscard]] bool completed_fd(const Cqe& cqe) const {
    if (!cqe.fixed && cqe.fd >= 0 && number(cqe.fd)) return true;
    if (cqe.file && !cqe.direct && cqe.res >= 0 && number(cqe.res)) return true;
    return std::ranges::any_of(cqe.ready, [&](const ReadyEntry& e) {
      return (e.fd >= 0 && number(e.fd)) ||
             std::ranges::any_of(e.candidates, [&](int fd) { return number(fd); });
    });
  }
  template <typename Record>
  [[nodiscard]] bool operator()(const Record& record) const {
    if constexpr (requires { record.exe; })
      if (term.field == QueryField::Path) return text(record.exe);
    return common(record);
  }
};

}  // namespace

bool QueryTerm::accepts(int64_t value) const {
  return std::ranges::any_of(numbers, [&](int64_t number) {
    return is_unsigned ? compare(comparison, uint64_t(value), uint64_t(number))
                       : compare(comparison, value, number);
  });
}

bool QueryTerm::accepts(std::string_view value) const {
  return std::ranges::any_of(texts, [&](const std::string& text) {
    return comparison == Operator::Contains ? value.find(text) != std::string_view::npos : value == text;
  });
}

bool QueryTerm::holds(const Event& event) const {
  return std::visit(RecordMatch{*this}, event) != negated;
}
bool QueryTerm::holds(const Call& call) const {
  return RecordMatch{*this}(call) != negated;
}

}  // namespace loopscope::trace_model
