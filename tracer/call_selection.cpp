// SPDX-License-Identifier: Apache-2.0
#include "tracer/call_selection.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "trace-model/terminal_text.h"
#include "trace-model/uring_ops.h"
#include "tracer/call_numbers.h"

namespace loopscope::tracer {

using trace_model::CallFamily;
using trace_model::CallSpec;

namespace {

struct Group {
  std::string_view name;
  bool (*holds)(const CallSpec&);
};

template <CallFamily family>
bool in_family(const CallSpec& call) {
  return call.family == family;
}

constexpr Group kGroups[]{
    {"default", [](const CallSpec&) { return true; }},
    {"lab", [](const CallSpec& call) { return call.in_lab; }},
    {"io", in_family<CallFamily::Io>},
    {"epoll", in_family<CallFamily::Epoll>},
    {"poll", in_family<CallFamily::Poll>},
    {"io_uring", in_family<CallFamily::Uring>},
    {"socket", in_family<CallFamily::Socket>},
    {"accept", in_family<CallFamily::Accept>},
    {"open", in_family<CallFamily::Open>},
    {"close", in_family<CallFamily::Close>},
    {"dup", in_family<CallFamily::Dup>},
    {"notify", in_family<CallFamily::Notify>},
    {"process", in_family<CallFamily::Process>},
};

using Names = std::set<const CallSpec*, decltype([](auto* a, auto* b) { return a->name < b->name; })>;

bool add_group(std::string_view name, Names& wanted) {
  const auto group = std::ranges::find(kGroups, name, &Group::name);
  if (group == std::end(kGroups)) return false;
  for (const CallSpec& call : trace_model::all_calls())
    if (group->holds(call)) wanted.insert(&call);
  return true;
}

// A call before a group: `poll` is the call, `@poll` the group.
bool add_named(std::string_view word, Names& wanted) {
  if (word.starts_with('@')) return add_group(word.substr(1), wanted);
  const CallSpec* call = trace_model::find_call(word);
  if (!call) return add_group(word, wanted);
  wanted.insert(call);
  return true;
}

std::string unknown_call(std::string_view word) {
  std::string near;
  for (const CallSpec& call : trace_model::all_calls())
    if (word.size() >= 3 && call.name.find(word.substr(0, 3)) != std::string_view::npos)
      near += fmt::format("{}{}", near.empty() ? "" : ", ", call.name);
  return fmt::format("--calls: no call or group is named '{}'{}; `loopscope record --help` lists the groups",
                     trace_model::terminal_text(word),
                     near.empty() ? "" : fmt::format(" (there is {})", near));
}

}  // namespace

std::expected<CallSelection, std::string> select_calls(std::string_view list, bool no_io) {
  Names wanted;
  if (list.empty()) add_named("default", wanted);
  for (size_t at = 0; at < list.size();) {
    const size_t comma = std::min(list.find(',', at), list.size());
    const std::string_view word = list.substr(at, comma - at);
    if (!word.empty() && !add_named(word, wanted)) return std::unexpected(unknown_call(word));
    at = comma + 1;
  }
  if (no_io) std::erase_if(wanted, [](const CallSpec* call) { return call->family == CallFamily::Io; });

  CallSelection selection;
  selection.io =
      wanted.contains(trace_model::find_call("read")) && wanted.contains(trace_model::find_call("write"));
  selection.rights_only = !wanted.contains(trace_model::find_call("recvmsg"));
  for (const CallSpec& call : trace_model::all_calls())
    if (call.keeps_table_true) wanted.insert(&call);
  for (const CallSpec* call : wanted)
    if (number_of(*call)) selection.calls.push_back(call);
  return selection;
}

uint64_t ring_operations(const CallSelection& selection) {
  const auto selected = [&](const CallSpec* call) {
    return std::ranges::find(selection.calls, call) != selection.calls.end();
  };
  const bool others = selected(trace_model::find_call("io_uring_enter"));
  uint64_t bits = 0;
  for (uint8_t op = 0; op < 64; ++op) {
    const CallSpec* call = trace_model::call_of_op(op);
    if (call ? selected(call) : others) bits |= uint64_t{1} << op;
  }
  return bits;
}

uint64_t ring_operations_of_tables() {
  uint64_t bits = 0;
  for (uint8_t op = 0; op < 64; ++op)
    if (const auto* known = trace_model::uring_op(op); known && known->may_change_fds)
      bits |= uint64_t{1} << op;
  return bits;
}

std::vector<call_shape> shapes_of(const CallSelection& selection, bool peek) {
  std::vector<call_shape> shapes(WIRE_MAX_CALLS);
  for (const CallSpec* call : selection.calls) {
    const auto number = number_of(*call);
    if (!number) continue;
    call_shape& shape = shapes[*number] = shape_of(*call);
    if (peek && (call->name == "read" || call->name == "recvfrom")) shape.payload = PAYLOAD_PEEK;
    if (peek && call->name == "readv") shape.payload = PAYLOAD_PEEK_VECTOR;
    if (selection.rights_only && call->name == "recvmsg") shape.filter = FILTER_RIGHTS;
  }
  return shapes;
}

}  // namespace loopscope::tracer
