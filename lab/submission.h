// SPDX-License-Identifier: Apache-2.0
// What a student hands in: a zip with submission.json (the progress) and the traces its answers are about,
// under traces/DIGEST.jsonl. Read with suspicion: it comes from somebody else.
#pragma once

#include "lab/progress.h"

namespace loopscope::lab {

struct Submission {
  Progress progress;
  std::map<std::string, std::string>
      traces;  // digest, as computed from what is there → where it was unpacked
};

// Writes `path`. The error is a sentence.
[[nodiscard]] std::expected<void, std::string> write_submission(const Progress& progress,
                                                                const std::string& path);

// Unpacks the traces into `folder`, under names of our own. The error is a sentence.
[[nodiscard]] std::expected<Submission, std::string> read_submission(const std::string& path,
                                                                     const std::string& folder);

}  // namespace loopscope::lab
