// SPDX-License-Identifier: Apache-2.0
// Members that several kinds of record have, in the form docs/trace-format.md gives them. For the writer
// only.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "trace-model/events.h"
#include "trace-model/json_line.h"
#include "trace-model/symbols.h"

namespace loopscope::trace_model {

// Whether a list of these bits' names would have an element: empty lists are left out.
[[nodiscard]] bool has_names(const SymbolTable& table, uint64_t bits);
void write_names(JsonLine& line, const SymbolTable& table, uint64_t bits);    // ["EPOLLIN","0x40"]
void write_choice(JsonLine& line, const SymbolTable& table, uint64_t value);  // "EPOLL_CTL_ADD"

// `,"name":"text"`, then `,"name_hex":"…"` where the text is not UTF-8.
void write_text(JsonLine& line, std::string_view name, std::string_view text);
void write_text_unless_empty(JsonLine& line, std::string_view name, std::string_view text);
void write_texts_unless_empty(JsonLine& line, std::string_view name, std::span<const std::string> texts);

void write_origin(JsonLine& line, Origin origin);
void write_who(JsonLine& line, Pid pid, Pid tid);

// `{"type":"…","id":…`: how every line begins. `beginning` is that text up to the id.
inline void begin_record(JsonLine& line, std::string_view beginning, RecordId id) {
  line.raw(beginning);
  line.number(id);
}
inline void end_record(JsonLine& line) {
  line.raw("}\n");
}

// `,"name":value`; `key` is the text up to the value.
template <typename Number>
void write_number(JsonLine& line, std::string_view key, Number value) {
  line.raw(key);
  line.number(value);
}
template <typename Number>
void write_unless_zero(JsonLine& line, std::string_view key, Number value) {
  if (value) write_number(line, key, value);
}

template <typename Range>
void write_numbers(JsonLine& line, const Range& numbers) {
  char separator = '[';
  for (const auto n : numbers) {
    line.raw(separator);
    line.number(n);
    separator = ',';
  }
  line.raw(separator == '[' ? std::string_view("[]") : std::string_view("]"));
}

}  // namespace loopscope::trace_model
