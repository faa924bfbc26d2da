# SPDX-License-Identifier: Apache-2.0
"""What the analysis says of wakeups whose causes are known, to the last one."""
from harness.environment import require_bpf
from harness.model import Report
from harness.recorder import Recording
from harness.workload import Workload, observe


def nonzero(counts):
    return {cause: count for cause, count in counts.items() if count}


def test_every_cause_is_told_apart():
    truth, trace = observe("causes")
    trace.check_nothing_lost()
    loop = Report(trace).loop(tid=truth["pid"], wait="epoll", epfd=truth["outer"])
    assert nonzero(loop["bursts"]["causes"]) == {
        "timeout": truth["timeouts"], "timer": truth["timers"],
        "notification": truth["events"] + truth["pipes"] + truth["pairs"] + truth["signal_fds"],
        "signal": truth["interrupts"], "nested epoll": truth["nested"]}, loop
    # The inner instance is looked at with timeout 0 within the burst that the outer one began, and has it.
    assert loop["bursts"]["already_ready"] == truth["nested"] and loop["bursts"]["looked_again"] == 0, loop
    inner = Report(trace).loop(tid=truth["pid"], wait="epoll", epfd=truth["inner"])
    assert inner["iterations"] == truth["nested"], inner


def test_who_woke_it_is_traced_to_the_thread():
    truth, trace = observe("causes")
    loop = Report(trace).loop(tid=truth["pid"], wait="epoll", epfd=truth["outer"])
    wakers = {w.get("tid"): w for w in loop["bursts"]["wakers"] if w.get("context") == "task"}
    if "missing" not in trace.header["probes"]["off-CPU"]:
        by_thread = sum(truth[k] for k in ("events", "pipes", "pairs", "signal_fds", "interrupts", "nested"))
        assert sum(w["count"] for w in loop["bursts"]["wakers"] if w.get("tid") == truth["waker"]
                   and w["context"] == "task") == by_thread, loop["bursts"]["wakers"]
        assert set(wakers) == {truth["waker"]}, wakers
    written = [b for b in loop["bursts"]["slowest"]
               if b["cause"] == "notification" and b["ready"][0]["fd"] != truth["signals"]]
    caused = [b["caused_by"] for b in written if b["caused_by"]]
    assert len(caused) == len(written), written
    assert caused and all(link["from_tid"] == truth["waker"] and link["to_tid"] == truth["pid"] for link in caused)
    assert {link["sure"] for link in caused} == {"certain"}, caused


def test_threads_that_share_an_instance():
    require_bpf()
    with Workload("shared_epoll") as workload:
        with Recording("-p", workload.pid) as recording:
            workload.tell("go")
            trace = recording.stop()
        truth = workload.truth
        workload.tell("more")
        workload.finish()
    trace.check_nothing_lost()
    loops = {row["tid"]: row for row in Report(trace).loops(wait="epoll", epfd=truth["epfd"])}
    assert set(loops) == set(truth["tids"]), loops.keys()
    served = dict(zip(truth["tids"], truth["served"]))
    assert sum(served.values()) == truth["rounds"]
    for tid, row in loops.items():
        bursts = row["bursts"]["causes"]["notification"] if row["bursts"] else 0
        assert bursts == served[tid], (tid, row)
    warnings = [f for f in Report(trace).json["findings"] if f["severity"] == "warning"]
    assert not warnings, warnings
