// SPDX-License-Identifier: Apache-2.0
// Takes out of a trace what is not for others. The same text becomes the same stand-in everywhere, so that
// what belongs together can still be seen to; which stand-in is which is told nowhere.
//
//   args   command lines behind the program's name, what --peek recorded, and how loopscope was called
//   paths  file names: /redacted/3.py keeps the ending; also programs, unix sockets and names of memfds
//   peers  hosts that connections come from and go to: 198.18.0.3, [2001:db8::3]; loopback and ports stay
#pragma once

#include <expected>
#include <map>
#include <string>
#include <string_view>

#include "trace-model/events.h"

namespace loopscope::exchange {

class Redaction {
 public:
  // "args,paths". The error is a sentence.
  [[nodiscard]] static std::expected<Redaction, std::string> of(std::string_view list);
  Redaction() = default;

  void apply(trace_model::Event& event);
  [[nodiscard]] bool any() const { return args_ || paths_ || peers_; }

 private:
  void take(trace_model::TraceHeader& header);
  void take(trace_model::ProcessRow& row);
  void take(trace_model::FdRow& row);
  void take(trace_model::CallBody& call);
  void take(trace_model::SocketInfo& socket, bool connection);
  void command(std::vector<std::string>& words);
  void path(std::string& text);
  void address(std::string& text, bool of_peer);

  bool args_ = false, paths_ = false, peers_ = false;
  std::map<std::string, std::string> path_names_, host_names_;
};

}  // namespace loopscope::exchange
