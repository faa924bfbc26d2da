// SPDX-License-Identifier: Apache-2.0
// Submissions come from somebody else: nothing in them may do harm.
#include "lab/submission.h"

#include <gtest/gtest.h>
#include <zip.h>

#include <filesystem>
#include <fstream>

#include "lab/grade.h"
#include "lab/trace_evidence.h"

namespace loopscope::lab {
namespace {

struct Submissions : testing::Test {
  std::filesystem::path folder =
      std::filesystem::temp_directory_path() /
      ("loopscope-lab-" + std::string(testing::UnitTest::GetInstance()->current_test_info()->name()));

  Submissions() {
    std::filesystem::remove_all(folder);
    std::filesystem::create_directories(folder / "unpacked");
  }
  ~Submissions() override { std::filesystem::remove_all(folder); }

  std::string file(const std::string& name, const std::string& text) {
    std::ofstream(folder / name, std::ios::binary) << text;
    return (folder / name).string();
  }
  std::string zip(const std::vector<std::pair<std::string, std::string>>& entries,
                  const std::string& name = "made.zip") {
    const std::string path = (folder / name).string();
    zip_t* archive = zip_open(path.c_str(), ZIP_CREATE | ZIP_TRUNCATE, nullptr);
    for (const auto& [entry, text] : entries)
      zip_file_add(archive, entry.c_str(), zip_source_buffer(archive, text.data(), text.size(), 0), 0);
    EXPECT_EQ(zip_close(archive), 0);
    return path;
  }
  auto read(const std::string& path) { return read_submission(path, (folder / "unpacked").string()); }
};

constexpr const char* kAnswers = R"({"loopscope_lab":1,"name":"B1","started":"2026","exercises":{}})";

TEST_F(Submissions, WhatWasWrittenIsRead) {
  Progress progress;
  progress.name = "B1";
  Attempt& attempt = progress.attempts["listening-fd"];
  attempt.answer = "6";
  attempt.outcome = "right";
  attempt.evidence = {12};
  attempt.trace = file("trace.jsonl", "{}\n");
  attempt.digest = *digest_of(attempt.trace);
  const std::string path = (folder / "out.zip").string();
  ASSERT_TRUE(write_submission(progress, path).has_value());
  const auto there = read(path);
  ASSERT_TRUE(there.has_value()) << there.error();
  EXPECT_EQ(there->progress.name, "B1");
  EXPECT_EQ(there->progress.attempts.at("listening-fd").evidence, std::vector<uint64_t>{12});
  EXPECT_TRUE(there->traces.contains(attempt.digest));
}

TEST_F(Submissions, ATraceThatChangedIsRefused) {
  Progress progress;
  Attempt& attempt = progress.attempts["listening-fd"];
  attempt.outcome = "right";
  attempt.trace = file("trace.jsonl", "{}\n");
  attempt.digest = std::string(64, '0');
  const auto written = write_submission(progress, (folder / "out.zip").string());
  ASSERT_FALSE(written.has_value());
  EXPECT_NE(written.error().find("no longer the trace"), std::string::npos) << written.error();
}

TEST_F(Submissions, Digest) {
  EXPECT_EQ(*digest_of(file("abc", "abc")),
            "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  EXPECT_FALSE(digest_of((folder / "none").string()).has_value());
}

TEST_F(Submissions, NothingIsWrittenElsewhere) {
  const auto there =
      read(zip({{"submission.json", kAnswers}, {"traces/../../escaped.jsonl", "x"}, {"/tmp/absolute", "x"}}));
  ASSERT_TRUE(there.has_value()) << there.error();
  EXPECT_FALSE(std::filesystem::exists(folder / "escaped.jsonl"));
  for (const auto& [digest, path] : there->traces)
    EXPECT_TRUE(path.starts_with((folder / "unpacked").string() + "/")) << path;
}

TEST_F(Submissions, WhatIsBrokenIsRefusedInASentence) {
  EXPECT_FALSE(read(file("junk.zip", "junk")).has_value());
  EXPECT_FALSE(read(file("empty.zip", "")).has_value());
  EXPECT_FALSE(read((folder / "none.zip").string()).has_value());
  EXPECT_FALSE(read(zip({{"other.json", "{}"}})).has_value());
  for (const char* answers :
       {"", "{}", "[]", "5", R"({"loopscope_lab":2})", R"({"loopscope_lab":1,"exercises":[]})",
        R"({"loopscope_lab":1,"name":5})", R"({"loopscope_lab":1,"exercises":{"a":5}})"})
    EXPECT_FALSE(read(zip({{"submission.json", answers}})).has_value()) << answers;
  const std::string good = zip({{"submission.json", kAnswers}});
  std::filesystem::resize_file(good, std::filesystem::file_size(good) / 2);
  EXPECT_FALSE(read(good).has_value());
  std::vector<std::pair<std::string, std::string>> many;
  for (int i = 0; i < 100; ++i) many.emplace_back("traces/" + std::to_string(i), "x");
  EXPECT_FALSE(read(zip(many)).has_value());
}

TEST_F(Submissions, AnEntryThatUnpacksToTooMuchIsRefused) {
  const auto there = read(zip({{"submission.json", std::string(size_t(5) << 20, ' ')}}));
  ASSERT_FALSE(there.has_value());
  EXPECT_NE(there.error().find("larger than"), std::string::npos) << there.error();
}

TEST_F(Submissions, EightyAreGradedWithCopiesAndBrokenOnes) {
  const Exercise exercise = *parse_exercise(exercise_template("my-own"));
  for (int i = 0; i < 80; ++i) {
    const std::string name = std::to_string(100 + i) + ".zip";
    if (i % 10 == 9)
      (void)file(name, "broken");
    else
      (void)zip({{"submission.json", kAnswers}, {"traces/x.jsonl", i < 2 ? "the same" : std::to_string(i)}},
                name);
  }
  const auto graded = grade_folder(folder.string(), {exercise});
  ASSERT_TRUE(graded.has_value());
  ASSERT_EQ(graded->size(), 80u);
  EXPECT_EQ(std::ranges::count_if(*graded, [](const Graded& row) { return !row.problem.empty(); }), 8);
  EXPECT_EQ((*graded)[0].same_traces_as, std::vector<std::string>{"101.zip"});
  EXPECT_EQ((*graded)[1].same_traces_as, std::vector<std::string>{"100.zip"});
  EXPECT_TRUE((*graded)[2].same_traces_as.empty());
  const std::string csv = marks_csv(*graded, {exercise});
  EXPECT_EQ(std::ranges::count(csv, '\n'), 81);
}

TEST_F(Submissions, CellsAreNoFormulas) {
  Graded row;
  row.file = "a,b.zip";
  row.name = "=cmd|' /C calc'!A0";
  const std::string csv = marks_csv({row}, {});
  EXPECT_NE(csv.find("\"a,b.zip\",'=cmd"), std::string::npos) << csv;
}

}  // namespace
}  // namespace loopscope::lab
