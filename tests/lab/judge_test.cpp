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

TEST_F(Judging, AnyMistakeHasAReasonThatDoesNotGiveTheAnswerAway) {
  evidence.records["fd=4"] = {Json{{"id", 2}, {"type", "fd"}}};
  evidence.records["fd=9"] = {};
  EXPECT_NE(answer("4").say.find("loopscope show --ids 'fd=4'"), std::string::npos) << answer("4").say;
  EXPECT_NE(answer("9").say.find("nothing in this trace is about a descriptor 9"), std::string::npos);
  evidence.records["id=12"] = {Json{{"id", 12}, {"type", "call"}, {"call", "listen"}}};
  evidence.records["id=13"] = {Json{{"id", 13}, {"type", "call"}, {"call", "accept4"}}};
  evidence.records["id=14"] = {Json{{"id", 14}, {"type", "pending"}, {"call", "epoll_wait"}}};
  evidence.records["id=99"] = {};
  EXPECT_NE(answer("6", {13}).say.find("a call of accept4"), std::string::npos) << answer("6", {13}).say;
  EXPECT_NE(answer("6", {99}).say.find("no record 99"), std::string::npos) << answer("6", {99}).say;
  exercise.type = AnswerType::Record;
  exercise.accept = Json::parse(R"({"values": [12]})");
  EXPECT_NE(answer("13").say.find("Record 13 is a call of accept4."), std::string::npos) << answer("13").say;
  EXPECT_NE(answer("14").say.find("epoll_wait was still in progress"), std::string::npos) << answer("14").say;
  EXPECT_EQ(answer("13").say.find("12"), std::string::npos);
  EXPECT_NE(answer("listen").say.find("the id of a record"), std::string::npos) << answer("listen").say;
  exercise.otherwise.by_language["en"] = "Look at port {port}.";
  EXPECT_EQ(answer("13").say, "Look at port 8079.");
}

TEST_F(Judging, NumbersMayBeWrittenAsPeopleDo) {
  for (const char* text : {"6", " 6 ", "fd 6", "fd6", "#6", "6 ms", "6.0"})
    EXPECT_NE(answer(text).say.find("The answer is right."), std::string::npos) << text;
  for (const char* text : {"fd 6 and 7", "6s", "fd", "#", "ms"})
    EXPECT_EQ(answer(text).say.find("The answer is right."), std::string::npos) << text;
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
  EXPECT_EQ(answer("Level").outcome, Outcome::Right);
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
