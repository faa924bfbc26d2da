// SPDX-License-Identifier: Apache-2.0
// Values as strace 6.1 prints them without -v and -y.
#pragma once

#include <string>
#include <string_view>

#include "exchange/strace/log_line.h"
#include "trace-model/symbols.h"

namespace loopscope::exchange::strace {

[[nodiscard]] std::string quoted(std::string_view bytes);  // with its quotes and escapes
[[nodiscard]] std::string flag_words(const trace_model::SymbolTable& table, uint64_t bits);  // 0 where none
[[nodiscard]] std::string open_flag_words(uint64_t bits);  // in the order in which strace knows them
// {sa_family=AF_INET, …} of an address as a trace writes it; NULL for what has no such form.
[[nodiscard]] std::string address_words(std::string_view address);
[[nodiscard]] int address_length(std::string_view address);  // of its sockaddr
[[nodiscard]] std::string time_words(Ns t);                  // {tv_sec=1, tv_nsec=5}; NULL for -1
[[nodiscard]] std::string result_words(int64_t ret,
                                       int error);  // 12 · -1 EAGAIN (Resource …) · ? ERESTARTSYS (…)

}  // namespace loopscope::exchange::strace
