// SPDX-License-Identifier: Apache-2.0
#include "lab/submission.h"

#include <zip.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <memory>
#include <set>

#include <fmt/format.h>

#include "lab/trace_evidence.h"

namespace loopscope::lab {
namespace {

constexpr const char* kAnswers = "submission.json";
constexpr std::string_view kTraces = "traces/";
constexpr zip_int64_t kMostEntries = 64;
constexpr uint64_t kLargestAnswers = 4 << 20, kLargestTrace = 512 << 20;  // bytes, unpacked
constexpr uint64_t kLargestWhole = 1 << 30;                               // of all traces of a submission

struct Discard {
  void operator()(zip_t* archive) const { zip_discard(archive); }
};
struct CloseEntry {
  void operator()(zip_file_t* entry) const { zip_fclose(entry); }
};
using Archive = std::unique_ptr<zip_t, Discard>;
using Entry = std::unique_ptr<zip_file_t, CloseEntry>;
using Done = std::expected<void, std::string>;

std::string error_of(int code) {
  zip_error_t error;
  zip_error_init_with_code(&error, code);
  std::string text = zip_error_strerror(&error);
  zip_error_fini(&error);
  return text;
}

Done too_large(uint64_t most) {
  return std::unexpected(fmt::format("an entry is larger than {} MB", most >> 20));
}

// To `take`, block by block, never more than `most` bytes, whatever the archive says of its size.
template <typename Take>
Done unpack(zip_t* archive, zip_uint64_t index, uint64_t most, Take&& take) {
  zip_stat_t said;
  const bool sized = zip_stat_index(archive, index, 0, &said) == 0 && (said.valid & ZIP_STAT_SIZE);
  if (sized && said.size > most) return too_large(most);  // without the work
  const Entry entry(zip_fopen_index(archive, index, 0));
  if (!entry) return std::unexpected(zip_strerror(archive));
  std::array<char, 1 << 16> block{};
  for (uint64_t bytes = 0;;) {
    const zip_int64_t got = zip_fread(entry.get(), block.data(), block.size());
    if (got < 0) return std::unexpected("it is damaged");
    if (got == 0) return {};
    bytes += uint64_t(got);
    if (bytes > most) return too_large(most);
    if (!take(block.data(), size_t(got)))
      return std::unexpected(fmt::format("it cannot be unpacked: {}", strerror(errno)));
  }
}

// `room`: bytes left for this and all that follow.
Done take_trace(zip_t* archive, zip_uint64_t index, const std::string& folder, uint64_t& room,
                Submission& submission) {
  const std::string path = fmt::format("{}/{}.jsonl", folder, index);
  std::ofstream file(path, std::ios::binary);
  const auto done =
      unpack(archive, index, std::min(kLargestTrace, room), [&](const char* bytes, size_t size) {
        room -= size;
        return bool(file.write(bytes, std::streamsize(size)));
      });
  if (!done && room < kLargestTrace)
    return std::unexpected(fmt::format("its traces are larger than {} MB together", kLargestWhole >> 20));
  if (!done) return done;
  file.close();
  auto digest = digest_of(path);
  if (!digest) return std::unexpected(digest.error());
  submission.traces[*digest] = path;
  return {};
}

// libzip reads the buffers and files only when the archive is closed.
Done add(zip_t* archive, const std::string& name, zip_source_t* source) {
  if (source && zip_file_add(archive, name.c_str(), source, ZIP_FL_ENC_UTF_8) >= 0) return {};
  if (source) zip_source_free(source);
  return std::unexpected(zip_strerror(archive));
}

}  // namespace

std::expected<void, std::string> write_submission(const Progress& progress, const std::string& path) {
  int code = 0;
  const std::string beside = path + ".new";
  Archive archive(zip_open(beside.c_str(), ZIP_CREATE | ZIP_TRUNCATE, &code));
  if (!archive) return std::unexpected(fmt::format("{} cannot be written: {}", path, error_of(code)));
  Json answers = progress.json();
  answers["submitted"] = time_now();
  const std::string text = answers.dump(1, ' ', false, Json::error_handler_t::replace) + '\n';
  if (auto added =
          add(archive.get(), kAnswers, zip_source_buffer(archive.get(), text.data(), text.size(), 0));
      !added)
    return added;
  std::set<std::string> digests;
  for (const auto& [id, attempt] : progress.attempts) {
    if (attempt.outcome.empty() || !digests.insert(attempt.digest).second) continue;
    const auto digest = digest_of(attempt.trace);
    if (!digest) return std::unexpected(fmt::format("the trace of {} is gone: {}", id, digest.error()));
    if (*digest != attempt.digest)
      return std::unexpected(fmt::format(
          "{} is no longer the trace that {} was answered with; answer it again", attempt.trace, id));
    if (std::filesystem::file_size(attempt.trace) > kLargestTrace)
      return std::unexpected(
          fmt::format("{} is larger than {} MB; record a shorter one", attempt.trace, kLargestTrace >> 20));
    const auto source = zip_source_file(archive.get(), attempt.trace.c_str(), 0, -1);
    if (auto added = add(archive.get(), fmt::format("{}{}.jsonl", kTraces, attempt.digest), source); !added)
      return added;
  }
  if (zip_close(archive.get()) != 0)
    return std::unexpected(fmt::format("{} cannot be written: {}", path, zip_strerror(archive.get())));
  [[maybe_unused]] const zip_t* gone = archive.release();  // zip_close() freed it
  std::error_code error;
  std::filesystem::rename(beside, path, error);
  if (error) return std::unexpected(fmt::format("{} cannot be written: {}", path, error.message()));
  return {};
}

std::expected<Submission, std::string> read_submission(const std::string& path, const std::string& folder) {
  int code = 0;
  const Archive archive(zip_open(path.c_str(), ZIP_RDONLY | ZIP_CHECKCONS, &code));
  if (!archive)
    return std::unexpected(fmt::format("it is no zip archive that can be read: {}", error_of(code)));
  const zip_int64_t entries = zip_get_num_entries(archive.get(), 0);
  if (entries > kMostEntries)
    return std::unexpected(fmt::format("it has {} entries, more than {}", entries, kMostEntries));
  Submission submission;
  bool answers = false;
  uint64_t room = kLargestWhole;
  for (zip_uint64_t i = 0; i < zip_uint64_t(entries); ++i) {
    const char* name = zip_get_name(archive.get(), i, 0);
    if (!name) continue;
    if (std::string_view(name) == kAnswers) {
      std::string text;
      if (auto done = unpack(archive.get(), i, kLargestAnswers,
                             [&](const char* bytes, size_t size) {
                               text.append(bytes, size);
                               return true;
                             });
          !done)
        return std::unexpected(done.error());
      auto progress = Progress::parse(text);
      if (!progress) return std::unexpected(fmt::format("{}: {}", kAnswers, progress.error()));
      submission.progress = std::move(*progress);
      answers = true;
    } else if (std::string_view(name).starts_with(kTraces)) {
      if (auto done = take_trace(archive.get(), i, folder, room, submission); !done)
        return std::unexpected(done.error());
    }
  }
  if (!answers) return std::unexpected(fmt::format("it has no {}", kAnswers));
  return submission;
}

}  // namespace loopscope::lab
