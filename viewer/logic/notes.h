// SPDX-License-Identifier: Apache-2.0
// What somebody marked in a trace and wrote about it. Kept in a file beside the trace, NAME.notes.json, and
// written anew whenever it changes; of a trace from standard input it lasts as long as the window.
#pragma once

#include <cstdint>
#include <expected>
#include <string>
#include <string_view>
#include <vector>

#include "trace-model/events.h"

namespace loopscope::viewer {

using trace_model::Ns;
using trace_model::RecordId;

struct Note {
  Ns t = 0, until = 0;  // until > t: of a stretch
  RecordId record = 0;  // that it is about; 0: of a time alone
  std::string text;     // may be empty
};

// "web.loopscope.jsonl" → "web.loopscope.notes.json"; empty for standard input.
[[nodiscard]] std::string notes_path(std::string_view trace);

class Notes {
 public:
  explicit Notes(std::string_view trace) : path_(notes_path(trace)) {}

  // A file that is not there is no error; one that cannot be understood is, and is not overwritten.
  [[nodiscard]] std::expected<void, std::string> read();

  [[nodiscard]] const std::vector<Note>& all() const { return notes_; }  // by time
  [[nodiscard]] const std::string& path() const { return path_; }
  size_t add(Note note);  // its place
  void set_text(size_t i, const std::string& text);
  void remove(size_t i);
  // The sentence of the last attempt to write, empty when it worked.
  [[nodiscard]] const std::string& trouble() const { return trouble_; }

 private:
  void write();

  std::string path_, trouble_;
  std::vector<Note> notes_;
  bool unreadable_ = false;
};

}  // namespace loopscope::viewer
