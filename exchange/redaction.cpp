// SPDX-License-Identifier: Apache-2.0
#include "exchange/redaction.h"

#include <algorithm>
#include <variant>

#include <fmt/format.h>

namespace loopscope::exchange {
namespace {

constexpr std::string_view kRemoved = "redacted";

// The ending of a file name where it is a plain one: the language it is written in, no more.
std::string_view ending_of(std::string_view path) {
  const std::string_view name = path.substr(path.rfind('/') + 1);
  const size_t point = name.rfind('.');
  if (point == name.npos || point == 0 || name.size() - point > 6) return {};
  const std::string_view ending = name.substr(point);
  const bool plain = std::ranges::all_of(ending.substr(1), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
  });
  return plain ? ending : std::string_view();
}

bool is_loopback(std::string_view host) {
  return host.starts_with("127.") || host == "[::1]" || host.starts_with("[::ffff:127.") ||
         host == "0.0.0.0" || host == "[::]";
}

}  // namespace

std::expected<Redaction, std::string> Redaction::of(std::string_view list) {
  Redaction redaction;
  while (!list.empty()) {
    const size_t comma = std::min(list.find(','), list.size());
    const std::string_view word = list.substr(0, comma);
    list.remove_prefix(std::min(comma + 1, list.size()));
    if (word == "args")
      redaction.args_ = true;
    else if (word == "paths")
      redaction.paths_ = true;
    else if (word == "peers")
      redaction.peers_ = true;
    else
      return std::unexpected(fmt::format("'{}' is not args, paths or peers", word));
  }
  return redaction;
}

void Redaction::path(std::string& text) {
  if (!paths_ || text.empty() || text == "/") return;
  auto [known, is_new] = path_names_.try_emplace(text);
  if (is_new) known->second = fmt::format("/{}/{}{}", kRemoved, path_names_.size(), ending_of(text));
  text = known->second;
}

void Redaction::address(std::string& text, bool of_peer) {
  if (text.starts_with("unix:")) {
    std::string name = text.substr(5);
    if (name.empty() || !paths_) return;
    const bool abstract = name.starts_with('@');
    path(name);
    text = fmt::format("unix:{}{}", abstract ? "@" : "", name);
    return;
  }
  const size_t colon = text.rfind(':');
  if (!peers_ || !of_peer || colon == std::string::npos || text.starts_with("netlink:")) return;
  const std::string host = text.substr(0, colon);
  if (is_loopback(host)) return;
  auto [known, is_new] = host_names_.try_emplace(host);
  const size_t number = host_names_.size();
  if (is_new)
    known->second = host.starts_with('[') ? fmt::format("[2001:db8::{:x}]", number)
                                          : fmt::format("198.18.{}.{}", number >> 8 & 0xff, number & 0xff);
  text = known->second + text.substr(colon);
}

void Redaction::command(std::vector<std::string>& words) {
  if (words.empty()) return;
  if (args_ && words.size() > 1) words = {words.front(), std::string(kRemoved)};
  for (std::string& word : words)
    if (word.find('/') != word.npos) path(word);
}

void Redaction::take(trace_model::TraceHeader& header) {
  command(header.command);
}

void Redaction::take(trace_model::ProcessRow& row) {
  path(row.exe);
  command(row.cmdline);
}

void Redaction::take(trace_model::SocketInfo& socket, bool connection) {
  address(socket.local, false);
  address(socket.peer, connection);
}

void Redaction::take(trace_model::FdRow& row) {
  take(row.socket, true);
  const std::string_view kind = row.socket.kind;
  if (kind != "epoll" && kind != "anon" && !row.path.starts_with("anon_inode:") && kind != "char")
    path(row.path);
}

void Redaction::take(trace_model::CallBody& call) {
  if (!call.spec) return;
  const std::string_view name = call.spec->name;
  if (name == "connect")
    address(call.text, true);
  else if (name == "bind")
    address(call.text, false);
  else
    path(call.text);
}

void Redaction::apply(trace_model::Event& event) {
  if (!any()) return;
  if (auto* header = std::get_if<trace_model::TraceHeader>(&event)) take(*header);
  if (auto* row = std::get_if<trace_model::ProcessRow>(&event)) take(*row);
  if (auto* row = std::get_if<trace_model::FdRow>(&event)) take(*row);
  if (auto* exec = std::get_if<trace_model::Exec>(&event)) path(exec->exe);
  if (auto* pending = std::get_if<trace_model::Pending>(&event)) take(*pending);
  if (auto* sqe = std::get_if<trace_model::Sqe>(&event)) take(*sqe);
  if (auto* cqe = std::get_if<trace_model::Cqe>(&event); cqe && cqe->socket) take(*cqe->socket, true);
  if (auto* call = std::get_if<trace_model::Call>(&event)) {
    take(static_cast<trace_model::CallBody&>(*call));
    if (call->socket) take(*call->socket, true);
    if (args_) call->peek.clear();
  }
}

}  // namespace loopscope::exchange
