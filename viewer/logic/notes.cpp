// SPDX-License-Identifier: Apache-2.0
#include "viewer/logic/notes.h"

#include <unistd.h>
#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <fstream>
#include <iterator>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

namespace loopscope::viewer {
namespace {

constexpr size_t kMostNotes = 10'000, kLongestText = 10'000;
constexpr std::streamoff kLargestFile = 16 << 20;

// A member of that type, or what it is by default.
int64_t number_of(const nlohmann::json& object, const char* name, int64_t otherwise) {
  const auto found = object.find(name);
  return found != object.end() && found->is_number_integer() ? found->get<int64_t>() : otherwise;
}

}  // namespace

std::string notes_path(std::string_view trace) {
  if (trace.empty() || trace == "-") return {};
  for (const std::string_view end : {".zst", ".jsonl"})
    if (trace.ends_with(end) && trace.size() > end.size()) trace.remove_suffix(end.size());
  return std::string(trace) + ".notes.json";
}

std::expected<void, std::string> Notes::read() {
  if (path_.empty()) return {};
  std::ifstream file(path_, std::ios::binary | std::ios::ate);
  if (!file) return {};
  const std::streamoff size = file.tellg();
  const auto refuse = [&](std::string_view why) {
    unreadable_ = true;
    return std::unexpected(fmt::format("{} {}: it is left as it is, and notes are not kept", path_, why));
  };
  if (size < 0 || size > kLargestFile) return refuse("is no file of notes");
  file.seekg(0);
  const std::string text{std::istreambuf_iterator<char>(file), {}};
  const auto json = nlohmann::json::parse(text, nullptr, false);
  if (json.is_discarded() || !json.is_object() || !json.contains("notes") || !json["notes"].is_array())
    return refuse("cannot be understood");
  for (const auto& each : json["notes"]) {
    if (!each.is_object() || notes_.size() >= kMostNotes) continue;
    Note note;
    note.t = number_of(each, "t", 0);
    note.until = std::max(note.t, number_of(each, "until", note.t));
    note.record = RecordId(std::max<int64_t>(0, number_of(each, "record", 0)));
    if (const auto said = each.find("text"); said != each.end() && said->is_string())
      note.text = said->get<std::string>().substr(0, kLongestText);
    notes_.push_back(std::move(note));
  }
  std::ranges::stable_sort(notes_, {}, &Note::t);
  return {};
}

size_t Notes::add(Note note) {
  const auto at = std::ranges::upper_bound(notes_, note.t, {}, &Note::t);
  const auto place = size_t(at - notes_.begin());
  if (notes_.size() >= kMostNotes) return place;
  notes_.insert(at, std::move(note));
  write();
  return place;
}

void Notes::set_text(size_t i, const std::string& text) {
  if (i >= notes_.size() || notes_[i].text == text) return;
  notes_[i].text = text.substr(0, kLongestText);
  write();
}

void Notes::remove(size_t i) {
  if (i >= notes_.size()) return;
  notes_.erase(notes_.begin() + ptrdiff_t(i));
  write();
}

// A new file in the place of the old one, so that neither is ever half there.
void Notes::write() {
  if (path_.empty() || unreadable_) return;
  auto list = nlohmann::ordered_json::array();
  for (const Note& note : notes_) {
    nlohmann::ordered_json each{{"t", note.t}};
    if (note.until > note.t) each["until"] = note.until;
    if (note.record) each["record"] = note.record;
    each["text"] = note.text;
    list.push_back(std::move(each));
  }
  const nlohmann::ordered_json all{{"loopscope_notes", 1}, {"notes", std::move(list)}};
  const std::string text = all.dump(1, ' ', false, nlohmann::ordered_json::error_handler_t::replace) + "\n";
  const std::string part = fmt::format("{}.{}", path_, getpid());
  std::ofstream file(part, std::ios::binary);
  file << text;
  file.close();
  if (file && std::rename(part.c_str(), path_.c_str()) == 0) return trouble_.clear();
  trouble_ = fmt::format("notes cannot be kept in {}: {}", path_, std::strerror(errno));
  std::remove(part.c_str());
}

}  // namespace loopscope::viewer
