// SPDX-License-Identifier: Apache-2.0
#include "exchange/strace/call_words.h"

#include <algorithm>
#include <array>
#include <utility>

#include <fmt/format.h>

#include "exchange/strace/value_text.h"

namespace loopscope::exchange::strace {
namespace {

using trace_model::ArgKind;
using trace_model::Call;
using trace_model::CallBody;
namespace symbols = trace_model::symbols;

constexpr size_t kMostShown = 32;  // strace -s

// What strace prints of each call, in its order. A word is an argument of that name, or printed as it stands
// where it begins with ' ; @ is made below. Behind | stands what is known only when the call returns.
constexpr std::pair<std::string_view, std::string_view> kForms[]{
    {"accept", "sockfd | @peer @peerlen"},
    {"accept4", "sockfd | @peer @peerlen flags"},
    {"bind", "sockfd addr @addrlen"},
    {"clone", "'child_stack=NULL @flags"},
    {"clone3", "@clone3 '88"},
    {"connect", "sockfd addr @addrlen"},
    {"epoll_ctl", "epfd op fd @event"},
    {"epoll_pwait", "epfd | @ready maxevents timeout 'NULL '8"},
    {"epoll_pwait2", "epfd | @ready maxevents timeout_ns 'NULL '8"},
    {"epoll_wait", "epfd | @ready maxevents timeout"},
    {"execve", "pathname 'NULL 'NULL"},
    {"execveat", "dirfd pathname 'NULL 'NULL flags"},
    {"fcntl", "fd op @arg"},
    {"io_uring_enter", "fd to_submit min_complete flags 'NULL '8"},
    {"io_uring_register", "fd opcode 'NULL nr_args"},
    {"io_uring_setup", "entries | @setup"},
    {"ioctl", "fd op @arg"},
    {"openat2", "dirfd pathname @how '24"},
    {"pipe", "| pipefd"},
    {"pipe2", "| pipefd flags"},
    {"poll", "fds nfds timeout"},
    {"ppoll", "fds nfds timeout_ns 'NULL '8"},
    {"pread64", "fd | '\"\"... count '0"},
    {"preadv", "fd | 'NULL iovcnt '0"},
    {"preadv2", "fd | 'NULL iovcnt '0 '0"},
    {"pselect6", "nfds readfds writefds exceptfds timeout_ns 'NULL"},
    {"pwrite64", "fd '\"\"... count '0"},
    {"pwritev", "fd 'NULL iovcnt '0"},
    {"pwritev2", "fd 'NULL iovcnt '0 '0"},
    {"read", "fd | '\"\"... count"},
    {"readv", "fd | 'NULL iovcnt"},
    {"recvfrom", "sockfd | '\"\"... len flags 'NULL 'NULL"},
    {"recvmmsg", "sockfd | 'NULL vlen flags 'NULL"},
    {"recvmsg", "sockfd | 'NULL flags"},
    {"restart_syscall", "@continues"},
    {"select", "nfds readfds writefds exceptfds timeout_ns"},
    {"sendfile", "out_fd in_fd 'NULL count"},
    {"sendmmsg", "sockfd 'NULL vlen flags"},
    {"sendmsg", "sockfd 'NULL flags"},
    {"sendto", "sockfd '\"\"... len flags 'NULL '0"},
    {"signalfd", "fd 'NULL '8"},
    {"signalfd4", "fd 'NULL '8 flags"},
    {"socketpair", "domain type protocol | sv"},
    {"splice", "fd_in 'NULL fd_out 'NULL len flags"},
    {"timerfd_settime", "fd flags @timer 'NULL"},
    {"write", "fd '\"\"... count"},
    {"writev", "fd 'NULL iovcnt"},
};

std::string poll_words(const CallBody& call) {
  std::string text = "[";
  for (size_t i = 0; i < call.poll_fds.size(); ++i) {
    if (i == kMostShown) return text + ", ...]";
    text += fmt::format("{}{{fd={}, events={}}}", i ? ", " : "", call.poll_fds[i].fd,
                        flag_words(symbols::kPollEvents, call.poll_fds[i].events));
  }
  return text + "]";
}

std::string set_words(const std::vector<int>& numbers) {
  return fmt::format("[{}]", fmt::join(numbers, " "));
}

std::string protocol_words(const CallBody& call, int64_t protocol) {
  constexpr int64_t kInet = 2, kInet6 = 10;
  const int64_t domain = call.arg("domain").value_or(0);
  if (domain != kInet && domain != kInet6) return fmt::format("{}", protocol);
  constexpr std::pair<int64_t, std::string_view> kNames[]{
      {0, "IPPROTO_IP"}, {1, "IPPROTO_ICMP"}, {6, "IPPROTO_TCP"}, {17, "IPPROTO_UDP"}};
  for (const auto& [number, name] : kNames)
    if (number == protocol) return std::string(name);
  return fmt::format("{:#x}", protocol);
}

// A number without a name is told with the name it might have had.
std::string choice_words(const CallBody& call, const trace_model::ArgSpec& spec, uint64_t value) {
  std::string words = flag_words(*spec.symbols, value);
  if (words.starts_with("0x") && call.spec->name == "epoll_ctl") words += " /* EPOLL_CTL_??? */";
  return words;
}

std::string argument_words(const CallBody& call, size_t index) {
  const trace_model::ArgSpec& spec = call.spec->args[index];
  const int64_t value = call.args[index];
  const bool there = call.has(int(index));
  switch (spec.kind) {
    case ArgKind::Path:
      return there ? quoted(call.text) + (call.text_cut ? "..." : "") : "NULL";
    case ArgKind::Address:
      return address_words(call.text);
    case ArgKind::FdPair:
      return there ? fmt::format("[{}, {}]", call.pair[0], call.pair[1]) : "NULL";
    case ArgKind::PollFds:
      return poll_words(call);
    case ArgKind::FdSet:
      return there ? set_words(call.fd_sets[index - size_t(arg_index(*call.spec, "readfds"))]) : "NULL";
    case ArgKind::Ns:
      return time_words(there ? value : -1);
    case ArgKind::Choice:
      return choice_words(call, spec, uint64_t(value));
    case ArgKind::Flags:
      if (spec.symbols == &symbols::kOpenFlags) return open_flag_words(there ? uint64_t(value) : 0);
      return flag_words(*spec.symbols, there ? uint64_t(value) : 0);
    case ArgKind::Octal:
      return there ? fmt::format("{:0>4o}", uint64_t(value)) : "";
    case ArgKind::DirFd:
      return value == -100 ? "AT_FDCWD" : fmt::format("{}", value);
    case ArgKind::Uint:
      return fmt::format("{}", uint64_t(value));
    default:
      return spec.name == "protocol" ? protocol_words(call, value) : fmt::format("{}", value);
  }
}

std::string event_words(uint32_t events, uint64_t data) {
  return fmt::format("{{events={}, data={{u32={}, u64={}}}}}", flag_words(symbols::kEpollEvents, events),
                     uint32_t(data), data);
}

std::string ready_words(const Call& call) {
  if (call.error != 0) return "NULL";
  std::string text = "[";
  for (size_t i = 0; i < call.ready.size(); ++i) {
    if (i == kMostShown) return text + ", ...]";
    text += (i ? ", " : "") + event_words(call.ready[i].events, call.ready[i].data);
  }
  return text + "]";
}

std::string fcntl_words(const CallBody& call) {
  constexpr int64_t kSetFd = 2, kSetFlags = 4;
  const auto value = call.arg("arg");
  if (!value) return "";
  if (call.spec->name == "ioctl") return fmt::format("[{}]", *value);
  const int64_t op = call.arg("op").value_or(-1);
  if (op == kSetFd) return *value == 1 ? "FD_CLOEXEC" : fmt::format("{}", *value);
  return op == kSetFlags ? open_flag_words(uint64_t(*value)) : fmt::format("{}", *value);
}

std::string flags_of(const CallBody& call) {
  const int index = arg_index(*call.spec, "flags");
  return index < 0 ? "0" : argument_words(call, size_t(index));
}

// Flags first, the signal last, as clone(2) has them.
std::string clone_flags(const CallBody& call, bool with_signal) {
  constexpr uint64_t kSignal = 0xff;
  const auto flags = uint64_t(call.arg("flags").value_or(0));
  std::string words =
      flags & ~kSignal ? flag_words({0, {}, symbols::kCloneFlags.flags}, flags & ~kSignal) : "";
  if (with_signal && (flags & kSignal))
    words += (words.empty() ? "" : "|") + flag_words(symbols::kSignal, flags & kSignal);
  return words.empty() ? "0" : words;
}

std::string how_words(const CallBody& call) {
  std::string text = "{flags=" + flags_of(call);
  const int mode = arg_index(*call.spec, "mode"), resolve = arg_index(*call.spec, "resolve");
  if (call.has(mode) && call.args[size_t(mode)]) text += ", mode=" + argument_words(call, size_t(mode));
  return text + ", resolve=" + argument_words(call, size_t(resolve)) + "}";
}

// The words that are made, of `call` where it has returned.
std::string made_words(std::string_view word, const CallBody& body, const Call* call) {
  const std::string peer = call && call->socket ? call->socket->peer : "";
  if (word == "@peer") return peer.empty() ? "NULL" : address_words(peer);
  if (word == "@peerlen") return peer.empty() ? "NULL" : fmt::format("[{}]", address_length(peer));
  if (word == "@addrlen") return fmt::format("{}", address_length(body.text));
  if (word == "@ready") return call ? ready_words(*call) : "NULL";
  if (word == "@arg") return fcntl_words(body);
  if (word == "@flags") return "flags=" + clone_flags(body, true);
  if (word == "@how") return how_words(body);
  if (word == "@setup") return fmt::format("{{flags={}}}", flags_of(body));
  if (word == "@continues") return fmt::format("<... resuming interrupted {} ...>", body.continues);
  if (word == "@timer")
    return fmt::format("{{it_interval={{tv_sec=0, tv_nsec=0}}, it_value={}}}",
                       time_words(body.arg("value_ns").value_or(0)));
  if (word == "@clone3")
    return fmt::format("{{flags={}, exit_signal={}}}", clone_flags(body, false),
                       flag_words(symbols::kSignal, uint64_t(body.arg("flags").value_or(0)) & 0xff));
  constexpr int64_t kDelete = 2;
  if (word == "@event" && body.arg("op") != kDelete && body.has(3))
    return event_words(uint32_t(body.args[3]), uint64_t(body.args[4]));
  return "NULL";
}

std::string_view form_of(const CallBody& call) {
  const auto form =
      std::ranges::find(kForms, call.name(), &std::pair<std::string_view, std::string_view>::first);
  return form == std::end(kForms) ? std::string_view() : form->second;
}

struct Pieces {
  std::string begun, rest;
  bool returned = false, any = false;  // `|` was met; something was printed

  void add(const std::string& word) {
    if (word.empty()) return;
    std::string& to = returned ? rest : begun;
    if (any && !(returned && rest.empty())) to += ", ";
    to += word;
    any = true;
  }
  void split() {
    if (any) begun += ", ";
    returned = true;
  }
};

Pieces pieces_of(const CallBody& body, const Call* call) {
  Pieces pieces;
  std::string_view form = form_of(body);
  if (form.empty()) {  // all arguments, in order
    for (size_t i = 0; body.spec && i < body.spec->args.size(); ++i) pieces.add(argument_words(body, i));
    return pieces;
  }
  while (!form.empty()) {
    const size_t end = std::min(form.find(' '), form.size());
    const std::string_view word = form.substr(0, end);
    form.remove_prefix(std::min(end + 1, form.size()));
    if (word == "|")
      pieces.split();
    else if (word.starts_with('\''))
      pieces.add(std::string(word.substr(1)));
    else if (word.starts_with('@'))
      pieces.add(made_words(word, body, call));
    else
      pieces.add(argument_words(body, size_t(arg_index(*body.spec, word))));
  }
  return pieces;
}

// What poll and select returned stands behind their result.
std::string remark_of(const Call& call) {
  const trace_model::WaitKind kind = call.spec ? call.spec->wait : trace_model::WaitKind::None;
  const bool poll = kind == trace_model::WaitKind::Poll, select = kind == trace_model::WaitKind::Select;
  if (call.error != 0 || (!poll && !select)) return "";
  if (call.ret == 0) return " (Timeout)";
  std::string text;
  if (poll) {
    for (const trace_model::ReadyEntry& ready : call.ready)
      text += fmt::format("{}{{fd={}, revents={}}}", text.empty() ? "" : ", ", ready.fd,
                          flag_words(symbols::kPollEvents, ready.events));
    return fmt::format(" ([{}])", text);
  }
  constexpr std::array<std::pair<std::string_view, uint32_t>, 3> kSets{
      {{"in", 1}, {"out", 4}, {"except", 2}}};
  for (const auto& [name, bit] : kSets) {
    std::vector<int> numbers;
    for (const trace_model::ReadyEntry& ready : call.ready)
      if (ready.events & bit) numbers.push_back(ready.fd);
    std::ranges::sort(numbers);
    if (!numbers.empty()) text += fmt::format("{}{} {}", text.empty() ? "" : ", ", name, set_words(numbers));
  }
  return fmt::format(" ({})", text);
}

}  // namespace

CallWords words_of(const Call& call) {
  Pieces pieces = pieces_of(call, &call);
  return {fmt::format("{}({}", call.name(), pieces.begun), std::move(pieces.rest),
          result_words(call.ret, call.error) + remark_of(call)};
}

std::string words_of_begun(const CallBody& call) {
  return fmt::format("{}({}", call.name(), pieces_of(call, nullptr).begun);
}

}  // namespace loopscope::exchange::strace
