# SPDX-License-Identifier: Apache-2.0
"""What attaching costs: how long until the first event, and how long a target with a large epoll instance is held up
while its state is read."""
import contextlib
import json
import pathlib
import statistics
import subprocess
import tempfile
import threading
import time

from measure.micro import micro_calls
from measure.processes import BIN, Failed, running
from measure.summary import Row
from measure.tracers import LAB, bpftrace, loopscope

ITEMS = 10_000
READING_MS = 1500
UNDISTURBED, FDINFO, RECORDED = "nothing", "fdinfo of the instance read 5 times", "loopscope record, attach to end"


# ---- start to first event ----


def first_event_loopscope(path):
    """CLOCK_MONOTONIC of the first call in a trace, ns."""
    with open(path, encoding="utf-8") as trace:
        zero = json.loads(trace.readline())["monotonic_ns"]
        for line in trace:
            record = json.loads(line)
            if record["type"] == "call":
                return zero + record["t"] + record["dur"]
    raise Failed("no call in the trace")


def first_event_bpftrace(path):
    """The same of our bpftrace script's first whole line: "START TID PROBE = RET <DURATION>"."""
    with open(path, encoding="utf-8") as lines:
        for line in lines:
            words = line.split()
            if len(words) == 6 and words[0] != "0":
                return int(words[0]) + int(words[5].strip("<>"))
    raise Failed("no call in bpftrace's output")


@contextlib.contextmanager
def calling(busy):
    """The process makes calls, without a pause worth mentioning."""
    stop = threading.Event()

    def go_on():
        while not stop.is_set():
            busy.measure(500, 20)

    caller = threading.Thread(target=go_on)
    caller.start()
    try:
        yield
    finally:
        stop.set()
        caller.join()


def latency(rounds):
    """[(ms from the tracer's start to the first event it recorded, ms of CPU it used to attach)] by tracer."""
    found = {"loopscope record": [], "bpftrace": []}
    with tempfile.TemporaryDirectory(prefix="loopscope-bench-") as name, micro_calls() as busy:
        folder = pathlib.Path(name)
        for _ in range(rounds):
            for tracer, attach, first in (("loopscope record", loopscope("--calls", "lab"), first_event_loopscope),
                                          ("bpftrace", bpftrace, first_event_bpftrace)):
                with calling(busy), attach(busy.pid, LAB, folder) as outcome:
                    time.sleep(0.1)  # an interval in which calls are recorded
                found[tracer].append(((first(outcome.path) - outcome.start_ns) / 1e6,
                                      outcome.attach_cpu_ns / 1e6))
    return found


# ---- how long the target stalls ----


class Target:
    def __init__(self, process):
        self.process = process
        words = process.stdout.readline().split()
        self.pid, self.epfd = int(words[1]), int(words[3])

    def while_running(self, action):
        """The worst epoll_ctl while `action` runs beside it, ns."""
        self.process.stdin.write(f"go {READING_MS}\n")
        self.process.stdin.flush()
        time.sleep(0.2)  # let it get going: what is measured is a state, not a moment
        action()
        return int(self.process.stdout.readline().split()[1])


def stalls(rounds):
    found = {}
    with tempfile.TemporaryDirectory(prefix="loopscope-bench-") as name, \
            running([BIN / "snapshot_stall", ITEMS], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        folder, target = pathlib.Path(name), Target(process)

        def read_fdinfo():
            for _ in range(5):
                pathlib.Path(f"/proc/{target.pid}/fdinfo/{target.epfd}").read_bytes()

        def record(*options):
            with loopscope(*options)(target.pid, LAB, folder):
                pass

        actions = [(UNDISTURBED, lambda: None), (FDINFO, read_fdinfo),
                   (RECORDED, lambda: record("--calls", "accept"))]
        for number in range(rounds):
            for what, action in actions if number % 2 == 0 else reversed(actions):
                found.setdefault(what, []).append(target.while_running(action))
    return found


def run(rounds=10):
    first = latency(rounds)
    print("### Attaching\n")
    for tracer, pairs in first.items():
        ms = [whole for whole, _ in pairs]
        print(f"* {tracer}: from its start to the first event {statistics.median(ms):.0f} ms ({min(ms):.0f}–{max(ms):.0f}), "
              f"{len(ms)} times; CPU time until it was at work {statistics.median(cpu for _, cpu in pairs):.0f} ms")
    print(f"\nWorst `epoll_ctl` of a process with {ITEMS:,} epoll items, in {rounds} runs of {READING_MS} ms each; calls in "
          "which the scheduler took its CPU away are left out.\n")
    print("| meanwhile | least, µs | median, µs | most, µs |\n|---|---|---|---|")
    held_up = stalls(rounds)
    for what, worst_ns in held_up.items():
        worst = [ns / 1000 for ns in worst_ns]
        print(f"| {what} | {min(worst):,.0f} | {statistics.median(worst):,.0f} | {max(worst):,.0f} |", flush=True)
    def until_first(tracer):
        return f"{statistics.median(ms for ms, _ in first[tracer]):.0f}"

    return [Row("start to first event, ms", {"bpftrace printf": until_first("bpftrace"),
                                             "loopscope": until_first("loopscope record")}, "≤ 150"),
            Row("worst `epoll_ctl` of a target with 10,000 epoll items while attaching, µs "
                f"(undisturbed {statistics.median(held_up[UNDISTURBED]) / 1000:.0f}, "
                f"fdinfo {statistics.median(held_up[FDINFO]) / 1000:,.0f})",
                {"loopscope": f"{statistics.median(held_up[RECORDED]) / 1000:.0f}"}, "≤ 200")]
