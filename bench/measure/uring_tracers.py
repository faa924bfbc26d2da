# SPDX-License-Identifier: Apache-2.0
"""What a user could run instead to see operations of io_uring: perf trace and bpftrace on the kernel's own tracepoints.
What they print goes to /dev/null, unless it is to be counted."""
import contextlib
import pathlib
import signal

from measure.processes import TRACEFS, Failed, end, running
from measure.tracers import Outcome, sleeps_polling, wait_until

SUBMIT = ("io_uring_submit_req", "io_uring_submit_sqe")  # since 6.3, and before
COMPLETE = "io_uring_complete"


def submit_tracepoint():
    for name in SUBMIT:
        if pathlib.Path(f"{TRACEFS}/events/io_uring/{name}").exists():
            return name
    raise Failed(f"this kernel has none of the tracepoints {', '.join(SUBMIT)}")


@contextlib.contextmanager
def attached(command, path, folder):
    """The tracer is at work when it polls, see tracers.sleeps_polling."""
    outcome, errors = Outcome(), folder / "errors.log"
    outcome.path = path
    with open(errors, "wb") as log, running(command, ends_by=signal.SIGINT, stdout=log, stderr=log) as process:
        try:
            wait_until(lambda: sleeps_polling(process.pid), command[0], process)
        except Failed as problem:
            said = " ".join(errors.read_text(errors="replace").split())[-300:]
            raise Failed(f"{problem}: {said}" if said else str(problem)) from None
        yield outcome
        # perf trace throws away what is in its buffer when it is interrupted.
        wait_until(lambda: has_nothing_to_do(process.pid), command[0], process)
        end(process, signal.SIGINT)


def has_nothing_to_do(pid):
    """Polls, and has not just been woken."""
    state = pathlib.Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    return state == "S" and sleeps_polling(pid)


def output(folder, name, to_count):
    return folder / name if to_count else pathlib.Path("/dev/null")


def perf_trace(to_count=False):
    def tracer(pid, calls, folder):
        path = output(folder, "perf.log", to_count)
        return attached(["perf", "trace", "-o", path, "-e", "io_uring:*", "-p", pid], path, folder)
    return tracer


def bpftrace(to_count=False):
    def tracer(pid, calls, folder):
        path = output(folder, "bpftrace.log", to_count)
        script = (f"tracepoint:io_uring:{submit_tracepoint()}, tracepoint:io_uring:{COMPLETE} /pid == {pid}/ "
                  '{ printf("%llu %d %s 0x%llx\\n", nsecs, tid, probe, args->user_data); }')
        return attached(["bpftrace", "-o", path, "-e", script], path, folder)
    return tracer


MARKS = (*(name.encode() for name in (*SUBMIT, COMPLETE)), b'"type":"sqe"', b'"type":"cqe"')


def lines_about_operations(path):
    """How many submissions and completions were written, by those above or by loopscope."""
    with open(path, "rb") as lines:
        return sum(any(mark in line for mark in MARKS) for line in lines)
