# SPDX-License-Identifier: Apache-2.0
"""The server that does everything through a ring: every request from ACCEPT to the last SEND, every operation with its
completions or in flight at the end."""
import os
import signal
import subprocess

from harness.each import each
from harness.environment import BIN, require_bpf, require_program
from harness.model import Report, registered
from harness.processes import children_of, until
from harness.recorder import Recording
from harness.servers import Server
from harness.sockets import await_listening, ss_listeners
from harness.uring import check_operations

REQUESTS, WAIT_NS = 17, 4_000_000
SENDS = ("SEND", "WRITE_FIXED")  # the latter with --fixed-buffers
KINDS = {"plain": (), "sqpoll": ("--sqpoll",), "fixed_files": ("--fixed-files",), "fixed_buffers": ("--fixed-buffers",)}


class RingServer(Server):
    how = wait = "io_uring"

    def __init__(self, *options):
        super().__init__()
        self.options = options

    def command(self):
        return [BIN / "io-uring-server", "--port", str(self.port), "--wait-ms", str(WAIT_NS // 1_000_000), *self.options]


def check_chains(trace, requests):
    """One connection after the other, one request on each: what happened between, in order."""
    accept, = trace.of("sqe", op="ACCEPT")
    connections = [c for c in trace.of("cqe", sqe=accept["id"]) if c["res"] >= 0]
    assert len(connections) == requests, connections
    completions = {}
    for cqe in trace.of("cqe"):
        assert "sqe" in cqe, f"of no operation of the trace: {cqe}"
        completions.setdefault(cqe["sqe"], []).append(cqe)
    timeouts = [s for s in trace.of("sqe", op="TIMEOUT")]
    assert len(timeouts) == requests, timeouts
    for connection, timeout in zip(connections, timeouts):
        on_it = [s for s in trace.of("sqe") if s.get("file") == connection["file"]]
        receive = next(s for s in on_it if s["op"] == "RECV")  # there may be another, for what comes after the answer
        send, = [s for s in on_it if s["op"] in SENDS]
        request = [c for c in completions[receive["id"]] if c["res"] > 0]
        waited, = completions[timeout["id"]]
        sent, = completions[send["id"]]
        assert len(request) == 1 and sent["res"] > 0 and waited["error"] == "ETIME", (request, waited, sent)
        assert timeout["timeout_ns"] == WAIT_NS <= waited["t"] - timeout["t"], (timeout, waited)
        times = [r["t"] for r in (connection, receive, request[0], timeout, waited, send, sent)]
        assert times == sorted(times), times


def check_report(trace, server, accepts, origin):
    report = Report(trace)
    report.check_nothing_lost()
    listener, = [row for row in report.json["listeners"] if row["address"] == f"127.0.0.1:{server.port}"]
    assert listener["accepts"] == accepts, listener
    how = registered(listener, "io_uring", op="ACCEPT", multishot=True)
    assert how["origin"] == origin and (how["t"] is None) == (origin == "snapshot"), how
    ring, = [row for row in report.json["rings"] if row["pid"] == listener["pid"]]
    operations = {row["op"]: row for row in ring["operations"]}
    for name, row in operations.items():
        taken = len(trace.of("sqe", op=name)) - row["found"]
        assert row["taken"] == taken, (name, row, taken)
        assert taken + row["found"] == row["completed"] + row["silent"] + row["undecided"] + row["in_flight"], row
        assert row["unmatched"] == 0, row
    assert ring["sqes"] == sum(row["taken"] for row in operations.values())
    assert ring["cqes"] == len(trace.of("cqe")) and ring["overflows"] == 0
    assert ring["enters"] == len(trace.calls("io_uring_enter"))
    return ring, operations


@each("kind", KINDS)
def test_attached(kind):
    require_bpf()
    with RingServer(*KINDS[kind]) as server:
        there = ss_listeners(server.pids())
        with Recording("-p", server.pid) as recording:
            for _ in range(REQUESTS):
                server.ask()
            trace = recording.stop()
    check_chains(trace, REQUESTS)
    ring, _ = check_report(trace, server, REQUESTS, "snapshot")
    assert {(r["pid"], r["fd"], r["address"], r["inode"]) for r in Report(trace).listeners_now()} == there
    process, = Report(trace).json["processes"]
    assert (ring["sq_thread"] is not None) == (kind == "sqpoll"), ring
    assert (process["io_uring_cpu_ns"]["sqpoll"] > 0) == (kind == "sqpoll"), process


def test_launched():
    require_bpf()
    server = RingServer()
    with Recording("--", *server.command(), cwd=server.folder) as recording:
        server.child = recording
        await_listening(server.port)
        for _ in range(REQUESTS):
            server.ask()
        until(lambda: children_of(recording.pid), "the server runs")
        pid = next(p for p in children_of(recording.pid) if "io-uring-server" in os.readlink(f"/proc/{p}/exe"))
        os.kill(pid, signal.SIGTERM)
        trace = recording.finished()
    check_chains(trace, REQUESTS)
    check_report(trace, server, REQUESTS, "trace")
    left = {op["op"] for op in check_operations(trace)}
    assert left <= {"ACCEPT", "POLL_ADD", "RECV"}, left  # what waits when it ends


def test_under_load_every_operation_has_its_completions():
    require_bpf()
    hey = require_program("hey")
    with RingServer() as server:
        with Recording("-p", server.pid) as recording:
            subprocess.run([hey, "-n", "3000", "-c", "16", f"http://127.0.0.1:{server.port}/"], check=True,
                           stdout=subprocess.DEVNULL)
            trace = recording.stop()
    trace.check_nothing_lost()
    sends = trace.of("sqe", op="SEND")
    requests = 3000 // 16 * 16  # hey gives each of its clients as many
    assert len(sends) == requests and all("sqe" in c for c in trace.of("cqe")), len(sends)
    left = [op["op"] for op in check_operations(trace)]
    assert set(left) <= {"ACCEPT", "POLL_ADD", "RECV"}, left
    _, operations = check_report(trace, server, 16, "snapshot")
    assert operations["SEND"]["completed"] == requests, operations["SEND"]
    assert operations["TIMEOUT"]["completed"] == requests == operations["TIMEOUT"]["errors"]["ETIME"], operations
