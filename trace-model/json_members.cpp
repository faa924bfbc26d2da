// SPDX-License-Identifier: Apache-2.0
#include "trace-model/json_members.h"

#include <algorithm>

#include "trace-model/utf8.h"

namespace loopscope::trace_model {
namespace {

const Symbol* find_choice(const SymbolTable& table, uint64_t choice) {
  const auto at = std::ranges::find(table.choices, choice, &Symbol::bits);
  return at == table.choices.end() ? nullptr : &*at;
}

void write_quoted(JsonLine& line, char before, std::string_view name) {
  line.raw(before);
  line.raw('"');
  line.raw(name);
  line.raw('"');
}

}  // namespace

bool has_names(const SymbolTable& table, uint64_t bits) {
  return bits || (table.choice_mask && find_choice(table, 0));
}

void write_names(JsonLine& line, const SymbolTable& table, uint64_t bits) {
  char separator = '[';
  uint64_t unnamed = 0;
  if (table.choice_mask) {
    const uint64_t choice = bits & table.choice_mask;
    bits &= ~table.choice_mask;
    if (const Symbol* symbol = find_choice(table, choice)) {
      write_quoted(line, separator, symbol->name);
      separator = ',';
    } else {
      unnamed = choice;
    }
  }
  for (const Symbol& symbol : table.flags) {
    if (!bits) break;
    if ((bits & symbol.bits) != symbol.bits) continue;
    write_quoted(line, separator, symbol.name);
    separator = ',';
    bits &= ~symbol.bits;
  }
  unnamed |= bits;
  if (unnamed) {
    line.raw(separator);
    line.hex(unnamed);
    separator = ',';
  }
  line.raw(separator == '[' ? std::string_view("[]") : std::string_view("]"));
}

void write_choice(JsonLine& line, const SymbolTable& table, uint64_t value) {
  const Symbol* symbol = find_choice(table, value);
  if (!symbol) return line.hex(value);
  line.raw('"');
  line.raw(symbol->name);
  line.raw('"');
}

void write_text(JsonLine& line, std::string_view name, std::string_view text) {
  const auto key = [&](std::string_view suffix) {
    line.raw(",\"");
    line.raw(name);
    line.raw(suffix);
  };
  key("\":");
  if (line.string(text)) return;
  key("_hex\":");
  line.hex_string(text);
}

void write_text_unless_empty(JsonLine& line, std::string_view name, std::string_view text) {
  if (!text.empty()) write_text(line, name, text);
}

void write_texts_unless_empty(JsonLine& line, std::string_view name, std::span<const std::string> texts) {
  if (texts.empty()) return;
  line.raw(",\"");
  line.raw(name);
  line.raw("\":");
  bool whole = true;
  char separator = '[';
  for (const std::string& text : texts) {
    line.raw(separator);
    whole &= line.string(text);
    separator = ',';
  }
  line.raw(']');
  if (whole) return;
  line.raw(",\"");
  line.raw(name);
  line.raw("_hex\":");
  separator = '[';
  for (const std::string& text : texts) {
    line.raw(separator);
    if (is_utf8(text))
      line.raw("null");
    else
      line.hex_string(text);
    separator = ',';
  }
  line.raw(']');
}

void write_origin(JsonLine& line, Origin origin) {
  if (origin == Origin::Trace) return;
  line.raw(",\"origin\":\"");
  line.raw(origin_name(origin));
  line.raw('"');
}

void write_who(JsonLine& line, Pid pid, Pid tid) {
  if (pid != tid) write_number(line, ",\"pid\":", pid);
  write_number(line, ",\"tid\":", tid);
}

}  // namespace loopscope::trace_model
