// SPDX-License-Identifier: Apache-2.0
#include "sample-servers/common/conversation.h"

namespace loopscope::sample_servers {

std::optional<Page> Conversation::next_request() {
  if (ended_ || !unsent().empty()) return std::nullopt;
  const auto request = parse_request(in_);
  idle_ = !request;
  if (!request && request.error().incomplete) return std::nullopt;
  if (!request) {
    refused_ = true;
    write(status_response(request.error().status), false, false);
    return std::nullopt;
  }
  request_bytes_ = request->size_bytes;
  request_keep_alive_ = request->keep_alive;
  head_only_ = request->method == "HEAD";
  return page_of(*request);
}

void Conversation::answer(const Response& response) {
  in_.erase(0, request_bytes_);
  idle_ = false;  // until next_request() has looked at what is left
  write(response, keep_alive_ && request_keep_alive_, head_only_);
}

void Conversation::write(const Response& response, bool keep_alive, bool head_only) {
  ended_ = !keep_alive;
  write_response(response, keep_alive, head_only, out_);
}

void Conversation::sent(size_t size_bytes) {
  sent_bytes_ += size_bytes;
  if (sent_bytes_ < out_.size()) return;
  out_.clear();
  sent_bytes_ = 0;
}

}  // namespace loopscope::sample_servers
