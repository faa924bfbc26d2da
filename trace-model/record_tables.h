// SPDX-License-Identifier: Apache-2.0
// The member tables of every record but `call`, `pending` and `sqe`. For the reader only.
#pragma once

#include "trace-model/record_members.h"

namespace loopscope::trace_model {

template <typename Record>
[[nodiscard]] std::span<const Member<Record>> members_of();

template <>
std::span<const Member<TraceHeader>> members_of();
template <>
std::span<const Member<ProcessRow>> members_of();
template <>
std::span<const Member<FdRow>> members_of();
template <>
std::span<const Member<WatchRow>> members_of();
template <>
std::span<const Member<RingRow>> members_of();
template <>
std::span<const Member<Cqe>> members_of();
template <>
std::span<const Member<CpuRow>> members_of();
template <>
std::span<const Member<OffRow>> members_of();
template <>
std::span<const Member<QueueRow>> members_of();
template <>
std::span<const Member<SnapshotEnd>> members_of();
template <>
std::span<const Member<Fork>> members_of();
template <>
std::span<const Member<Exec>> members_of();
template <>
std::span<const Member<Unshare>> members_of();
template <>
std::span<const Member<Exit>> members_of();
template <>
std::span<const Member<Lost>> members_of();
template <>
std::span<const Member<End>> members_of();
template <>
std::span<const Member<Unknown>> members_of();

}  // namespace loopscope::trace_model
