// SPDX-License-Identifier: Apache-2.0
#include "exchange/strace/value_text.h"

#include <algorithm>
#include <cstring>

#include <fmt/format.h>
#include <fmt/ranges.h>

namespace loopscope::exchange::strace {
namespace {

constexpr size_t kNone = std::string_view::npos;
constexpr int kFirstRestart = 512;

// What strace says of the kernel's own codes (src/linux/errnoent.h, syscall.c).
std::string_view restart_words(int error) {
  switch (error) {
    case 512:
      return "To be restarted if SA_RESTART is set";
    case 513:
      return "To be restarted";
    case 514:
      return "To be restarted if no handler";
    default:
      return "Interrupted by signal";
  }
}

struct HostPort {
  std::string_view host, port;
};

HostPort split(std::string_view address) {
  const size_t colon = address.rfind(':');
  return {address.substr(0, colon), colon == kNone ? std::string_view() : address.substr(colon + 1)};
}

std::string unix_words(std::string_view path) {
  if (path.empty()) return "{sa_family=AF_UNIX}";
  const bool abstract = path.starts_with('@');
  return fmt::format("{{sa_family=AF_UNIX, sun_path={}{}}}", abstract ? "@" : "",
                     quoted(abstract ? path.substr(1) : path));
}

}  // namespace

// src/util.c, string_quote: octal is as short as the byte behind it allows.
std::string quoted(std::string_view bytes) {
  constexpr std::string_view kPlain = "\t\n\v\f\r", kLetters = "tnvfr";
  std::string text = "\"";
  for (size_t i = 0; i < bytes.size(); ++i) {
    const char c = bytes[i];
    const auto byte = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') {
      text += {'\\', c};
    } else if (const size_t letter = kPlain.find(c); letter != kNone) {
      text += {'\\', kLetters[letter]};
    } else if (byte >= 0x20 && byte < 0x7f) {
      text += c;
    } else {
      const bool digit_follows = i + 1 < bytes.size() && bytes[i + 1] >= '0' && bytes[i + 1] <= '9';
      text += digit_follows ? fmt::format("\\{:03o}", byte) : fmt::format("\\{:o}", byte);
    }
  }
  return text + '"';
}

std::string flag_words(const trace_model::SymbolTable& table, uint64_t bits) {
  const std::vector<std::string> names = names_of(table, bits);
  return names.empty() ? "0" : fmt::format("{}", fmt::join(names, "|"));
}

std::string open_flag_words(uint64_t bits) {
  std::vector<std::string> names = names_of(trace_model::symbols::kOpenFlags, bits);
  // src/xlat/open_mode_flags.in has these last, and the last under its other name.
  const auto rank = [](const std::string& name) {
    if (name.starts_with("0x")) return 4;
    return name == "O_TMPFILE" ? 1 : name == "O_DIRECTORY" ? 2 : name == "O_ASYNC" ? 3 : 0;
  };
  std::ranges::stable_sort(names, {}, rank);
  std::ranges::replace(names, "O_ASYNC", "FASYNC");
  return fmt::format("{}", fmt::join(names, "|"));
}

std::string address_words(std::string_view address) {
  if (address.starts_with("unix:")) return unix_words(address.substr(5));
  if (address.starts_with("netlink:pid=")) {
    const size_t comma = address.find(',');
    const std::string_view pid = address.substr(12, comma == kNone ? kNone : comma - 12);
    const std::string_view groups =
        comma == kNone ? std::string_view("groups=0x0") : address.substr(comma + 1);
    return fmt::format("{{sa_family=AF_NETLINK, nl_pid={}, nl_groups={:0>8}}}", pid,
                       groups.starts_with("groups=0x") ? groups.substr(9) : std::string_view("0"));
  }
  if (address.empty() || address.starts_with("af=")) return "NULL";
  const HostPort at = split(address);
  if (at.host.starts_with('[') && at.host.ends_with(']'))
    return fmt::format(
        "{{sa_family=AF_INET6, sin6_port=htons({}), sin6_flowinfo=htonl(0), inet_pton(AF_INET6, {}, "
        "&sin6_addr), sin6_scope_id=0}}",
        at.port, quoted(at.host.substr(1, at.host.size() - 2)));
  return fmt::format("{{sa_family=AF_INET, sin_port=htons({}), sin_addr=inet_addr({})}}", at.port,
                     quoted(at.host));
}

int address_length(std::string_view address) {
  constexpr int kInet = 16, kInet6 = 28, kNetlink = 12, kFamily = 2;
  if (address.starts_with("unix:@")) return kFamily + int(address.size() - std::string_view("unix:").size());
  if (address.starts_with("unix:"))
    return address.size() == 5 ? kFamily : kFamily + 1 + int(address.size() - 5);
  if (address.starts_with("netlink:")) return kNetlink;
  return address.starts_with('[') ? kInet6 : kInet;
}

std::string time_words(Ns t) {
  constexpr Ns kSecond = 1'000'000'000;
  return t < 0 ? "NULL" : fmt::format("{{tv_sec={}, tv_nsec={}}}", t / kSecond, t % kSecond);
}

std::string result_words(int64_t ret, int error) {
  if (error <= 0) return fmt::format("{}", ret);
  const std::string_view name = trace_model::error_name(error);
  if (error >= kFirstRestart) return fmt::format("? {} ({})", name, restart_words(error));
  return fmt::format("-1 {} ({})", name, strerror(error));
}

}  // namespace loopscope::exchange::strace
