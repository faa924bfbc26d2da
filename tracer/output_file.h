// SPDX-License-Identifier: Apache-2.0
// The file a recording goes to. It is opened as the user who types the command, before anything is elevated,
// and is not touched until there is something to write: a failed start leaves what was there as it was, and a
// file that did not exist does not stay behind empty.
#pragma once

#include <expected>
#include <string>

#include "tracer/proc/files.h"

namespace loopscope::tracer {

class OutputFile {
 public:
  // "-" is stdout. The error is a sentence.
  [[nodiscard]] static std::expected<OutputFile, std::string> open(const std::string& path);

  // Wraps a descriptor that another process opened.
  OutputFile(std::string path, UniqueFd fd, bool created)
      : path_(std::move(path)), fd_(std::move(fd)), created_(created) {}

  [[nodiscard]] int fd() const { return fd_.get(); }
  [[nodiscard]] const std::string& path() const { return path_; }
  [[nodiscard]] std::string shown_name() const;  // for messages
  [[nodiscard]] bool is_stdout() const { return path_ == "-"; }
  [[nodiscard]] bool is_regular() const;  // no pipe, no device: what was written can be read
  [[nodiscard]] bool created() const { return created_; }

  void begin();    // empties it: now comes the trace
  void abandon();  // nothing was recorded: removes it where open() made it

 private:
  std::string path_;
  UniqueFd fd_;
  bool created_;
};

// NAME-PID-TIME.loopscope.jsonl in the current folder. `name` comes from the target: what is not a letter, a
// digit,
// '.', '_' or '-' is left out.
[[nodiscard]] std::string default_trace_name(std::string_view name, int pid);

}  // namespace loopscope::tracer
