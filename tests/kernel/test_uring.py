# SPDX-License-Identifier: Apache-2.0
"""Operations of io_uring, through rings of every kind: each entry that was submitted, each completion that was reaped,
and which belongs to which (harness/uring.py compares them with the workload's journal)."""
import os

from harness.each import each
from harness.environment import require_bpf
from harness.identity import check_identities
from harness.processes import until
from harness.recorder import Recording
from harness.sockets import is_listening
from harness.uring import Journal
from harness.workload import Workload, observe


def record(name, *arguments, enters=True):
    truth, trace = observe(name, *arguments)
    trace.check_nothing_lost()
    check_identities(trace)
    journal = Journal(trace, truth["ring"]) if "ring" in truth else None
    if journal and enters:
        journal.check_enters()
    return truth, trace, journal


@each("mode", ["plain", "defer", "wide", "no_sqarray", "registered", "late", "late_no_fd"])
def test_a_ring_of_every_kind(mode):
    truth, trace, journal = record("uring_plain", mode)
    rounds = truth["rounds"]
    assert rounds == 7 and trace.counts()["io_uring_enter"] == 6 * rounds
    for op, count in (("NOP", 35), ("READ", 7), ("OPENAT", 7), ("WRITE", 7), ("CLOSE", 7), ("OPENAT2", 7)):
        assert len(journal.of(op)) == len(trace.of("sqe", op=op)) == count, op
    assert {c["tid"] for c in journal.cqes if "punted" not in c} == {truth["pid"]}
    for (opened, got), (written, _), (closed, _) in zip(*map(journal.of, ("OPENAT", "WRITE", "CLOSE"))):
        assert got["file"] == written["file"] == closed["file"], (opened, got, written, closed)
    row, = trace.of("ring")
    assert ("origin" in row) == (not mode.startswith("late")) and row["pid"] == truth["pid"], row
    assert not trace.calls("read", fd=truth["pipe"][0]) and not trace.calls("open", "openat", "openat2", "close")


def test_a_ring_that_was_there_is_in_the_snapshot():
    truth, trace, journal = record("uring_plain", "plain")
    fd, = trace.of("fd", fd=truth["ring"]["fd"])
    row, = trace.of("ring")
    assert row["origin"] == fd["origin"] == "snapshot" and fd["kind"] == "io_uring", (row, fd)
    assert row["fd"] == fd["fd"] and row["ring"] == fd["file"] == journal.ring, (row, fd)


@each("mode", ["late", "late_no_fd"])
def test_a_ring_that_is_made_comes_before_its_call(mode):
    truth, trace, journal = record("uring_plain", mode)
    row, = trace.of("ring")
    setup, = trace.calls("io_uring_setup")
    assert row["tid"] == truth["pid"] and setup["t"] <= row["t"] <= setup["t"] + setup["dur"], (row, setup)
    assert row["id"] < setup["id"] < journal.sqes[0]["id"], (row, setup)
    assert setup["ret"] == truth["ring"]["enter_fd"], setup
    if mode == "late":
        assert setup["files"]["ret"] == journal.ring and row["fd"] == setup["ret"], (row, setup)
    else:
        assert "fd" not in row, row
        assert journal.ring not in {r["file"] for r in trace.of("fd")}, row


@each("mode", ["sqpoll", "sqpoll_asleep"])
def test_a_kernel_thread_submits(mode):
    require_bpf()
    with Workload("uring_plain", mode) as workload:
        poller = until(lambda: polling_thread(workload.pid), "the polling thread has its name")
        with Recording("-p", workload.pid) as recording:
            truth = workload.tell("go")
            trace = recording.stop()
        workload.finish()
    trace.check_nothing_lost()
    check_identities(trace)
    journal = Journal(trace, truth["ring"], sq_thread=poller)
    journal.check_enters()
    assert len(trace.calls("io_uring_enter")) == (0 if mode == "sqpoll" else 42)
    assert {s["tid"] for s in journal.sqes} == {poller} and {s["pid"] for s in journal.sqes} == {workload.pid}
    assert {c["tid"] for c in journal.cqes if "punted" not in c} == {poller}
    row, = trace.of("ring")
    assert row["sq_thread"] == poller, row


def polling_thread(pid):
    for task in os.listdir(f"/proc/{pid}/task"):
        with open(f"/proc/{pid}/task/{task}/comm") as comm:
            if comm.read().startswith("iou-sqp"):
                return int(task)
    return None


def test_seven_rings_in_a_row_are_seven_rings():
    truth, trace, _ = record("uring_again", "again")
    rows = trace.of("ring")
    assert len(rows) == len({r["ring"] for r in rows}) == len(truth["rings"]) == 7, rows
    assert {r["fd"] for r in rows} == {truth["rings"][0]["fd"]}, rows
    for row, told in zip(rows, truth["rings"]):
        Journal(trace, told, row["ring"])
    assert len(trace.calls("io_uring_enter")) == 7


def test_what_was_in_flight_when_its_ring_was_closed_is_cancelled():
    require_bpf()
    with Workload("uring_again", "abandoned") as workload:
        with Recording("-p", workload.pid) as recording:
            truth = workload.tell("go")
            until(lambda: not is_listening(truth["port"]), "the operation has let go of the listener")
            trace = recording.stop()
        workload.finish()
    trace.check_nothing_lost()
    sqes, cqes = trace.of("sqe"), trace.of("cqe")
    assert [s["op"] for s in sqes] == ["ACCEPT", "POLL_ADD", "POLL_ADD"], sqes
    assert sorted(c["sqe"] for c in cqes) == [s["id"] for s in sqes], cqes
    assert {c["error"] for c in cqes} == {"ECANCELED"}, cqes
    # By a thread of the kernel's own, perhaps.
    assert {c.get("pid", workload.pid) for c in cqes} == {workload.pid}, cqes


def test_registered_files_and_those_that_replaced_them():
    truth, trace, journal = record("uring_registered", "files")
    rows = {r["fd"]: r["file"] for r in trace.of("fd", origin="snapshot")}
    reads = [(pair, fd) for pair, fd in zip(journal.pairs(), truth["behind"]) if pair[0]["op"] == "READ"]
    assert len(reads) == 7 * 5 + 3 * 3 + 2
    for (sqe, cqe), fd in reads:
        file = sqe.get("file", cqe.get("on"))
        assert file == rows.get(fd), f"slot {sqe['slot']} holds fd {fd}, file {rows.get(fd)}: {sqe} {cqe}"


def test_registered_buffers():
    _, _, journal = record("uring_registered", "buffers")
    for op in ("READ_FIXED", "WRITE_FIXED"):
        assert [s["buf_index"] for s, _ in journal.of(op)] == [0, 3, 1, 2, 0]


def test_links():
    _, _, journal = record("uring_links")
    ends = [(s["op"], c.get("error")) for s, c in journal.pairs() if c["res"] < 0]
    for what, count in ((("READ", "EBADF"), 8), (("WRITE", "ECANCELED"), 5), (("NOP", "ECANCELED"), 5),
                        (("READ", "ECANCELED"), 2), (("LINK_TIMEOUT", "ETIME"), 2)):
        assert ends.count(what) == count, (what, ends)
    assert len(ends) == 22


@each("mode", ["plain", "defer"])
def test_handed_to_a_worker_thread(mode):
    truth, _, journal = record("uring_async", mode)
    given = [(s, c) for s, c in journal.pairs() if "flags" in s]
    assert len(given) == truth["async"] == 13 and len(journal.cqes) - len(given) == truth["inline"] == 11
    assert all("punted" not in c and c["tid"] == truth["pid"] for s, c in journal.pairs() if "flags" not in s)
    assert all("punted" in c and c["pid"] == truth["pid"] for _, c in given), given
    by_workers = {c["tid"] != truth["pid"] for _, c in given}  # on 6.1 they post for such a ring as well
    assert by_workers == {True} if mode == "plain" else len(by_workers) == 1, given


def test_completions_that_found_the_queue_full():
    truth, _, journal = record("uring_overflow")
    assert len([c for c in journal.cqes if "overflow" in c]) == truth["overflowed"] >= 15


def test_one_ring_and_two_threads():
    truth, trace, journal = record("uring_threads")
    by = [s["tid"] for s in journal.sqes]
    assert by.count(truth["pid"]) == truth["first"] + 1 == 102 and by.count(truth["second"]) == truth["by_second"] == 53
    assert {s["pid"] for s in journal.sqes} == {truth["pid"]}
    last = journal.cqes[-1]
    assert "armed" in last and "woken" in last, last
    assert len(trace.calls("io_uring_enter", tid=truth["second"])) == 53


def test_one_ring_and_two_processes():
    truth, trace, journal = record("uring_fork")
    by = [s["pid"] for s in journal.sqes]
    assert by == [truth["pid"]] * 5 + [truth["child"]] * 8 + [truth["pid"]] * 3, by
    made, = trace.calls("pipe", "pipe2", pid=truth["child"])
    reads = [s for s in journal.sqes if s["pid"] == truth["child"] and s["op"] == "READ"]
    assert {s["file"] for s in reads} == {made["files"]["pipefd"][0]}, (made, reads)
    (_, opened), = journal.of("OPENAT")
    assert opened["res"] == truth["child_opened"] and opened["pid"] == truth["child"], opened


def test_operations_that_want_no_completion():
    truth, _, journal = record("uring_skip")
    quiet = [s for s in journal.sqes if "IOSQE_CQE_SKIP_SUCCESS" in s.get("flags", [])]
    assert len(quiet) - 3 == truth["skipped"] == 18 and len(journal.cqes) == 5


def test_refused_as_they_are_taken():
    _, _, journal = record("uring_refused")
    refused = [(s["op"], s["error"]) for s in journal.sqes if "error" in s]
    assert refused == [("0xf0", "EINVAL")] * 3 + [("NOP", "EINVAL"), ("READ", "EINVAL"), ("0xf0", "EINVAL")], refused
    assert all(c["error"] == s["error"] for s, c in journal.pairs() if "error" in s)


@each("mode", ["plain", "multishot"])
def test_timeouts(mode):
    _, _, journal = record("uring_timeouts", mode)
    times = [s["timeout_ns"] for s in journal.sqes if s["op"] == "TIMEOUT"]
    ten_minutes = 600_000_000_000
    assert times == ([2_000_000] * 3 + [ten_minutes] * 2 + [1] if mode == "plain" else [1_000_000]), times
    assert sum(c.get("error") == "ETIME" for c in journal.cqes) == (4 if mode == "plain" else 5)


@each("mode", ["plain", "aliased"])
def test_messages_from_ring_to_ring(mode):
    truth, trace, _ = record("uring_messages", mode)
    assert len(Journal(trace, truth["from"]).of("MSG_RING")) == truth["messages"] == 11
    received = Journal(trace, truth["to"])
    messages = [c for c in received.cqes if "sqe" not in c]
    assert [c["res"] for c in messages] == list(range(1, 12)), messages
    assert len({c["user_data"] for c in messages}) == (11 if mode == "plain" else 1), messages
