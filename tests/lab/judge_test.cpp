// SPDX-License-Identifier: Apache-2.0
#include "lab/judge.h"

#include <gtest/gtest.h>

#include "tests/lab/made_evidence.h"

namespace loopscope::lab {
namespace {

struct Judging : testing::Test {
  Exercise exercise = *parse_exercise(exercise_template("my-own"));
  MadeEvidence evidence;
  ParameterValues parameters = *parameters_of(exercise, {});

  Judging() {
    evidence.records["call=listen ret=0 fd=6"] = {Json{{"id", 12}}};
    evidence.records["call=epoll_create1"] = {Json{{"id", 3}, {"ret", 5}}};
  }
  Verdict answer(std::string text, std::vector<uint64_t> ids = {}, std::string because = "") {
    return judge(exercise, evidence, parameters, {std::move(text), std::move(ids), std::move(because)}, "en");
  }
};

TEST_F(Judging, RightIsTheAnswerWithEvidenceAndAReason) {
  EXPECT_EQ(answer("6").outcome, Outcome::Wrong);
  EXPECT_NE(answer("6").say.find("--evidence"), std::string::npos);
  EXPECT_NE(answer("6", {13}).say.find("13"), std::string::npos);
  EXPECT_NE(answer("6", {12}).say.find("--because"), std::string::npos);
  EXPECT_EQ(answer("6", {12}, "listen was called on it").outcome, Outcome::Right);
  EXPECT_EQ(answer("6", {12, 13}, "listen was called on it").outcome, Outcome::Wrong);
}

TEST_F(Judging, AForeseenMistakeHasItsReason) {
  EXPECT_EQ(answer("5").say, "That is an epoll instance.");
  EXPECT_EQ(answer("7").outcome, Outcome::Wrong);
}

TEST_F(Judging, WhatIsNoNumberIsRefused) {
  for (const char* text : {"", "six", "6x", "nan", "inf", "1e999"})
    EXPECT_EQ(answer(text).outcome, Outcome::Wrong) << text;
}

TEST_F(Judging, ATraceThatLacksItSaysSo) {
  parameters["port"] = "1";
  const Verdict verdict = answer("6");
  EXPECT_EQ(verdict.outcome, Outcome::Unanswerable);
  EXPECT_EQ(verdict.say, "Nothing in this trace listens on port 1.");
}

TEST_F(Judging, Tolerance) {
  exercise.type = AnswerType::Number;
  exercise.tolerance = 0.15;
  exercise.accept = Json::parse(R"({"values": [80.0]})");
  exercise.evidence = Json();
  exercise.reason = false;
  EXPECT_EQ(answer("91").outcome, Outcome::Right);
  EXPECT_EQ(answer("69").outcome, Outcome::Right);
  EXPECT_EQ(answer("93").outcome, Outcome::Wrong);
}

TEST_F(Judging, ChoicesAndTexts) {
  exercise.type = AnswerType::Choice;
  exercise.choices = {{"level", {}}, {"edge", {}}};
  exercise.accept = Json::parse(R"({"values": ["level"]})");
  exercise.evidence = Json();
  exercise.reason = false;
  EXPECT_EQ(answer("level").outcome, Outcome::Right);
  EXPECT_EQ(answer("edge").outcome, Outcome::Wrong);
  EXPECT_NE(answer("both").say.find("level, edge"), std::string::npos);
  exercise.type = AnswerType::Text;
  EXPECT_EQ(answer("an event loop").outcome, Outcome::Wrong);
  EXPECT_EQ(answer("an event loop, for a thousand idle connections cost it nothing").outcome, Outcome::Read);
}

TEST_F(Judging, ParametersAreThoseOfTheExercise) {
  EXPECT_TRUE(parameters_of(exercise, {{"port", "8080"}}).has_value());
  EXPECT_FALSE(parameters_of(exercise, {{"prot", "8080"}}).has_value());
  EXPECT_FALSE(parameters_of(exercise, {{"port", "{port}"}}).has_value());
  EXPECT_FALSE(parameters_of(exercise, {{"port", ""}}).has_value());
}

}  // namespace
}  // namespace loopscope::lab
