// SPDX-License-Identifier: Apache-2.0
#include "trace-model/trace_reader.h"

#include <algorithm>
#include <sstream>

#include <gtest/gtest.h>

#include "tests/trace-model/format_1.h"
#include "tests/trace-model/random_records.h"
#include "tests/trace-model/reading.h"
#include "tests/trace-model/same.h"
#include "trace-model/json_writer.h"

namespace loopscope::trace_model {
namespace {

// Which kinds of records are in it, each of which is written as it stands there.
std::vector<bool> kinds_read_exactly(const std::string& text, size_t expected) {
  const auto read = read_all(text);
  EXPECT_EQ(read.refusal, "");
  for (const Problem& problem : read.problems) ADD_FAILURE() << sentence_of(problem);
  EXPECT_EQ(read.events.size(), expected);
  std::vector<bool> kinds(std::variant_size_v<Event>);
  std::istringstream lines(text);
  for (size_t i = 0; i < read.events.size(); ++i) {
    std::string line, written;
    std::getline(lines, line);
    EXPECT_EQ(read.lines[i], line);
    EXPECT_EQ(read.line_numbers[i], i + 1);
    kinds[read.events[i].index()] = true;
    append_line(written, read.events[i]);
    if (!std::holds_alternative<Unknown>(read.events[i])) {
      EXPECT_EQ(written, line + "\n");
    }
  }
  return kinds;
}

TEST(TraceReader, ReadsTheFirstFormatExactly) {
  std::vector<bool> kinds = kinds_read_exactly(golden(), 35);
  const std::vector<bool> more = kinds_read_exactly(golden_rings(), 17);
  const std::vector<bool> off = kinds_read_exactly(golden_off(), 4);
  (void)kinds_read_exactly(golden_peek(), 3);
  const std::vector<bool> queue = kinds_read_exactly(golden_queue(), 4);
  for (size_t kind = 0; kind < kinds.size(); ++kind)
    EXPECT_TRUE(kinds[kind] || more[kind] || off[kind] || queue[kind]) << "no record of kind " << kind;
}

TEST(TraceReader, UnderstandsTheFirstFormat) {
  const auto read = read_all(golden());
  ASSERT_EQ(read.events.size(), 35u);
  EXPECT_EQ(std::get<TraceHeader>(read.events[0]).last_s, 2.5);
  const auto& process = std::get<ProcessRow>(read.events[1]);
  EXPECT_EQ(process.cmdline[1], "b\xFF.py");
  EXPECT_EQ(process.threads[1].comm, "w\xFE");
  EXPECT_EQ(std::get<FdRow>(read.events[4]).socket.local, std::string("unix:@a\0\xFF", 9));
  EXPECT_EQ(std::get<WatchRow>(read.events[7]).data, ~uint64_t{0});
  EXPECT_EQ(std::get<WatchRow>(read.events[7]).events, 0x80000801u);
  const auto& wait = std::get<Call>(read.events[10]);
  EXPECT_EQ(wait.pid, 4711);
  EXPECT_EQ(wait.spec, find_call("epoll_wait"));
  EXPECT_EQ(wait.arg("timeout"), -1);
  EXPECT_EQ(wait.file("epfd"), 1u);
  EXPECT_EQ(wait.ready[1].candidates, (std::vector{9, 10}));
  const auto& open = std::get<Call>(read.events[12]);
  EXPECT_EQ(open.pid, 4711);
  EXPECT_EQ(open.tid, 4712);
  EXPECT_EQ(open.arg("dirfd"), -100);
  EXPECT_EQ(open.arg("mode"), 0644);
  EXPECT_EQ(open.text, "/srv/ballo\xFFns.py");
  EXPECT_TRUE(open.text_cut);
  EXPECT_EQ(open.ret_file, 7u);
  EXPECT_EQ(std::get<Call>(read.events[13]).error, 11);
  EXPECT_EQ(std::get<Call>(read.events[15]).error, 531);
  EXPECT_EQ(std::get<Call>(read.events[15]).arg("events"), std::nullopt);
  const auto& select = std::get<Call>(read.events[17]);
  EXPECT_EQ(select.arg("writefds").has_value(), true);
  EXPECT_EQ(select.arg("exceptfds"), std::nullopt);
  EXPECT_EQ(std::get<Call>(read.events[24]).name(), "sched_teleport");
  EXPECT_EQ(std::get<Call>(read.events[24]).error, 516);
  EXPECT_EQ(std::get<Exit>(read.events[30]).signal, 9);
}

TEST(TraceReader, HowTheBytesArriveDoesNotMatter) {
  const std::string text = golden();
  const auto whole = read_all(text);
  for (const size_t piece : {1, 2, 3, 7, 64, 1000}) {
    const auto read = read_all(text, piece);
    EXPECT_EQ(read.lines, whole.lines) << piece;
    EXPECT_TRUE(read.problems.empty()) << piece;
  }
}

class CutTrace : public testing::TestWithParam<std::string> {};
std::string name_of(const testing::TestParamInfo<std::string>& file) {
  constexpr const char* kNames[]{"calls", "rings", "off", "queue", "peek"};
  return kNames[file.index];
}
INSTANTIATE_TEST_SUITE_P(TraceReader, CutTrace,
                         testing::Values("format-1.jsonl", "format-1-rings.jsonl", "format-1-off.jsonl",
                                         "format-1-queue.jsonl", "format-1-peek.jsonl"),
                         name_of);

TEST_P(CutTrace, GivesAllThatIsComplete) {
  const std::string text = contents(GetParam());
  for (size_t cut = 1; cut < text.size(); ++cut) {
    const std::string_view rest(text.data(), cut);
    const auto complete = size_t(std::ranges::count(rest, '\n'));
    const bool at_line_end = text[cut] == '\n';  // the last line lacks only its newline
    const bool within_line = !at_line_end && rest.back() != '\n';
    const auto read = read_all(rest);
    ASSERT_EQ(read.events.size(), complete + at_line_end) << "cut at " << cut;
    ASSERT_EQ(read.problems.size(), within_line ? 1u : 0u) << "cut at " << cut;
    if (within_line) {
      ASSERT_TRUE(read.problems[0].what.starts_with("the file is cut within this line")) << cut;
    }
  }
}

TEST(TraceReader, ABadLineHarmsNoOther) {
  EXPECT_EQ(problem_with("{\"type\":\"call\",\"id\":2,"), "the line is not a JSON object");
  EXPECT_EQ(problem_with("no JSON at all"), "the line is not a JSON object");
  EXPECT_EQ(problem_with("[1,2]"), "the line is not a JSON object");
  EXPECT_EQ(problem_with("17"), "the line is not a JSON object");
  EXPECT_EQ(problem_with("{\"type\":\"call\",\"id\":\"un"), "the line ends within a string");
  EXPECT_EQ(problem_with("{\"type\":\"lost\",\"id\":2,\"x\":\"\xFF\"}"), "the line is not UTF-8");
  EXPECT_EQ(problem_with("{\"type\":\"lost\",\"id\":2,\"x\":\"\x01\"}"),
            "the line has a control character within a string");
  EXPECT_EQ(problem_with(std::string(50, '\0')), "the line is not a JSON object");
  EXPECT_EQ(problem_with(R"({"id":2,"t":1})"), "member type is missing");
  EXPECT_EQ(problem_with(R"({"type":7,"id":2})"), "member type is not a string");
  EXPECT_NE(problem_with(R"({"type":"end","id":2,"t":1,"events":1,"lost":1} trailing})"), "");
  EXPECT_NE(
      problem_with(
          R"({"type":"end","id":2,"t":1,"events":1,"lost":1}{"type":"end","id":3,"t":1,"events":1,"lost":1})"),
      "");
}

TEST(TraceReader, NamesTheMemberThatIsWrong) {
  EXPECT_EQ(problem_with(R"({"type":"call","id":2,"dur":0,"tid":7,"call":"close","ret":0})"),
            "member t is missing");
  EXPECT_EQ(problem_with(R"({"type":"call","id":2,"t":"1","dur":0,"tid":7,"call":"close","ret":0})"),
            "member t is not an integer of 64 bits");
  EXPECT_EQ(problem_with(
                R"({"type":"call","id":2,"t":99999999999999999999,"dur":0,"tid":7,"call":"close","ret":0})"),
            "member t is not an integer of 64 bits");
  EXPECT_EQ(problem_with(R"({"type":"call","id":2,"t":1.5,"dur":0,"tid":7,"call":"close","ret":0})"),
            "member t is not an integer of 64 bits");
  EXPECT_EQ(problem_with(
                R"({"type":"call","id":2,"t":1,"dur":0,"tid":7,"call":"close","args":{"fd":"x"},"ret":0})"),
            "member args.fd is not an integer of 64 bits");
  EXPECT_EQ(problem_with(R"({"type":"call","id":2,"t":1,"dur":0,"tid":7,"call":"close","args":[],"ret":0})"),
            "member args is not an object");
  EXPECT_EQ(
      problem_with(
          R"({"type":"call","id":2,"t":1,"dur":0,"tid":7,"call":"accept4","args":{"flags":7},"ret":0})"),
      "member args.flags is not a list");
  EXPECT_EQ(problem_with(
                R"({"type":"call","id":2,"t":1,"dur":0,"tid":7,"call":"open","args":{"mode":"09"},"ret":0})"),
            "member args.mode is not an octal number in a string");
  EXPECT_EQ(
      problem_with(
          R"({"type":"call","id":2,"t":1,"dur":0,"tid":7,"call":"open","args":{"pathname_hex":"f"},"ret":0})"),
      "member args.pathname_hex is not hexadecimal");
  EXPECT_EQ(
      problem_with(
          R"({"type":"call","id":2,"t":1,"dur":0,"tid":7,"call":"pipe","args":{"pipefd":[1]},"ret":0})"),
      "member args.pipefd has fewer than two elements");
  EXPECT_EQ(
      problem_with(
          R"({"type":"call","id":2,"t":1,"dur":0,"tid":7,"call":"epoll_wait","ret":1,"ready":[{"data":6}]})"),
      "member ready.data is not a string");
  EXPECT_EQ(
      problem_with(R"({"type":"call","id":2,"t":1,"dur":0,"tid":7,"call":"close","ret":-1,"error":"EWHAT"})"),
      "member error is not the name of an error");
  EXPECT_EQ(problem_with(R"({"type":"call","id":2,"t":1,"dur":0,"tid":5000000000,"call":"close","ret":0})"),
            "member tid is out of range");
  EXPECT_EQ(problem_with(R"({"type":"fd","id":2,"t":1,"pid":1,"fd":1,"file":-1,"kind":"file"})"),
            "member file is out of range");
  EXPECT_EQ(problem_with(R"({"type":"watch","id":2,"t":1,"pid":1,"epfd":1,"fd":1,"data":"6"})"),
            "member data is not of the form \"0x1f\"");
  EXPECT_EQ(problem_with(R"({"type":"lost","id":0,"t":1,"until":2,"count":1,"class":"io"})"),
            "member id is not positive");
  EXPECT_EQ(problem_with(R"({"type":"process","id":2,"t":1,"pid":1,"threads":[7]})"),
            "member threads has an element that is no object");
  EXPECT_EQ(problem_with(
                R"({"type":"process","id":2,"t":1,"pid":1,"cmdline":["a"],"cmdline_hex":[null*"61",null]})"),
            "member cmdline_hex is not a string");
  EXPECT_EQ(problem_with(R"({"type":"end","id":2,"t":1,"events":1,"lost":0,"skipped":{"x":"y"}})"),
            "member skipped.x is not an unsigned integer of 64 bits");
}

TEST(TraceReader, UsesARecordWithANameItDoesNotKnow) {
  const auto read =
      read_all(kHeader + R"({"type":"call","id":2,"t":1,"dur":0,"tid":7,"call":"accept4","args":{"sockfd":3,)"
                         R"("flags":["SOCK_CLOEXEC","SOCK_LATER"]},"ret":0})"
                         "\n");
  ASSERT_EQ(read.events.size(), 2u);
  EXPECT_EQ(std::get<Call>(read.events[1]).arg("flags"), 02000000);
  ASSERT_EQ(read.problems.size(), 1u);
  EXPECT_TRUE(read.problems[0].used);
  EXPECT_EQ(sentence_of(read.problems[0]), "line 2: the name \"SOCK_LATER\" is not known and was left out");
}

TEST(TraceReader, IgnoresMembersAndKeepsTypesItDoesNotKnow) {
  const auto read = read_all(
      kHeader +
      R"({"type":"note","id":2,"t":1,"ring":{"deep":[1,{"x":"y"}]},"tid":1})"
      "\n"
      R"({"type":"lost","id":3,"later":[{"a":1}],"t":1,"until":2,"more":null,"count":1,"class":"io"})"
      "\n");
  EXPECT_TRUE(read.problems.empty());
  ASSERT_EQ(read.events.size(), 3u);
  EXPECT_EQ(std::get<Unknown>(read.events[1]).type, "note");
  EXPECT_EQ(read.lines[1], R"({"type":"note","id":2,"t":1,"ring":{"deep":[1,{"x":"y"}]},"tid":1})");
  EXPECT_EQ(std::get<Lost>(read.events[2]).count, 1u);
}

TEST(TraceReader, MembersMayStandInAnyOrder) {
  const auto read = read_all(
      R"({"format":1,"id":1,"monotonic_ns":5,"type":"trace"})"
      "\n"
      R"( { "args" : {"epfd":5,"maxevents":10,"timeout":-1}, "call" : "epoll_wait", "dur":5, "files":{"epfd":9},)"
      R"( "id":2, "ready":[{"data":"0x6","events":["EPOLLIN","EPOLLET"]}], "ret":1, "t":1, "tid":7, "type":"call" } )"
      "\r\n");
  for (const Problem& problem : read.problems) ADD_FAILURE() << sentence_of(problem);
  ASSERT_EQ(read.events.size(), 2u);
  const auto& call = std::get<Call>(read.events[1]);
  EXPECT_EQ(call.arg("maxevents"), 10);
  EXPECT_EQ(call.file("epfd"), 9u);
  ASSERT_EQ(call.ready.size(), 1u);
  EXPECT_EQ(call.ready[0].events, 0x80000001u);
}

TEST(TraceReader, RefusesANewerFormatWithASentence) {
  const auto read = read_all(R"({"type":"trace","id":{"new":1},"format":2,"tool":[]})"
                             "\n" +
                             call_line(2));
  EXPECT_TRUE(read.events.empty());
  EXPECT_EQ(read.refusal,
            "this trace is of format 2, and this loopscope reads formats up to 1: read it with a newer one");
}

TEST(TraceReader, SaysSoWhenTheFileDoesNotBeginWithAHeader) {
  const auto read = read_all(call_line(2));
  EXPECT_EQ(read.events.size(), 1u);
  ASSERT_EQ(read.problems.size(), 1u);
  EXPECT_EQ(sentence_of(read.problems[0]), "line 1: the file does not begin with a trace record");
}

TEST(TraceReader, SaysSoWhenASecondHeaderStandsInTheFile) {
  const auto read = read_all(kHeader + kHeader);
  EXPECT_EQ(read.problems.size(), 2u);  // and its id does not increase
}

TEST(TraceReader, RefusesWhatIsNoTraceAtAll) {
  std::string passwd;
  for (int i = 0; i < 3000; ++i) passwd += "root:x:0:0:root:/root:/bin/bash\n";
  const auto read = read_all(passwd);
  EXPECT_EQ(read.refusal, "this is not a loopscope trace: none of its first 1000 lines is a record");
}

TEST(TraceReader, ReportsIdsAndTimesOutOfOrder) {
  const auto read = read_all(kHeader + call_line(5, 100) + call_line(5, 200) + call_line(6, 150));
  EXPECT_EQ(read.events.size(), 4u);
  ASSERT_EQ(read.problems.size(), 2u);
  EXPECT_EQ(sentence_of(read.problems[0]), "line 3: id 5 follows id 5: ids must increase");
  EXPECT_EQ(sentence_of(read.problems[1]),
            "line 4: the record completes at 150 ns, before the one before it at 200 ns");
}

TEST(TraceReader, KeepsTheFirstProblemsAndCountsAll) {
  std::string text = kHeader;
  for (int i = 0; i < 500; ++i) text += "bad\n";
  TraceReader reader({.max_line_bytes = 1000, .max_problems_kept = 10, .lines_before_refusal = 1000});
  uint64_t told = 0;
  reader.on_problem([&](const Problem&) { ++told; });
  reader.feed(text);
  reader.end();
  ASSERT_TRUE(reader.next());
  EXPECT_FALSE(reader.next());
  EXPECT_EQ(reader.problems().size(), 10u);
  EXPECT_EQ(reader.problem_count(), 500u);
  EXPECT_EQ(told, 500u);
}

TEST(TraceReader, SkipsALineThatIsTooLongWithoutKeepingIt) {
  const std::string text = kHeader + std::string(5'000'000, 'x') + "\n" + call_line(3);
  for (const size_t piece : {1000, 10'000'000}) {
    const auto read =
        read_all(text, piece, {.max_line_bytes = 100'000, .max_problems_kept = 9, .lines_before_refusal = 9});
    EXPECT_EQ(read.events.size(), 2u);
    ASSERT_EQ(read.problems.size(), 1u);
    EXPECT_EQ(sentence_of(read.problems[0]), "line 2: the line is longer than 100000 bytes; skipped");
    EXPECT_EQ(read.line_numbers.back(), 3u);
  }
}

TEST(TraceReader, LongStringsAndDeepNestingDoNoHarm) {
  const std::string long_path(1 << 20, 'p');
  const std::string deep(100'000, '['), end(100'000, ']');
  const auto read =
      read_all(kHeader + R"({"type":"exec","id":2,"t":1,"tid":7,"exe":")" + long_path + "\"}\n" +
               R"({"type":"call","id":3,"t":1,"dur":0,"tid":7,"call":"close","later":)" + deep + end +
               R"(,"ret":0})"
               "\n" +
               R"({"type":"call","id":4,"args":)" + deep + "\n" + call_line(5, 1));
  ASSERT_GE(read.events.size(), 3u);
  EXPECT_EQ(std::get<Exec>(read.events[1]).exe, long_path);
  EXPECT_EQ(id_of(read.events.back()), 5u);
}

TEST(TraceReader, BlankLinesAndAByteOrderMarkAreNoProblem) {
  const auto read = read_all("\xEF\xBB\xBF" + kHeader + "\n  \r\n" + call_line(2) + "\n");
  EXPECT_TRUE(read.problems.empty());
  EXPECT_EQ(read.line_numbers, (std::vector<uint64_t>{1, 4}));
}

TEST(TraceReader, FollowsAFileThatGrows) {
  TraceReader reader;
  const std::string line = call_line(2);
  reader.feed(kHeader + line.substr(0, 20));
  ASSERT_TRUE(reader.next());
  EXPECT_FALSE(reader.next());
  EXPECT_FALSE(reader.next());
  reader.feed(line.substr(20));
  const Record* record = reader.next();
  ASSERT_TRUE(record);
  EXPECT_EQ(record->line, line.substr(0, line.size() - 1));
  EXPECT_EQ(record->offset, kHeader.size());
  EXPECT_FALSE(reader.next());
  EXPECT_EQ(reader.problem_count(), 0u);
}

TEST(TraceFile, NamesAFileThatCannotBeRead) {
  EXPECT_EQ(TraceFile::open("/nowhere/at.all").error(),
            "cannot read /nowhere/at.all: No such file or directory");
  auto folder = TraceFile::open("/");
  ASSERT_TRUE(folder);
  EXPECT_EQ(folder->next().error(), "cannot read /: Is a directory");
}

TEST(TraceFile, SaysSoWhenAFileIsEmptyOrNoTrace) {
  auto empty = TraceFile::open("/dev/null");
  ASSERT_TRUE(empty);
  EXPECT_EQ(empty->next().error(), "/dev/null is empty: it holds no trace");
  auto other = TraceFile::open(LOOPSCOPE_TEST_DATA "/../CMakeLists.txt");
  ASSERT_TRUE(other);
  EXPECT_NE(other->next().error().find("is not a loopscope trace: line 1: the line is not a JSON object"),
            std::string::npos);
}

TEST(TraceFile, ReadsToTheEnd) {
  auto file = TraceFile::open(LOOPSCOPE_TEST_DATA "/format-1.jsonl");
  ASSERT_TRUE(file);
  TraceFile moved = std::move(*file);
  size_t count = 0;
  for (;;) {
    const auto record = moved.next();
    ASSERT_TRUE(record) << record.error();
    if (!*record) break;
    ++count;
  }
  EXPECT_EQ(count, 35u);
}

}  // namespace
}  // namespace loopscope::trace_model
