# SPDX-License-Identifier: Apache-2.0
"""Starts a sample server, looks at it from outside, and talks to it.

LOOPSCOPE_BIN names the folder of the programs; under AddressSanitizer the same tests look for leaks, too.
"""
import contextlib
import ctypes
import dataclasses
import json
import os
import pathlib
import re
import resource
import signal
import socket
import subprocess
import time

BIN = pathlib.Path(os.environ.get("LOOPSCOPE_BIN", pathlib.Path(__file__).parents[2] / "build/bin"))
PATIENCE_S = 20

GET = b"GET / HTTP/1.1\r\nHost: x\r\n\r\n"
LAST_GET = b"GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"


@dataclasses.dataclass(frozen=True)
class Program:
    """A server and the options that make it what is under test."""
    name: str
    options: tuple = ()

    def __str__(self):
        return " ".join((self.name, *self.options))

    @property
    def path(self):
        return BIN / self.name


def io_uring_refused():
    """Why a process here may have no ring, or nothing. Containers' seccomp filters often refuse one."""
    libc = ctypes.CDLL(None, use_errno=True)
    fd = libc.syscall(425, 1, ctypes.create_string_buffer(120))  # io_uring_setup, struct io_uring_params
    if fd < 0:
        return f"io_uring_setup: {os.strerror(ctypes.get_errno())}"
    os.close(fd)
    return ""


IO_URING_REFUSED = io_uring_refused()

# Of a test with the fixture `program` or `server` there is one for each of PROGRAMS. A test that not all can pass picks
# its own: @pytest.mark.parametrize("program", LOOPS, ids=str).
POOLED = [  # one thread, many at once, and a pool for what would hold it up
    Program("epoll-server"),
    Program("epoll-server", ("--edge-triggered",)),
    Program("coroutine-server"),
    Program("io-uring-server"),
    Program("io-uring-server", ("--sqpoll",)),
    Program("io-uring-server", ("--fixed-files",)),
    Program("io-uring-server", ("--fixed-buffers",)),
    Program("io-uring-server", ("--as-linux", "5.11")),
]
LOOPS = [*POOLED, Program("poll-server")]
BLOCKING = Program("blocking-server")  # one connection at a time, closed after the answer
THREADPOOL = Program("threadpool-server")  # eight at a time, likewise
BLOCKING_KEEPS = Program("blocking-server", ("--keep-alive",))
THREADPOOL_KEEPS = Program("threadpool-server", ("--keep-alive",))
KEEPING = [*LOOPS, BLOCKING_KEEPS, THREADPOOL_KEEPS]  # several requests on one connection
SEVERAL = [*LOOPS, THREADPOOL, THREADPOOL_KEEPS]  # serve one client while another is slow
PROGRAMS = [*KEEPING, BLOCKING, THREADPOOL]


class Server:
    """A running server; `loop_fd` is its epoll instance's or ring's, None where it has none."""

    def __init__(self, program, process, line):
        self.process = process
        found = re.fullmatch(rf"{program.name}: pid (\d+) listens on 127\.0\.0\.1:(\d+), fd (\d+)"
                             r"(?:; (?:epoll|ring) is fd (\d+))?\n", line)
        assert found, line
        self.pid, self.port, self.listener = map(int, found.groups()[:3])
        self.loop_fd = int(found[4]) if found[4] else None
        assert self.pid == process.pid

    def connect(self, receive_buffer_bytes=None):
        connection = socket.socket()
        connection.settimeout(PATIENCE_S)
        if receive_buffer_bytes:
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer_bytes)
        connection.connect(("127.0.0.1", self.port))
        return connection

    def url(self, path="/"):
        return f"http://127.0.0.1:{self.port}{path}"

    def fd_links(self):
        """What each descriptor is, such as socket:[4711]."""
        links = {}
        for fd in os.listdir(f"/proc/{self.pid}/fd"):
            with contextlib.suppress(FileNotFoundError):
                links[int(fd)] = os.readlink(f"/proc/{self.pid}/fd/{fd}")
        return links

    def loop_info(self):
        """What the kernel says of the epoll instance or the ring: proc(5), fdinfo."""
        return pathlib.Path(f"/proc/{self.pid}/fdinfo/{self.loop_fd}").read_text()

    def connections(self):
        """How many connections the server holds: its sockets but the listener, and those in its ring's table of files."""
        count = sum(link.startswith("socket:") for link in self.fd_links().values()) - 1
        if self.loop_fd is not None:
            count += len(re.findall(r"^ +\d+: (?!<none>).+$", self.loop_info().partition("UserFiles:")[2]
                                    .partition("UserBufs:")[0], re.M))
        return count

    def _receive_queues(self, state):
        """What proc(5) calls rx_queue, of its sockets in this state."""
        with open(f"/proc/{self.pid}/net/tcp") as sockets:
            rows = [line.split() for line in sockets][1:]
        return [int(row[4].partition(":")[2], 16) for row in rows
                if row[3] == state and row[1].endswith(f":{self.port:04X}")]

    def accept_queue(self):
        """How many connections wait to be accepted."""
        return sum(self._receive_queues("0A"))  # LISTEN

    def unread_bytes(self):
        """How much has arrived for the server that it has not read yet."""
        return sum(self._receive_queues("01"))  # ESTABLISHED

    def state(self):
        """Of its first thread: R runs, S sleeps, T is stopped."""
        with open(f"/proc/{self.pid}/stat") as stat:
            return stat.read().rpartition(")")[2].split()[0]

    def is_asleep(self):
        return self.state() == "S"

    def cpu_s(self):
        with open(f"/proc/{self.pid}/stat") as stat:
            fields = stat.read().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def is_at_rest(self):
        before = self.cpu_s()
        time.sleep(0.3)  # an interval to measure over, not a wait for anything
        return self.cpu_s() - before < 0.1


@contextlib.contextmanager
def running(program, *options, port=0, descriptors=None, prepare=None):
    """The server, started and, at the end, asked to end: an unclean end fails the test. It may have as many
    `descriptors`; `prepare` is called in its process before it is started."""
    limit = (lambda: resource.setrlimit(resource.RLIMIT_NOFILE, (descriptors, descriptors))) if descriptors else prepare
    process = subprocess.Popen([program.path, "--port", str(port), *program.options, *options], stdout=subprocess.PIPE,
                               stderr=subprocess.PIPE, text=True, preexec_fn=limit)
    try:
        yield Server(program, process, process.stdout.readline())
    finally:
        if process.poll() is None:
            process.send_signal(signal.SIGTERM)
        _, errors = process.communicate(timeout=PATIENCE_S)
        # A sanitizer's report, a crash and an unclean end all show here, after every test.
        assert process.returncode == 0, errors
        assert "ERROR" not in errors, errors


def log_lines(path, event=None):
    """The lines that --log has written so far; with `event` only those of that name."""
    lines = [json.loads(line) for line in pathlib.Path(path).read_text().splitlines()]
    return [line for line in lines if event in (None, line["event"])]


def eventually(condition):
    deadline = time.monotonic() + PATIENCE_S
    while not condition():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.005)


def send_until_nobody_reads(connection, requests=GET * 1000):
    """Asks again and again without reading an answer, until the server has stopped reading for 0.3 s."""
    connection.setblocking(False)
    sent, deadline = 0, time.monotonic() + PATIENCE_S
    quiet_since = time.monotonic()
    while time.monotonic() - quiet_since < 0.3:
        assert time.monotonic() < deadline and sent < 256 << 20, "the server never stopped reading"
        try:
            sent += connection.send(requests)
            quiet_since = time.monotonic()
        except BlockingIOError:
            time.sleep(0.01)


def is_silent(connection):
    """Whether nothing has come from the server that is not read yet, not even its end."""
    connection.setblocking(False)
    try:
        connection.recv(1, socket.MSG_PEEK)
        return False
    except BlockingIOError:
        return True
    finally:
        connection.settimeout(PATIENCE_S)


def read_to_end(connection):
    pieces = []
    while piece := connection.recv(65536):
        pieces.append(piece)
    return b"".join(pieces)


def read_answers(connection, count):
    """Exactly `count` answers, as (status, body)."""
    buffer, answers = b"", []
    while len(answers) < count:
        head, separator, rest = buffer.partition(b"\r\n\r\n")
        length = int(re.search(rb"Content-Length: (\d+)", head)[1]) if separator else 0
        if separator and len(rest) >= length:
            answers.append((int(head.split()[1]), rest[:length]))
            buffer = rest[length:]
        else:
            piece = connection.recv(65536)
            assert piece, f"closed after {len(answers)} of {count} answers"
            buffer += piece
    assert buffer == b""
    return answers


def status_of(answer):
    assert answer.startswith(b"HTTP/1.1 "), answer[:100]
    return int(answer.split()[1])


def statuses(answers):
    return [int(status) for status in re.findall(rb"HTTP/1.1 (\d+)", answers)]
