// SPDX-License-Identifier: Apache-2.0
#include "tracer/bpf_session.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <fmt/format.h>
#include <poll.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <bit>
#include <fstream>

#include "observer_bpf.skel.h"
#include "tracer/kernel_types.h"
#include "tracer/privileges.h"
#include "tracer/sched_probes.h"
#include "tracer/uring_probes.h"

namespace loopscope::tracer {
namespace {

struct Consumer {
  const std::function<void(std::span<const std::byte>)>* sink = nullptr;
  size_t records = 0;
};

int consume(void* context, void* data, size_t size) {
  auto& consumer = *static_cast<Consumer*>(context);
  (*consumer.sink)(std::span(static_cast<const std::byte*>(data), size));
  ++consumer.records;
  return 0;
}

// libbpf's own words are kept and shown only when something failed: they are long, and half of them are
// normal.
std::string& libbpf_messages() {
  static std::string text;
  return text;
}

int keep_message(libbpf_print_level level, const char* format, va_list args) {
  std::array<char, 512> line{};
  if (level == LIBBPF_DEBUG) return 0;
  const int length = vsnprintf(line.data(), line.size(), format, args);
  std::string& text = libbpf_messages();
  if (length > 0 && text.size() < 64 * 1024)
    text.append(line.data(), std::min<size_t>(length, line.size() - 1));
  return 0;
}

std::string kernel_release() {
  utsname name{};
  return uname(&name) == 0 ? name.release : "?";
}

std::string why_not_loaded(int error) {
  if (error == EPERM || error == EACCES) return missing_capabilities();
  if (error == ESRCH || error == ENOENT)
    return "this kernel gives no type information (/sys/kernel/btf/vmlinux): boot one built with "
           "CONFIG_DEBUG_INFO_BTF, "
           "as Debian's are";
  std::string detail = libbpf_messages();
  const size_t last = detail.find_last_not_of('\n');
  const size_t start = last == std::string::npos ? 0 : detail.rfind('\n', last) + 1;
  return fmt::format("the kernel ({}) refused the programs: {} ({}); `loopscope doctor` says what is missing",
                     kernel_release(), strerror(error),
                     last == std::string::npos ? "no detail" : detail.substr(start, last + 1 - start));
}

uint32_t round_up_ring(uint64_t bytes) {
  const uint64_t page = uint64_t(sysconf(_SC_PAGESIZE));
  return uint32_t(std::min<uint64_t>(std::bit_ceil(std::max(bytes, page)), 1u << 30));
}

void end_link(bpf_link*& link) {
  bpf_link__destroy(link);
  link = nullptr;
}

}  // namespace

struct BpfSession::Parts {
  observer_bpf* skeleton = nullptr;
  ring_buffer* ring = nullptr;
  Consumer consumer;
  bpf_link* thread_iterator = nullptr;
  bpf_link* descriptor_iterator = nullptr;
  bpf_link* queue_iterator = nullptr;
  bpf_link* ring_iterator = nullptr;
  std::string uring_probe;  // what serves io_uring, for the header
  std::string sched_probe = "off: left out";
  std::array<uint64_t, LOSS_CLASSES> losses_taken{};

  struct UringProgram {
    bpf_program* program;
    bpf_link** link;
    std::string_view name;
  };
  std::array<UringProgram, 9> uring_programs() {
    auto& p = skeleton->progs;
    auto& l = skeleton->links;
    return {{{p.ring_made, &l.ring_made, "create"},
             {p.op_taken, &l.op_taken, "submit_req"},
             {p.op_taken_before_6_3, &l.op_taken_before_6_3, "submit_sqe"},
             {p.op_refused, &l.op_refused, "req_failed"},
             {p.op_armed, &l.op_armed, "poll_arm"},
             {p.op_woken, &l.op_woken, "task_add"},
             {p.op_punted, &l.op_punted, "queue_async_work"},
             {p.op_completed, &l.op_completed, "complete"},
             {p.queue_overflowed, &l.queue_overflowed, "cqe_overflow"}}};
  }
  void choose_uring() {
    const btf* types = kernel_types();
    const auto probes = types ? uring_probes(*types) : std::vector<UringProbe>();
    uring_probe = uring_probe_text(probes);
    const bool off = uring_probe.starts_with("off");
    for (const auto& [program, link, name] : uring_programs()) {
      const auto known = std::ranges::find(probes, name, &UringProbe::name);
      bpf_program__set_autoload(program, !off && known != probes.end() && known->known);
    }
  }

  std::array<std::pair<bpf_program*, bpf_link**>, 3> sched_programs() {
    auto& p = skeleton->progs;
    auto& l = skeleton->links;
    return {{{p.cpu_switched, &l.cpu_switched},
             {p.cpu_switched_before_5_18, &l.cpu_switched_before_5_18},
             {p.thread_woken, &l.thread_woken}}};
  }
  void choose_sched(bool wanted) {
    const btf* types = kernel_types();
    const SchedProbes probes = wanted && types ? sched_probes(*types) : SchedProbes();
    if (wanted) sched_probe = sched_probe_text(probes);
    skeleton->rodata->count_from_run_queue = probes.count_from_run_queue.value_or(0);
    skeleton->rodata->watch_switches = probes.there;
    auto& p = skeleton->progs;
    bpf_program__set_autoload(p.cpu_switched, probes.there && probes.state_argument);
    bpf_program__set_autoload(p.cpu_switched_before_5_18, probes.there && !probes.state_argument);
    bpf_program__set_autoload(p.thread_woken, probes.there);
  }

  ~Parts() {
    bpf_link__destroy(thread_iterator);
    bpf_link__destroy(descriptor_iterator);
    bpf_link__destroy(queue_iterator);
    bpf_link__destroy(ring_iterator);
    ring_buffer__free(ring);
    observer_bpf__destroy(skeleton);
  }
};

BpfSession::BpfSession(std::unique_ptr<Parts> parts) : parts_(std::move(parts)) {}
BpfSession::BpfSession(BpfSession&&) noexcept = default;
BpfSession& BpfSession::operator=(BpfSession&&) noexcept = default;
BpfSession::~BpfSession() = default;

std::expected<BpfSession, std::string> BpfSession::open(const BpfOptions& options) {
  libbpf_messages().clear();
  libbpf_set_print(keep_message);
  auto parts = std::make_unique<Parts>();
  // Named, so that libbpf does not look for shapes that this kernel does not have in the types of every
  // module: that takes CAP_SYS_ADMIN, and nothing here is in a module.
  LIBBPF_OPTS(bpf_object_open_opts, open_options, .btf_custom_path = "/sys/kernel/btf/vmlinux");
  parts->skeleton = observer_bpf__open_opts(&open_options);
  if (!parts->skeleton) return std::unexpected(why_not_loaded(errno));
  auto* rodata = parts->skeleton->rodata;
  std::ranges::copy(options.shapes, const_cast<call_shape*>(rodata->call_shapes));
  rodata->follow_forks = options.follow_forks;
  rodata->peek_bytes = std::min<uint32_t>(options.peek_bytes, WIRE_ROOM_PEEK);
  rodata->wanted_ops = options.wanted_ops;
  rodata->table_ops = options.table_ops;
  bpf_map__set_max_entries(parts->skeleton->maps.events, round_up_ring(options.buffer_bytes));
  parts->choose_uring();
  parts->choose_sched(options.sched);
  if (const int error = observer_bpf__load(parts->skeleton)) return std::unexpected(why_not_loaded(-error));
  parts->ring =
      ring_buffer__new(bpf_map__fd(parts->skeleton->maps.events), consume, &parts->consumer, nullptr);
  if (!parts->ring) return std::unexpected(fmt::format("cannot map the ring buffer: {}", strerror(errno)));
  return BpfSession(std::move(parts));
}

std::expected<void, std::string> BpfSession::attach() {
  auto& s = *parts_->skeleton;
  struct {
    bpf_program* program;
    bpf_link** link;
  } const all[]{{s.progs.task_created, &s.links.task_created},
                {s.progs.program_executed, &s.links.program_executed},
                {s.progs.task_exits, &s.links.task_exits},
                {s.progs.call_begins, &s.links.call_begins},
                {s.progs.call_returned, &s.links.call_returned},
                {s.progs.threads_there, &parts_->thread_iterator},
                {s.progs.descriptors_there, &parts_->descriptor_iterator},
                {s.progs.queues_there, &parts_->queue_iterator},
                {s.progs.rings_there, &parts_->ring_iterator}};
  for (const auto& [program, link] : all) {
    *link = bpf_program__attach(program);
    if (!*link)
      return std::unexpected(
          fmt::format("cannot attach {}: {}", bpf_program__section_name(program), strerror(errno)));
  }
  attach_uring();
  attach_sched();
  return {};
}

// What the kernel has not, or with arguments that are not known, is not loaded, named in the header, and
// stops nothing.
void BpfSession::attach_uring() {
  bool all = true;
  for (const auto& [program, link, name] : parts_->uring_programs()) {
    if (!bpf_program__autoload(program)) continue;
    *link = bpf_program__attach(program);
    all = all && *link;
  }
  if (!all) parts_->uring_probe += "; not all could be attached";
}

void BpfSession::attach_sched() {
  bool all = true;
  for (const auto& [program, link] : parts_->sched_programs()) {
    if (!bpf_program__autoload(program)) continue;
    *link = bpf_program__attach(program);
    all = all && *link;
  }
  if (!all) parts_->sched_probe += "; not all could be attached";
}

void BpfSession::detach() {
  auto& links = parts_->skeleton->links;
  // What sees calls end goes first: a call that began after call_begins was gone would end with an unknown
  // start.
  for (const auto& [program, link] : parts_->sched_programs()) end_link(*link);
  for (const auto& [program, link, name] : parts_->uring_programs()) end_link(*link);
  for (bpf_link** link : {&links.call_returned, &links.call_begins, &links.task_created,
                          &links.program_executed, &links.task_exits})
    end_link(*link);
}

std::expected<void, std::string> BpfSession::add_target(uint32_t pid) {
  const uint8_t one = 1;
  if (bpf_map__update_elem(parts_->skeleton->maps.targets, &pid, sizeof(pid), &one, sizeof(one), BPF_ANY))
    return std::unexpected(fmt::format("cannot note process {} as a target: {}", pid, strerror(errno)));
  return {};
}

namespace {

std::expected<std::vector<std::byte>, std::string> read_iterator(const bpf_link* link) {
  const int fd = bpf_iter_create(bpf_link__fd(link));
  if (fd < 0) return std::unexpected(fmt::format("cannot run an iterator: {}", strerror(errno)));
  std::vector<std::byte> bytes;
  std::vector<std::byte> chunk(256 * 1024);
  std::string problem;
  for (;;) {
    const ssize_t got = read(fd, chunk.data(), chunk.size());
    if (got < 0 && (errno == EINTR || errno == EAGAIN)) continue;
    if (got < 0) problem = fmt::format("an iterator stopped: {}", strerror(errno));
    if (got <= 0) break;
    bytes.insert(bytes.end(), chunk.begin(), chunk.begin() + got);
  }
  close(fd);
  if (!problem.empty()) return std::unexpected(problem);
  return bytes;
}

template <typename Row>
std::expected<std::vector<Row>, std::string> rows_of(
    const std::expected<std::vector<std::byte>, std::string>& bytes) {
  if (!bytes) return std::unexpected(bytes.error());
  std::vector<Row> rows(bytes->size() / sizeof(Row));
  if (!rows.empty()) memcpy(rows.data(), bytes->data(), rows.size() * sizeof(Row));
  return rows;
}

}  // namespace

std::expected<std::vector<wire_task_row>, std::string> BpfSession::threads() {
  return rows_of<wire_task_row>(read_iterator(parts_->thread_iterator));
}

std::expected<std::vector<wire_queue_row>, std::string> BpfSession::queues() {
  return rows_of<wire_queue_row>(read_iterator(parts_->queue_iterator));
}

std::expected<std::vector<std::byte>, std::string> BpfSession::descriptors() {
  auto rows = read_iterator(parts_->descriptor_iterator);
  if (!rows) return rows;
  const auto rings = read_iterator(parts_->ring_iterator);
  if (!rings) return rings;
  rows->insert(rows->end(), rings->begin(), rings->end());
  return rows;
}

size_t BpfSession::drain(const std::function<void(std::span<const std::byte>)>& sink) {
  parts_->consumer = {&sink, 0};
  ring_buffer__consume(parts_->ring);
  return parts_->consumer.records;
}

void BpfSession::wait(std::chrono::milliseconds limit, int wake_fd) {
  volatile uint32_t& sleeps = parts_->skeleton->bss->consumer_sleeps;
  sleeps = 1;
  pollfd fds[2]{{ring_buffer__epoll_fd(parts_->ring), POLLIN, 0}, {wake_fd, POLLIN, 0}};
  poll(fds, wake_fd < 0 ? 1 : 2, int(limit.count()));
  sleeps = 0;
}

std::vector<LossInterval> BpfSession::take_losses() {
  const int cpus = libbpf_num_possible_cpus();
  std::vector<wire_loss_count> per_cpu(size_t(std::max(cpus, 1)));
  std::vector<LossInterval> intervals;
  for (uint32_t kind = 0; kind < LOSS_CLASSES; ++kind) {
    if (bpf_map__lookup_elem(parts_->skeleton->maps.losses, &kind, sizeof(kind), per_cpu.data(),
                             per_cpu.size() * sizeof(wire_loss_count), 0))
      continue;
    LossInterval interval{wire_loss(kind), 0, UINT64_MAX, 0};
    const uint64_t epoch = parts_->skeleton->bss->loss_epoch;
    for (const wire_loss_count& cpu : per_cpu) {
      interval.count += cpu.count;
      if (cpu.count && cpu.epoch == epoch) {
        interval.first_ns = std::min<uint64_t>(interval.first_ns, cpu.first_ns);
        interval.last_ns = std::max<uint64_t>(interval.last_ns, cpu.last_ns);
      }
    }
    const uint64_t fresh = interval.count - parts_->losses_taken[kind];
    parts_->losses_taken[kind] = interval.count;
    interval.count = fresh;
    if (!fresh) continue;
    if (interval.first_ns >
        interval.last_ns)  // counted between two reads of the epoch: the time of the last will do
      for (const wire_loss_count& cpu : per_cpu)
        interval.first_ns = interval.last_ns = std::max<uint64_t>(interval.last_ns, cpu.last_ns);
    intervals.push_back(interval);
  }
  if (!intervals.empty()) parts_->skeleton->bss->loss_epoch = parts_->skeleton->bss->loss_epoch + 1;
  return intervals;
}

std::map<std::string, uint64_t> BpfSession::skipped() const {
  static constexpr std::array<const char*, SKIP_KINDS> kNames{
      "32-bit calls", "threads beyond the 65 536 that can be observed at once",
      "operations of io_uring beyond the 65 536 that can be in flight at once",
      "times off the CPU whose end the kernel did not report"};
  const int cpus = libbpf_num_possible_cpus();
  std::vector<uint64_t> per_cpu(size_t(std::max(cpus, 1)));
  std::map<std::string, uint64_t> counts;
  for (uint32_t kind = 0; kind < SKIP_KINDS; ++kind) {
    if (bpf_map__lookup_elem(parts_->skeleton->maps.skips, &kind, sizeof(kind), per_cpu.data(),
                             per_cpu.size() * sizeof(uint64_t), 0))
      continue;
    uint64_t sum = 0;
    for (const uint64_t count : per_cpu) sum += count;
    if (sum) counts[kNames[kind]] = sum;
  }
  const auto& p = parts_->skeleton->progs;
  for (const auto& [program, what] : {std::pair{p.call_begins, "calls"},
                                      {p.call_returned, "calls"},
                                      {p.cpu_switched, "switches between threads"},
                                      {p.cpu_switched_before_5_18, "switches between threads"}}) {
    bpf_prog_info info{};
    uint32_t size = sizeof(info);
    if (bpf_program__fd(program) >= 0 && !bpf_obj_get_info_by_fd(bpf_program__fd(program), &info, &size) &&
        info.recursion_misses)
      counts[fmt::format("{} while the program was already running on that CPU", what)] +=
          info.recursion_misses;
  }
  return counts;
}

std::map<std::string, std::string> BpfSession::probes() const {
  return {{"calls", "tp_btf sys_enter, sys_exit"},
          {"lifecycle", "tp_btf task_newtask, sched_process_exec, sched_process_exit"},
          {"snapshot", "iter/task, iter/task_file"},
          {"queues", "iter/task_file"},
          {"io_uring", parts_->uring_probe.empty() ? "raw_tp io_uring_*" : parts_->uring_probe},
          {"off-CPU", parts_->sched_probe}};
}

}  // namespace loopscope::tracer
