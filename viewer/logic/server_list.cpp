// SPDX-License-Identifier: Apache-2.0
#include "viewer/logic/server_list.h"

#include <algorithm>
#include <chrono>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "trace-model/terminal_text.h"
#include "viewer/logic/child_process.h"

namespace loopscope::viewer {

using nlohmann::json;
using trace_model::terminal_text;

namespace {

constexpr std::chrono::milliseconds kBetweenLooks{10};

std::string text_in(const json& object, const char* name) {
  const auto found = object.find(name);
  return found != object.end() && found->is_string() ? terminal_text(found->get<std::string>())
                                                     : std::string();
}

const json& list_in(const json& object, const char* name) {
  static const json none = json::array();
  const auto found = object.find(name);
  return found != object.end() && found->is_array() ? *found : none;
}

RunningServer server_of(const json& object) {
  RunningServer made;
  const auto pid = object.find("pid");
  if (pid != object.end() && pid->is_number_integer()) made.pid = pid->get<int>();
  made.name = text_in(object, "comm");
  std::vector<std::string> ways;
  for (const json& listener : list_in(object, "listeners")) {
    if (!listener.is_object()) continue;
    made.addresses.push_back(text_in(listener, "address"));
    for (const json& registration : list_in(listener, "registrations")) {
      std::string how = registration.is_object() ? text_in(registration, "how") : "";
      if (how == "epoll_ctl") how = "epoll";
      if (!how.empty() && std::ranges::find(ways, how) == ways.end()) ways.push_back(how);
    }
  }
  for (const std::string& way : ways) made.waits += (made.waits.empty() ? "" : ", ") + way;
  return made;
}

}  // namespace

ServerListAnswer parse_server_list(std::string_view text) {
  ServerListAnswer answer;
  const json all = json::parse(text, nullptr, false);
  if (all.is_discarded() || !all.is_object() || !all.contains("servers")) {
    answer.trouble = "what `loopscope list --json` says cannot be understood";
    return answer;
  }
  for (const json& each : list_in(all, "servers"))
    if (each.is_object())
      if (RunningServer server = server_of(each); server.pid > 0) answer.servers.push_back(std::move(server));
  const auto unreadable = all.find("unreadable");
  if (unreadable != all.end() && unreadable->is_number_unsigned())
    answer.unreadable = unreadable->get<size_t>();
  return answer;
}

ServerListAnswer ServerList::ask(std::vector<std::string> words) {
  words.insert(words.end(), {sibling_program("loopscope"), "list", "--json"});
  ServerListAnswer answer;
  auto child = ChildProcess::start(words);
  // A question for a password may stand on the screen for as long as it likes.
  while (child && !child->status() && !ends_) std::this_thread::sleep_for(kBetweenLooks);
  if (!child)
    answer.trouble = child.error();
  else if (child->status().value_or(1) != 0)
    answer.trouble = refused_by_polkit(*child, child->status().value_or(1), "loopscope list")
                         .value_or(last_line(child->errors()));
  else
    answer = parse_server_list(child->output());
  return answer;
}

void ServerList::refresh(bool as_root) {
  if (busy_) return;
  join();
  asked_ = busy_ = true;
  thread_ = std::thread([this, as_root, known = answer_] {
    ServerListAnswer answer =
        ask(as_root ? std::vector<std::string>{"sudo", "-n"} : std::vector<std::string>());
    if (as_root && !answer.trouble.empty() && is_installed("pkexec")) answer = ask({"pkexec"});
    if (as_root && !answer.trouble.empty()) {  // what was known still holds
      answer.servers = known.servers;
      answer.unreadable = known.unreadable;
    }
    {
      const std::lock_guard lock(mutex_);
      new_answer_ = std::move(answer);
      busy_ = false;
    }
    wake_();
  });
}

bool ServerList::poll() {
  const std::lock_guard lock(mutex_);
  auto found = std::exchange(new_answer_, std::nullopt);
  if (found) answer_ = std::move(*found);
  return found.has_value();
}

}  // namespace loopscope::viewer
