# SPDX-License-Identifier: Apache-2.0
"""Operations that wait: since before the recording, many under one name, or with a strace beside us."""
import tempfile

from harness.each import each
from harness.environment import require_bpf
from harness.identity import check_identities
from harness.recorder import Recording
from harness.strace import Strace
from harness.uring import Journal
from harness.workload import Workload, observe

# As in uring_armed.c, in order; TIMEOUT waits for no file, which is where the recorder looks.
ARMED = ("ACCEPT", "ACCEPT", "RECV", "POLL_ADD", "POLL_ADD", "READ", "RECV", "ACCEPT", "POLL_ADD", "ACCEPT", None)
MULTISHOT = (1, 4)


def test_armed_before_the_recording():
    truth, trace = observe("uring_armed")
    trace.check_nothing_lost()
    check_identities(trace)
    journal = Journal(trace, truth["ring"])
    journal.check_enters()
    files = {r["fd"]: r["file"] for r in trace.of("fd", origin="snapshot")}
    for i, (op, armed) in enumerate(zip(ARMED, journal.sqes)):
        if op is None:
            assert armed is None, f"{armed} was found: then the trace format has to say so"
            continue
        told = truth["ring"]["ops"][i]
        assert armed and armed["op"] == op and armed["origin"] == "snapshot", (i, armed)
        assert armed["fd"] == told["fd"] and armed["file"] == files[told["fd"]], (armed, told)
        assert armed.get("multishot", False) == (i in MULTISHOT), armed
        assert armed["pid"] == truth["pid"], armed
    assert {s["op"] for s in journal.sqes[len(ARMED):]} == {"ASYNC_CANCEL", "TIMEOUT_REMOVE"}
    timeout, = [c for c in journal.cqes if "sqe" not in c]
    assert timeout["op"] == "TIMEOUT" and timeout["error"] == "ECANCELED", timeout
    by_poll = [c for s, c in journal.pairs() if s and s["op"] == "POLL_ADD"]
    assert [c["res"] for c in by_poll] == [1] * 6 and all("woken" in c for c in by_poll), by_poll
    rows = [s["id"] for s in journal.sqes[:10]]
    assert max(rows) < trace.of("snapshot_end")[0]["id"], "armed operations belong to the snapshot"


def test_31_under_one_name():
    truth, trace = observe("uring_same_data", "plain")
    trace.check_nothing_lost()
    check_identities(trace)
    journal = Journal(trace, truth["ring"])
    assert {s["user_data"] for s in journal.sqes} == {"0x0"} and len(journal.cqes) == 31
    # Each has read one byte more than the position of its pipe.
    assert [s["id"] for s, c in sorted(journal.pairs(), key=lambda p: p[1]["res"])] == [s["id"] for s in journal.sqes]
    assert all("armed" in c and "woken" in c for c in journal.cqes), journal.cqes


@each("mode", ["overflow", "batch"])
def test_31_under_one_name_of_which_8_fit(mode):
    """What the kernel says of a completion that does not fit is its name alone; with many of that name its operation is
    left open, and never guessed."""
    truth, trace = observe("uring_same_data", mode)
    trace.check_nothing_lost()
    sqes, cqes = trace.of("sqe"), trace.of("cqe")
    told = truth["ring"]["completions"]
    assert len(sqes) == len(cqes) == len(told) == 31
    for cqe, (op, res, _, overflow) in zip(cqes, told):
        assert cqe["res"] == res and cqe.get("overflow", False) == bool(overflow), (cqe, op)
        if "sqe" in cqe or not overflow:
            assert cqe["sqe"] == sqes[op]["id"], (cqe, sqes[op])
        else:
            assert cqe["user_data"] == "0x0", cqe


# Workload → calls that strace may see of it besides io_uring_enter and io_uring_register.
NEVER = ("socket", "bind", "listen", "accept", "accept4", "connect", "epoll_ctl", "epoll_wait", "epoll_pwait")
RINGS = {"uring_plain plain": (), "uring_plain sqpoll": (), "uring_plain registered": (), "uring_plain late": (),
         "uring_server ring": (), "uring_server syscall": ("epoll_wait", "epoll_pwait"),
         "uring_epoll plain": ("epoll_wait", "epoll_pwait"), "uring_epoll sqpoll": ("epoll_wait", "epoll_pwait"),
         "uring_accept plain": ("socket", "connect"), "uring_direct plain": ("socket", "connect"), "uring_threads": ()}


@each("command", RINGS)
def test_strace_sees_as_many_calls_and_no_other(command):
    require_bpf()
    rings = ("io_uring_enter", "io_uring_setup", "io_uring_register")
    with tempfile.NamedTemporaryFile() as log, Workload(*command.split()) as workload:
        with Strace(workload.pid, log.name, calls=(*NEVER, *rings)) as strace:
            with Recording("-p", workload.pid) as recording:
                truth = workload.tell("go")
                trace = recording.stop()
            calls = [call.name for call in strace.detach()]
        workload.finish()
    for name in (*NEVER, *rings):
        assert len(trace.calls(name)) == calls.count(name), (name, calls.count(name), trace.counts())
        assert name not in NEVER or name in RINGS[command] or not calls.count(name), (name, calls)
    assert calls.count("io_uring_enter") == truth["ring"]["enters"], truth["ring"]["enters"]
