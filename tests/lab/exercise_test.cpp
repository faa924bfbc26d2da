// SPDX-License-Identifier: Apache-2.0
#include "lab/exercise.h"

#include <gtest/gtest.h>

#include <set>

namespace loopscope::lab {
namespace {

TEST(Bundled, AllOfThemAreThereInOrderAndInBothLanguages) {
  const auto& all = bundled_exercises();
  EXPECT_EQ(all.size(), 16u);
  std::set<std::string> ids;
  for (const Exercise& exercise : all) {
    EXPECT_TRUE(ids.insert(exercise.id).second) << exercise.id;
    EXPECT_FALSE(exercise.hints.empty()) << exercise.id;
    for (const LocalText* text : {&exercise.title, &exercise.question})
      EXPECT_TRUE(text->by_language.contains("zh-Hant")) << exercise.id;
    for (const Hint& hint : exercise.hints)
      EXPECT_TRUE(hint.text.by_language.contains("zh-Hant")) << exercise.id;
    for (const WrongAnswer& wrong : exercise.wrong)
      EXPECT_TRUE(wrong.say.by_language.contains("zh-Hant")) << exercise.id;
  }
  EXPECT_EQ(all.front().id, "listening-fd");
}

TEST(Template, IsAnExercise) {
  const auto made = parse_exercise(exercise_template("my-own"));
  ASSERT_TRUE(made.has_value()) << made.error();
  EXPECT_EQ(made->id, "my-own");
}

struct Mistake {
  std::string_view find, put, said;
};

class Refused : public testing::TestWithParam<Mistake> {};

TEST_P(Refused, WithASentence) {
  std::string text = exercise_template("my-own");
  const size_t at = text.find(GetParam().find);
  ASSERT_NE(at, std::string::npos);
  text.replace(at, GetParam().find.size(), GetParam().put);
  const auto made = parse_exercise(text);
  ASSERT_FALSE(made.has_value());
  EXPECT_NE(made.error().find(GetParam().said), std::string::npos) << made.error();
}

INSTANTIATE_TEST_SUITE_P(
    Exercise, Refused,
    testing::Values(Mistake{"\"loopscope_exercise\": 1", "\"loopscope_exercise\": 2", "later version"},
                    Mistake{"\"my-own\"", "\"My own\"", "small letters"},
                    Mistake{"\"my-own\"", "\"submit\"", "which is a command"},
                    Mistake{"\"version\"", "\"verson\"", "verson"}, Mistake{"\"en\"", "\"fr\"", "fr"},
                    Mistake{"\"type\": \"fd\"", "\"type\": \"fid\"", "fid"},
                    Mistake{"{listener}", "{listner}", "listner"},
                    Mistake{"call=listen", "call=lissen", "lissen"}, Mistake{"\"where\"", "\"were\"", "were"},
                    Mistake{"\"least\": 1", "\"least\": \"1\"", "least"},
                    Mistake{"\"part\": 1", "\"part\": {}", "part"}, Mistake{"{", "[", "line"}));

TEST(Exercise, WhatIsNoJsonIsRefusedWithTheLine) {
  const auto made = parse_exercise("{\n\"id\": \n!\n}");
  ASSERT_FALSE(made.has_value());
  EXPECT_NE(made.error().find("line 3"), std::string::npos) << made.error();
  EXPECT_FALSE(parse_exercise("").has_value());
  EXPECT_FALSE(parse_exercise("[]").has_value());
  EXPECT_FALSE(parse_exercise("5").has_value());
}

TEST(Exercise, WhatIsNestedTooDeeplyIsRefused) {
  for (const char* bracket : {"[", "{\"a\":"}) {
    std::string text = R"({"loopscope_exercise":1,"names":)";
    for (int i = 0; i < 300'000; ++i) text += bracket;
    const auto exercise = parse_exercise(text);
    ASSERT_FALSE(exercise.has_value());
    EXPECT_EQ(exercise.error(), "it is nested too deeply");
  }
}

}  // namespace
}  // namespace loopscope::lab
