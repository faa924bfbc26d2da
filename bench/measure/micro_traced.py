# SPDX-License-Identifier: Apache-2.0
"""What each tracer adds to one system call: to one it records, and to one that nobody asked for, in the traced process
and in another."""
import pathlib
import sys
import tempfile

from measure.micro import KINDS, Samples, micro_calls
from measure.processes import Failed
from measure.summary import COLUMNS, Row
from measure.tracers import IO, LAB, bpftrace, floors, loopscope, perf_trace, strace

SLOW = (200, 10)    # calls in a batch, batches: a slow tracer needs few to be measured
QUICK = (500, 60)
VARIANTS = [
    ("empty programs", floors("empty-enter-exit"), LAB, QUICK),
    ("minimal records", floors("storage", "-r"), LAB, QUICK),
    ("loopscope --calls lab", loopscope("--calls", "lab"), LAB, QUICK),
    ("loopscope --calls lab --no-sched", loopscope("--calls", "lab", "--no-sched"), LAB, QUICK),
    ("loopscope, with reads and writes", loopscope(), LAB, QUICK),
    ("bpftrace printf", bpftrace, LAB, SLOW),
    ("perf trace", perf_trace, LAB, SLOW),
    ("strace -f", strace, LAB, SLOW),
    ("minimal records, with reads and writes", floors("storage", "-r"), LAB | IO, QUICK),
]
MEASURED = [("traced", "epoll_wait"), ("traced", "read_write"), ("traced", "getppid"), ("other", "epoll_wait"),
            ("other", "getppid")]


def measure(traced, other, variant, folder, samples):
    name, tracer, calls, size = variant
    alone = {"traced": traced.measure(*QUICK), "other": other.measure(*QUICK)}
    with tracer(traced.pid, calls, folder):
        samples.add(name, "traced", alone["traced"], traced.measure(*size))
        samples.add(name, "other", alone["other"], other.measure(*size))


def run(rounds=10):
    samples, problems = Samples(), {}
    with tempfile.TemporaryDirectory(prefix="loopscope-bench-") as name, micro_calls() as traced, \
            micro_calls() as other:
        for number in range(rounds):
            for variant in VARIANTS if number % 2 == 0 else reversed(VARIANTS):
                try:
                    measure(traced, other, variant, pathlib.Path(name), samples)
                except Failed as problem:
                    problems[variant[0]] = str(problem)
            print(f"micro: round {number + 1} of {rounds}", file=sys.stderr)
    print(table(samples, problems), flush=True)
    return summary(samples, problems)


def summary(samples, problems):
    def added(who, kind):
        names = {column: column for column in COLUMNS} | {"loopscope": "loopscope --calls lab"}
        return {column: f"{samples.added(name, who, kind)[1]:+,.0f}" for column, name in names.items()
                if name not in problems}

    return [Row("a recorded `epoll_wait` that returns at once, leasts, ns", added("traced", "epoll_wait"), "≤ +200"),
            Row("a call nobody asked for, traced process, leasts, ns", added("traced", "getppid"), "≤ +45, as empty"),
            Row("a call nobody asked for, another process, leasts, ns", added("other", "getppid"), "≤ +45, as empty")]


def table(samples, problems):
    base = ", ".join(f"{kind} {samples.base(kind):.0f}" for kind in KINDS)
    lines = [f"### One call\n\nAlone, least, ns: {base}. Added, ns: median of pairs (difference of the leasts).\n",
             "| | recorded epoll_wait | read and write | getppid, not asked for | another process: epoll_wait "
             "| another: getppid |", "|---|---|---|---|---|---|"]
    for name, *_ in VARIANTS:
        if name in problems:
            lines.append(f"| {name} | failed: {problems[name]} | | | | |")
            continue
        cells = ["{:+,.0f} ({:+,.0f})".format(*samples.added(name, *column)) for column in MEASURED]
        lines.append(f"| {name} | {' | '.join(cells)} |")
    return "\n".join(lines)
