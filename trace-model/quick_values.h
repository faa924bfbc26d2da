// SPDX-License-Identifier: Apache-2.0
// What a call or an operation of a ring consists of, in the form our own writer gives it: quick_text.h.
#pragma once

#include "trace-model/events.h"
#include "trace-model/quick_text.h"

namespace loopscope::trace_model {

bool take_names(QuickText& in, const SymbolTable& table, uint64_t& out);  // ["EPOLLIN","0x40"]
bool take_names(QuickText& in, const SymbolTable& table, uint32_t& out);
bool take_error(QuickText& in, int& out);                            // ,"error":"EAGAIN", if it is there
bool take_socket(QuickText& in, std::optional<SocketInfo>& socket);  // its members, if any is there
bool take_ready(QuickText& in, bool epoll, std::vector<ReadyEntry>& ready, uint32_t& total);  // if there
bool take_off(QuickText& in, Off& off);  // what write_off() writes, all there

// `"args"` and `"files"`, if they are there. CallBody::spec is known.
bool take_args(QuickText& in, CallBody& call);
bool take_files(QuickText& in, CallBody& call, FileId* ret_file);

// `,"name":number` and `,"name":true`, if they are there. `key` is the text up to the value.
template <size_t size, typename Number>
bool take_if_there(QuickText& in, const char (&key)[size], Number& out) {
  return !in.take(key) || in.number(out);
}
template <size_t size, typename Number>
bool take_if_there(QuickText& in, const char (&key)[size], std::optional<Number>& out) {
  return !in.take(key) || in.number(out.emplace());
}
template <size_t size>
bool take_if_there(QuickText& in, const char (&key)[size], bool& out) {
  return !in.take(key) || in.truth(out);
}
template <size_t size>
bool take_if_there(QuickText& in, const char (&key)[size], std::string& out) {
  return !in.take(key) || in.string(out);
}

}  // namespace loopscope::trace_model
