# SPDX-License-Identifier: Apache-2.0
"""What a user could run instead, and how to know that each is at work: every tracer is a context that begins when it
has attached and ends when it has ended."""
import contextlib
import json
import os
import pathlib
import signal
import subprocess
import time

from measure.processes import BIN, Failed, end, running, wait_for_line

# The calls of the lab, by name and x86-64 number.
LAB = {"epoll_wait": 232, "epoll_pwait": 281, "epoll_ctl": 233, "epoll_create1": 291, "openat": 257, "open": 2,
       "listen": 50, "bind": 49, "accept": 43, "accept4": 288}
# What a server under load does besides: reads and writes.
IO = {"read": 0, "write": 1, "readv": 19, "writev": 20, "recvfrom": 45, "sendto": 44}
POLLING = {7, 271, 232, 281}  # poll, ppoll, epoll_wait, epoll_pwait


def sleeps_polling(pid):
    """Whether the process sits in a poll of its own: how perf and bpftrace look once they have attached."""
    with contextlib.suppress(OSError, ValueError):
        return int(pathlib.Path(f"/proc/{pid}/syscall").read_text().split()[0]) in POLLING
    return False


def cpu_ns(pid):
    """CPU time of all threads of a process."""
    threads = pathlib.Path(f"/proc/{pid}/task").iterdir()
    return sum(int((thread / "schedstat").read_text().split()[0]) for thread in threads)


def wait_until(condition, what, process=None, patience_s=30):
    deadline = time.monotonic() + patience_s
    while not condition():
        if process is not None and process.poll() is not None:
            raise Failed(f"{what}: the tracer ended with {process.returncode}")
        if time.monotonic() > deadline:
            raise Failed(f"{what}: not within {patience_s} s")
        time.sleep(0.002)


class Outcome:
    """What a tracer left behind: filled in when it has ended."""
    path = None
    start_ns = 0
    attach_cpu_ns = None  # the tracer's own CPU time until it was at work: what a busy machine does not stretch
    lost = None
    recorded = None


def floors(variant, *extra):
    """A minimal tracer of floors.bpf.c."""
    @contextlib.contextmanager
    def attached(pid, calls, folder):
        wanted = ",".join(f"{name}:{number}" for name, number in calls.items())
        command = [BIN / "floors", variant, "-p", pid, "-c", wanted, *extra]
        outcome = Outcome()
        with running(command, stdout=subprocess.PIPE) as process:
            wait_for_line(process.stdout, b"ready")
            yield outcome
            end(process)
            line = process.stdout.read().split()  # "records N lost N"
            outcome.recorded, outcome.lost = int(line[1]), int(line[3])
    return attached


@contextlib.contextmanager
def strace(pid, calls, folder):
    outcome = Outcome()
    outcome.path = folder / "strace.log"
    command = ["strace", "-f", "-o", outcome.path, "-e", "trace=" + ",".join(calls), "-p", pid]
    with running(command, ends_by=signal.SIGINT, stderr=subprocess.PIPE) as process:
        wait_for_line(process.stderr, b"attached")
        yield outcome
        end(process, signal.SIGINT)


@contextlib.contextmanager
def perf_trace(pid, calls, folder):
    outcome = Outcome()
    outcome.path = folder / "perf.log"
    command = ["perf", "trace", "-o", outcome.path, "-e", ",".join(calls), "-p", pid]
    with running(command, ends_by=signal.SIGINT, stderr=subprocess.DEVNULL) as process:
        wait_until(lambda: sleeps_polling(process.pid), "perf trace", process)
        yield outcome
        end(process, signal.SIGINT)


@contextlib.contextmanager
def bpftrace(pid, calls, folder):
    enters = ", ".join(f"tracepoint:syscalls:sys_enter_{name}" for name in calls)
    exits = ", ".join(f"tracepoint:syscalls:sys_exit_{name}" for name in calls)
    script = (f"{enters} /pid == {pid}/ {{ @start[tid] = nsecs; }} {exits} /pid == {pid}/ "
              '{ printf("%llu %d %s = %d <%llu>\\n", @start[tid], tid, probe, args->ret, nsecs - @start[tid]); }')
    outcome = Outcome()
    outcome.path = folder / "bpftrace.log"
    outcome.start_ns = time.monotonic_ns()
    command = ["bpftrace", "-o", outcome.path, "-e", script]
    with running(command, ends_by=signal.SIGINT, stderr=subprocess.DEVNULL) as process:
        # It says nothing in the file before its buffer is full; once attached, it polls.
        wait_until(lambda: sleeps_polling(process.pid), "bpftrace", process)
        outcome.attach_cpu_ns = cpu_ns(process.pid)
        yield outcome
        end(process, signal.SIGINT)


def loopscope(*options):
    @contextlib.contextmanager
    def attached(pid, calls, folder):
        outcome = Outcome()
        outcome.path = folder / "trace.loopscope.jsonl"
        outcome.path.unlink(missing_ok=True)
        outcome.start_ns = time.monotonic_ns()
        command = [BIN / "loopscope", "record", "-p", pid, "-o", outcome.path, *options]
        with open(folder / "loopscope.log", "wb") as log, \
                running(command, ends_by=signal.SIGINT, stdout=log, stderr=log) as process:
            growing = Growing(outcome.path)
            wait_until(lambda: growing.has(b'"type":"snapshot_end"'), "loopscope record", process)
            outcome.attach_cpu_ns = cpu_ns(process.pid)
            yield outcome
            if end(process, signal.SIGINT) != 0:
                raise Failed("loopscope record failed: " + (folder / "loopscope.log").read_text(errors="replace")[-500:])
        last = json.loads(last_line(outcome.path))
        if last["type"] != "end":
            raise Failed(f"the trace ends with {last}")
        outcome.lost, outcome.recorded = last["lost"], last["events"]
    return attached


class Growing:
    """A file that is being written; each look reads on from where the last one ended."""

    def __init__(self, path):
        self.path, self.offset, self.rest = path, 0, b""

    def has(self, wanted):
        if not self.path.exists():
            return False
        with open(self.path, "rb") as trace:
            trace.seek(self.offset)
            while piece := trace.read(1 << 20):
                self.offset += len(piece)
                if wanted in self.rest + piece:
                    return True
                self.rest = piece[-len(wanted):]
        return False


def last_line(path):
    with open(path, "rb") as trace:
        trace.seek(max(0, os.path.getsize(path) - 65536))
        return trace.read().splitlines()[-1]
