// SPDX-License-Identifier: Apache-2.0
#include "tracer/recorder_process.h"

#include <fmt/format.h>
#include <poll.h>
#include <signal.h>

#include <array>

#include "trace-model/report_text.h"
#include "tracer/packet_socket.h"
#include "tracer/sudo.h"

namespace loopscope::tracer {

using nlohmann::json;
using trace_model::Pid;

namespace {

json to_json(const RecordOptions& o) {
  json out{{"max_size", o.max_size_bytes}, {"calls", o.calls}, {"no_io", o.no_io},
           {"no_sched", o.no_sched},       {"peek", o.peek},   {"no_follow", o.no_follow},
           {"buffer", o.buffer_bytes},     {"quiet", o.quiet}, {"launched", !o.command.empty()}};
  if (o.duration_s) out["duration"] = *o.duration_s;
  if (o.last_s) out["last"] = *o.last_s;
  return out;
}

RecordOptions options_from(const json& in) {
  RecordOptions o;
  o.max_size_bytes = in.at("max_size");
  o.calls = in.at("calls");
  o.no_io = in.at("no_io");
  o.no_sched = in.at("no_sched");
  o.peek = in.at("peek");
  o.no_follow = in.at("no_follow");
  o.buffer_bytes = in.at("buffer");
  o.quiet = in.at("quiet");
  if (in.contains("duration")) o.duration_s = in.at("duration").get<double>();
  if (in.contains("last")) o.last_s = in.at("last").get<double>();
  return o;
}

bool readable_now(int fd) {
  pollfd one{fd, POLLIN, 0};
  return poll(&one, 1, 0) > 0;
}

// The front says it to the user; where it is gone nobody is left to tell.
int fail_to(const PacketSocket& front, const std::string& why) {
  (void)front.send({{"failed", why}});
  return 1;
}

int serve(const PacketSocket& front) {
  auto request = front.receive();
  if (!request || !request->fd) return 1;
  const json& body = request->body;
  Recording recording(options_from(body.at("options")),
                      body.at("command_line").get<std::vector<std::string>>());
  if (auto attached = recording.attach(body.at("targets").get<std::vector<Pid>>()); !attached)
    return fail_to(front, attached.error());
  if (!front.send({{"ready", true}})) return 1;
  if (const auto go = front.receive(); !go || !go->body.contains("go")) return 1;
  const auto stop = [&front]() -> std::string {
    if (!readable_now(front.fd())) return {};
    const auto packet = front.receive();
    return packet ? packet->body.value("stop", "interrupted") : "interrupted";
  };
  const auto totals = recording.run(request->fd.get(), body.at("file").get<std::string>(), stop, front.fd());
  if (!totals) return fail_to(front, totals.error());
  json answer{{"calls", totals->calls},   {"lost", totals->lost},
              {"bytes", totals->bytes},   {"seconds", totals->seconds},
              {"reason", totals->reason}, {"report", report_text(make_report(recording.model()))}};
  if (!front.send(answer)) {
    answer["report"] = "";  // too long for a packet: the file has it all
    return front.send(answer) ? 0 : 1;
  }
  return 0;
}

// The recorder connects once sudo let it; sudo's end without that means it did not.
std::expected<PacketSocket, std::string> await_recorder(const PacketListener& listener, const SudoRun& sudo) {
  for (;;) {
    pollfd one{listener.fd(), POLLIN, 0};
    if (poll(&one, 1, 200) > 0)
      if (auto peer = listener.accept_root()) return std::move(*peer);
    if (auto why = sudo.failed()) return std::unexpected(std::move(*why));
  }
}

}  // namespace

int recorder_process(const std::string& socket_name) {
  signal(SIGPIPE, SIG_IGN);
  signal(SIGINT, SIG_IGN);  // Ctrl+C is the front's to judge
  const auto front = PacketSocket::connect_to(socket_name);
  if (!front) {
    fmt::print(stderr, "loopscope: {}\n", front.error());
    return 1;
  }
  try {
    return serve(*front);
  } catch (const json::exception& error) {
    fmt::print(stderr, "loopscope: the front and the recorder are of different versions: {}\n", error.what());
    return 1;
  }
}

std::expected<ElevatedResult, std::string> record_elevated(
    const RecordOptions& options, const std::vector<Pid>& targets,
    const std::vector<std::string>& command_line, const OutputFile& file,
    const std::function<std::expected<void, std::string>()>& on_ready, const StopReason& stop, int wake_fd) {
  const auto listener = PacketListener::create();
  if (!listener) return std::unexpected(listener.error());
  const auto sudo = SudoRun::start({kRecorderProcessWord, listener->name()});
  if (!sudo) return std::unexpected(sudo.error());
  const auto recorder = await_recorder(*listener, *sudo);
  if (!recorder) return std::unexpected(recorder.error());
  const std::string gone = "the recorder ended without a word";
  if (!recorder->send({{"options", to_json(options)},
                       {"targets", targets},
                       {"command_line", command_line},
                       {"file", file.path()}},
                      file.fd()))
    return std::unexpected(gone);
  auto answer = recorder->receive();
  if (!answer) return std::unexpected(gone);
  if (answer->body.contains("failed")) return std::unexpected(answer->body.value("failed", gone));
  if (auto ready = on_ready(); !ready) return std::unexpected(ready.error());
  if (!recorder->send({{"go", true}})) return std::unexpected(gone);
  for (bool told = false;;) {
    std::array<pollfd, 2> fds{{{recorder->fd(), POLLIN, 0}, {wake_fd, POLLIN, 0}}};
    poll(fds.data(), told ? 1 : 2, 100);
    if (fds[0].revents) break;
    if (told) continue;
    if (const std::string reason = stop(); !reason.empty()) told = recorder->send({{"stop", reason}});
  }
  answer = recorder->receive();
  sudo->finish();
  if (!answer) return std::unexpected(gone);
  if (answer->body.contains("failed")) return std::unexpected(answer->body.value("failed", gone));
  const json& body = answer->body;
  return ElevatedResult{
      {body.value("calls", uint64_t(0)), body.value("lost", uint64_t(0)), body.value("bytes", uint64_t(0)),
       body.value("seconds", 0.0), body.value("reason", "")},
      body.value("report", "")};
}

}  // namespace loopscope::tracer
