// SPDX-License-Identifier: Apache-2.0
// A kind of record as a table of its members: which there are, which must be there, and how each is read. For
// the reader only.
#pragma once

#include <span>

#include "trace-model/events.h"
#include "trace-model/json_values.h"

namespace loopscope::trace_model {

template <typename Record>
struct Member {
  std::string_view name;
  bool required = false;
  bool (*read)(json::value&, Record&, Complaint&) = nullptr;
};

inline constexpr bool kRequired = true, kOptional = false;

template <auto member, typename Record>
bool into(json::value& value, Record& record, Complaint& complaint) {
  return read_value(value, record.*member, complaint);
}

template <auto member, typename Record>
bool hex_into(json::value& value, Record& record, Complaint& complaint) {
  return read_hex(value, record.*member, complaint);
}

// Members usually come in the order of the table, so the search begins behind the one found last.
template <typename Record>
const Member<Record>* find_member(std::span<const Member<Record>> table, std::string_view key, size_t& next) {
  for (size_t i = next; i < table.size(); ++i)
    if (table[i].name == key) return &table[next = i];
  for (size_t i = 0; i < next; ++i)
    if (table[i].name == key) return &table[next = i];
  return nullptr;
}

template <typename Record>
bool read_members(json::object object, std::span<const Member<Record>> table, Record& record,
                  Complaint& complaint) {
  uint64_t seen = 0;
  size_t next = 0;
  const bool read = each_member(object, complaint, [&](std::string_view key, json::value& value) {
    const Member<Record>* member = find_member(table, key, next);
    if (!member) return true;
    seen |= uint64_t{1} << next++;
    return member->read(value, record, complaint);
  });
  if (!read) return false;
  for (size_t i = 0; i < table.size(); ++i)
    if (table[i].required && !(seen >> i & 1)) {
      complaint.what = "is missing";
      return complaint.within(table[i].name);
    }
  return true;
}

bool read_value(json::value& value, Origin& out, Complaint& complaint);

// In call_parser.cpp and uring_parser.cpp. The document is gone through a second time when `args` stand
// before the name of the call or the operation.
bool read_call(json::document& document, Call& call, Complaint& complaint);
bool read_pending(json::document& document, Pending& pending, Complaint& complaint);
bool read_sqe(json::document& document, Sqe& sqe, Complaint& complaint);

// Fills in what a line leaves out because it is empty, or stands elsewhere in the line. Afterwards.
void complete(Call& call);
void complete(Pending& pending);
void complete(Sqe& sqe);

}  // namespace loopscope::trace_model
