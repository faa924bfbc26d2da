# SPDX-License-Identifier: Apache-2.0
"""`export --to strace` beside strace's own log of the same run: the same lines, call by call.

The options matched are `strace -f -ttt -T -o LOG`, of strace 6.1. What a trace does not hold is made alike in both before
they are compared: pointers, and how much room a program gave for an address."""
import collections
import re
import tempfile

from harness import strace
from harness.each import each
from harness.environment import require_bpf, require_program
from harness.oracle import started_ns
from harness.processes import Child, children_of
from harness.recorder import Recording, run
from harness.workload import Workload

WORKLOADS = {"accepts": 48, "close_dup_alive": 20, "same_data": 25, "two_numbers": 20, "fork_epoll": 9, "oneshot": 57,
             "scm_rights": 23, "exclusive_workers": 60, "port0": 8, "inet6": 10, "every_call": 20, "clone_files": 6}


class PlainStrace(Child):
    """As a student runs it, attached to a process and its children."""

    def __init__(self, pid, log, others=()):
        targets = [word for each_pid in (pid, *others) for word in ("-p", str(each_pid))]
        super().__init__([require_program("strace"), "-f", "-ttt", "-T", "-o", log, "-e",
                          "trace=" + ",".join(strace.CALLS), *targets])
        for _ in (pid, *others):
            assert self.err.find(lambda line: "attached" in line), self.err.text()


def lines_by_thread(text, since=0):
    """The calls of each thread, put together where they are in two pieces, without times."""
    found, begun = collections.defaultdict(list), {}
    for line in text.splitlines():
        match = strace.LINE.match(line)
        assert match, line
        tid, at, rest = int(match[1]), strace.nanoseconds(match[2]), match[3]
        if rest.startswith(("---", "+++", "restart_syscall(")) or rest.endswith("<detached ...>"):
            continue
        if rest.endswith(strace.UNFINISHED):
            begun[tid] = (at, rest[:-len(strace.UNFINISHED)])
            continue
        if resumed := strace.RESUMED.match(rest):
            if tid not in begun:
                continue
            at, beginning = begun.pop(tid)
            rest = beginning + resumed[2]
        took = re.search(r" <(\d+\.\d+)>$", rest)
        if at + (float(took[1]) * 1e9 if took else 0) >= since:
            found[tid].append(alike(rest))
    return found


def alike(call):
    call = re.sub(r" <\d+\.\d+>$", "", call)
    call = re.sub(r"\) += ", ") = ", call)
    call = re.sub(r"0x[0-9a-f]{6,}", "NULL", call)
    call = re.sub(r"\[\d+ => (\d+)\]", r"[\1]", call)
    call = re.sub(r",  +", ", ", call)
    return re.sub(r"^(bind\(.*\}), \d+\)", r"\1)", call)


def same(theirs, ours):
    """A program that gave no room for a peer's address was not told it; the trace knows it all the same. The kernel cuts
    an address of a family that strace prints otherwise."""
    if theirs == ours:
        return True
    no_room = re.match(r"^(accept4?\(\d+), (?:NULL, NULL|NULL, \[\d+\])(.*)$", theirs)
    return bool(no_room) and re.match(re.escape(no_room[1]) + r", .*" + re.escape(no_room[2]) + "$", ours) is not None


@each("name", WORKLOADS)
def test_the_lines_of_strace(name):
    require_bpf()
    with tempfile.NamedTemporaryFile("r") as log, Workload(name) as workload:
        with PlainStrace(workload.pid, log.name, children_of(workload.pid)) as tracer:
            with Recording("-p", workload.pid) as recording:
                workload.send_line("go")
                assert workload.out.next() is not None
                trace = recording.stop()
            tracer.end(2)
        workload.send_line("quit")
        workload.wait()
        theirs = lines_by_thread(log.read(), started_ns(trace))
    exported = run("export", trace.path, "--to", "strace").stdout
    ours = lines_by_thread(exported)
    names = tuple(name + "(" for name in strace.CALLS)
    compared = 0
    for tid in sorted(theirs.keys() | ours.keys()):
        mine = [line for line in ours[tid] if line.startswith(names)]
        for expected, got in zip(theirs[tid], mine):
            assert same(expected, got), f"\nstrace    {expected}\nloopscope {got}"
            compared += 1
        assert len(theirs[tid]) == len(mine), (tid, theirs[tid], mine)
    assert compared >= WORKLOADS[name], f"only {compared} calls were compared"


def test_the_export_is_a_log_that_import_takes():
    require_bpf()
    with Workload("accepts") as workload, Recording("-p", workload.pid) as recording:
        workload.tell("go")
        trace = recording.stop()
    with tempfile.NamedTemporaryFile("w") as log:
        log.write(run("export", trace.path, "--to", "strace").stdout)
        log.flush()
        again = run("import", "strace", log.name, "-o", "-")
    assert "left out" not in again.stderr, again.stderr
    made = [line for line in again.stdout.splitlines() if '"type":"call"' in line]
    assert len(made) == len(trace.of("call"))
