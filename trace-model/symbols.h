// SPDX-License-Identifier: Apache-2.0
// Names for the numbers of the system-call interface: flags, operations, error numbers, epoll events.
//
// A SymbolTable describes one argument. Some arguments are a set of bits, some one choice out of many, and
// some both at once: open(2)'s flags hold the access mode in the low two bits, socket(2)'s type holds SOCK_
// flags above the type, clone(2)'s flags hold the exit signal in the low byte. `choice_mask` is the part that
// is a choice.
//
// Values are those of x86-64 and arm64 as written in the kernel's include/uapi; where the two differ the
// table says so. Names are the man pages'.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace loopscope::trace_model {

struct Symbol {
  std::string_view name;
  uint64_t bits;
};

struct SymbolTable {
  uint64_t choice_mask;             // 0: pure flags; ~0: pure choice
  std::span<const Symbol> choices;  // values within choice_mask
  std::span<const Symbol> flags;    // widest first, so that O_SYNC is found before O_DSYNC
};

// The names that make up `bits`, ending in one "0x…" for bits without a name. A choice without a name is also
// "0x…". Empty for 0 unless 0 is a named choice (O_RDONLY).
void append_names(const SymbolTable& table, uint64_t bits, std::vector<std::string>& names);
[[nodiscard]] std::vector<std::string> names_of(const SymbolTable& table, uint64_t bits);

// The inverse, also of "0x…". Names are exact; a short form (ADD for EPOLL_CTL_ADD) is not one.
[[nodiscard]] std::optional<uint64_t> bits_of(const SymbolTable& table, std::string_view name);

// errno(3) names and the kernel's internal restart codes 512 to 516. Empty when there is none.
[[nodiscard]] std::string_view error_name(int error);
[[nodiscard]] std::optional<int> error_number(std::string_view name);  // also of "531"

namespace symbols {
extern const SymbolTable kEpollEvents, kEpollOp, kEpollCreateFlags, kPollEvents, kOpenFlags, kOpenResolve,
    kAtDirFd, kSocketDomain, kSocketType, kAcceptFlags, kShutdownHow, kDupFlags, kFcntlOp, kIoctlOp,
    kCloseRangeFlags, kPipeFlags, kEventfdFlags, kTimerfdFlags, kTimerfdSetFlags, kClockId, kSignalfdFlags,
    kMemfdFlags, kInotifyFlags, kPidfdFlags, kCloneFlags, kExecveatFlags, kMessageFlags, kSpliceFlags,
    kUringSetupFlags, kUringEnterFlags, kUringRegisterOp, kSqeFlags, kCqeFlags, kSignal;
}

}  // namespace loopscope::trace_model
