// SPDX-License-Identifier: Apache-2.0
// JSON objects as packets over an abstract unix socket, with descriptors where asked for.
#pragma once

#include <expected>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>

#include "tracer/proc/files.h"

namespace loopscope::tracer {

struct Packet {
  nlohmann::json body;
  UniqueFd fd;
};

class PacketSocket {
 public:
  explicit PacketSocket(UniqueFd fd) : fd_(std::move(fd)) {}

  [[nodiscard]] static std::expected<PacketSocket, std::string> connect_to(const std::string& name);

  [[nodiscard]] int fd() const { return fd_.get(); }
  [[nodiscard]] bool send(const nlohmann::json& body, int with_fd = -1) const;
  // Blocks. Nothing: the other side is gone, or what it said was no JSON object.
  [[nodiscard]] std::optional<Packet> receive() const;

 private:
  UniqueFd fd_;
};

class PacketListener {
 public:
  // Under an unguessable abstract name.
  [[nodiscard]] static std::expected<PacketListener, std::string> create();

  [[nodiscard]] int fd() const { return fd_.get(); }
  [[nodiscard]] const std::string& name() const { return name_; }
  // Accepts a peer that runs as root; others are turned away (nothing).
  [[nodiscard]] std::optional<PacketSocket> accept_root() const;

 private:
  PacketListener(UniqueFd fd, std::string name) : fd_(std::move(fd)), name_(std::move(name)) {}
  UniqueFd fd_;
  std::string name_;
};

}  // namespace loopscope::tracer
