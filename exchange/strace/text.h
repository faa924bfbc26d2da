// SPDX-License-Identifier: Apache-2.0
// The words and brackets that strace prints arguments with. Everything here works on views into a line and
// never fails on what it cannot make sense of: it gives nothing.
//
// Descriptors may carry what they are (strace -y, -yy): 6<TCP:[127.0.0.1:8079]>, AT_FDCWD</tmp>,
// 7</dev/null<char 1:3>>. In paths there strace writes < and > as \74 and \76 (print_quoted_string_ex), so a
// bracket is a bracket; the one exception is the arrow of a connection, 127.0.0.1:80->127.0.0.1:4711.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "trace-model/symbols.h"

namespace loopscope::exchange::strace {

// Where the piece that begins at `at` (a string, a bracket, an annotation, a comment, or one letter) is over.
// npos: it does not end.
[[nodiscard]] size_t end_of_piece(std::string_view text, size_t at);

// At top-level commas, trimmed. Empty for empty text; nothing where a bracket or a string does not end.
[[nodiscard]] std::optional<std::vector<std::string_view>> split_arguments(std::string_view text);

[[nodiscard]] std::string_view trimmed(std::string_view text);

// "…", with its escapes, and whether strace cut it (…"...). A NULL or a pointer gives nothing.
struct Quoted {
  std::string bytes;
  bool cut = false;
};
[[nodiscard]] std::optional<Quoted> read_quoted(std::string_view text);

// 12, -1, 0x1f, 0644 (octal).
[[nodiscard]] std::optional<int64_t> read_number(std::string_view text);

struct Described {
  int fd = -1;
  std::string_view what;  // between the brackets; empty without -y
};
[[nodiscard]] std::optional<Described> read_fd(std::string_view text);

// EPOLLIN|EPOLLET, O_RDONLY, 0, 0x8 /* EFD_??? */. Nothing where a word is no name of the table.
[[nodiscard]] std::optional<uint64_t> read_flags(const trace_model::SymbolTable& table,
                                                 std::string_view text);

// Of {events=EPOLLIN, data={…}}: the value of a member by its name, or by its place where strace gave none.
[[nodiscard]] std::optional<std::string_view> member(std::string_view braces, std::string_view name,
                                                     size_t place);

// {tv_sec=1, tv_nsec=5} or tv_usec; NULL is -1.
[[nodiscard]] std::optional<int64_t> read_time_ns(std::string_view text);

}  // namespace loopscope::exchange::strace
