# SPDX-License-Identifier: Apache-2.0
"""Which file is behind a number, through dup, close, reuse, shared and copied tables."""
from harness.identity import check_identities
from harness.model import Report
from harness.workload import observe


def test_dup_and_close():
    truth, trace = observe("dup_close")
    check_identities(trace)
    listener = trace.of("fd", fd=truth["listener"], origin="snapshot")[0]["file"]
    made = trace.calls("dup", "dup2", "dup3", "fcntl")
    assert [c["ret"] for c in made] == truth["copies"], made
    assert {c["files"]["ret"] for c in made} == {listener}, made
    assert {c["files"]["sockfd"] for c in trace.accepts()} == {listener}
    rows = [r for r in Report(trace).json["listeners"] if r["inode"] == truth["inode"]]
    assert sum(r["accepts"] for r in rows) == truth["accepts_first"] + truth["accepts_last"] == 12, rows
    still_open = [r for r in rows if "closed_t" not in r]
    assert [(r["fd"], r["accepts"]) for r in still_open] == [(truth["last"], truth["accepts_last"])], rows


def test_close_with_a_dup_alive():
    truth, trace = observe("close_dup_alive")
    check_identities(trace)
    old = trace.of("fd", fd=truth["original"], origin="snapshot")[0]["file"]
    new = trace.calls("eventfd2")[0]["files"]["ret"]
    assert old != new
    entries = [entry for wait in trace.waits() for entry in wait["ready"]]
    assert len(trace.waits()) == truth["waits"]
    by_data = {data: [e["file"] for e in entries if e["data"] == data] for data in (truth["old_data"], truth["new_data"])}
    assert by_data[truth["old_data"]] == [old] * truth["old_reports"], by_data
    assert by_data[truth["new_data"]] == [new] * truth["new_reports"], by_data
    assert {e["fd"] for e in entries} == {truth["original"]}, entries
    failed, = [c for c in trace.calls("epoll_ctl") if c["ret"] < 0]
    assert failed["args"]["op"] == "EPOLL_CTL_DEL" and failed["error"] == "EBADF", failed
    assert "data" not in failed["args"] and "events" not in failed["args"], failed


def test_reuse_of_a_number():
    truth, trace = observe("number_reuse")
    check_identities(trace)
    made = [c["files"]["ret"] for c in trace.calls("eventfd2")]
    assert len(set(made)) == len(made) == truth["rounds"] == 17, made
    assert [w["ready"][0]["file"] for w in trace.waits()] == made
    assert {w["ready"][0]["fd"] for w in trace.waits()} == {truth["number"]}
    assert [c["files"]["fd"] for c in trace.calls("close")] == made
    assert [c["files"]["fd"] for c in trace.calls("epoll_ctl")] == made


def test_clone_files_shares_one_table_until_unshare():
    truth, trace = observe("clone_files")
    check_identities(trace)
    fork, = trace.of("fork")
    parent = trace.of("process", pid=truth["pid"])[0]
    assert fork["child"] == truth["child"] and fork["fdtable"] == parent["fdtable"], (fork, parent)
    assert set(fork["flags"]) == {"CLONE_FILES", "SIGCHLD"}, fork
    left, = trace.of("unshare")
    assert left["pid"] == truth["child"] and left["from"] == fork["fdtable"] != left["fdtable"], left
    made = trace.calls("socket", pid=truth["child"])[0]
    used = trace.accepts(pid=truth["pid"])
    assert len(used) == 4 and {c["files"]["sockfd"] for c in used} == {made["files"]["ret"]}, (made, used)
    row = Report(trace).listener(truth["pid"], truth["listener"])
    assert row["accepts"] == 4 and row["address"] == f"127.0.0.1:{truth['port']}", row
    assert row["inode"] == truth["inode"], row


def test_a_thread_with_a_table_of_its_own():
    truth, trace = observe("thread_table")
    ours = trace.calls("write", tid=truth["pid"], fd=truth["fd"])
    theirs = trace.calls("write", tid=truth["thread"], fd=truth["fd"])
    assert len(ours) == len(theirs) == 3
    here, there = {c["files"]["fd"] for c in ours}, {c["files"]["fd"] for c in theirs}
    assert len(here) == len(there) == 1 and here != there, (ours, theirs)
    rows = trace.of("fd", pid=truth["pid"], fd=truth["fd"], origin="snapshot")
    assert {r["file"] for r in rows} == here | there, rows
    apart, = [r for r in rows if {r["file"]} == there]
    assert apart["fdtable"] != trace.of("process")[0]["fdtable"], apart
    waits = trace.waits(tid=truth["thread"])
    assert len(waits) == truth["reports"] and {w["ready"][0].get("file") for w in waits} == there, waits
    watch, = trace.of("watch", origin="snapshot")
    assert {watch["target"]} == there and watch["fd"] == truth["fd"], watch
    # It was so before the recording began, and is said with the snapshot.
    left, = trace.of("unshare")
    assert left["tid"] == truth["thread"] and left["fdtable"] == apart["fdtable"], left
    assert trace.of("process")[0]["id"] < left["id"] < apart["id"], left
    check_identities(trace)
