// SPDX-License-Identifier: Apache-2.0
#include "sample-servers/common/http.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <iterator>
#include <optional>

namespace loopscope::sample_servers {
namespace {

std::unexpected<NoRequest> refuse(int status) {
  return std::unexpected(NoRequest{.status = status});
}
std::unexpected<NoRequest> need_more() {
  return std::unexpected(NoRequest{.incomplete = true});
}

// Takes one line off the front of `bytes`, without its CRLF (a lone LF is accepted too, RFC 9112 §2.2).
std::optional<std::string_view> take_line(std::string_view& bytes) {
  const size_t end = bytes.find('\n');
  if (end == std::string_view::npos) return std::nullopt;
  std::string_view line = bytes.substr(0, end);
  bytes.remove_prefix(end + 1);
  if (line.ends_with('\r')) line.remove_suffix(1);
  return line;
}

bool is_upper(char c) {
  return c >= 'A' && c <= 'Z';
}
// Bytes above 0x7f are negative where char is signed, and no printable ASCII either way.
bool is_visible(char c) {
  return c > 0x20 && c < 0x7f;
}

bool equals_ignoring_case(std::string_view a, std::string_view lower) {
  return std::ranges::equal(a, lower,
                            [](char x, char y) { return (x >= 'A' && x <= 'Z' ? x + 32 : x) == y; });
}

std::string_view trim(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
  return text;
}

// "GET /balloons?x=1 HTTP/1.1"; 0 when it is one, else the status that refuses it.
int parse_request_line(std::string_view line, Request& request) {
  const size_t first = line.find(' ');
  const size_t last = line.rfind(' ');
  if (first == std::string_view::npos || first == last) return 400;
  request.method = line.substr(0, first);
  const std::string_view target = line.substr(first + 1, last - first - 1);
  const std::string_view version = line.substr(last + 1);
  if (request.method.empty() || !std::ranges::all_of(request.method, is_upper)) return 400;
  if (!target.starts_with('/') || !std::ranges::all_of(target, is_visible)) return 400;
  if (version != "HTTP/1.1" && version != "HTTP/1.0") return version.starts_with("HTTP/") ? 505 : 400;
  request.keep_alive = version == "HTTP/1.1";
  const size_t question = target.find('?');
  request.path = target.substr(0, question);
  if (question != std::string_view::npos) request.query = target.substr(question + 1);
  return 0;
}

// "Name: value"; only the headers that decide where a request ends and whether the connection does.
int parse_header(std::string_view line, Request& request, std::optional<size_t>& body_bytes) {
  const size_t colon = line.find(':');
  if (colon == std::string_view::npos || colon == 0) return 400;
  const std::string_view name = line.substr(0, colon);
  const std::string_view value = trim(line.substr(colon + 1));
  if (!std::ranges::all_of(name, is_visible)) return 400;  // also refuses folded lines and "Name :"
  if (equals_ignoring_case(name, "connection")) {
    if (equals_ignoring_case(value, "close")) request.keep_alive = false;
    if (equals_ignoring_case(value, "keep-alive")) request.keep_alive = true;
  } else if (equals_ignoring_case(name, "transfer-encoding")) {
    return 501;
  } else if (equals_ignoring_case(name, "content-length")) {
    size_t length = 0;
    const auto [end, error] = std::from_chars(value.begin(), value.end(), length);
    if (error == std::errc::result_out_of_range) return 413;
    if (error != std::errc() || end != value.end() || body_bytes.value_or(length) != length) return 400;
    body_bytes = length;
  }
  return 0;
}

std::string_view reason(int status) {
  switch (status) {
    case 200:
      return "OK";
    case 400:
      return "Bad Request";
    case 404:
      return "Not Found";
    case 405:
      return "Method Not Allowed";
    case 413:
      return "Content Too Large";
    case 501:
      return "Not Implemented";
    case 503:
      return "Service Unavailable";
    case 505:
      return "HTTP Version Not Supported";
    default:
      return "Internal Server Error";
  }
}

std::string_view extra_header(int status) {
  if (status == 405) return "Allow: GET, HEAD\r\n";
  if (status == 503) return "Retry-After: 1\r\n";
  return "";
}

}  // namespace

std::expected<Request, NoRequest> parse_request(std::string_view bytes) {
  Request request;
  std::optional<size_t> body_bytes;
  std::string_view rest = bytes.substr(0, kMaxHeadBytes);
  // A TLS handshake or line noise never sends a newline we could wait for.
  if (!bytes.empty() && !is_upper(bytes.front())) return refuse(400);

  bool at_request_line = true;
  while (const auto line = take_line(rest)) {
    if (line->empty()) {
      if (at_request_line) return refuse(400);
      if (body_bytes.value_or(0) > kMaxBodyBytes) return refuse(413);
      request.size_bytes = static_cast<size_t>(rest.data() - bytes.data()) + body_bytes.value_or(0);
      if (bytes.size() < request.size_bytes) return need_more();
      return request;
    }
    const int status =
        at_request_line ? parse_request_line(*line, request) : parse_header(*line, request, body_bytes);
    if (status != 0) return refuse(status);
    at_request_line = false;
  }
  if (bytes.size() >= kMaxHeadBytes) return refuse(413);
  return need_more();
}

Response status_response(int status) {
  return {.status = status, .body = fmt::format("{} {}\n", status, reason(status))};
}

void write_response(const Response& response, bool keep_alive, bool head_only, std::string& out) {
  fmt::format_to(
      std::back_inserter(out),
      "HTTP/1.1 {} {}\r\nServer: loopscope-sample\r\nContent-Type: {}\r\nContent-Length: {}\r\n{}{}\r\n",
      response.status, reason(response.status), response.content_type, response.body.size(),
      extra_header(response.status), keep_alive ? "Connection: keep-alive\r\n" : "Connection: close\r\n");
  if (!head_only) out += response.body;
}

}  // namespace loopscope::sample_servers
