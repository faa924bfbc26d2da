# SPDX-License-Identifier: Apache-2.0
"""Listeners and the connections accepted from them, counted exactly."""
import os
import tempfile

from harness.environment import require_bpf, skip
from harness.identity import check_identities
from harness.model import Report, registered
from harness.processes import state_of, until
from harness.recorder import Recording
from harness.workload import Workload, observe


def check_row(row, address, inode, accepts, origin, backlog=None, kind="tcp"):
    assert row["address"] == address, row
    assert row["inode"] == inode, row
    assert row["accepts"] == accepts, row
    assert row["origin"] == origin, row
    assert row["kind"] == kind, row
    if backlog is not None:
        assert row["backlog"] == backlog, row


def test_23_accepts_are_23_accepts():
    truth, trace = observe("accepts")
    trace.check_nothing_lost()
    check_identities(trace)
    accepts = trace.calls("accept4", sockfd=truth["listener"])
    assert len([c for c in accepts if c["ret"] >= 0]) == truth["accepts"] == 23
    assert [c["error"] for c in accepts if c["ret"] < 0] == ["EAGAIN"]
    waits = trace.waits(epfd=truth["epfd"])
    assert len([c for c in waits if c["ret"] == 1]) == 23 and len([c for c in waits if c["ret"] == 0]) == 1
    assert len(trace.calls("close")) == truth["closes"]
    for wait in waits[:23]:
        assert wait["ready"] == [{"events": ["EPOLLIN"], "data": hex(truth["listener"]), "fd": truth["listener"],
                                  "file": wait["ready"][0]["file"]}], wait
    connections = trace.accepts()
    assert all(c["local"] == f"127.0.0.1:{truth['port']}" for c in connections)
    assert len({c["peer"] for c in connections}) == 23 and len({c["inode"] for c in connections}) == 23
    assert len({c["files"]["ret"] for c in connections}) == 23
    assert {c["backlog"] for c in connections} == {truth["backlog"]}

    report = Report(trace)
    report.check_nothing_lost()
    row = report.listener(truth["pid"], truth["listener"])
    check_row(row, f"127.0.0.1:{truth['port']}", truth["inode"], 23, "snapshot", truth["backlog"])
    assert row["wakeups"] == 23
    assert registered(row, "epoll_ctl")["origin"] == "snapshot"
    loop = report.loop(pid=truth["pid"], wait="epoll")
    assert loop["iterations"] == 24 and loop["returned"]["new connection"] == 23, loop


def test_the_snapshot_says_what_is_there():
    truth, trace = observe("accepts")
    listener = trace.of("fd", fd=truth["listener"], origin="snapshot")
    assert len(listener) == 1, listener
    listener = listener[0]
    assert listener["kind"] == "tcp" and listener["state"] == "listen", listener
    assert listener["local"] == f"127.0.0.1:{truth['port']}" and listener["inode"] == truth["inode"], listener
    assert listener["backlog"] == truth["backlog"] and listener["queue"] == 0, listener
    assert listener.get("cloexec") and listener.get("nonblock"), listener
    instance = trace.of("fd", fd=truth["epfd"], origin="snapshot")[0]
    assert instance["kind"] == "epoll" and instance.get("cloexec"), instance
    watch = trace.of("watch", origin="snapshot")
    assert len(watch) == 1, watch
    assert watch[0]["epfd"] == truth["epfd"] and watch[0]["file"] == instance["file"], watch
    assert watch[0]["fd"] == truth["listener"] and watch[0]["target"] == listener["file"], watch
    assert watch[0]["events"] == ["EPOLLIN"] and watch[0]["data"] == hex(truth["listener"]), watch
    assert [row["kind"] for row in trace.of("fd", origin="snapshot") if row["fd"] <= 2] == ["pipe"] * 3
    snapshot = trace.of("snapshot_end", origin="snapshot")
    assert len(snapshot) == 1 and snapshot[0]["pids"] == [truth["pid"]] and "incomplete" not in snapshot[0], snapshot
    process = trace.of("process", pid=truth["pid"])[0]
    assert process["exe"].endswith("/accepts") and process["ppid"] == os.getpid(), process
    assert process["threads"] == [{"tid": truth["pid"], "comm": "accepts"}], process
    assert process["netns"] == os.stat("/proc/self/ns/net").st_ino, process
    assert process["pidns"] == os.stat("/proc/self/ns/pid").st_ino, process


def test_the_call_in_progress_at_attach_is_told_from_its_end():
    require_bpf()
    with Workload("accepts") as workload:
        with Recording("-p", workload.pid) as recording:
            workload.tell("go")
            until(lambda: state_of(workload.pid) == "S", "asleep in read again")
            trace = recording.stop()
        workload.finish()
    truth = {"pid": workload.pid}
    pending = trace.of("pending", origin="snapshot")
    assert [(p["call"], p["args"]["fd"], p["tid"]) for p in pending] == [("read", 0, truth["pid"])], pending
    assert pending[0]["start_known"] is False, pending
    done = trace.of("call", pending=pending[0]["id"])
    assert len(done) == 1 and done[0]["start_known"] is False and done[0]["ret"] == len("go\n"), done
    assert trace.of("call")[0] is done[0]
    # The recording ends while the workload reads again.
    last = trace.of("pending")[-1]
    assert last["call"] == "read" and last["id"] > trace.of("call")[-1]["id"] and "origin" not in last, last


def test_port_0_and_listen_twice():
    truth, trace = observe("port0")
    check_identities(trace)
    bind, = trace.calls("bind")
    assert bind["args"]["addr"] == "127.0.0.1:0" and bind["local"] == f"127.0.0.1:{truth['port']}", bind
    assert [c["args"]["backlog"] for c in trace.calls("listen")] == [23, 29]
    assert [c["backlog"] for c in trace.calls("listen")] == [23, 29]
    row = Report(trace).listener(truth["pid"], truth["listener"])
    check_row(row, f"127.0.0.1:{truth['port']}", truth["inode"], 5, "bind", 29)
    assert row["bind_t"] == bind["t"] and row["listen_t"] == trace.calls("listen")[0]["t"], row


def test_ipv6_and_v4_mapped():
    require_bpf()
    with Workload("inet6") as workload:
        if workload.truth["state"] == "skip":
            skip(workload.truth["why"])
        with Recording("-p", workload.pid) as recording:
            truth = workload.tell("go")
            trace = recording.stop()
        workload.finish()
    check_identities(trace)
    report = Report(trace)
    check_row(report.listener(workload.pid, truth["listener"]), f"[::1]:{truth['port']}", truth["inode"], 3, "snapshot",
              9, "tcp6")
    check_row(report.listener(workload.pid, truth["mapped"]), f"[::ffff:127.0.0.1]:{truth['mapped_port']}",
              truth["mapped_inode"], 5, "bind", 9, "tcp6")
    peers = [c["peer"] for c in trace.accepts()]
    assert all(p.startswith("[::1]:") for p in peers[:3]), peers
    assert len(peers) == 8 and all(p.startswith("[::ffff:127.0.0.1]:") for p in peers[3:]), peers


def test_unix_listeners():
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "listener.sock")
        truth, trace = observe("unix_listeners", path)
    check_identities(trace)
    report = Report(trace)
    check_row(report.listener(truth["pid"], truth["by_path"]), f"unix:{path}", truth["inode"], 5, "snapshot", 11,
              "unix")
    check_row(report.listener(truth["pid"], truth["abstract"]), f"unix:@{truth['abstract_name']}",
              truth["abstract_inode"], 7, "bind", 13, "unix")
    # U+FFFD stands for the byte that is not UTF-8, here as everywhere.
    check_row(report.listener(truth["pid"], truth["packets"]), f"unix:@zero-{truth['packets_pid']}-\ufffd",
              truth["packets_inode"], 3, "bind", 17, "unix")
    bind = trace.calls("bind", sockfd=truth["packets"])[0]
    true_name = b"unix:@" + f"zero-{truth['packets_pid']}-".encode() + b"\xff"
    assert bytes.fromhex(bind["args"]["addr_hex"]) == true_name, bind
    row = trace.of("fd", fd=truth["by_path"])[0]
    assert row["kind"] == "unix" and row["sock_type"] == "SOCK_STREAM" and row["state"] == "listen", row


def test_inherited_through_exec():
    truth, trace = observe("exec_listener", steps=("go", "serve"))
    check_identities(trace)
    executed, = trace.of("exec")
    assert executed["pid"] == truth["pid"], executed
    process, = trace.of("process", origin="exec")
    assert process["exe"].endswith("/exec_listener") and process["cmdline"][1:] == ["after-exec"], process
    before = {r["fd"]: r["file"] for r in trace.of("fd", origin="snapshot")}
    after = [r["file"] for r in trace.of("fd", origin="exec")]
    assert before[truth["listener"]] in after and before[truth["closed_by_exec"]] not in after, (before, after)
    assert trace.of("snapshot_end", origin="exec"), "no snapshot_end after the exec"
    report = Report(trace)
    row = report.listener(truth["pid"], truth["listener"])
    check_row(row, f"127.0.0.1:{truth['port']}", truth["inode"], 7, "inherited", 17)
    assert registered(row, "epoll_ctl")["origin"] == "trace", row
    assert [r["fd"] for r in report.listeners_now()] == [truth["listener"]], report.json["listeners"]


def test_passed_by_scm_rights():
    truth, trace = observe("scm_rights")
    check_identities(trace)
    received, = trace.calls("recvmsg", pid=truth["child"])
    assert [r["fd"] for r in received["rights"]] == [truth["child_listener"], truth["child_event"]], received
    there = trace.of("fd", pid=truth["pid"], fd=truth["listener"])[0]
    assert received["rights"][0]["file"] == there["file"], (received, there)
    assert truth["inode"] == truth["child_inode"]
    report = Report(trace)
    row = report.listener(truth["child"], truth["child_listener"])
    assert row["accepts"] == 11 and row["inode"] == truth["inode"], row
    assert row["address"] == f"127.0.0.1:{truth['port']}", row
    assert registered(row, "epoll_ctl", epfd=truth["child_epfd"])["origin"] == "trace", row
    assert (truth["pid"], truth["listener"]) not in [(r["pid"], r["fd"]) for r in report.listeners_now()]


def test_exclusive_workers():
    truth, trace = observe("exclusive_workers")
    report = Report(trace)
    assert sum(row["accepts"] for row in report.json["listeners"]) == truth["accepts"] == 29
    for worker in truth["workers"]:
        pid = worker["pid"]
        row = report.listener(pid, truth["listener"])
        assert row["accepts"] == worker["accepts"] == len(trace.accepts(pid=pid)), (worker, row)
        assert len(trace.waits(pid=pid)) == worker["waits"], worker
        empty = [c for c in trace.calls("accept4", pid=pid) if c["ret"] < 0]
        assert len(empty) == worker["empty_accepts"], (worker, empty)
        how = registered(row, "epoll_ctl")
        assert set(how["events"]) == {"EPOLLIN", "EPOLLEXCLUSIVE"} and how["origin"] == "snapshot", how
        assert report.loop(pid=pid, wait="epoll")["iterations"] == worker["waits"]
        gone, = trace.of("exit", pid=pid)
        assert gone.get("last") is True and gone["code"] == 0, gone
