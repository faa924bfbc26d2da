# SPDX-License-Identifier: Apache-2.0
"""What each tracer adds to an operation of io_uring: to a NOP, which is nothing else, and to the four of which a byte
echoed over loopback TCP consists (bench/uring_calls.c)."""
import pathlib
import sys
import tempfile

from measure import uring_tracers
from measure.micro import Samples, micro_calls
from measure.processes import Failed
from measure.summary import Row
from measure.tracers import floors, loopscope

# What is shown of each kind: of how many operations, and under which heading.
KINDS = {"nop_1": (1, "NOP, 1 at a time"), "nop_8": (1, "NOP, 8 at a time"), "nop_32": (1, "NOP, 32 at a time"),
         "echo": (4, "echo, a round trip")}
CALLS = {"io_uring_enter": 426}
SLOW = (320, 10)    # operations in a batch, batches: a slow tracer needs few to be measured
QUICK = (320, 60)   # what all kinds leave behind fits into the buffers
EMPTY = "empty programs"
VARIANTS = [
    (EMPTY, floors("empty-uring"), QUICK),
    ("minimal records", floors("storage-uring", "-r"), QUICK),
    ("loopscope", loopscope(), QUICK),
    ("bpftrace printf", uring_tracers.bpftrace(), SLOW),
    ("perf trace", uring_tracers.perf_trace(), SLOW),
]
# Those whose lines are counted in a run of their own, for what is measured goes to /dev/null.
COUNTED = {"bpftrace printf": uring_tracers.bpftrace(to_count=True),
           "perf trace": uring_tracers.perf_trace(to_count=True)}


class Results:
    def __init__(self):
        self.samples, self.problems = Samples(), {}
        self.records, self.lost = {}, {}  # submissions and completions, by variant; minimal records: and calls

    def note(self, name, records, lost):
        self.records[name] = self.records.get(name, 0) + records
        self.lost[name] = self.lost.get(name, 0) + lost

    def count_lines(self, name, path, size):
        """What is not in the file is lost, whatever the tracer says: how much there was to record is known."""
        batch, batches = size
        seen = uring_tracers.lines_about_operations(path)
        self.note(name, seen, 2 * len(KINDS) * batch * batches - seen)

    def added(self, name, kind):
        """ns added, as Samples says: (median of pairs, difference of the leasts)."""
        return tuple(ns * KINDS[kind][0] for ns in self.samples.added(name, "traced", kind))


def measure(rings, variant, folder, results):
    name, tracer, size = variant
    alone = rings.measure(*QUICK)
    with tracer(rings.pid, CALLS, folder) as outcome:
        under = rings.measure(*size)
    results.samples.add(name, "traced", alone, under)
    if outcome.path is None:
        results.note(name, outcome.recorded, outcome.lost)
    elif outcome.path.is_file():
        results.count_lines(name, outcome.path, size)


def count(rings, name, folder, results):
    with COUNTED[name](rings.pid, CALLS, folder) as outcome:
        rings.measure(*SLOW)
    results.count_lines(name, outcome.path, SLOW)


def each_variant(rings, number, folder, results):
    for variant in VARIANTS if number % 2 == 0 else reversed(VARIANTS):
        try:
            measure(rings, variant, folder, results)
        except Failed as problem:
            results.problems[variant[0]] = str(problem)


def count_lines_of_others(rings, folder, results):
    for name in COUNTED:
        try:
            if name not in results.problems:
                count(rings, name, folder, results)
        except Failed as problem:
            results.problems[name] = str(problem)


def run(rounds=10):
    results = Results()
    with tempfile.TemporaryDirectory(prefix="loopscope-bench-") as name, micro_calls("uring_calls") as rings:
        folder = pathlib.Path(name)
        for number in range(rounds):
            each_variant(rings, number, folder, results)
            print(f"uring: round {number + 1} of {rounds}", file=sys.stderr)
        count_lines_of_others(rings, folder, results)
    print(table(results), flush=True)
    return summary(results)


# ---- words ----


def cell(results, name, kind):
    pairs, leasts = results.added(name, kind)
    empty = results.added(EMPTY, kind)[0] if EMPTY not in results.problems else 0
    ratio = f", × {pairs / empty:.1f}" if empty > 0 and name != EMPTY else ""
    return f"{pairs:+,.0f} ({leasts:+,.0f}){ratio}"


def table(results):
    if not results.samples.alone:
        raise Failed(f"no tracer could be attached: {results.problems}")
    base = ", ".join(f"{heading} {results.samples.base(kind) * operations:,.0f}"
                     for kind, (operations, heading) in KINDS.items())
    lines = [f"### One operation of io_uring\n\nUntraced, least, ns: {base}. Added to an operation (echo: to a round "
             "trip of four), ns: median of pairs (difference of the leasts), and the medians' ratio to empty programs. "
             "Records: submissions and completions recorded in all rounds (minimal records: and calls); of bpftrace and "
             "perf, whose output goes to /dev/null, in one more run into a file.\n",
             "| | " + " | ".join(heading for _, heading in KINDS.values()) + " | records | lost |",
             "|---" * (len(KINDS) + 3) + "|"]
    for name, *_ in VARIANTS:
        if name in results.problems:
            lines.append(f"| {name} | failed: {results.problems[name]}" + " |" * (len(KINDS) + 2))
            continue
        cells = [cell(results, name, kind) for kind in KINDS]
        lines.append(f"| {name} | {' | '.join(cells)} | {results.records[name]:,} | {results.lost[name]:,} |")
    return "\n".join(lines)


def summary(results):
    def added(kind):
        names = [name for name, *_ in VARIANTS if name not in results.problems]
        return {name: f"{results.added(name, kind)[1]:+,.0f}" for name in names}

    return [Row("an operation of io_uring (NOP, 8 at a time), submission and completion, leasts, ns",
                {"strace -f": "sees none"} | added("nop_8"), "≤ +200"),
            Row("a byte echoed through io_uring, four operations in two calls, leasts, ns",
                {"strace -f": "sees none"} | added("echo"))]
