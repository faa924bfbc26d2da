# SPDX-License-Identifier: Apache-2.0
"""Nothing is lost while nginx and redis run as fast as this machine lets them, by their own counts."""
import subprocess

from harness.each import each
from harness.environment import require_bpf, require_program
from harness.model import Report
from harness.recorder import Recording
from harness.servers import Nginx, Redis

SETS = {"lab": ("--calls", "lab"), "default": ()}


@each("calls", SETS)
def test_nginx_under_wrk(calls):
    require_bpf()
    wrk = require_program("wrk")
    with Nginx() as server:
        before = server.accepts()
        with Recording("-p", server.pid, *SETS[calls]) as recording:
            done = subprocess.run([wrk, "-c32", "-t2", "-d2s", f"http://127.0.0.1:{server.port}/"], check=True,
                                  stdout=subprocess.PIPE, text=True)
            after = server.accepts()
            trace = recording.stop()
    trace.check_nothing_lost()
    assert len(trace.accepts()) == after - before > 32
    report = Report(trace)
    report.check_nothing_lost()
    assert sum(row["accepts"] for row in report.json["listeners"]) == after - before
    requests = int(done.stdout.split(" requests in")[0].split()[-1])
    assert requests > 1000, done.stdout
    if calls == "default":
        answers = [c for c in trace.calls("writev", "write", "sendto") if c["ret"] > 0 and c.get("files")]
        assert len(answers) >= requests, (len(answers), requests)


@each("calls", SETS)
def test_redis_under_its_benchmark(calls):
    require_bpf()
    benchmark = require_program("redis-benchmark")
    counters = ("total_connections_received", "total_reads_processed", "total_writes_processed")
    with Redis() as server:
        with Recording("-p", server.pid, *SETS[calls]) as recording:
            before = server.info("stats", *counters)
            subprocess.run([benchmark, "-p", str(server.port), "-c", "50", "-n", "50000", "-t", "get", "-q"], check=True,
                           stdout=subprocess.DEVNULL)
            after = server.info("stats", *counters)
            trace = recording.stop()
    trace.check_nothing_lost()
    connections, reads, writes = (b - a for a, b in zip(before, after))
    # The connection of the first INFO was accepted before it counted, that of the second counts itself.
    assert len(trace.accepts()) == connections + 1, (len(trace.accepts()), connections)
    if calls == "default":
        sockets = {c["files"]["ret"] for c in trace.accepts()}
        read = [c for c in trace.calls("read") if c["files"].get("fd") in sockets]
        sent = [c for c in trace.calls("write", "writev", "sendto")
                if (c["files"].get("fd") or c["files"].get("sockfd")) in sockets]
        # networking.c counts a read before it makes it, so the second INFO's counts itself as the first's did; the
        # writes of both are counted after the answer was made.
        assert len(read) == reads + 1, (len(read), reads)
        assert len(sent) == writes + 1, (len(sent), writes)
