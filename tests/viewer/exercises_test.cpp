// SPDX-License-Identifier: Apache-2.0
// The exercises of the lab in the window.
#include "viewer/logic/exercises.h"

#include <filesystem>

#include "tests/viewer/trace_file.h"

namespace loopscope::viewer {
namespace {

class InTheWindow : public testing::Test {
 protected:
  InTheWindow() { std::filesystem::remove(file); }
  ~InTheWindow() override { std::filesystem::remove(file); }

  void start(std::string_view id) {
    for (size_t i = 0; i < exercises.all().size(); ++i)
      if (exercises.all()[i].id == id) return exercises.start(i);
    FAIL() << id;
  }
  void answer(const std::string& text, std::vector<uint64_t> evidence = {}) {
    exercises.answer(trace.path(), {text, std::move(evidence), "because it is so"});
    while (!exercises.poll()) std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }

  std::string file = testing::TempDir() + fmt::format("viewer-lab-{}.json", getpid());
  TraceOnDisk trace{small_trace()};
  Exercises exercises{[] {}, file};
};

TEST_F(InTheWindow, AnAnswerIsJudgedByTheTrace) {
  start("listening-fd");
  exercises.set_parameter("port", "8080");
  answer("5");
  EXPECT_FALSE(exercises.right());
  EXPECT_NE(exercises.said().find("epoll instance"), std::string::npos) << exercises.said();
  answer("4", {12});
  EXPECT_TRUE(exercises.right()) << exercises.said();
  EXPECT_EQ(exercises.done(), 1u);
  const auto kept = lab::Progress::load(file);
  ASSERT_TRUE(kept.has_value());
  EXPECT_EQ(kept->attempts.at("listening-fd").tries, 2u);
  EXPECT_TRUE(kept->open.empty());
}

TEST_F(InTheWindow, WhatIsOpenIsNotGivenAway) {
  EXPECT_FALSE(exercises.hides("listeners"));
  start("listening-fd");
  EXPECT_TRUE(exercises.hides("listeners"));
  EXPECT_FALSE(exercises.hides("events"));
  EXPECT_FALSE(exercises.highlights(TrackKind::Listener));
  exercises.hint();
  EXPECT_TRUE(exercises.highlights(TrackKind::Listener));
  EXPECT_FALSE(exercises.highlights(TrackKind::Ring));
  for (int i = 0; i < 20; ++i) exercises.hint();
  EXPECT_EQ(exercises.attempt("listening-fd")->hints, 3u);
  exercises.close();
  EXPECT_FALSE(exercises.hides("listeners"));
  EXPECT_EQ(exercises.open(), nullptr);
}

TEST_F(InTheWindow, TroubleIsToldInASentence) {
  start("listening-fd");
  exercises.set_parameter("port", "");
  EXPECT_FALSE(exercises.said().empty());
  exercises.answer("-", {});
  EXPECT_NE(exercises.said().find("file"), std::string::npos);
  exercises.answer("/nowhere/at/all.jsonl", {"4", {}, ""});
  while (!exercises.poll()) std::this_thread::sleep_for(std::chrono::milliseconds(1));
  EXPECT_NE(exercises.said().find("nowhere"), std::string::npos) << exercises.said();
  EXPECT_FALSE(exercises.right());
}

TEST_F(InTheWindow, AFileThatMakesNoSenseIsLeftAlone) {
  std::ofstream(file) << "not ours";
  Exercises other([] {}, file);
  EXPECT_FALSE(other.said().empty());
  other.start(0);
  std::string text;
  std::getline(std::ifstream(file), text);
  EXPECT_EQ(text, "not ours");
}

TEST(PackedAnswers, ComeOutAsTheyWentIn) {
  const lab::Answer answer = unpacked(packed({"6, or \"so\"", {1, 812}, "a\nb"}));
  EXPECT_EQ(answer.text, "6, or \"so\"");
  EXPECT_EQ(answer.evidence, (std::vector<uint64_t>{1, 812}));
  EXPECT_EQ(answer.because, "a\nb");
  for (const char* junk : {"", "\x1f", "\x1f\x1f,,x,-1", "a"}) EXPECT_TRUE(unpacked(junk).evidence.empty());
}

}  // namespace
}  // namespace loopscope::viewer
