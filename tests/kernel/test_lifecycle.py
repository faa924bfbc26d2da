# SPDX-License-Identifier: Apache-2.0
"""Threads and processes that come, become another program, and go."""
from harness.environment import require_bpf
from harness.identity import check_identities
from harness.recorder import Recording, report
from harness.workload import Workload, observe


def test_threads_created_and_exiting():
    truth, trace = observe("threads")
    trace.check_nothing_lost()
    made = [f for f in trace.of("fork") if "CLONE_THREAD" in f["flags"]]
    assert [f["child_tid"] for f in made] == truth["tids"] and len(truth["tids"]) == 44, made
    assert {f["child"] for f in made} == {truth["pid"]}, made
    for tid in truth["tids"]:
        writes = trace.calls("write", tid=tid)
        assert len(writes) == truth["writes_each"] and {c["pid"] for c in writes} == {truth["pid"]}, (tid, writes)
    gone = {e["tid"]: e for e in trace.of("exit")}
    assert set(gone) >= set(truth["tids"]), [(n, t) for n, t in enumerate(truth["tids"]) if t not in gone]
    assert all("last" not in gone[tid] and gone[tid]["code"] == 0 for tid in truth["tids"]), gone


def test_37_children():
    truth, trace = observe("forks")
    trace.check_nothing_lost()
    check_identities(trace, at_least=0)
    forked = trace.of("fork")
    assert [f["child"] for f in forked if f["pid"] == truth["pid"]] == truth["children"]
    assert len(forked) == len(truth["children"]) + truth["grandchildren"] == 42
    assert len({f["fdtable"] for f in forked}) == 42, "a copy of the table is a table of its own"
    assert len(trace.calls("eventfd2")) == truth["eventfds"] == 84
    codes = {e["pid"]: e["code"] for e in trace.of("exit", last=True)}
    assert [codes[pid] for pid in truth["children"]] == list(range(37)), codes
    for fork in forked:
        assert len(trace.calls("eventfd2", pid=fork["child"])) == 2, fork
        calls = [c["id"] for c in trace.calls(pid=fork["child"])]
        gone, = trace.of("exit", pid=fork["child"])
        assert fork["id"] < min(calls) and max(calls) < gone["id"], (fork, calls, gone)


def test_exec_by_a_thread_that_is_not_the_leader():
    truth, trace = observe("thread_exec")
    executed, = trace.of("exec")
    assert executed["old_tid"] == truth["thread"] and executed["tid"] == executed["pid"] == truth["pid"], executed
    after = [c for c in trace.calls("eventfd2") if c["id"] > executed["id"]]
    assert len(after) == truth["eventfds"] == 3 and {c["tid"] for c in after} == {truth["pid"]}, after
    instance, = [r["file"] for r in trace.of("fd", origin="snapshot") if r["fd"] == truth["epfd"]]
    assert instance not in [r["file"] for r in trace.of("fd", origin="exec")], "close-on-exec survived"
    check_killed_in_wait(trace, truth["pid"])
    check_identities(trace, at_least=0)


def check_killed_in_wait(trace, tid):
    """A call that its thread's death ended: the kernel leaves it with EINTR, which nobody gets to see. Nor does it
    count as a wait that returned."""
    wait, = trace.waits()
    assert wait["tid"] == tid and wait["killed"] is True and wait["error"] == "EINTR", wait
    assert [c["id"] for c in trace.calls(tid=tid)][-1] == wait["id"] or trace.of("exec"), "a call after its death"
    loop, = [r for r in report(trace)["loops"] if r["tid"] == tid and r["wait"] == "epoll"]
    assert loop["iterations"] == 0 and not loop["wakeups"], loop


def test_killed_in_a_call_and_interrupted_in_one():
    """By a signal that ends the process, by SIGKILL, by one that dumps core; and one that is handled, whose EINTR the
    program did see."""
    truth, trace = observe("killed_in_calls")
    trace.check_nothing_lost()
    last = {name: trace.calls(pid=truth[name])[-1] for name in ("terminated", "killed", "quit")}
    assert {name: call["call"] for name, call in last.items()} == {
        "terminated": "epoll_wait", "killed": "poll", "quit": "accept"}, last
    assert all(call["killed"] is True and call["ret"] == -1 for call in last.values()), last
    assert {e["pid"]: e.get("signal") for e in trace.of("exit", last=True)} == {
        truth["terminated"]: "SIGTERM", truth["killed"]: "SIGKILL", truth["quit"]: "SIGQUIT", truth["handled"]: None}
    interrupted, = trace.waits(pid=truth["handled"])
    assert interrupted["error"] == "EINTR" and "killed" not in interrupted, interrupted
    assert {c["pid"] for c in trace.of("call", killed=True)} == {call["pid"] for call in last.values()}
    wakeups = {r["pid"]: r["wakeups"] for r in report(trace)["loops"]}
    assert wakeups[truth["handled"]] == {"signal": 1} and not wakeups[truth["terminated"]], wakeups


def test_vfork_and_exec():
    truth, trace = observe("vfork_exec")
    trace.check_nothing_lost()
    executed = trace.of("exec")
    assert [e["pid"] for e in executed] == truth["children"], executed
    assert all(e["exe"].endswith("/true") for e in executed), executed
    children = [*truth["children"], truth["without_exec"]]
    assert [f["child"] for f in trace.of("fork")] == children
    assert all({"CLONE_VM", "CLONE_VFORK"} <= set(f["flags"]) for f in trace.of("fork")), trace.of("fork")
    assert {e["pid"]: e["code"] for e in trace.of("exit", last=True)} == {
        **{pid: 0 for pid in truth["children"]}, truth["without_exec"]: 3}
    for row, pid in zip(executed, truth["children"]):  # a static program opens nothing, but execve itself returns
        after = [c for c in trace.calls(pid=pid) if c["id"] > row["id"]]
        assert after, f"nothing seen of what {pid} did after exec"


def test_exit_while_a_thread_sleeps_in_epoll_wait():
    require_bpf()
    with Workload("exit_in_wait") as workload:
        truth = workload.truth
        with Recording("-p", workload.pid) as recording:
            workload.send_line("go")
            trace = recording.finished()
        assert workload.wait() == 41
    assert trace.end["reason"] == "target exited", trace.end
    check_killed_in_wait(trace, truth["sleeper"])
    sleeping, = trace.of("pending", tid=truth["sleeper"], origin="snapshot")
    assert sleeping["args"]["epfd"] == truth["epfd"], sleeping
    exits = trace.of("exit")
    assert sorted(e["tid"] for e in exits) == sorted([workload.pid, truth["sleeper"]]), exits
    assert [e.get("last", False) for e in exits] == [False, True] and exits[-1]["code"] == 41, exits


def test_a_thread_and_children_that_exist_already_are_followed():
    truth, trace = observe("exclusive_workers")
    rows = {r["pid"] for r in trace.of("process", origin="snapshot")}
    assert rows == {truth["pid"], *(w["pid"] for w in truth["workers"])}, rows
    assert set(trace.of("snapshot_end")[0]["pids"]) == rows


def test_no_follow_leaves_children_out():
    truth, trace = observe("forks", options=("--no-follow",))
    assert {c["pid"] for c in trace.of("call")} == {truth["pid"]}
    assert not trace.calls("eventfd2")
