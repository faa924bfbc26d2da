// SPDX-License-Identifier: Apache-2.0
#include "tracer/show_command.h"

#include <algorithm>
#include <filesystem>

#include <fmt/format.h>

#include "trace-model/query.h"
#include "trace-model/show_line.h"
#include "trace-model/terminal_text.h"
#include "trace-model/trace_reader.h"
#include "tracer/print.h"
#include "tracer/trace_choice.h"

namespace loopscope::tracer {
namespace {

using trace_model::Event;
using trace_model::Model;
using trace_model::Problem;
using trace_model::Query;
using trace_model::Record;
using trace_model::TraceFile;
using trace_model::TraceReader;

constexpr uint64_t kMaxProblemsTold = 20;
constexpr size_t kBlockBytes = 64 * 1024;

template <typename... Arguments>
int say(fmt::format_string<Arguments...> format, Arguments&&... arguments) {
  return fail(trace_model::terminal_text(fmt::format(format, std::forward<Arguments>(arguments)...)));
}

bool names_a_file(const std::string& word) {
  std::error_code error;
  return word == "-" || std::filesystem::exists(word, error);
}

struct Words {
  std::string file, query;
};

bool is_condition(const std::string& word) {
  return word.find_first_of("=~<>") != std::string::npos;
}

// A first word that can only be a file is one, whether it is there or not.
Words tell_apart(const std::vector<std::string>& words) {
  Words told;
  auto file = std::ranges::find_if(words, names_a_file);
  if (file == words.end() && !words.empty() && !is_condition(words.front())) file = words.begin();
  if (file != words.end()) told.file = *file;
  for (auto word = words.begin(); word != words.end(); ++word)
    if (word != file) told.query.append(told.query.empty() ? "" : " ").append(*word);
  return told;
}

class Show {
 public:
  // Without `gather` every line is written at once: what feeds us may pause at any time.
  Show(Query query, bool json, bool ids, bool gather)
      : query_(std::move(query)), json_(json), ids_(ids), gather_(gather) {}

  [[nodiscard]] int run(TraceFile& file);

 private:
  void take(const Record& record);
  [[nodiscard]] bool write_out();
  void tell_problems();
  [[nodiscard]] int finish(TraceFile& file);

  Query query_;
  bool json_, ids_, gather_;
  Model model_;
  std::string text_;             // not written yet
  std::vector<Problem> untold_;  // until the file has proved to be a trace: a refusal says it all
  uint64_t shown_ = 0, problems_told_ = 0;
};

int Show::run(TraceFile& file) {
  file.reader().on_problem([this](const Problem& problem) {
    if (problems_told_ + untold_.size() < kMaxProblemsTold) untold_.push_back(problem);
  });
  for (;;) {
    const auto record = file.next();
    if (!record) {
      (void)write_out();
      return say("{}", record.error());
    }
    if (!*record) return finish(file);
    take(**record);
    if ((text_.size() >= kBlockBytes || !gather_) && !write_out()) return 1;
  }
}

void Show::take(const Record& record) {
  if (!untold_.empty()) tell_problems();
  Event& event = *record.event;
  model_.join(event);
  const bool matches = query_.matches(event);
  if (matches && ids_) fmt::format_to(std::back_inserter(text_), "{:>7}  ", id_of(event));
  if (matches && !json_) append_line_begin(text_, event, model_.state());
  model_.apply(event);
  if (!matches) return;
  ++shown_;
  if (json_)
    text_.append(record.line).append("\n");
  else
    append_line_end(text_, event, model_.state());
}

// False after a sentence on why nothing more can be shown.
bool Show::write_out() {
  const bool written = print(text_) == 0;
  text_.clear();
  return written;
}

void Show::tell_problems() {
  for (const Problem& problem : untold_) say("{}", sentence_of(problem));
  problems_told_ += untold_.size();
  untold_.clear();
}

int Show::finish(TraceFile& file) {
  const TraceReader& reader = file.reader();
  tell_problems();
  if (reader.problem_count() > problems_told_)
    say("{} more lines are damaged", reader.problem_count() - problems_told_);
  if (!write_out()) return 1;
  if (shown_ == 0)
    say("none of the {} records in {} is what the query asks for", reader.record_count(), file.path());
  return 0;
}

}  // namespace

const std::string_view kShowHelp =
    "A line is: seconds since the attach when the call began, process[.thread], call(arguments) = result "
    "<duration>;\n"
    "lines stand in the order in which calls returned. FD<WHAT> says what a descriptor is, as strace -y "
    "does.\n"
    "\n"
    "A query is conditions that must all hold: FIELD, an operator and a value without spaces between\n"
    "(path~\"two words\" where there are some in the value). Quote the query: < and > mean something to the "
    "shell.\n"
    "  =  !=           is one of these values (fd=5,6), is none of them; != holds as well where there is no "
    "such field\n"
    "  ~  !~           contains, does not contain: texts and names\n"
    "  <  <=  >  >=    numbers; times take ns, us, ms, s\n"
    "Fields:\n"
    "  fd              any descriptor in an argument, ready or returned; file: its identity, which reuse "
    "does not share\n"
    "  call            the call's name; op, flags, sockfd and all other arguments have their own, as in man "
    "pages\n"
    "  path, addr      files named; addresses of sockets (127.0.0.1:8080, unix:/run/x)\n"
    "  pid, tid        process, thread\n"
    "  ret, error      what the call returned; EAGAIN and others\n"
    "  t, dur          when it began, how long it took\n"
    "  events, data    of epoll and poll: asked for and ready\n"
    "  type            of the record: call, pending, sqe, cqe, fork, exec, exit, fd, watch, lost, ...; and "
    "of a socket: STREAM\n"
    "  ring, op        of io_uring: the ring, the operation (op=ACCEPT; call=accept4 finds it as well); "
    "slot, user_data, res\n"
    "  kind, backlog, queue   of a socket: tcp, unix, ...; a listener's limit, and how many wait for accept\n"
    "  id              the record's number, which reports name as evidence\n"
    "Names may begin behind an underscore, in either case: op=ADD is EPOLL_CTL_ADD, events=in is EPOLLIN or "
    "POLLIN.\n"
    "\n"
    "Examples:\n"
    "  loopscope show                                             all of the newest trace in this folder\n"
    "  loopscope show web.loopscope.jsonl 'fd=6 call=epoll_ctl'   how descriptor 6 came to be watched\n"
    "  loopscope show 'call~accept error!=EAGAIN'                 connections accepted\n"
    "  loopscope show 'path~balloons dur>10ms'\n"
    "  loopscope show 'op=ACCEPT'                                 connections through io_uring\n"
    "  loopscope show 'type=call' --json | jq .dur";

int show_command(const ShowOptions& options) {
  const Words words = tell_apart(options.words);
  auto query = Query::parse(words.query);
  if (!query) {
    say("{}", query.error());
    return 2;
  }
  const auto path = choose_trace(words.file);
  if (!path) return say("{}", path.error());
  auto file = TraceFile::open(*path);
  if (!file) return say("{}", file.error());
  return Show(std::move(*query), options.json, options.ids && !options.json, *path != "-").run(*file);
}

}  // namespace loopscope::tracer
