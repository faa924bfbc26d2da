// SPDX-License-Identifier: Apache-2.0
#include "trace-model/quick_values.h"

#include <charconv>

namespace loopscope::trace_model {
namespace {

constexpr int64_t kAtFdCwd = -100;

using Keys = std::array<QuickKey, kMaxArgs>;

const Keys& keys_of(const CallSpec& spec) {
  static const std::vector<Keys> keys = [] {
    std::vector<Keys> made;
    for (const CallSpec& each : all_calls()) {
      Keys& of_call = made.emplace_back();
      for (size_t i = 0; i < each.args.size(); ++i) of_call[i] = QuickKey(each.args[i].name);
    }
    return made;
  }();
  return keys[size_t(&spec - all_calls().data())];
}

bool take_choice(QuickText& in, const SymbolTable& table, uint64_t& out) {
  std::string_view name;
  if (!in.string(name)) return false;
  const auto bits = bits_of(table, name);
  out = bits.value_or(0);
  return bits.has_value();
}

bool take_octal(QuickText& in, int64_t& out) {
  std::string_view text;
  if (!in.string(text)) return false;
  uint64_t mode = 0;
  const char* end = text.data() + text.size();
  const auto [at, error] = std::from_chars(text.data(), end, mode, 8);
  out = int64_t(mode);
  return error == std::errc() && at == end;
}

template <typename Number>
bool take_numbers(QuickText& in, std::vector<Number>& out) {
  if (in.take("[]")) return true;
  if (!in.take("[")) return false;
  do
    if (!in.number(out.emplace_back())) return false;
  while (in.take(","));
  return in.take("]");
}

bool take_poll_fds(QuickText& in, std::vector<PollFd>& out) {
  if (!in.take("[")) return false;
  do {
    PollFd& entry = out.emplace_back();
    if (!in.take("{\"fd\":") || !in.number(entry.fd)) return false;
    if (in.take(",\"events\":") && !take_names(in, symbols::kPollEvents, entry.events)) return false;
    if (!in.take("}")) return false;
  } while (in.take(","));
  return in.take("]");
}

bool take_poll_files(QuickText& in, std::vector<PollFd>& fds) {
  if (!in.take("[")) return false;
  size_t index = 0;
  do {
    if (index == fds.size()) return false;
    FileId& file = fds[index++].file;
    if (!in.take("null") && !in.number(file)) return false;
  } while (in.take(","));
  return in.take("]");
}

bool take_number_arg(QuickText& in, const ArgSpec& arg, int64_t& out) {
  uint64_t bits = 0;
  const auto take = [&](bool taken) {
    out = int64_t(bits);
    return taken;
  };
  switch (arg.kind) {
    case ArgKind::Uint:
      return take(in.number(bits));
    case ArgKind::Octal:
      return take_octal(in, out);
    case ArgKind::DirFd:
      if (!in.take("\"AT_FDCWD\"")) return in.number(out);
      out = kAtFdCwd;
      return true;
    case ArgKind::Flags:
      return take(take_names(in, *arg.symbols, bits));
    case ArgKind::Choice:
      return take(take_choice(in, *arg.symbols, bits));
    case ArgKind::Opaque:
      return take(in.hex(bits));
    default:
      return in.number(out);
  }
}

bool take_ready_entry(QuickText& in, bool epoll, ReadyEntry& entry) {
  if (!in.take("{\"events\":")) return false;
  if (!take_names(in, epoll ? symbols::kEpollEvents : symbols::kPollEvents, entry.events)) return false;
  if (in.take(",\"data\":") && !in.hex(entry.data)) return false;
  return take_if_there(in, ",\"fd\":", entry.fd) && take_if_there(in, ",\"file\":", entry.file) &&
         in.take("}");
}

bool take_context(QuickText& in, WakeContext& out) {
  std::string_view name;
  if (!in.string(name)) return false;
  const auto known = wake_context_of(name);
  out = known.value_or(WakeContext::Unknown);
  return known.has_value();
}

bool take_waker(QuickText& in, Off& off) {
  if (!in.take("{\"tid\":") || !in.number(off.by_tid) || !take_if_there(in, ",\"pid\":", off.by_pid) ||
      !take_if_there(in, ",\"comm\":", off.by_comm))
    return false;
  if (off.by_pid == 0) off.by_pid = off.by_tid;
  return in.take("}");
}

}  // namespace

bool take_off(QuickText& in, Off& off) {
  std::string_view state;
  if (!in.take("\"dur\":") || !in.number(off.dur) || !take_if_there(in, ",\"intervals\":", off.intervals) ||
      !in.take(",\"state\":") || !in.string(state) || state.size() != 1)
    return false;
  off.state = state[0];
  if (!in.take(",\"woken\":")) return true;
  return in.number(off.woken.emplace()) && in.take(",\"delay\":") && in.number(off.delay) &&
         (!in.take(",\"context\":") || take_context(in, off.context)) &&
         (!in.take(",\"by\":") || take_waker(in, off));
}

bool take_names(QuickText& in, const SymbolTable& table, uint64_t& out) {
  out = 0;
  if (!in.take("[")) return false;
  do {
    uint64_t bits = 0;
    if (!take_choice(in, table, bits)) return false;
    out |= bits;
  } while (in.take(","));
  return in.take("]");
}

bool take_names(QuickText& in, const SymbolTable& table, uint32_t& out) {
  uint64_t bits = 0;
  const bool taken = take_names(in, table, bits);
  out = uint32_t(bits);
  return taken;
}

bool take_error(QuickText& in, int& out) {
  if (!in.take(",\"error\":")) return true;
  std::string_view name;
  if (!in.string(name)) return false;
  const auto number = error_number(name);
  out = number.value_or(0);
  return out > 0;
}

bool take_socket(QuickText& in, std::optional<SocketInfo>& socket) {
  if (!in.take(",\"kind\":")) return true;
  SocketInfo& info = socket.emplace();
  return in.string(info.kind) && take_if_there(in, ",\"local\":", info.local) &&
         take_if_there(in, ",\"peer\":", info.peer) && take_if_there(in, ",\"inode\":", info.inode) &&
         take_if_there(in, ",\"backlog\":", info.backlog) && take_if_there(in, ",\"queue\":", info.queue) &&
         take_if_there(in, ",\"drops\":", info.drops);
}

bool take_ready(QuickText& in, bool epoll, std::vector<ReadyEntry>& ready, uint32_t& total) {
  if (in.take(",\"ready\":[")) {
    do
      if (!take_ready_entry(in, epoll, ready.emplace_back())) return false;
    while (in.take(","));
    if (!in.take("]")) return false;
  }
  return take_if_there(in, ",\"ready_total\":", total);
}

bool take_args(QuickText& in, CallBody& call) {
  if (!in.take(",\"args\":")) return true;
  const Keys& keys = keys_of(*call.spec);
  char separator = '{';
  size_t set = 0;
  for (size_t i = 0; i < call.spec->args.size(); ++i) {
    const ArgSpec& arg = call.spec->args[i];
    std::vector<int>* fds = arg.kind == ArgKind::FdSet ? &call.fd_sets[set++] : nullptr;
    if (!in.take(separator, keys[i])) continue;
    separator = ',';
    call.present |= uint8_t(1u << i);
    bool taken = false;
    switch (arg.kind) {
      case ArgKind::Path:
      case ArgKind::Address:
        taken = in.string(call.text);
        break;
      case ArgKind::PollFds:
        taken = take_poll_fds(in, call.poll_fds);
        break;
      case ArgKind::FdSet:
        taken = take_numbers(in, *fds);
        break;
      case ArgKind::FdPair:  // no busy server's
        break;
      default:
        taken = take_number_arg(in, arg, call.args[i]);
    }
    if (!taken) return false;
  }
  return in.take("}");
}

bool take_files(QuickText& in, CallBody& call, FileId* ret_file) {
  if (!in.take(",\"files\":")) return true;
  const Keys& keys = keys_of(*call.spec);
  char separator = '{';
  for (size_t i = 0; i < call.spec->args.size(); ++i) {
    if (!in.take(separator, keys[i])) continue;
    separator = ',';
    const ArgKind kind = call.spec->args[i].kind;
    if (kind == ArgKind::FdPair) return false;
    if (kind == ArgKind::PollFds ? !take_poll_files(in, call.poll_fds) : !in.number(call.files[i]))
      return false;
  }
  constexpr QuickKey kRet("ret");
  if (ret_file && in.take(separator, kRet) && !in.number(*ret_file)) return false;
  return in.take("}");
}

}  // namespace loopscope::trace_model
