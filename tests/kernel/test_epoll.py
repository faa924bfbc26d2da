# SPDX-License-Identifier: Apache-2.0
"""Epoll instances, what they watch, and what a returned event belongs to."""
import signal

from harness.environment import require_bpf
from harness.identity import check_identities
from harness.model import Report, registered
from harness.recorder import Recording
from harness.workload import Workload, observe


def file_of(trace, fd):
    return trace.of("fd", fd=fd, origin="snapshot")[0]["file"]


def test_two_instances_with_the_same_data():
    truth, trace = observe("same_data")
    check_identities(trace)
    one, two = file_of(trace, truth["one"]), file_of(trace, truth["two"])
    first = [w["ready"] for w in trace.waits(epfd=truth["first"])]
    second = [w["ready"] for w in trace.waits(epfd=truth["second"])]
    assert first == [[{"events": ["EPOLLIN"], "data": truth["data"], "fd": truth["one"], "file": one}]] * 7, first
    assert second == [[{"events": ["EPOLLIN"], "data": truth["data"], "fd": truth["two"], "file": two}]] * 13, second


def test_the_same_data_twice_in_one_instance_is_ambiguous():
    truth, trace = observe("same_data")
    waits = trace.waits(epfd=truth["third"])
    assert len(waits) == truth["ambiguous"] + truth["unambiguous"]
    for wait in waits[:truth["ambiguous"]]:
        entry, = wait["ready"]
        assert entry.get("ambiguous") is True and "fd" not in entry and "file" not in entry, wait
        assert sorted(entry["fds"]) == sorted([truth["one"], truth["two"]]), wait
    for wait in waits[truth["ambiguous"]:]:
        entry, = wait["ready"]
        assert entry["fd"] == truth["two"] and "ambiguous" not in entry and "fds" not in entry, wait


def test_one_instance_through_two_numbers():
    truth, trace = observe("two_numbers")
    check_identities(trace)
    instance = file_of(trace, truth["epfd"])
    assert file_of(trace, truth["before"]) == instance
    waits = trace.waits()
    assert {w["files"]["epfd"] for w in waits} == {instance}
    assert {w["args"]["epfd"] for w in waits} == {truth["epfd"], truth["before"], truth["during"]}
    reports = [w["ready"][0] for w in waits if w["ret"] == 1]
    assert len(reports) == truth["reports"] == 19
    assert all(r["fd"] == truth["fd"] and r["data"] == truth["data"] for r in reports), reports


def test_fork_after_epoll_create():
    truth, trace = observe("fork_epoll")
    check_identities(trace)
    made, = trace.calls("eventfd2", pid=truth["child"])
    instance = file_of(trace, truth["epfd"])
    for pid, reports in ((truth["pid"], truth["parent_reports"]), (truth["child"], truth["child_reports"])):
        waits = [w for w in trace.waits(pid=pid) if w["ret"] > 0]
        assert len(waits) == reports, waits
        assert {w["files"]["epfd"] for w in waits} == {instance}, waits
        assert {w["ready"][0]["file"] for w in waits} == {made["files"]["ret"]}, waits
    fork, = trace.of("fork")
    assert fork["child"] == truth["child"] and fork["fdtable"] != trace.of("process")[0]["fdtable"], fork
    gone, = trace.of("exit")
    assert gone["pid"] == truth["child"] and gone["code"] == truth["code"] and gone["last"] is True, gone


def test_oneshot_is_rearmed():
    truth, trace = observe("oneshot")
    waits = trace.waits()
    assert [w["ret"] for w in waits] == [1, 0] * truth["rounds"]
    assert [w["ready"][0]["data"] for w in waits[::2]] == [hex(1000 + i) for i in range(19)]
    assert {w["ready"][0].get("fd") for w in waits[::2]} == {truth["fd"]}
    changes = trace.calls("epoll_ctl")
    assert [c["args"]["data"] for c in changes] == [hex(1001 + i) for i in range(19)]
    assert all(c["args"]["op"] == "EPOLL_CTL_MOD" and set(c["args"]["events"]) == {"EPOLLIN", "EPOLLONESHOT"}
               for c in changes), changes


def test_an_instance_that_watches_an_instance():
    truth, trace = observe("nested_epoll")
    check_identities(trace)
    outer, inner = trace.waits(epfd=truth["outer"]), trace.waits(epfd=truth["inner"])
    assert len(outer) == len(inner) == truth["rounds"] == 11
    assert {(w["ready"][0]["fd"], w["ready"][0]["data"]) for w in outer} == {(truth["inner"], "0xb")}, outer
    assert {(w["ready"][0]["fd"], w["ready"][0]["data"]) for w in inner} == {(truth["fd"], "0xa")}, inner
    assert outer[0]["ready"][0]["file"] == inner[0]["files"]["epfd"], (outer[0], inner[0])
    watched = trace.of("watch", epfd=truth["outer"])
    assert len(watched) == 1 and set(watched[0]["events"]) == {"EPOLLIN", "EPOLLET"}, watched


def test_asleep_for_the_whole_recording():
    require_bpf()
    with Workload("asleep") as workload:
        truth = workload.truth
        with Recording("-p", workload.pid, "-d", "0.6") as recording:
            trace = recording.finished()
        assert workload.process.poll() is None
        workload.send(signal.SIGTERM)
    assert trace.end["reason"] == "duration" and trace.end["events"] == 0, trace.end
    first = {p["tid"]: p for p in trace.of("pending", origin="snapshot")}
    assert set(first) == {workload.pid, truth["poller"], truth["acceptor"]}, first
    assert first[workload.pid]["args"]["epfd"] == truth["epfd"], first
    assert first[truth["poller"]]["args"]["fds"] == [{"fd": truth["polled"], "events": ["POLLIN", "POLLPRI"]}], first
    assert first[truth["acceptor"]]["args"]["sockfd"] == truth["blocking_listener"], first
    for pending in first.values():  # and once more before the end: still in progress then
        again = [p for p in trace.of("pending", tid=pending["tid"]) if p is not pending]
        assert [(p["call"], p["t"]) for p in again] == [(pending["call"], pending["t"])], again
    report = Report(trace)
    loop = report.loop(tid=workload.pid)
    assert loop["wait"] == "epoll" and loop["iterations"] == 0, loop
    row = report.listener(workload.pid, truth["listener"])
    assert registered(row, "epoll_ctl")["origin"] == "snapshot", row
    blocking = report.listener(workload.pid, truth["blocking_listener"])
    assert registered(blocking, "blocking_accept")["origin"] == "snapshot", blocking
    assert report.loop(tid=truth["acceptor"])["wait"] == "blocking_accept"
    assert report.loop(tid=truth["poller"])["wait"] == "poll"
