# SPDX-License-Identifier: Apache-2.0
"""One run of a server, recorded by us and by strace at the same time: the imported log says the same."""
import os
import signal

import pytest
from harness import schema
from harness.environment import BIN, ROOT, require_bpf, require_program
from harness.processes import children_of, until
from harness.recorder import Recording, report, run
from harness.servers import PYTHON, Aiohttp, Server, Tornado, need
from harness.trace import Trace

LAB = "trace=epoll_wait,epoll_ctl,openat,listen,accept,bind"
MORE = LAB + (",epoll_pwait,epoll_pwait2,epoll_create1,accept4,socket,socketpair,close,dup,dup2,dup3,fcntl,pipe2,eventfd2,"
              "timerfd_create,signalfd4,clone,clone3,poll,ppoll,select,pselect6,execve,ioctl,read,write,recvfrom,sendto")
REQUESTS = 7


class Epoll(Server):
    """The sample server of model C."""

    def command(self):
        return [BIN / "epoll-server", "--port", str(self.port), "--wait-ms", "3"]


class Threadpool(Server):
    """Model B: its listener is accepted from without epoll."""

    how, wait = "blocking_accept", "blocking_accept"

    def command(self):
        return [BIN / "threadpool-server", "--port", str(self.port), "--wait-ms", "3"]


def record_both(kind, *options, to_terminal=False):
    """Our report, and that of strace's log, of the same run; and the PID of the server."""
    require_bpf()
    server = kind()
    log = server.folder / "log"
    traced = [require_program("strace"), "-f", "-o", log, *options, *server.command()]
    if to_terminal:
        traced[2:4] = []
        traced = ["sh", "-c", f"exec \"$@\" 2>{log}", "sh", *traced]
    with Recording("--", *traced, cwd=server.folder) as recording:
        server.child = recording
        server.port and until(lambda: listens(recording, server.port), "the server listens")
        strace, = children_of(recording.pid)
        pid, = children_of(strace)
        for _ in range(REQUESTS):
            server.ask()
        os.kill(pid, signal.SIGINT)
        ours = recording.finished()
    imported = server.folder / "imported.loopscope.jsonl"
    run("import", "strace", log, "-o", imported)
    trace = Trace.read(imported)
    schema.validate(trace.lines)
    trace.check()
    found = report(ours), report(imported), pid
    found[1]["descriptors"] = trace.header["probes"]["descriptors"]
    found[0]["waits that fd 4 ended"] = sum(ready["fd"] == 4 for wait in ours.waits(pid=pid) for ready in wait.get("ready", ())[:1])
    server.child = None
    server.__exit__()
    return found


def listens(recording, port):
    from harness.sockets import is_listening
    assert recording.process.poll() is None, recording.err.text()
    return is_listening(port)


def listeners(said, pid, accepts):
    rows = [row for row in said["listeners"] if row["pid"] == pid]
    return sorted((row["fd"], row["address"], row["kind"], row["backlog"], row["wakeups"], row["accepts"] if accepts else None,
                   [(r["how"], r.get("epfd"), r.get("events"), r.get("data"), r["origin"]) for r in row["registrations"]])
                  for row in rows)


def loops(said, pid):
    return {row["wait"]: row for row in said["loops"] if row["pid"] == pid and row["tid"] == pid}


def check_same(ours, imported, pid, accepts=True):
    expected = listeners(ours, pid, accepts)
    assert expected and all(row[4] for row in expected), expected
    assert listeners(imported, pid, accepts) == expected
    assert loops(imported, pid).keys() == loops(ours, pid).keys()


@pytest.mark.parametrize("times", [["-ttt", "-T"], ["-tt"], ["-r", "-yy"], []], ids=" ".join)
@pytest.mark.parametrize("kind", [Epoll, Tornado, Aiohttp], ids=lambda kind: kind.__name__)
def test_all_that_a_loop_does(kind, times):
    ours, imported, pid = record_both(kind, *times, "-e", MORE)
    check_same(ours, imported, pid)
    for wait, loop in loops(ours, pid).items():
        assert loops(imported, pid)[wait]["iterations"] == loop["iterations"]
        assert loops(imported, pid)[wait]["returned"] == loop["returned"]
    assert imported["complete"] == ours["complete"]


def check_labs_own_command(ours, imported, pid):
    check_same(ours, imported, pid, accepts=False)
    (wait, loop), = loops(ours, pid).items()
    theirs = loops(imported, pid)[wait]
    assert theirs["iterations"] == loop["iterations"]
    for cause in ("new connection", "timeout"):
        assert theirs["returned"].get(cause, 0) == loop["returned"].get(cause, 0), (cause, theirs, loop)
    # What the log does not show being made has no kind: asyncio's own pair of sockets, by which its threads wake it.
    unknown = theirs["returned"].get("unknown", 0)
    data = theirs["returned"].get("data", 0) + unknown
    assert data == loop["returned"].get("data", 0) + loop["returned"].get("notification", 0), (theirs, loop)
    return unknown


@pytest.mark.parametrize("kind", [Epoll, Tornado], ids=lambda kind: kind.__name__)
def test_the_labs_own_command(kind):
    """No times, no accept4, no socket, no close: what it asks for is there all the same."""
    check_labs_own_command(*record_both(kind, "-e", LAB))


class LabApp(Server):
    """The application of the sheet, whose clicks run on threads that wake the loop through its pair of sockets."""

    def command(self):
        need("tornado")
        return [PYTHON, ROOT / "lab" / "app" / "app.py", "--thread", "--port", str(self.port)]

    def ask(self, path="/click"):
        return super().ask(path)


@pytest.mark.parametrize("options", [[], ["-tt"], ["-ttt", "-T"], ["-r"], ["-y"], ["-yy", "-T"], ["-Y"], ["-n"]], ids=" ".join)
def test_what_the_threads_of_the_labs_app_woke(options):
    ours, imported, pid = record_both(LabApp, *options, "-e", LAB)
    unknown = check_labs_own_command(ours, imported, pid)
    # With -y strace itself says what the descriptor is; else that it is the server's own is all that is known.
    described = any(option.startswith("-y") for option in options)
    assert unknown == (0 if described else ours["waits that fd 4 ended"]) and ours["waits that fd 4 ended"] >= REQUESTS
    said = imported["descriptors"]
    assert ("fd 4 was watched before anybody could connect" in said) == (not described), said


def test_the_labs_log_from_a_terminal():
    """Without -o lines begin with [pid N], and those of two threads interrupt each other."""
    ours, imported, pid = record_both(LabApp, "-tt", "-e", LAB, to_terminal=True)
    assert check_labs_own_command(ours, imported, pid) == ours["waits that fd 4 ended"] >= REQUESTS


def test_a_pool_of_threads_that_accept():
    ours, imported, pid = record_both(Threadpool, "-ttt", "-T", "-e", MORE)
    check_same(ours, imported, pid)
