// SPDX-License-Identifier: Apache-2.0
#include "exchange/strace/address_text.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "exchange/strace/text.h"

namespace loopscope::exchange::strace {
namespace {

constexpr size_t kNone = std::string_view::npos;

// htons(80), htonl(0)
std::optional<int64_t> in_host_order(std::string_view text) {
  const size_t open = text.find('(');
  if (open == kNone || !text.ends_with(')')) return std::nullopt;
  return read_number(text.substr(open + 1, text.size() - open - 2));
}

std::optional<std::string> quoted_in(std::string_view text) {
  const size_t quote = text.find('"');
  const auto read = quote == kNone ? std::nullopt : read_quoted(text.substr(quote));
  return read ? std::optional(read->bytes) : std::nullopt;
}

std::optional<std::string> inet(std::string_view text) {
  const auto port = member(text, "sin_port", 1), host = member(text, "sin_addr", 2);
  const auto number = port ? in_host_order(*port) : std::nullopt;
  const auto name = host ? quoted_in(*host) : std::nullopt;
  return number && name ? std::optional(fmt::format("{}:{}", *name, *number)) : std::nullopt;
}

// inet_pton(AF_INET6, "::1", &sin6_addr) stands without a name among the members.
std::optional<std::string> inet6(std::string_view text) {
  const auto port = member(text, "sin6_port", 1);
  const auto number = port ? in_host_order(*port) : std::nullopt;
  const size_t host = text.find("inet_pton(AF_INET6");
  const auto name = host == kNone ? std::nullopt : quoted_in(text.substr(host));
  return number && name ? std::optional(fmt::format("[{}]:{}", *name, *number)) : std::nullopt;
}

std::optional<std::string> local_path(std::string_view text) {
  const auto path = member(text, "sun_path", 1);
  if (!path) return "unix:";
  const bool abstract = path->starts_with('@');
  const auto name = read_quoted(abstract ? path->substr(1) : *path);
  return name ? std::optional(fmt::format("unix:{}{}", abstract ? "@" : "", name->bytes)) : std::nullopt;
}

std::optional<std::string> netlink(std::string_view text) {
  const auto pid = member(text, "nl_pid", 1), groups = member(text, "nl_groups", 2);
  const auto number = pid ? read_number(*pid) : std::nullopt;
  if (!number || !groups) return std::nullopt;
  const auto mask =
      read_number(groups->starts_with("0x") ? std::string(*groups) : "0x" + std::string(*groups));
  return mask ? std::optional(fmt::format("netlink:pid={},groups={:#x}", *number, *mask)) : std::nullopt;
}

constexpr std::pair<std::string_view, std::string_view> kAnonymous[]{
    {"eventpoll", "epoll"}, {"eventfd", "eventfd"}, {"timerfd", "timerfd"},  {"signalfd", "signalfd"},
    {"inotify", "inotify"}, {"pidfd", "pidfd"},     {"io_uring", "io_uring"}};
constexpr std::pair<std::string_view, std::string_view> kProtocols[]{
    {"TCPv6", "tcp6"}, {"TCP", "tcp"},   {"UDPv6", "udp6"},
    {"UDP", "udp"},    {"UNIX", "unix"}, {"NETLINK", "netlink"}};

What socket_of(std::string_view protocol, std::string_view inside) {
  What what;
  for (const auto& [name, kind] : kProtocols)
    if (what.kind.empty() && protocol.starts_with(name)) what.kind = kind;
  if (what.kind.empty()) what.kind = "socket";
  if (const auto inode = read_number(inside)) {
    what.inode = uint64_t(*inode);
  } else if (what.kind == "unix") {
    const size_t comma = inside.find(',');
    const auto named = read_number(inside.substr(0, std::min(comma, inside.find("->"))));
    if (named) what.inode = uint64_t(*named);
    std::string_view path = comma == kNone ? std::string_view() : inside.substr(comma + 1);
    const bool abstract = path.starts_with('@');
    if (const auto name = read_quoted(abstract ? path.substr(1) : path))
      what.local = fmt::format("unix:{}{}", abstract ? "@" : "", name->bytes);
  } else if (what.kind != "netlink" && what.kind != "socket") {
    const size_t arrow = inside.find("->");
    what.local = inside.substr(0, arrow);
    if (arrow != kNone) what.peer = inside.substr(arrow + 2);
  }
  return what;
}

}  // namespace

std::optional<std::string> address_of(std::string_view text) {
  const auto family = member(text, "sa_family", 0);
  if (!family) return std::nullopt;
  if (*family == "AF_INET") return inet(text);
  if (*family == "AF_INET6") return inet6(text);
  if (*family == "AF_UNIX") return local_path(text);
  if (*family == "AF_NETLINK") return netlink(text);
  return std::nullopt;
}

What what_of(std::string_view text) {
  What what;
  const size_t open = text.find(":[");
  if (open != kNone && text.ends_with(']') && !text.starts_with('/')) {
    const std::string_view kind = text.substr(0, open),
                           inside = text.substr(open + 2, text.size() - open - 3);
    if (kind == "anon_inode") {
      what.kind = "anon";
      for (const auto& [name, known] : kAnonymous)
        if (inside == name) what.kind = known;
      what.path = text;
      return what;
    }
    if (kind == "pipe") {
      what.kind = "pipe";
      if (const auto inode = read_number(inside)) what.inode = uint64_t(*inode);
      return what;
    }
    return socket_of(kind, inside);
  }
  if (!text.starts_with('/')) return what;
  const size_t device = text.find('<');  // /dev/null<char 1:3>, with -yy
  if (const auto path = read_quoted(fmt::format("\"{}\"", text.substr(0, device)))) what.path = path->bytes;
  if (device != kNone)
    what.kind = text.substr(device).starts_with("<char") ? "char" : "block";
  else
    what.kind = "file";
  return what;
}

}  // namespace loopscope::exchange::strace
