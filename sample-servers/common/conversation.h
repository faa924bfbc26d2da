// SPDX-License-Identifier: Apache-2.0
// One connection's half of HTTP: what was received and not answered yet, what was answered and is not sent
// yet. No socket and no clock, so every server model holds its connections' bytes in one of these and differs
// only in how it waits.
//
//   receive() → next_request() → answer() → unsent()/sent() → next_request() …
//
// One request at a time: the next begins when the answer before it is sent, so a client that sends without
// reading fills the input, then its own socket, and has to wait (backpressure).
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "sample-servers/common/http.h"
#include "sample-servers/common/pages.h"

namespace loopscope::sample_servers {

class Conversation {
 public:
  // With keep_alive false every answer is the last one, whatever the client wishes.
  explicit Conversation(bool keep_alive = true) : keep_alive_(keep_alive) {}

  // Whether more bytes are of use now. Without it the socket is left unread.
  [[nodiscard]] bool wants_input() const { return !ended_ && in_.size() < kMaxRequestBytes; }
  void receive(std::string_view bytes) {
    if (!ended_) in_ += bytes;
  }
  void input_ended() { client_shut_ = true; }
  // Only more input can bring about another request: next_request() has looked at all there is.
  [[nodiscard]] bool idle() const { return idle_; }

  // The next request, if it is complete and nothing is before it. What can never become a request is answered
  // here, with a refusal that ends the conversation. answer() must follow before the next call.
  [[nodiscard]] std::optional<Page> next_request();
  void answer(const Response& response);

  [[nodiscard]] std::string_view unsent() const { return std::string_view(out_).substr(sent_bytes_); }
  void sent(size_t size_bytes);

  // All is said: close. Where input is left over, closing sends a reset that can destroy the last answer
  // before the client has read it; then shut our side, and read on until the client closes or patience ends.
  [[nodiscard]] bool finished() const { return unsent().empty() && (ended_ || (client_shut_ && idle_)); }
  [[nodiscard]] bool has_unread_input() const { return refused_ || !in_.empty(); }
  [[nodiscard]] bool client_shut() const { return client_shut_; }

 private:
  void write(const Response& response, bool keep_alive, bool head_only);

  std::string in_{};   // received, not answered yet
  std::string out_{};  // answered; the first sent_bytes_ of it are sent
  size_t sent_bytes_ = 0;
  size_t request_bytes_ = 0;        // of the request at the front of in_
  bool keep_alive_ = true;          // what the server wishes
  bool request_keep_alive_ = true;  // what the client of this request wishes
  bool head_only_ = false;
  bool idle_ = true;          // no complete request is waiting for its answer, nor lies unparsed in in_
  bool client_shut_ = false;  // the client has shut its side: no more input, but it may still read
  bool ended_ = false;        // the last answer is written
  bool refused_ = false;
};

}  // namespace loopscope::sample_servers
