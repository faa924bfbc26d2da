// SPDX-License-Identifier: Apache-2.0
// Every system call loopscope knows, by name: what its arguments are called and how each is written. The one
// place that the decoder, the writer, the reader, `show` and `--calls` share. It knows names, not numbers:
// numbers belong to a machine and are the tracer's business.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

#include "trace-model/symbols.h"

namespace loopscope::trace_model {

enum class ArgKind : uint8_t {
  Int,      // signed decimal
  Uint,     // unsigned decimal
  Octal,    // file mode, written as an octal string, "0644"
  Fd,       // descriptor; its file identity stands in `files`
  DirFd,    // as Fd, or "AT_FDCWD"
  Flags,    // list of names
  Choice,   // one name
  Opaque,   // 64 bits, "0x…"
  Ns,       // nanoseconds, -1: no limit
  Path,     // Call::text
  Address,  // Call::text
  FdPair,   // Call::pair
  PollFds,  // Call::poll_fds
  FdSet,    // Call::fd_sets, in order of appearance
};

struct ArgSpec {
  std::string_view name;
  ArgKind kind;
  int8_t position;  // index of the system call's own argument; -1: comes from memory it points to
  const SymbolTable* symbols = nullptr;  // Flags, Choice
};

// Which part of the machinery a call belongs to; `--calls` and `--no-io` select by these.
enum class CallFamily : uint8_t {
  Epoll,
  Poll,
  Uring,
  Socket,
  Accept,
  Open,
  Close,
  Dup,
  Notify,
  Process,
  Io,
  Other
};

// What a call that returned means to a loop: a call in which loops sleep, and how.
enum class WaitKind : uint8_t { None, Epoll, Poll, Select, Uring, Accept };

struct CallSpec {
  std::string_view name;
  CallFamily family;
  WaitKind wait;
  bool returns_fd;
  bool keeps_table_true;          // recorded whatever the user leaves out of view
  bool in_lab;                    // part of `--calls lab`
  std::span<const ArgSpec> args;  // at most kMaxArgs
};

inline constexpr int kMaxArgs = 8;

[[nodiscard]] std::span<const CallSpec> all_calls();                       // sorted by name
[[nodiscard]] const CallSpec* find_call(std::string_view name);            // nullptr when unknown
[[nodiscard]] int arg_index(const CallSpec& call, std::string_view name);  // -1 when it has none

}  // namespace loopscope::trace_model
