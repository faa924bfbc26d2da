# SPDX-License-Identifier: Apache-2.0
"""Part 1 of the lab where nothing can be recorded: on a log of strace, by the lab's own command."""
import contextlib
import os
import subprocess

from harness.desk import Desk, get, listening_fd, solve_part_one
from harness.environment import ROOT, require_program
from harness.processes import until
from harness.recorder import run
from harness.servers import PYTHON, need
from harness.sockets import free_port, is_listening
from harness.trace import Trace


@contextlib.contextmanager
def strace_of_the_app(folder, calls, *options):
    """The lab's application under strace, clicked once: the log, imported."""
    port, log = free_port(), folder / "strace.log"
    app = [PYTHON, str(ROOT / "lab" / "app" / "app.py"), "--port", str(port), *options]
    command = [require_program("strace"), "-I", "2", "-f", "-o", str(log), "-e", f"trace={calls}", *app]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as strace:
        try:
            until(lambda: is_listening(port), "the application listens")
            fd, pid = listening_fd(port)
            get(port)
            get(port, "/click")
            os.kill(pid, 15)
            strace.wait(20)
        finally:
            if strace.poll() is None:
                strace.kill()
    trace_path = folder / "strace.loopscope.jsonl"
    run("import", "strace", log, "-o", trace_path)
    trace = Trace.read(trace_path)
    trace.path = trace_path
    yield trace, fd, port
    for path in (log, trace_path):
        path.unlink()


LOG_OF_THE_LAB = "epoll_wait,epoll_ctl,openat,listen,accept,accept4,bind"


def test_part_one_on_a_log_of_strace():
    need("tornado")
    with Desk() as desk, strace_of_the_app(desk.folder, LOG_OF_THE_LAB) as (trace, fd, port):
        solve_part_one(desk, trace, fd, port)
        opened, *_ = [c for c in trace.calls("openat") if c["args"]["pathname"].endswith("balloons.py") and c["ret"] >= 0]
        before = [c for c in trace.waits() if c["id"] < opened["id"]]
        desk.right("balloons", trace, before[-1]["id"], opened["id"])
        desk.right("how-many-loops", trace, 1)
        with_clone = f"{LOG_OF_THE_LAB},clone,clone3"
    with Desk() as desk, strace_of_the_app(desk.folder, LOG_OF_THE_LAB, "--thread") as (trace, _, port):
        desk.wrong("balloons", trace, 1, says="ask for clone and clone3 as well")
    with Desk() as desk, strace_of_the_app(desk.folder, with_clone, "--thread") as (trace, _, port):
        opened, *_ = [c for c in trace.calls("openat") if c["args"]["pathname"].endswith("balloons.py") and c["ret"] >= 0]
        created, = [c for c in trace.calls("clone", "clone3") if c["ret"] == opened["tid"]]
        before = [c for c in trace.waits(tid=created["tid"]) if c["id"] < created["id"]]
        desk.right("balloons", trace, before[-1]["id"], opened["id"])
