// SPDX-License-Identifier: Apache-2.0
#include <CLI/CLI.hpp>

#include "tracer/lab_command.h"

namespace loopscope::tracer {

void add_lab(CLI::App& app, LabOptions& o) {
  CLI::App* lab = app.add_subcommand("lab", "Exercises on event loops, answered on your own trace");
  lab->add_option(
         "words", o.words,
         "An exercise; or submit, grade DIR, new FILE, validate FILE...; nothing: the list of exercises")
      ->type_name("[EXERCISE]");
  lab->add_option("--trace", o.trace,
                  "The trace the answer is about (default: the newest in the current folder)")
      ->type_name("FILE");
  lab->add_option("--set", o.settings, "A parameter of the exercise, such as port=8080; may be repeated")
      ->type_name("NAME=VALUE")
      ->allow_extra_args(false);
  lab->add_option("--predict", o.prediction,
                  "What you expect, where the exercise asks for that before it is measured")
      ->type_name("TEXT");
  lab->add_option("--answer", o.answer, "Your answer: a number, the word of a choice, or a text")
      ->type_name("ANSWER");
  lab->add_option("--evidence", o.evidence, "The records that show it, by their ids: ID[,ID...]")
      ->type_name("ID")
      ->delimiter(',');
  lab->add_option("--because", o.because, "Why, in your own words")->type_name("TEXT");
  lab->add_flag("--hint", o.hint, "One hint more");
  lab->add_flag("--close", o.close, "Lay the exercise aside: reports tell everything again");
  lab->add_option("--lang", o.language, "Language of the texts (default: by LANG)")
      ->check(CLI::IsMember({"en", "zh-Hant"}));
  lab->add_option("--exercises", o.files,
                  "Files with exercises of your own, besides those that come with loopscope")
      ->type_name("FILE")
      ->allow_extra_args(false);
  lab->add_option("--name", o.name, "submit: who hands it in")->type_name("NAME");
  lab->add_option("-o,--output", o.output, "submit: the zip (default: loopscope-lab.zip)")->type_name("FILE");
  lab->add_option("--csv", o.csv, "grade: the marks as a table (default: standard output)")
      ->type_name("FILE");
  lab->add_option("--json", o.json, "grade: everything, free texts included")->type_name("FILE");
  lab->footer(
      "Examples:\n  loopscope lab\n  loopscope lab listening-fd\n"
      "  loopscope lab listening-fd --answer 6 --evidence 812 --because 'listen was called on it'\n"
      "  loopscope lab submit --name 'B12345678'\n  loopscope lab grade submissions/ --csv marks.csv --json "
      "results.json");
}

}  // namespace loopscope::tracer
