# SPDX-License-Identifier: Apache-2.0
"""Real servers, each on a port of its own on 127.0.0.1 and in a folder of its own, ended by PID."""
import http.client
import os
import pathlib
import shutil
import signal
import socket
import tempfile

from harness.environment import BIN, ROOT, require_program, skip
from harness.processes import Child, children_of, parse_line, state_of, until
from harness.sockets import await_listening, free_port, is_listening

APPS = ROOT / "tests" / "servers" / "apps"
PYTHON = "/usr/bin/python3"  # the one that Debian's packages are for


class Server:
    """How to start one kind of server, ask it something, and what is true of it. `command` has it run in the
    foreground on `self.port`."""

    how = "epoll_ctl"  # the registration of its listener
    wait = "epoll"
    listens = True  # prints nothing; is ready when it listens

    def __init__(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="loopscope-server-"))
        self.port = free_port()
        self.child = None

    def command(self):
        raise NotImplementedError

    def start(self):
        self.child = Child(self.command(), cwd=self.folder)
        until(lambda: is_listening(self.port) or self.child.process.poll() is not None, f"{self.command()} listens")
        assert self.child.process.poll() is None, self.child.err.text()
        self.await_settled()
        return self

    def await_settled(self):
        """Until what the server does at its start is done, as far as it is not done when it listens."""

    @property
    def pid(self):
        return self.child.pid

    def pids(self):
        return {self.pid, *children_of(self.pid)}

    def accepting_pids(self):
        return {self.pid}

    def ask(self, path="/"):
        """One request on a connection of its own, read to its end."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=20)
        connection.request("GET", path, headers={"Connection": "close"})
        answer = connection.getresponse()
        body = answer.read()
        connection.close()
        assert answer.status == 200, (answer.status, body)
        return body.decode()

    def __enter__(self):
        return self if self.child else self.start()

    def __exit__(self, *_):
        if self.child:
            self.child.end(signal.SIGTERM)
        shutil.rmtree(self.folder, ignore_errors=True)


class Nginx(Server):
    workers = 2

    def command(self):
        os.chmod(self.folder, 0o755)
        temporary = "".join(f"{name}_temp_path {self.folder}/{name};\n"
                            for name in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi"))
        (self.folder / "nginx.conf").write_text(f"""
            daemon off; worker_processes {self.workers}; pid {self.folder}/pid; error_log {self.folder}/error.log;
            events {{ worker_connections 512; }}
            http {{
              access_log off; {temporary}
              server {{
                listen 127.0.0.1:{self.port};
                location / {{ return 200 "ok\\n"; }}
                location /status {{ stub_status; }}
              }}
            }}""")
        return [require_program("nginx"), "-p", self.folder, "-c", self.folder / "nginx.conf", "-e",
                self.folder / "error.log"]

    def await_settled(self):
        until(lambda: len(children_of(self.pid)) == self.workers, "the workers run")
        until(lambda: all(sleeps_in_wait(pid) for pid in children_of(self.pid)), "the workers wait")

    def accepting_pids(self):
        return set(children_of(self.pid))

    def accepts(self):
        """What nginx itself has counted, the connection of this request included."""
        words = self.ask("/status").split()
        return int(words[words.index("requests") + 1])


class Redis(Server):
    def command(self):
        return [require_program("redis-server"), "--port", str(self.port), "--bind", "127.0.0.1", "--save", "",
                "--appendonly", "no", "--daemonize", "no", "--dir", str(self.folder)]

    def await_settled(self):
        assert self.info("stats", "total_connections_received")

    def talk(self, *words):
        with socket.create_connection(("127.0.0.1", self.port), timeout=20) as connection:
            connection.sendall((" ".join(words) + "\r\nQUIT\r\n").encode())
            answer = b""
            while piece := connection.recv(65536):
                answer += piece
        return answer.decode()

    def ask(self, path="/"):
        answer = self.talk("PING")
        assert answer.startswith("+PONG"), answer

    def info(self, section, *names):
        lines = dict(line.split(":", 1) for line in self.talk("INFO", section).split("\r\n") if ":" in line)
        return [int(lines[name]) for name in names]


class Node(Server):
    def command(self):
        return [require_program("node"), APPS / "node_app.js", str(self.port)]


class Tornado(Server):
    def command(self):
        need("tornado")
        return [PYTHON, APPS / "tornado_app.py", str(self.port)]


class Aiohttp(Server):
    def command(self):
        need("aiohttp")
        return [PYTHON, APPS / "aiohttp_app.py", str(self.port)]


class Waitress(Server):
    how, wait = "select", "select"

    def command(self):
        need("waitress")
        return [PYTHON, APPS / "waitress_app.py", str(self.port)]


class Plain(Server):
    """tests/kernel/workloads/plain_server.c, which takes a port of the kernel's choice."""

    mode = "poll"

    def command(self):
        return [BIN / "tests" / "plain_server", self.mode]

    def start(self):
        self.child = Child(self.command(), cwd=self.folder)
        self.started(self.child)
        return self

    def started(self, child):
        self.port = parse_line(child.out.next(), "plain_server")["port"]


class Poll(Plain):
    how = wait = mode = "poll"


class Select(Plain):
    how = wait = mode = "select"


class BlockingAccept(Plain):
    mode, how, wait = "accept", "blocking_accept", "blocking_accept"


def need(module):
    """Debian's Python has this module, or the test does not run."""
    found = Child([PYTHON, "-c", f"import {module}"])
    if found.wait() != 0:
        skip(f"{PYTHON} has no {module}")


def sleeps_in_wait(pid):
    """The process sleeps, and has a file of kind epoll: it has come as far as its loop."""
    kinds = []
    for number in os.listdir(f"/proc/{pid}/fd"):
        try:
            kinds.append(os.readlink(f"/proc/{pid}/fd/{number}"))
        except FileNotFoundError:
            continue
    return state_of(pid) == "S" and "anon_inode:[eventpoll]" in kinds


SERVERS = {kind.__name__.lower(): kind for kind in
           (Nginx, Redis, Node, Tornado, Aiohttp, Waitress, Poll, Select, BlockingAccept)}
