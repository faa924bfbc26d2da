// SPDX-License-Identifier: Apache-2.0
#include "tracer/proc/call_in_progress.h"

#include <poll.h>
#include <sys/syscall.h>
#include <sys/uio.h>

#include <algorithm>
#include <bit>
#include <climits>
#include <cstring>

#include <fmt/format.h>

#include "trace-model/address.h"
#include "tracer/proc/text_fields.h"

namespace loopscope::tracer {
namespace {

using trace_model::ArgKind;
using trace_model::ArgSpec;
using trace_model::CallBody;
using trace_model::CallSpec;

constexpr uint64_t kMaxPollFds = 65536, kMaxSetFds = 65536;  // more than that is no list of descriptors
constexpr uint64_t kMaxAddressBytes = 128;                   // sizeof(sockaddr_storage)

struct Numbered {
  uint32_t number;
  std::string_view name;
};

// Calls that block on descriptors.
constexpr Numbered kBlocking[]{
#ifdef SYS_poll
    {SYS_poll, "poll"},
    {SYS_select, "select"},
    {SYS_epoll_wait, "epoll_wait"},
    {SYS_open, "open"},
#endif
    {SYS_accept, "accept"},
    {SYS_accept4, "accept4"},
    {SYS_connect, "connect"},
    {SYS_epoll_pwait, "epoll_pwait"},
    {SYS_epoll_pwait2, "epoll_pwait2"},
    {SYS_io_uring_enter, "io_uring_enter"},
    {SYS_openat, "openat"},
    {SYS_ppoll, "ppoll"},
    {SYS_pselect6, "pselect6"},
    {SYS_read, "read"},
    {SYS_readv, "readv"},
    {SYS_recvfrom, "recvfrom"},
    {SYS_recvmmsg, "recvmmsg"},
    {SYS_recvmsg, "recvmsg"},
    {SYS_restart_syscall, "restart_syscall"},
    {SYS_sendfile, "sendfile"},
    {SYS_sendmmsg, "sendmmsg"},
    {SYS_sendmsg, "sendmsg"},
    {SYS_sendto, "sendto"},
    {SYS_splice, "splice"},
    {SYS_write, "write"},
    {SYS_writev, "writev"},
};

template <typename T>
std::span<std::byte> bytes_of(T& value) {
  return std::as_writable_bytes(std::span(&value, 1));
}

// select takes a timeval, the others a timespec; both are two 64-bit numbers here.
std::optional<int64_t> read_timeout_ns(uint64_t address, bool microseconds, const ReadMemory& read) {
  if (address == 0) return -1;
  std::array<int64_t, 2> time{};
  if (!read(address, bytes_of(time))) return std::nullopt;
  const int64_t seconds = std::clamp<int64_t>(time[0], 0, INT64_MAX / 1'000'000'000 - 1);
  return seconds * 1'000'000'000 + std::clamp<int64_t>(time[1], 0, 999'999'999) * (microseconds ? 1000 : 1);
}

bool read_poll_fds(uint64_t address, uint64_t count, const ReadMemory& read, CallBody& body) {
  if (count > kMaxPollFds) return false;
  std::vector<pollfd> fds(count);
  if (count > 0 && !read(address, std::as_writable_bytes(std::span(fds)))) return false;
  for (const pollfd& entry : fds) body.poll_fds.push_back({entry.fd, uint16_t(entry.events), 0});
  return true;
}

bool read_fd_set(uint64_t address, uint64_t count, const ReadMemory& read, std::vector<int>& fds) {
  if (count > kMaxSetFds) return false;
  std::vector<uint64_t> words((count + 63) / 64);
  if (!words.empty() && !read(address, std::as_writable_bytes(std::span(words)))) return false;
  for (uint64_t fd = 0; fd < count; ++fd)
    if (words[fd / 64] >> fd % 64 & 1) fds.push_back(int(fd));
  return true;
}

// Up to its NUL, page by page: the next page may not be there.
bool read_path(uint64_t address, const ReadMemory& read, CallBody& body) {
  constexpr uint64_t kPage = 4096;
  while (body.text.size() < PATH_MAX) {
    std::array<char, kPage> chunk{};
    const size_t size = kPage - address % kPage;
    if (!read(address, std::as_writable_bytes(std::span(chunk)).first(size))) return false;
    const std::string_view part(chunk.data(), size);
    body.text.append(part.substr(0, part.find('\0')));
    if (part.contains('\0')) return true;
    address += size;
  }
  body.text.resize(PATH_MAX);
  return body.text_cut = true;
}

bool read_address(uint64_t address, uint64_t length, const ReadMemory& read, CallBody& body) {
  std::array<std::byte, kMaxAddressBytes> bytes{};
  const auto used = std::span(bytes).first(std::min(length, kMaxAddressBytes));
  if (!read(address, used)) return false;
  body.text = trace_model::address_text(used);
  return true;
}

// Which of the call's own arguments is the pointer to its timeout: the format's table gives it no position.
std::optional<size_t> timeout_position(std::string_view call) {
  if (call == "epoll_pwait2") return 3;
  if (call == "ppoll") return 2;
  if (call == "select" || call == "pselect6") return 4;
  return std::nullopt;
}

// What an argument is that does not stand in a register. False: its memory could not be read.
bool describe_memory(const CallInProgress& call, const ArgSpec& arg, int index, const ReadMemory& read,
                     CallBody& body) {
  const uint64_t value = arg.position >= 0 ? call.args[uint8_t(arg.position)] : 0;
  if (arg.kind == ArgKind::PollFds) {
    if (!read_poll_fds(value, uint32_t(call.args[1]), read, body)) return false;
  } else if (arg.kind == ArgKind::FdSet) {
    if (value == 0) return true;
    if (!read_fd_set(value, uint32_t(call.args[0]), read, body.fd_sets[uint8_t(arg.position - 1)]))
      return false;
  } else if (arg.kind == ArgKind::Path) {
    if (!read_path(value, read, body)) return false;
  } else if (arg.kind == ArgKind::Address) {
    if (!read_address(value, uint32_t(call.args[2]), read, body)) return false;
  } else if (const auto position = timeout_position(body.spec->name); position && arg.kind == ArgKind::Ns) {
    const auto timeout = read_timeout_ns(call.args[*position], body.spec->name == "select", read);
    if (!timeout) return false;
    body.args[size_t(index)] = *timeout;
  } else {
    return true;  // known only when the call returns
  }
  body.present |= uint8_t(1u << index);
  return true;
}

bool in_register(const ArgSpec& arg) {
  switch (arg.kind) {
    case ArgKind::Path:
    case ArgKind::Address:
    case ArgKind::FdPair:
    case ArgKind::PollFds:
    case ArgKind::FdSet:
      return false;
    default:
      return arg.position >= 0;
  }
}

int64_t register_value(const ArgSpec& arg, uint64_t value) {
  const bool is_int = arg.kind == ArgKind::Int || arg.kind == ArgKind::Fd || arg.kind == ArgKind::DirFd;
  return is_int ? int64_t(int32_t(value)) : int64_t(value);
}

}  // namespace

std::optional<CallInProgress> parse_syscall(std::string_view text) {
  CallInProgress call;
  const auto nr = number<int64_t>(next_field(text));
  if (!nr || *nr < 0 || *nr > INT32_MAX) return std::nullopt;
  call.number = uint32_t(*nr);
  for (uint64_t& arg : call.args) {
    const auto value = number<uint64_t>(next_field(text), 16);
    if (!value) return std::nullopt;
    arg = *value;
  }
  return call;
}

OrErrno<std::optional<CallInProgress>> call_in_progress(const ProcessDir& process, Pid tid) {
  const auto text = read_file(process.fd(), fmt::format("task/{}/syscall", tid).c_str());
  if (!text) return std::unexpected(text.error());
  return parse_syscall(*text);
}

ReadMemory memory_of(Pid pid) {
  return [pid](uint64_t address, std::span<std::byte> into) {
    const iovec local{into.data(), into.size()};
    const iovec remote{std::bit_cast<void*>(address), into.size()};
    return process_vm_readv(pid, &local, 1, &remote, 1, 0) == ssize_t(into.size());
  };
}

const CallSpec* interesting_call(uint32_t number) {
  const auto at = std::ranges::find(kBlocking, number, &Numbered::number);
  return at == std::end(kBlocking) ? nullptr : trace_model::find_call(at->name);
}

void describe_call(const CallInProgress& call, const CallSpec& spec, const ReadMemory& read, CallBody& body) {
  body.spec = &spec;
  for (int i = 0; i < int(spec.args.size()); ++i) {
    const ArgSpec& arg = spec.args[size_t(i)];
    if (in_register(arg))
      body.set(i, register_value(arg, call.args[uint8_t(arg.position)]));
    else if (!describe_memory(call, arg, i, read, body))
      body.unreadable |= uint8_t(1u << i);
  }
}

}  // namespace loopscope::tracer
