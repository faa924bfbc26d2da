# SPDX-License-Identifier: Apache-2.0
"""What one system call costs, under nothing and under each tracer: two processes, one traced and one not."""
import contextlib
import statistics
import subprocess

from measure.processes import BIN, Failed, running

KINDS = ("epoll_wait", "getppid", "read_write")


class MicroCalls:
    """A running process that is measured on command, see bench/call_costs.h."""

    def __init__(self, process):
        self.process = process
        words = process.stdout.readline().split()
        if not words:
            raise Failed(f"{process.args[0]} could not begin")
        self.pid = int(words[1])

    def measure(self, batch, batches):
        """{kind: (least, median)} in ns per operation."""
        self.process.stdin.write(f"go {batch} {batches}\n")
        self.process.stdin.flush()
        costs = {}
        for line in self.process.stdout:
            if line == "done\n":
                return costs
            kind, least, median = line.split()
            costs[kind] = (float(least), float(median))
        raise RuntimeError(f"{self.process.args[0]} ended")


@contextlib.contextmanager
def micro_calls(program="micro_calls"):
    with running([BIN / program], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        yield MicroCalls(process)


class Samples:
    """What variants add, measured in pairs: each measurement under a tracer has one without it just before."""

    def __init__(self):
        self.alone = {}  # kind → least ns per call, one for each measurement
        self.under = {}  # (variant, who, kind) → (least alone, least under), one pair for each round

    def add(self, variant, who, alone, under):
        for kind in alone:
            self.alone.setdefault(kind, []).append(alone[kind][0])
            self.under.setdefault((variant, who, kind), []).append((alone[kind][0], under[kind][0]))

    def base(self, kind):
        return min(self.alone[kind])

    def added(self, variant, who, kind):
        """ns added: (the median of the pairs' differences, the difference of the leasts over all rounds)."""
        pairs = self.under[(variant, who, kind)]
        return (statistics.median(under - alone for alone, under in pairs),
                min(under for _, under in pairs) - self.base(kind))
