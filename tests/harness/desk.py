# SPDX-License-Identifier: Apache-2.0
"""The lab as a student does it: a desk to work at, and part 1 solved from the raw records."""
import os
import pathlib
import re
import shutil
import socket
import subprocess
import tempfile

from harness.environment import require_program
from harness.recorder import run


class Desk:
    """A folder in which the lab is done."""

    def __init__(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="loopscope-lab-"))

    def lab(self, *words, check=True):
        return run("lab", *words, cwd=self.folder, check=check, env={**os.environ, "LANG": "C.UTF-8"})

    def right(self, exercise, trace, answer, *evidence, because="as the records show", **settings):
        done = self._answer(exercise, trace, answer, evidence, because, settings)
        assert done.returncode == 0, (exercise, answer, evidence, done.stdout, done.stderr)
        return done.stdout

    def wrong(self, exercise, trace, answer, *evidence, says, because="as the records show", **settings):
        done = self._answer(exercise, trace, answer, evidence, because, settings)
        assert done.returncode == 1 and says in done.stdout, (exercise, answer, evidence, done.stdout, done.stderr)

    def _answer(self, exercise, trace, answer, evidence, because, settings):
        words = [exercise, "--trace", trace.path, "--answer", answer, "--because", because]
        words += ["--evidence", ",".join(map(str, evidence))] if evidence else []
        words += [word for name, value in settings.items() for word in ("--set", f"{name}={value}")]
        return self.lab(*words, check=False)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        shutil.rmtree(self.folder, ignore_errors=True)


def get(port, path="/"):
    with socket.create_connection(("127.0.0.1", port), timeout=20) as client:
        client.sendall(f"GET {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n".encode())
        answer = b""
        while block := client.recv(65536):
            answer += block
    assert answer.startswith(b"HTTP/1.1 200"), answer


def listening_fd(port):
    """As ss has it."""
    said = subprocess.run([require_program("ss"), "-Hltnp", f"sport = :{port}"], check=True, capture_output=True,
                          text=True).stdout
    return int(re.search(r"fd=(\d+)", said)[1]), int(re.search(r"pid=(\d+)", said)[1])


def solve_part_one(desk, trace, fd, port):
    """By hand, from the raw records, as a student does with `show`."""
    listen, = trace.calls("listen", sockfd=fd)
    bind, = trace.calls("bind", sockfd=fd)
    add, *_ = trace.calls("epoll_ctl", fd=fd)
    others = [c for c in trace.calls("epoll_ctl") if c["args"]["fd"] != fd]
    accepts = [c for c in trace.calls("accept", "accept4", sockfd=fd) if c["ret"] >= 0]
    # A log of strace does not say which descriptor the data stands for.
    woke = [c for c in trace.waits() if any(r.get("fd") == fd or r["data"] == add["args"]["data"] for r in c.get("ready", ()))]
    epfd = add["args"]["epfd"]
    desk.wrong("listening-fd", trace, epfd, port=port, says="epoll instance")
    desk.wrong("listening-fd", trace, accepts[0]["ret"], says="That is a connection")
    desk.wrong("listening-fd", trace, fd, says="--evidence")
    desk.right("listening-fd", trace, fd, listen["id"])
    desk.wrong("bind-and-listen", trace, bind["id"], port=port, says="That is a bind()")
    desk.right("bind-and-listen", trace, listen["id"], bind["id"])
    desk.wrong("registration", trace, listen["id"], port=port, says="made the socket listen")
    if others:
        desk.wrong("registration", trace, others[0]["id"], says="Right call, wrong fd")
    desk.right("registration", trace, add["id"])
    desk.wrong("first-connection", trace, fd, woke[0]["id"], port=port, says="the listening socket itself")
    desk.wrong("first-connection", trace, accepts[0]["ret"], accepts[0]["id"], says="the accept itself")
    desk.right("first-connection", trace, accepts[0]["ret"], woke[0]["id"])
    desk.right("level-or-edge", trace, "edge" if "EPOLLET" in add["args"]["events"] else "level", add["id"],
               port=port)
