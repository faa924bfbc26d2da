// SPDX-License-Identifier: Apache-2.0
#include "tracer/show_command.h"

#include <algorithm>
#include <csignal>
#include <filesystem>

#include <fmt/format.h>

#include "trace-model/query.h"
#include "trace-model/show_line.h"
#include "trace-model/terminal_text.h"
#include "trace-model/trace_reader.h"
#include "tracer/line_output.h"
#include "tracer/trace_choice.h"

namespace loopscope::tracer {
namespace {

using trace_model::Call;
using trace_model::Event;
using trace_model::Model;
using trace_model::Problem;
using trace_model::Query;
using trace_model::Record;
using trace_model::TraceFile;

constexpr uint64_t kMaxProblemsTold = 20;

template <typename... Arguments>
void say(fmt::format_string<Arguments...> format, Arguments&&... arguments) {
  const std::string sentence = fmt::format(format, std::forward<Arguments>(arguments)...);
  fmt::print(stderr, "loopscope: {}\n", trace_model::terminal_text(sentence));
}

bool names_a_file(const std::string& word) {
  std::error_code error;
  return word == "-" || std::filesystem::exists(word, error);
}

struct Words {
  std::string file, query;
};

Words tell_apart(const std::vector<std::string>& words) {
  Words told;
  const auto file = std::ranges::find_if(words, names_a_file);
  if (file != words.end()) told.file = *file;
  for (auto word = words.begin(); word != words.end(); ++word)
    if (word != file) told.query.append(told.query.empty() ? "" : " ").append(*word);
  return told;
}

class Show {
 public:
  Show(Query query, bool json, bool gather) : query_(std::move(query)), json_(json), out_(gather) {}

  [[nodiscard]] int run(TraceFile& file);

 private:
  [[nodiscard]] bool take(const Record& record);
  void tell(const Problem& problem);
  [[nodiscard]] int finish(const TraceFile& file, uint64_t records, uint64_t problems);

  Query query_;
  bool json_;
  Model model_;
  LineOutput out_;
  uint64_t shown_ = 0, problems_told_ = 0;
};

int Show::run(TraceFile& file) {
  file.reader().on_problem([this](const Problem& problem) { tell(problem); });
  for (;;) {
    const auto record = file.next();
    if (!record) {
      (void)out_.pass_on(true);
      say("{}", record.error());
      return 1;
    }
    if (!*record) break;
    if (!take(**record)) break;
  }
  return finish(file, file.reader().record_count(), file.reader().problem_count());
}

// False when nothing more can be shown.
bool Show::take(const Record& record) {
  Event& event = *record.event;
  if (Call* call = std::get_if<Call>(&event)) model_.join(*call);
  const bool matches = query_.matches(event);
  if (matches && !json_) append_line_begin(out_.text(), event, model_.state());
  model_.apply(event);
  if (!matches) return true;
  ++shown_;
  if (json_) out_.text().append(record.line).append("\n");
  else append_line_end(out_.text(), event, model_.state());
  return out_.pass_on();
}

void Show::tell(const Problem& problem) {
  if (++problems_told_ <= kMaxProblemsTold) say("{}", sentence_of(problem));
}

int Show::finish(const TraceFile& file, uint64_t records, uint64_t problems) {
  if (problems > kMaxProblemsTold) say("{} more lines are damaged", problems - kMaxProblemsTold);
  if (!out_.pass_on(true)) {
    say("{}", out_.error());
    return 1;
  }
  if (shown_ == 0) say("none of the {} records in {} is what the query asks for", records, file.path());
  return 0;
}

}  // namespace

const std::string_view kShowHelp =
    "A line is: seconds since the attach when the call began, process[.thread], call(arguments) = result <duration>;\n"
    "lines stand in the order in which calls returned. FD<WHAT> says what a descriptor is, as strace -y does.\n"
    "\n"
    "A query is conditions that must all hold: FIELD, an operator and a value without spaces between\n"
    "(path~\"two words\" where there are some in the value). Quote the query: < and > mean something to the shell.\n"
    "  =  !=           is one of these values (fd=5,6), is none of them; != holds as well where there is no such field\n"
    "  ~  !~           contains, does not contain: texts and names\n"
    "  <  <=  >  >=    numbers; times take ns, us, ms, s\n"
    "Fields:\n"
    "  fd              any descriptor in an argument, ready or returned; file: its identity, which reuse does not share\n"
    "  call            the call's name; op, flags, sockfd and all other arguments have their own, as in man pages\n"
    "  path, addr      files named; addresses of sockets (127.0.0.1:8080, unix:/run/x)\n"
    "  pid, tid        process, thread\n"
    "  ret, error      what the call returned; EAGAIN and others\n"
    "  t, dur          when it began, how long it took\n"
    "  events, data    of epoll and poll: asked for and ready\n"
    "  type            of the record: call, pending, fork, exec, exit, fd, watch, lost, ...; and of a socket: STREAM\n"
    "  kind, backlog, queue   of a socket: tcp, unix, ...; a listener's limit, and how many wait for accept\n"
    "  id              the record's number, which reports name as evidence\n"
    "Names may begin behind an underscore, in either case: op=ADD is EPOLL_CTL_ADD, events=in is EPOLLIN or POLLIN.\n"
    "\n"
    "Examples:\n"
    "  loopscope show                                             all of the newest trace in this folder\n"
    "  loopscope show web.loopscope.jsonl 'fd=6 call=epoll_ctl'   how descriptor 6 came to be watched\n"
    "  loopscope show 'call~accept error!=EAGAIN'                 connections accepted\n"
    "  loopscope show 'path~balloons dur>10ms'\n"
    "  loopscope show 'type=call' --json | jq .dur";

int show_command(const ShowOptions& options) {
  signal(SIGPIPE, SIG_IGN);  // a closed pipe is told by write()
  const Words words = tell_apart(options.words);
  auto query = Query::parse(words.query);
  if (!query) {
    say("{}", query.error());
    return 2;
  }
  const auto path = choose_trace(words.file);
  if (!path) {
    say("{}", path.error());
    return 1;
  }
  auto file = TraceFile::open(*path);
  if (!file) {
    say("{}", file.error());
    return 1;
  }
  return Show(std::move(*query), options.json, *path != "-").run(*file);
}

}  // namespace loopscope::tracer
