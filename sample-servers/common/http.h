// SPDX-License-Identifier: Apache-2.0
// The little of HTTP/1.1 (RFC 9112) that the sample servers speak: requests with or without a body,
// keep-alive, pipelining. Pure functions over bytes: no socket, no state, so that every server model can use
// them.
#pragma once

#include <cstddef>
#include <expected>
#include <string>
#include <string_view>

namespace loopscope::sample_servers {

inline constexpr size_t kMaxHeadBytes = 8 * 1024;   // request line and headers
inline constexpr size_t kMaxBodyBytes = 64 * 1024;  // a body is read to its end and ignored
inline constexpr size_t kMaxRequestBytes = kMaxHeadBytes + kMaxBodyBytes;

// Views into the bytes that were parsed.
struct Request {
  std::string_view method;
  std::string_view path;   // of the target, before any '?'
  std::string_view query;  // after it
  bool keep_alive =
      true;               // the client's wish: HTTP/1.1 keeps alive unless told, HTTP/1.0 the other way round
  size_t size_bytes = 0;  // head and body: what to drop from the buffer once it is answered
};

// Why there is no request: more bytes are needed (incomplete), or it is to be answered with `status` and the
// connection closed, because where the next request begins is not known any more.
struct NoRequest {
  bool incomplete = false;
  int status = 0;
};

// The request at the beginning of `bytes`. Says 400 as soon as the bytes cannot become a request, 413 when
// they would be one that is larger than the limits above, 501 for a transfer encoding, 505 for another major
// version.
[[nodiscard]] std::expected<Request, NoRequest> parse_request(std::string_view bytes);

struct Response {
  int status = 200;
  std::string_view content_type = "text/plain; charset=utf-8";
  std::string body{};
};

// An answer that only says its status, such as "404 Not Found".
[[nodiscard]] Response status_response(int status);

// The bytes of a response, appended to `out`; `head_only` for the method HEAD.
void write_response(const Response& response, bool keep_alive, bool head_only, std::string& out);

}  // namespace loopscope::sample_servers
