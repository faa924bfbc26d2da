# SPDX-License-Identifier: Apache-2.0
"""Real servers that were running long before anybody looked: every listener, how it was registered, every accept."""
from harness.each import each
from harness.environment import require_bpf
from harness.identity import check_identities
from harness.model import Report, registered
from harness.recorder import Recording
from harness.servers import SERVERS
from harness.sockets import ss_listeners

REQUESTS = 23


def named(report):
    return {(row["pid"], row["fd"], row["address"], row["inode"]) for row in report.listeners_now()
            if row["kind"] in ("tcp", "tcp6")}


@each("name", SERVERS)
def test_attached_by_pid(name):
    require_bpf()
    with SERVERS[name]() as server:
        with Recording("-p", server.pid) as recording:
            for _ in range(REQUESTS):
                server.ask()
            pids, accepting = server.pids(), server.accepting_pids()
            there = ss_listeners(pids)
            trace = recording.stop()
    assert there, "ss sees no listener"
    trace.check_nothing_lost()
    report = Report(trace)
    report.check_nothing_lost()
    assert named(report) == there
    rows = [row for row in report.listeners_now() if row["address"].endswith(f":{server.port}")]
    assert sum(row["accepts"] for row in rows) == REQUESTS == len(trace.accepts()), rows
    for row in rows:
        assert row["origin"] == "snapshot", row
        if row["pid"] in accepting:
            assert registered(row, server.how)["origin"] == "snapshot", row
            assert row["accepts"] == len(trace.accepts(pid=row["pid"])), row
    for pid in accepting:
        assert report.loops(pid=pid, wait=server.wait), report.json["loops"]


def test_the_click_that_opens_balloons():
    require_bpf()
    with SERVERS["tornado"]() as server:
        server.ask("/")
        with Recording("-p", server.pid, "--calls", "lab") as recording:
            server.ask("/")
            server.ask("/click")
            server.ask("/click")
            trace = recording.stop()
    check_identities(trace)
    opened = [c for c in trace.calls("openat") if c["args"]["pathname"].endswith("/balloons.py") and c["ret"] >= 0]
    assert len(opened) == 1, opened
    listener, = [row for row in Report(trace).listeners_now() if row["address"].endswith(f":{server.port}")]
    woke = [w for w in trace.waits() if any(e.get("fd") == listener["fd"] for e in w.get("ready", []))]
    assert len(woke) == 3 == listener["accepts"], (woke, listener)
    # The upper half of what Python leaves in `data` may be anything; the join goes by all 64 bits.
    assert woke[1]["t"] < opened[0]["t"], (woke, opened)


@each("name", SERVERS)
def test_asleep_before_and_after(name):
    """Attached to a server that does nothing: what it sleeps in is told, and its listeners are all the same."""
    require_bpf()
    with SERVERS[name]() as server:
        with Recording("-p", server.pid, "-d", "0.5") as recording:
            there = ss_listeners(server.pids())
            trace = recording.finished()
        accepting = server.accepting_pids() if server.child.process.poll() is None else set()
    report = Report(trace)
    assert named(report) == there
    for pid in accepting:
        row, = [r for r in report.listeners_now() if r["pid"] == pid and r["address"].endswith(f":{server.port}")]
        assert registered(row, server.how)["origin"] == "snapshot" and row["accepts"] == 0, row
        assert trace.of("pending", pid=pid, origin="snapshot"), f"{pid} was not seen asleep"
