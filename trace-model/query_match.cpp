// SPDX-License-Identifier: Apache-2.0
// Whether a condition holds of a record. A record may have several values of one field (the descriptors in a
// ready list); the condition holds when it holds of one of them.
#include <algorithm>

#include "trace-model/query_term.h"

namespace loopscope::trace_model {
namespace {

constexpr int64_t kAtFdCwd = -100;

template <typename Number>
bool compare(Comparison comparison, Number left, Number right) {
  switch (comparison) {
    case Comparison::Less:
      return left < right;
    case Comparison::LessEqual:
      return left <= right;
    case Comparison::Greater:
      return left > right;
    case Comparison::GreaterEqual:
      return left >= right;
    default:
      return left == right;
  }
}

bool any_bits(const std::vector<BitTest>& tests, uint64_t bits) {
  return std::ranges::any_of(tests, [&](const BitTest& test) { return (bits & test.mask) == test.value; });
}

template <typename Record, size_t index = 0>
constexpr size_t index_in_event() {
  if constexpr (std::is_same_v<Record, std::variant_alternative_t<index, Event>>)
    return index;
  else
    return index_in_event<Record, index + 1>();
}

size_t index_of(const CallSpec& spec) {
  return size_t(&spec - all_calls().data());
}

// A call, returned or in progress; `call` is nullptr for the latter.
class CallMatch {
 public:
  CallMatch(const QueryTerm& term, const CallBody& body, const Call* call)
      : term_(term), body_(body), call_(call) {}

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
};

bool CallMatch::fd() const {
  if (body_.spec) {
    const auto args = body_.spec->args;
    for (size_t i = 0; i < args.size(); ++i) {
      if (!body_.has(int(i))) continue;
      const ArgKind kind = args[i].kind;
      const int64_t value = body_.args[i];
      if ((kind == ArgKind::Fd || (kind == ArgKind::DirFd && value != kAtFdCwd)) && accepts(value))
        return true;
      if (kind == ArgKind::FdPair && any_fd(body_.pair)) return true;
    }
    if (body_.spec->family == CallFamily::Close && closed_in_range()) return true;
  }
  if (std::ranges::any_of(body_.poll_fds, [&](const PollFd& poll) { return accepts(poll.fd); })) return true;
  for (const auto& set : body_.fd_sets)
    if (any_fd(set)) return true;
  return call_ && ready_fd();
}

bool CallMatch::ready_fd() const {
  const bool returned = (body_.spec && body_.spec->returns_fd) || call_->ret_file;
  if (returned && call_->error == 0 && accepts(call_->ret)) return true;
  for (const ReadyEntry& entry : call_->ready)
    if ((entry.fd >= 0 && accepts(entry.fd)) || any_fd(entry.candidates)) return true;
  return std::ranges::any_of(call_->rights, [&](const ReceivedFd& received) { return accepts(received.fd); });
}

// close_range(2) names the numbers between its first two arguments too.
bool CallMatch::closed_in_range() const {
  if (term_.comparison != Comparison::Equal || body_.spec->args.size() < 2 || !body_.has(0) || !body_.has(1))
    return false;
  return std::ranges::any_of(term_.numbers,
                             [&](int64_t fd) { return fd >= body_.args[0] && fd <= body_.args[1]; });
}

bool CallMatch::file() const {
  const auto known = [&](FileId file) { return known_file(file); };
  if (std::ranges::any_of(body_.files, known) || std::ranges::any_of(body_.pair_files, known)) return true;
  if (std::ranges::any_of(body_.poll_fds, known, &PollFd::file)) return true;
  if (!call_) return false;
  return known_file(call_->ret_file) || std::ranges::any_of(call_->ready, known, &ReadyEntry::file) ||
         std::ranges::any_of(call_->rights, known, &ReceivedFd::file);
}

bool CallMatch::name() const {
  return body_.spec ? bool(term_.calls[index_of(*body_.spec)])
                    : term_.accepts(std::string_view(body_.unknown_name));
}

bool CallMatch::text(ArgKind kind) const {
  if (!body_.spec) return false;
  for (size_t i = 0; i < body_.spec->args.size(); ++i)
    if (body_.spec->args[i].kind == kind && body_.has(int(i)))
      return term_.accepts(std::string_view(body_.text));
  return false;
}

bool CallMatch::addr() const {
  if (text(ArgKind::Address)) return true;
  if (!call_ || !call_->socket) return false;
  const SocketInfo& socket = *call_->socket;
  return (!socket.local.empty() && term_.accepts(std::string_view(socket.local))) ||
         (!socket.peer.empty() && term_.accepts(std::string_view(socket.peer)));
}

bool CallMatch::events() const {
  if (argument()) return true;
  const auto polled = [&](const PollFd& poll) { return any_bits(term_.poll_events, poll.events); };
  if (std::ranges::any_of(body_.poll_fds, polled)) return true;
  const bool epoll = body_.spec && body_.spec->wait == WaitKind::Epoll;
  const auto& tests = epoll ? term_.epoll_events : term_.poll_events;
  return call_ &&
         std::ranges::any_of(call_->ready, [&](const ReadyEntry& e) { return any_bits(tests, e.events); });
}

bool CallMatch::data() const {
  if (argument()) return true;
  if (!call_ || !body_.spec || body_.spec->wait != WaitKind::Epoll) return false;
  return std::ranges::any_of(call_->ready, [&](const ReadyEntry& e) { return accepts(int64_t(e.data)); });
}

bool CallMatch::argument() const {
  if (!body_.spec || term_.arguments.empty()) return false;
  const auto& tests = term_.arguments[index_of(*body_.spec)];
  return std::ranges::any_of(tests, [&](const ArgumentTest& test) { return argument(test); });
}

bool CallMatch::argument(const ArgumentTest& test) const {
  const int index = test.index;
  const bool flags = test.kind == ArgKind::Flags && !(body_.unreadable >> index & 1);
  if (!body_.has(index) && !flags) return false;  // flags that are not written are 0
  switch (test.kind) {
    case ArgKind::Flags:
    case ArgKind::Choice:
      return any_bits(test.bits, body_.has(index) ? uint64_t(body_.args[size_t(index)]) : 0);
    case ArgKind::Path:
    case ArgKind::Address:
      return term_.accepts(std::string_view(body_.text));
    case ArgKind::FdPair:
      return any_fd(body_.pair);
    case ArgKind::FdSet:
      return any_fd(body_.fd_sets[size_t(test.fd_set)]);
    case ArgKind::PollFds:
      return std::ranges::any_of(body_.poll_fds, [&](const PollFd& poll) { return accepts(poll.fd); });
    default:
      return accepts(body_.args[size_t(index)]);
  }
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
      case QueryField::Addr:
        return text(info.local) || text(info.peer);
      default:
        return false;
    }
  }

  [[nodiscard]] bool body(const CallBody& body, const Call* call) const {
    const CallMatch match(term, body, call);
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
      case QueryField::Argument:
        return match.argument();
      default:
        return false;
    }
  }

  [[nodiscard]] bool operator()(const Call& call) const {
    if (term.field == QueryField::Ret) return number(call.ret);
    if (term.field == QueryField::Error)
      return call.error > 0 && call.error < kErrorNumbers && term.errors[size_t(call.error)];
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
    return comparison == Comparison::Contains ? value.find(text) != std::string_view::npos : value == text;
  });
}

bool QueryTerm::holds(const Event& event) const {
  return std::visit(RecordMatch{*this}, event) != negated;
}
bool QueryTerm::holds(const Call& call) const {
  return RecordMatch{*this}(call) != negated;
}

}  // namespace loopscope::trace_model
