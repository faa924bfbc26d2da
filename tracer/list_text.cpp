// SPDX-License-Identifier: Apache-2.0
// How a list of servers looks: a table for people, JSON for programs.
#include <algorithm>
#include <utility>

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <nlohmann/json.hpp>

#include "trace-model/symbols.h"
#include "trace-model/terminal_text.h"
#include "trace-model/text_table.h"
#include "trace-model/uring_ops.h"
#include "tracer/list.h"
#include "tracer/proc/access.h"

namespace loopscope::tracer {
namespace {

using nlohmann::ordered_json;
using trace_model::TableRow;
using trace_model::terminal_text;

constexpr size_t kMaxCommandColumns = 36;

std::string_view shown_as(std::string_view how) {
  if (how == "epoll_ctl") return "epoll";
  if (how == "blocking_accept") return "blocking accept";
  return how;
}

// "epoll 5", "blocking accept ×8", "io_uring?"
std::string waits_text(const std::vector<ListenerWait>& waits) {
  std::vector<std::pair<std::string, int>> counted;
  for (const ListenerWait& wait : waits) {
    std::string text(shown_as(wait.how));
    if (wait.epfd >= 0) text += fmt::format(" {}", wait.epfd);
    if (wait.ring_fd >= 0) text += fmt::format(" {}", wait.ring_fd);
    if (wait.ring_polled) text += " (SQPOLL)";
    if (!wait.certain) text += '?';
    const auto at = std::ranges::find(counted, text, &std::pair<std::string, int>::first);
    if (at == counted.end())
      counted.emplace_back(std::move(text), 1);
    else
      ++at->second;
  }
  std::vector<std::string> parts;
  parts.reserve(counted.size());
  for (const auto& [text, count] : counted)
    parts.push_back(count == 1 ? text : fmt::format("{} ×{}", text, count));
  return parts.empty() ? "-" : fmt::format("{}", fmt::join(parts, ", "));
}

std::string command_text(const Server& server) {
  const std::string command = server.cmdline.empty() ? fmt::format("[{}]", server.comm)
                                                     : fmt::format("{}", fmt::join(server.cmdline, " "));
  return trace_model::cut_to_columns(terminal_text(command), kMaxCommandColumns);
}

std::string lines_of(const std::vector<TableRow>& rows) {
  return fmt::format("{}\n", fmt::join(trace_model::table_lines(rows), "\n"));
}

std::string closing_sentences(const ServerList& list) {
  std::string text;
  if (list.unreadable > 0)
    text += fmt::format("\n{} process{} of other users could not be looked into; {}.\n", list.unreadable,
                        list.unreadable == 1 ? "" : "es", remedy_for_capabilities());
  if (!list.incomplete.empty()) text += fmt::format("\nNot read: {}.\n", terminal_text(list.incomplete));
  return text;
}

ordered_json listener_json(const ServerListener& listener) {
  ordered_json json{{"fd", listener.fd},
                    {"file", listener.file},
                    {"inode", listener.socket.inode},
                    {"address", listener.socket.local},
                    {"kind", listener.socket.kind}};
  if (listener.socket.backlog) json["backlog"] = *listener.socket.backlog;
  if (listener.socket.queue) json["queue"] = *listener.socket.queue;
  json["registrations"] = ordered_json::array();
  for (const ListenerWait& wait : listener.waits) {
    ordered_json how{{"how", wait.how}, {"origin", "snapshot"}};
    if (wait.epfd >= 0) {
      how["epfd"] = wait.epfd;
      how["events"] = trace_model::names_of(trace_model::symbols::kEpollEvents, wait.events);
      how["data"] = fmt::format("{:#x}", wait.data);
    }
    if (wait.ring_fd >= 0) how["ring_fd"] = wait.ring_fd;
    if (wait.tid) how["tid"] = wait.tid;
    if (!wait.certain) how["certain"] = false;
    json["registrations"].push_back(std::move(how));
  }
  return json;
}

ordered_json ring_json(const ServerRing& ring) {
  ordered_json json{{"fd", ring.fd},
                    {"sq_entries", ring.info.sq_entries},
                    {"cq_entries", ring.info.cq_entries},
                    {"sq_thread", ring.info.sq_thread ? ordered_json(ring.info.sq_thread) : ordered_json()},
                    {"waiting", ordered_json::object()}};
  for (const auto& [op, count] : ring.info.armed) {
    const trace_model::UringOp* known = trace_model::uring_op(op);
    json["waiting"][known ? std::string(known->name) : fmt::format("{:#x}", op)] = count;
  }
  return json;
}

}  // namespace

std::string server_list_text(const ServerList& list) {
  if (list.servers.empty()) return "No server is listening here.\n" + closing_sentences(list);
  std::vector<TableRow> rows{{"PID", "COMMAND", "CONTAINER", "FD", "ADDRESS", "WAITS IN"}};
  for (const Server& server : list.servers) {
    std::string pid = std::to_string(server.pid), command = command_text(server),
                container = server.container.empty() ? "-" : terminal_text(server.container);
    for (const ServerListener& listener : server.listeners)
      rows.push_back({std::exchange(pid, ""), std::exchange(command, ""), std::exchange(container, ""),
                      std::to_string(listener.fd), terminal_text(listener.socket.local),
                      waits_text(listener.waits)});
  }
  return lines_of(rows) + closing_sentences(list);
}

std::string server_list_json(const ServerList& list) {
  ordered_json json{{"servers", ordered_json::array()}, {"unreadable", list.unreadable}};
  if (!list.incomplete.empty()) json["incomplete"] = list.incomplete;
  for (const Server& server : list.servers) {
    ordered_json one{
        {"pid", server.pid}, {"uid", server.uid}, {"comm", server.comm}, {"cmdline", server.cmdline}};
    one["container"] = server.container.empty() ? ordered_json() : ordered_json(server.container);
    one["listeners"] = ordered_json::array();
    for (const ServerListener& listener : server.listeners)
      one["listeners"].push_back(listener_json(listener));
    one["rings"] = ordered_json::array();
    for (const ServerRing& ring : server.rings) one["rings"].push_back(ring_json(ring));
    json["servers"].push_back(std::move(one));
  }
  return json.dump(2, ' ', false, ordered_json::error_handler_t::replace) + '\n';
}

}  // namespace loopscope::tracer
