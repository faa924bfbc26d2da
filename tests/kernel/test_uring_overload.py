# SPDX-License-Identifier: Apache-2.0
"""Rings at full speed: nothing lost of what fits in the buffer, and with a tiny one what is recorded and what is lost
are together what was done, class by class."""
import collections
import json
import signal

from harness.environment import require_bpf
from harness.overload import marked, resynced
from harness.processes import until
from harness.recorder import Recording
from harness.uring import check_operations
from harness.workload import Workload

BATCH, KINDS = 32, ("NOP", "READ", "SHUTDOWN", "EPOLL_CTL_MOD", "EPOLL_CTL_DEL")
RESULTS = dict(zip(KINDS, (0, "EBADF", "ENOTSOCK", 0, "ENOENT")))
# Those that keep the tables of descriptors and the interest lists true.
TABLE_OPS = ("SHUTDOWN", "EPOLL_CTL")


def burst(kind, batches, *options, loses=False):
    require_bpf()
    with Workload("uring_burst", kind, batches) as workload:
        with Recording("-p", workload.pid, *options) as recording:
            workload.tell("go")
            if loses:
                until(lambda: marked(workload, recording.path), "the recorder has caught up")
                until(lambda: resynced(recording.path), "the state is read again after the last loss")
            workload.tell("more")
            trace = recording.stop()
        workload.finish()
    assert workload.truth["unharmed"] == 1
    return workload.truth, trace


def calls_made(truth):
    """One io_uring_enter a batch, the last one included; the lines that are read and written, and the markers."""
    return truth["enters"] + 1 + 4 + 3 * truth.get("marks", 0)


def test_100_000_operations_at_full_speed_fit_in_the_buffer_as_it_comes():
    """32 MiB hold 116 000 operations, whatever the recorder gets done in the meantime."""
    truth, trace = burst("nop", 99_968 // BATCH)
    trace.check_nothing_lost()
    sqes, cqes = trace.of("sqe"), trace.of("cqe")
    assert len(sqes) == len(cqes) == truth["made"][0] == 100_000
    assert len(trace.of("call")) == calls_made(truth)
    for i, (sqe, cqe) in enumerate(zip(sqes, cqes)):
        assert sqe["user_data"] == hex(16 * i) and cqe["sqe"] == sqe["id"] and cqe["res"] == 0, (i, sqe, cqe)


def test_a_million_operations_at_full_speed():
    """Two million records, read as they stand in the file: every operation in order, and its completion next to it."""
    require_bpf()
    with Workload("uring_burst", "nop", 1_000_000 // BATCH) as workload:
        with Recording("-p", workload.pid, "--buffer", "512M") as recording:
            workload.tell("go")
            workload.tell("more")
            recording.send(signal.SIGINT)
            assert recording.wait(300) == 0, recording.err.text()
            counts = count_pairs(recording.path)
        workload.finish()
    assert workload.truth["made"][0] == 1_000_032 and counts["sqe"] == counts["cqe"] == 1_000_032, counts
    assert counts["lost"] == 0 and counts["call"] == calls_made(workload.truth), counts


def count_pairs(path):
    """Counts by type; of each completion, that it names the operation of the same position."""
    counts, operations = collections.Counter(), collections.deque()
    with open(path, encoding="utf-8") as lines:
        for record in map(json.loads, lines):
            counts[record["type"]] += 1
            if record["type"] == "sqe":
                assert record["user_data"] == hex(16 * (counts["sqe"] - 1)), record
                operations.append(record["id"])
            elif record["type"] == "cqe":
                assert record["sqe"] == operations.popleft() and record["res"] == 0, record
    return counts


def kind_of(sqe):
    return sqe["args"]["op"] if sqe["op"] == "EPOLL_CTL" else sqe["op"]


def test_a_tiny_buffer_recorded_and_lost_are_what_was_done():
    truth, trace = burst("mixed", 12_503, "--buffer", "64K", loses=True)
    assert trace.lost() > 0, "64 KiB held a burst of 400 000 operations; nothing was tested"
    sqes, cqes = trace.of("sqe"), trace.of("cqe")
    made = dict(zip(KINDS, truth["made"]))
    of_tables = sum(made[kind] for kind in ("SHUTDOWN", "EPOLL_CTL_MOD", "EPOLL_CTL_DEL"))
    lost = {which: trace.lost(which) for which in ("call", "io")}
    # The threads that the kernel starts for what would block come and go as they like.
    assert trace.lost() == sum(lost.values()) + trace.lost("lifecycle", "sched"), trace.of("lost")
    operations = {s["id"]: s for s in sqes}
    ops_done = [operations[c["sqe"]]["op"] if "sqe" in c else c["op"] for c in cqes]
    seen = sum(op in TABLE_OPS for op in [s["op"] for s in sqes] + ops_done)
    assert seen + lost["call"] == 2 * of_tables, (seen, lost, of_tables)
    others = len(sqes) + len(cqes) - seen + len(trace.of("call"))
    assert others + lost["io"] == 2 * (sum(made.values()) - of_tables) + calls_made(truth), (others, lost)
    check_results(operations, cqes)
    check_the_end(trace, sqes)


def check_results(operations, cqes):
    """Whatever was lost, a completion never names an operation of another kind: each kind has its own result."""
    paired = [(operations[c["sqe"]], c) for c in cqes if "sqe" in c]
    assert len(paired) > 1000
    for sqe, cqe in paired:
        assert cqe.get("error", cqe["res"]) == RESULTS[kind_of(sqe)], (sqe, cqe)


def check_the_end(trace, sqes):
    """The batch after the burst is there to the last operation, in order, and none of it is in flight."""
    last = sqes[-BATCH:]
    numbers = [int(s["user_data"], 16) >> 4 for s in last]
    assert numbers == list(range(numbers[0], numbers[0] + BATCH)), numbers
    left = {s["id"] for s in check_operations(trace)}
    assert not left & {s["id"] for s in last}, last
    gaps, again = trace.of("lost"), trace.of("snapshot_end", origin="resync")
    assert again and again[-1]["id"] > max(g["id"] for g in gaps if g["class"] == "call"), (again, gaps[-1])
