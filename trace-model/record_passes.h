// SPDX-License-Identifier: Apache-2.0
// Records some members of which can be understood only when another is known: the arguments of a call, when
// its name is. Where they stand before it the line is gone through a second time. For the reader only.
#pragma once

#include "trace-model/call_values.h"
#include "trace-model/record_members.h"

namespace loopscope::trace_model {

// What is being read, with what its members need to know of each other.
template <typename Record>
struct Reading {
  Record& record;
  bool named = false;     // the call or the operation was seen
  bool deferred = false;  // something stood before it that cannot be understood without it

  bool defer() { return !named && (deferred = true); }
};

template <auto member, typename Record>
bool field(json::value& value, Reading<Record>& in, Complaint& complaint) {
  return read_value(value, in.record.*member, complaint);
}

template <typename Record>
bool args(json::value& value, Reading<Record>& in, Complaint& complaint) {
  return in.defer() || read_args(value, in.record, complaint);
}

template <typename Record>
bool unreadable(json::value& value, Reading<Record>& in, Complaint& complaint) {
  return in.defer() || read_unreadable(value, in.record, complaint);
}

// Files of arguments only.
template <typename Record>
bool files(json::value& value, Reading<Record>& in, Complaint& complaint) {
  FileId none = 0;
  return in.defer() || read_files(value, in.record, none, complaint);
}

template <typename Record>
bool error(json::value& value, Reading<Record>& in, Complaint& complaint) {
  return read_error(value, in.record.error, complaint);
}

template <typename Record>
bool read_in_passes(json::document& document, std::span<const Member<Reading<Record>>> table, Record& record,
                    Complaint& complaint) {
  Reading<Record> reading{record};
  do {
    if (reading.deferred) document.rewind();
    reading.deferred = false;
    json::object object;
    if (document.get_object().get(object) != simdjson::SUCCESS) return complaint.fail("is not a JSON object");
    if (!read_members(object, table, reading, complaint)) return false;
    if (!document.is_alive()) return complaint.fail("is not a JSON object");
  } while (reading.deferred);  // at most twice: the second time the name is known
  return true;
}

}  // namespace loopscope::trace_model
