// SPDX-License-Identifier: Apache-2.0
#include "tracer/request_starts.h"

#include <algorithm>
#include <array>
#include <string_view>
#include <utility>

namespace loopscope::tracer {
namespace {

using trace_model::Call;
using trace_model::CallFamily;
using trace_model::FileId;

constexpr std::array<std::string_view, 6> kWrites{"write",   "writev",   "sendto",
                                                  "sendmsg", "sendmmsg", "sendfile"};

// What a connection and the listener it came through have in common: the port, for a listener may have it at
// all addresses; the whole name where there is none.
std::string end_of(std::string_view address) {
  const bool named = address.starts_with("unix:");
  const size_t colon = address.rfind(':');
  return std::string(named || colon == address.npos ? address : address.substr(colon));
}

// Whether it wrote, and where to: the first descriptor, but splice(2) has that of its reading side there.
FileId written_file(const Call& call) {
  if (call.ret <= 0 || call.spec->family != CallFamily::Io) return 0;
  if (call.spec->name == "splice") return call.file("fd_out");
  return std::ranges::find(kWrites, call.spec->name) != kWrites.end() ? call.files[0] : 0;
}

}  // namespace

void RequestStarts::take(const trace_model::FdRow& row) {
  if (row.socket.state == "listen") listening_.insert(end_of(row.socket.local));
  if (row.socket.state == "established" && !connections_.find(row.file))
    connections_[row.file].end = end_of(row.socket.local);
}

void RequestStarts::take(Call& call) {
  if (!call.spec) return;
  if (call.spec->family == CallFamily::Accept && call.ret_file != 0)
    connections_[call.ret_file].accepted = true;
  else if (call.spec->name == "listen" && call.socket)
    listening_.insert(end_of(call.socket->local));
  if (!call.peek.empty() && !begins(call.files[0])) call.peek.clear();
  if (Connection* written = connections_.find(written_file(call))) written->answered = true;
}

bool RequestStarts::begins(FileId file) {
  Connection* connection = connections_.find(file);
  if (!connection) return false;
  if (!connection->accepted && !listening_.contains(connection->end)) return false;
  return std::exchange(connection->answered, false);
}

}  // namespace loopscope::tracer
