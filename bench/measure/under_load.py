# SPDX-License-Identifier: Apache-2.0
"""How many requests per second a server keeps while it is traced. One server process serves all runs; each run under
a tracer is a pair with an untraced run beside it, before it in one round and after it in the next, because the speed
of a machine drifts. The server's CPU time a request is taken as well, and the best run of each is held against the best
untraced one: both suffer less from what else runs here."""
import contextlib
import pathlib
import re
import signal
import statistics
import subprocess
import sys
import tempfile
import time

from measure.processes import Failed, end, running
from measure.summary import COLUMNS, Row
from measure.tracers import IO, LAB, bpftrace, cpu_ns, floors, loopscope, perf_trace, strace, wait_until

NGINX = """worker_processes 1;
pid {folder}/nginx.pid;
error_log {folder}/error.log;
daemon off;
events {{ worker_connections 1024; }}
http {{
  access_log off;
  keepalive_requests 1000000000;
  client_body_temp_path {folder}; proxy_temp_path {folder}; fastcgi_temp_path {folder};
  uwsgi_temp_path {folder}; scgi_temp_path {folder};
  server {{ listen 127.0.0.1:{port}; location / {{ return 200 "0123456789012345678901234567890123456789"; }} }}
}}
"""


def answers(port):
    return subprocess.run(["curl", "-s", "-o", "/dev/null", f"http://127.0.0.1:{port}/"], check=False).returncode == 0


class Nginx:
    name = "nginx, one worker, wrk -c32"
    port = 18801
    goal = "≥ 0.90 × empty"  # of the default set

    def __init__(self, folder):
        self.folder = folder
        (folder / "nginx.conf").write_text(NGINX.format(folder=folder, port=self.port))

    @contextlib.contextmanager
    def serving(self):
        command = ["/usr/sbin/nginx", "-c", self.folder / "nginx.conf", "-p", self.folder]
        with running(command, ends_by=signal.SIGQUIT, stderr=subprocess.DEVNULL) as master:
            wait_until(lambda: answers(self.port), "nginx", master)
            children = pathlib.Path(f"/proc/{master.pid}/task/{master.pid}/children").read_text().split()
            yield int(children[0])

    def requests_per_s(self, seconds):
        out = subprocess.run(["wrk", "-t1", "-c32", f"-d{seconds}s", f"http://127.0.0.1:{self.port}/"],
                             capture_output=True, text=True, check=True).stdout
        return float(re.search(r"Requests/sec:\s+([\d.]+)", out)[1])


class Redis:
    name = "redis, GET, redis-benchmark -c50"
    port = 18802
    goal = "≥ 0.95 × empty"

    def __init__(self, folder):
        self.folder = folder
        self.last = 50_000.0

    @contextlib.contextmanager
    def serving(self):
        command = ["redis-server", "--port", self.port, "--bind", "127.0.0.1", "--save", "", "--appendonly", "no",
                   "--dir", self.folder]
        with running(command, stdout=subprocess.DEVNULL) as server:
            wait_until(lambda: subprocess.run(["redis-cli", "-p", str(self.port), "ping"], capture_output=True,
                                              check=False).stdout == b"PONG\n", "redis", server)
            yield server.pid

    def requests_per_s(self, seconds):
        """redis-benchmark takes a number of requests, not a time: ask for a few, then for as many as fill the time."""
        rate = self.benchmark(2_000)
        return self.benchmark(int(max(2_000, min(rate * seconds, 3_000_000))))

    def benchmark(self, requests):
        out = subprocess.run(["redis-benchmark", "-p", str(self.port), "-t", "get", "-c", "50", "-n", str(requests),
                              "-q"], capture_output=True, text=True, check=True).stdout
        return float(re.findall(r"GET: ([\d.]+) requests per second", out)[-1])


EMPTY = "empty programs"
WITH_IO = ", with reads and writes"
QUICK = [(EMPTY, floors("empty-enter-exit"), LAB),
         ("minimal records", floors("storage", "-r"), LAB),
         ("minimal records" + WITH_IO, floors("storage", "-r"), LAB | IO),
         ("loopscope --calls lab", loopscope("--calls", "lab"), LAB),
         ("loopscope --calls lab --no-sched", loopscope("--calls", "lab", "--no-sched"), LAB),
         ("loopscope --no-io", loopscope("--no-io"), LAB),
         ("loopscope" + WITH_IO, loopscope(), LAB)]
SLOW = [("strace -f", strace, LAB), ("strace -f" + WITH_IO, strace, LAB | IO),
        ("perf trace", perf_trace, LAB), ("perf trace" + WITH_IO, perf_trace, LAB | IO),
        ("bpftrace printf", bpftrace, LAB), ("bpftrace printf" + WITH_IO, bpftrace, LAB | IO)]


class Result:
    """The pairs of one variant."""

    def __init__(self):
        self.kept, self.cpu_ns_alone, self.cpu_ns_added = [], [], []
        self.rate_alone, self.rate_traced = [], []
        self.lost, self.recorded, self.problem = 0, 0, None
        self.bytes_per_line = self.zstd_bytes_per_line = None


def weigh(result, path):
    """Bytes a line, plain and as zstd compresses by default, over at most the first 200 MB."""
    size = lines = 0
    with open(path, "rb") as trace, tempfile.TemporaryFile() as packed:
        with subprocess.Popen(["zstd", "-q", "-c", "-3"], stdin=subprocess.PIPE, stdout=packed) as zstd:
            while size < 200 << 20 and (piece := trace.read(1 << 20)):
                size += len(piece)
                lines += piece.count(b"\n")
                zstd.stdin.write(piece)
            zstd.stdin.close()
            zstd.wait()
        result.bytes_per_line = size / lines
        result.zstd_bytes_per_line = packed.seek(0, 2) / lines


def load(server, pid, seconds):
    """(requests per second, the server's CPU time in ns a request)"""
    before, start = cpu_ns(pid), time.monotonic()
    rate = server.requests_per_s(seconds)
    return rate, (cpu_ns(pid) - before) / (rate * (time.monotonic() - start))


def load_traced(server, pid, tracer, calls, folder, seconds, result):
    with tracer(pid, calls, folder) as outcome:
        measured = load(server, pid, seconds)
    if outcome.path is not None:
        if outcome.recorded is None:
            outcome.recorded = count_lines(outcome.path)
        if outcome.path.name.endswith("jsonl") and result.bytes_per_line is None:
            weigh(result, outcome.path)
        outcome.path.unlink(missing_ok=True)
    result.recorded += outcome.recorded or 0
    result.lost += outcome.lost or 0
    return measured


def count_lines(path):
    with open(path, "rb") as lines:
        return sum(piece.count(b"\n") for piece in iter(lambda: lines.read(1 << 20), b""))


def pair(server, pid, variant, folder, seconds, result, traced_first):
    name, tracer, calls = variant
    if traced_first:
        traced = load_traced(server, pid, tracer, calls, folder, seconds, result)
    rate, cpu = load(server, pid, seconds)
    if not traced_first:
        traced = load_traced(server, pid, tracer, calls, folder, seconds, result)
    result.rate_alone.append(rate)
    result.rate_traced.append(traced[0])
    result.cpu_ns_alone.append(cpu)
    result.kept.append(traced[0] / rate)
    result.cpu_ns_added.append(traced[1] - cpu)


def rounds_of(server, pid, variants, rounds, seconds, folder, results):
    for number in range(rounds):
        for variant in variants if number % 2 == 0 else reversed(variants):
            result = results.setdefault(variant[0], Result())
            try:
                pair(server, pid, variant, folder, seconds, result, number % 2 == 1)
            except Failed as problem:
                result.problem = str(problem)
        kept = ", ".join(f"{name} {results[name].kept[-1]:.3f}" for name, _, _ in variants if results[name].kept)
        print(f"{server.name}: round {number + 1} of {rounds}: kept {kept}", file=sys.stderr)


def spread(values):
    """Median, and between which values the middle half lies."""
    if len(values) < 4:
        return f"{statistics.median(values):.3f} ({min(values):.3f}–{max(values):.3f})"
    quarter, _, three_quarters = statistics.quantiles(values, n=4)
    return f"{statistics.median(values):.3f} ({quarter:.3f}–{three_quarters:.3f})"


def table(results):
    lines = ["| | pairs | share of untraced req/s kept | of what empty programs keep | best against best | server CPU added a request, ns "
             "| records | lost | bytes a line, plain / zstd |", "|---|---|---|---|---|---|---|---|---|"]
    best_alone = max(rate for result in results.values() for rate in result.rate_alone)
    empty = statistics.median(results[EMPTY].kept)
    for name, result in results.items():
        if result.problem:
            lines.append(f"| {name} | failed: {result.problem} | | | | | | | |")
            continue
        weight = f"{result.bytes_per_line:.0f} / {result.zstd_bytes_per_line:.1f}" if result.bytes_per_line else ""
        lines.append(f"| {name} | {len(result.kept)} | {spread(result.kept)} "
                     f"| {statistics.median(result.kept) / empty:.3f} "
                     f"| {max(result.rate_traced) / best_alone:.3f} | {statistics.median(result.cpu_ns_added):+,.0f} "
                     f"| {result.recorded:,} | {result.lost} | {weight} |")
    return "\n".join(lines)


def run(server_class, rounds=10, slow_rounds=3, seconds=2):
    results = {}
    with tempfile.TemporaryDirectory(prefix="loopscope-bench-") as name:
        folder = pathlib.Path(name)
        server = server_class(folder)
        with server.serving() as pid:
            rounds_of(server, pid, QUICK, rounds, seconds, folder, results)
            rounds_of(server, pid, SLOW, slow_rounds, seconds, folder, results)
    alone = [rate for result in results.values() for rate in result.rate_alone]
    cpu = [ns for result in results.values() for ns in result.cpu_ns_alone]
    print(f"### {server.name}\n\nPairs of {seconds} s beside {seconds} s. Untraced: {statistics.median(alone):,.0f} "
          f"requests/s ({min(alone):,.0f}–{max(alone):,.0f}), {statistics.median(cpu):,.0f} ns of the server's CPU a "
          "request. Median (middle half).\n")
    print(table(results), flush=True)
    return summary(server, results)


def summary(server, results):
    def kept(suffix, loopscope_name):
        names = {column: column + suffix for column in COLUMNS}
        names |= {EMPTY: EMPTY, "loopscope": loopscope_name}
        return {column: f"{statistics.median(results[name].kept):.3f}" for column, name in names.items()
                if results[name].kept}

    default = results["loopscope" + WITH_IO]
    weight = {"loopscope": f"{default.bytes_per_line:.0f} / {default.zstd_bytes_per_line:.1f}"} if default.kept else {}
    return [Row(f"{server.name}, lab calls: share of req/s kept", kept("", "loopscope --calls lab"), "≥ 0.95 × empty"),
            Row(f"{server.name}, with reads and writes: share kept", kept(WITH_IO, "loopscope" + WITH_IO), server.goal),
            Row(f"{server.name}: bytes a line, plain / zstd", weight, "≤ 140 / 12")]
