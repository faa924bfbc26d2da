// SPDX-License-Identifier: Apache-2.0
// Socket addresses as docs/trace-format.md writes them, from the bytes of a sockaddr or from its parts.
//
// Nothing is cleaned: a unix path comes back byte for byte, so the text may hold bytes that are not UTF-8,
// and NULs inside an abstract name. Writers and terminals deal with that in their own way.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>

namespace loopscope::trace_model {

// A whole sockaddr of exactly the length that the kernel was given or gave back. Too short for its family:
// the `af=NN:hex` form. Fewer than two bytes: empty.
[[nodiscard]] std::string address_text(std::span<const std::byte> sockaddr);

// `address` is 4 (AF_INET) or 16 (AF_INET6) bytes in network order, `port` is in host order. Empty for
// anything else.
[[nodiscard]] std::string inet_address_text(int family, std::span<const std::byte> address, uint16_t port);

// What follows the family in a sockaddr_un, unix(7): nothing (unnamed), a NUL and an abstract name that
// reaches to the end, or a path that ends at its first NUL or at the end.
[[nodiscard]] std::string unix_address_text(std::span<const std::byte> name);

[[nodiscard]] std::string netlink_address_text(uint32_t port_id, uint32_t groups);

}  // namespace loopscope::trace_model
