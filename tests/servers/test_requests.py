# SPDX-License-Identifier: Apache-2.0
"""Requests against those who made them: hey and redis-benchmark know how many there were, and hey how long they took."""
import json
import re
import subprocess

import pytest
from harness.environment import BIN, require_bpf, require_program, skip
from harness.processes import Child, until
from harness.recorder import Recording, run
from harness.recorder import report as report_of
from harness.servers import Nginx, Redis, Server
from harness.sockets import is_listening

REQUESTS, CLIENTS = 200, 4


class Sample(Server):
    """One of the sample servers: each request waits for 20 ms."""

    def __init__(self, name):
        super().__init__()
        self.name = name

    def command(self):
        return [BIN / self.name, "--port", str(self.port)]

    def start(self):
        if not (BIN / self.name).exists():
            skip(f"{self.name} is not built")
        self.child = Child(self.command(), cwd=self.folder)
        until(lambda: is_listening(self.port) or self.child.process.poll() is not None, f"{self.name} listens")
        if self.child.process.poll() is not None:
            skip(f"{self.name} does not run here: {self.child.err.text()}")
        return self


def hey(server):
    done = subprocess.run([require_program("hey"), "-n", str(REQUESTS), "-c", str(CLIENTS),
                           f"http://127.0.0.1:{server.port}/"], check=True, stdout=subprocess.PIPE, text=True)
    assert f"[200]\t{REQUESTS} responses" in done.stdout, done.stdout
    return {int(share): float(seconds) * 1e9
            for share, seconds in re.findall(r"(\d+)% in ([\d.]+) secs", done.stdout)}


def recorded(server, load):
    """The trace of a load, and what the load gives."""
    with Recording("-p", server.pid) as recording:
        result = load(server)
        trace = recording.stop()
    trace.check_nothing_lost()
    return trace, result


def check_sums(request):
    assert request["queue_ns"] + request["service_ns"] == request["latency_ns"]
    parts = ("running_ns", "runnable_ns", "blocked_ns", "elsewhere_ns")
    assert sum(request[part] for part in parts) == request["service_ns"], request
    assert min(request[part] for part in parts) >= 0, request


@pytest.fixture(scope="module")
def sample_traces():
    """epoll-server and io-uring-server under the same load, each recorded once."""
    require_bpf()
    traces = {}
    for name in ("epoll-server", "io-uring-server"):
        with Sample(name) as server:
            traces[name] = recorded(server, hey)
    return traces


@pytest.mark.parametrize("name", ["epoll-server", "io-uring-server"])
def test_as_many_and_as_long_as_the_client_says(sample_traces, name):
    trace, times = sample_traces[name]
    row, = report_of(trace)["requests"]
    assert row["count"] == row["exchanges"] == REQUESTS
    assert row["not_delimitable"] is None
    listener, = row["listeners"]
    assert listener["connections"] == CLIENTS and listener["unanswered"] == listener["in_progress"] == 0
    # Quantiles are up to 1/16 too high; what the server sees is part of what the client does.
    assert 20e6 <= row["latency_ns"]["p50"] <= times[50] * 17 / 16 + 1e6, (row["latency_ns"], times)
    assert 0 < row["per_request"]["calls"] < 10
    assert 0 < row["per_request"]["cpu_ns"] < 5e6
    assert len(row["slowest"]) == 16
    for request in row["slowest"]:
        check_sums(request)
    assert {request["id"] for request in row["slowest"]} <= {record["id"] for record in trace.records}


def test_two_servers_compared(sample_traces):
    (epoll, _), (uring, _) = sample_traces["epoll-server"], sample_traces["io-uring-server"]
    compared = json.loads(run("compare", epoll.path, uring.path, "--json").stdout)
    assert compared["a"]["requests"] == compared["b"]["requests"] == REQUESTS
    metrics = {row["name"]: row for row in compared["metrics"]}
    assert metrics["calls"]["b"] < metrics["calls"]["a"]
    assert metrics["ring_operations"]["a"] == 0 < metrics["ring_operations"]["b"]
    for row in metrics.values():
        assert row["a"] is not None and row["b"] is not None, row
        if row["a_range"]:
            assert row["a_range"][0] <= row["a_range"][1], row
    same = json.loads(run("compare", epoll.path, epoll.path, "--json").stdout)
    assert same["warnings"] == []
    assert {row["different"] for row in same["metrics"]} <= {"within_spread", "unknown"}


def test_a_condition_that_holds_fails(sample_traces):
    (epoll, _), (uring, _) = sample_traces["epoll-server"], sample_traces["io-uring-server"]
    both = (epoll.path, uring.path)
    assert run("compare", *both, "--fail-if", "p50>10s", "--fail-if", "calls>+10%").returncode == 0
    failed = run("compare", *both, "--fail-if", "p50>10ms", "--fail-if", "calls<-1%", check=False)
    assert failed.returncode == 1
    assert len(failed.stderr.splitlines()) == 2 and "p50>10ms" in failed.stderr, failed.stderr
    wrong = run("compare", *both, "--fail-if", "p50>ten", check=False)
    assert wrong.returncode == 2 and "'p99>+10%'" in wrong.stderr, wrong.stderr
    assert run("compare", epoll.path, "/nowhere.jsonl", check=False).returncode == 1
    assert run("compare", epoll.path, check=False).returncode == 2


def test_redis_under_its_benchmark():
    require_bpf()
    benchmark = require_program("redis-benchmark")

    def load(server):
        subprocess.run([benchmark, "-p", str(server.port), "-n", "2000", "-c", "4", "-t", "get", "-q"], check=True,
                       stdout=subprocess.DEVNULL)

    with Redis() as server:
        trace, _ = recorded(server, load)
    row, = report_of(trace)["requests"]
    # And one on a connection of its own: it asks for the configuration, two commands at once.
    assert row["count"] == 2001
    assert sum(listener["connections"] for listener in row["listeners"]) == 5


def test_workers_of_nginx_share_the_requests():
    require_bpf()
    with Nginx() as server:
        trace, _ = recorded(server, hey)
        workers = server.accepting_pids()
    rows = report_of(trace)["requests"]
    assert {row["pid"] for row in rows} <= workers
    assert sum(row["count"] for row in rows) == REQUESTS


def test_without_reads_and_writes_it_says_so():
    require_bpf()
    with Sample("epoll-server") as server:
        with Recording("-p", server.pid, "--no-io") as recording:
            server.ask()
            trace = recording.stop()
    row, = report_of(trace)["requests"]
    assert row["count"] == 0 and row["not_delimitable"] == "reads and writes were not recorded"
    assert "reads and writes were not recorded" in run("report", trace.path).stdout
