# SPDX-License-Identifier: Apache-2.0
"""Which way of taking start times is cheapest: ns added by minimal tracers to a call that is wanted and to one that
is not, in a traced and in an untraced process."""
import statistics
import subprocess
import sys

from measure.micro import KINDS, Samples, micro_calls
from measure.processes import BIN, running, tracefs, wait_for_line

WANTED = "epoll_wait:232,epoll_ctl:233,epoll_create1:291,accept4:288,accept:43,bind:49,listen:50,openat:257,read:0,write:1"
VARIANTS = [
    ("empty-enter-exit", []),
    ("empty-exit", []),
    ("empty-percall-enter+exit", []),
    ("empty-percall-both", []),
    ("nostart", ["-r"]),
    ("storage", ["-r"]),
    ("lookup", ["-r"]),
    ("hash", ["-r"]),
    ("slot", ["-r"]),
    ("percall-slot", ["-r"]),
    ("percall-storage", ["-r"]),
    ("percall-both-slot", ["-r"]),
    ("percall-both-storage", ["-r"]),
    ("storage", []),
    ("hash", []),
    ("slot", []),
    ("percall-slot", []),
    ("percall-both-slot", []),
    ("percall-both-storage", []),
]


def name_of(variant, extra):
    return variant + (" + record" if extra else "")


def one_round(samples, traced, other, order, batch, batches, attach_ms):
    for variant, extra in order:
        name = name_of(variant, extra)
        alone = {"traced": traced.measure(batch, batches), "other": other.measure(batch, batches)}
        command = [BIN / "floors", variant, "-p", traced.pid, "-c", WANTED, *extra]
        with running(command, stdout=subprocess.PIPE) as floors:
            ready = wait_for_line(floors.stdout, b"ready")
            attach_ms.setdefault(name, []).append(int(ready.split()[3]) / 1000)
            samples.add(name, "traced", alone["traced"], traced.measure(batch, batches))
            samples.add(name, "other", alone["other"], other.measure(batch, batches))


def run(rounds=15, batch=500, batches=60, variants=VARIANTS):
    samples, attach_ms = Samples(), {}
    with tracefs(), micro_calls() as traced, micro_calls() as other:
        for number in range(rounds):
            order = variants if number % 2 == 0 else list(reversed(variants))
            one_round(samples, traced, other, order, batch, batches, attach_ms)
    print(table(samples, attach_ms, variants))


def table(samples, attach_ms, variants):
    base = ", ".join(f"{kind} {samples.base(kind):.0f}" for kind in KINDS)
    lines = [f"Alone, least, ns: {base}. Added, ns: median of pairs (difference of leasts).", "",
             "| | traced: epoll_wait | traced: read and write | traced: getppid, not wanted | another process: epoll_wait "
             "| another: getppid | attach, ms |", "|---|---|---|---|---|---|---|"]
    columns = [("traced", "epoll_wait"), ("traced", "read_write"), ("traced", "getppid"),
               ("other", "epoll_wait"), ("other", "getppid")]
    for variant, extra in variants:
        name = name_of(variant, extra)
        cells = ["{:+.0f} ({:+.0f})".format(*samples.added(name, *column)) for column in columns]
        lines.append(f"| {name} | {' | '.join(cells)} | {statistics.median(attach_ms[name]):.0f} |")
    return "\n".join(lines)


if __name__ == "__main__":
    run(*(int(word) for word in sys.argv[1:]))
