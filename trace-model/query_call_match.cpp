// SPDX-License-Identifier: Apache-2.0
#include "trace-model/query_call_match.h"

namespace loopscope::trace_model {
namespace {

constexpr int64_t kAtFdCwd = -100;

size_t index_of(const CallSpec& spec) {
  return size_t(&spec - all_calls().data());
}

}  // namespace

bool CallMatch::fd() const {
  if (body_.spec) {
    const auto args = body_.spec->args;
    for (size_t i = 0; i < args.size(); ++i) {
      if (!body_.has(int(i)) || int(i) == slot_) continue;
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
  if (term_.comparison != Operator::Equal || body_.spec->args.size() < 2 || !body_.has(0) || !body_.has(1))
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

}  // namespace loopscope::trace_model
