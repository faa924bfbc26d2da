# SPDX-License-Identifier: Apache-2.0
"""epoll-server against real clients and against clients that misbehave.

LOOPSCOPE_BIN names the folder of the programs; under AddressSanitizer the same tests look for leaks, too.
"""
import contextlib
import os
import pathlib
import re
import resource
import shutil
import signal
import socket
import struct
import subprocess
import time

import pytest

BIN = pathlib.Path(os.environ.get("LOOPSCOPE_BIN", pathlib.Path(__file__).parents[2] / "build/bin"))
SERVER = BIN / "epoll-server"
PATIENCE_S = 20


class Server:
    def __init__(self, process, line):
        self.process = process
        found = re.search(r"pid (\d+) listens on 127\.0\.0\.1:(\d+), fd (\d+); epoll is fd (\d+)", line)
        assert found, line
        self.pid, self.port, self.listener, self.epoll = map(int, found.groups())
        assert self.pid == process.pid

    def connect(self):
        connection = socket.create_connection(("127.0.0.1", self.port), PATIENCE_S)
        connection.settimeout(PATIENCE_S)
        return connection

    def url(self, path="/"):
        return f"http://127.0.0.1:{self.port}{path}"

    def sockets(self):
        """How many connections the server holds: its sockets but the listener."""
        links = []
        for fd in os.listdir(f"/proc/{self.pid}/fd"):
            with contextlib.suppress(FileNotFoundError):
                links.append(os.readlink(f"/proc/{self.pid}/fd/{fd}"))
        return sum(link.startswith("socket:") for link in links) - 1

    def cpu_s(self):
        with open(f"/proc/{self.pid}/stat") as stat:
            fields = stat.read().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


@contextlib.contextmanager
def running(*options, descriptors=None):
    limit = (lambda: resource.setrlimit(resource.RLIMIT_NOFILE, (descriptors, descriptors))) if descriptors else None
    process = subprocess.Popen([SERVER, "--port", "0", *options], stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                               text=True, preexec_fn=limit)
    try:
        yield Server(process, process.stdout.readline())
    finally:
        if process.poll() is None:
            process.send_signal(signal.SIGTERM)
        _, errors = process.communicate(timeout=PATIENCE_S)
        # A sanitizer's report, a crash and an unclean end all show here, after every test.
        assert process.returncode == 0, errors
        assert "ERROR" not in errors, errors


@pytest.fixture
def server():
    with running() as started:
        yield started


def eventually(condition):
    deadline = time.monotonic() + PATIENCE_S
    while not condition():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.005)


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


GET = b"GET / HTTP/1.1\r\nHost: x\r\n\r\n"
LAST_GET = b"GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"


def status_of(answer):
    assert answer.startswith(b"HTTP/1.1 "), answer[:100]
    return int(answer.split()[1])


# ---- what it serves ----


def test_curl_gets_the_pages(server):
    def curl(*arguments):
        return subprocess.run(["curl", "-sS", *arguments], capture_output=True, timeout=PATIENCE_S, check=True).stdout

    assert b"Balloons!" in curl(server.url())
    assert curl(server.url("/balloons")) == (BIN / "balloons.txt").read_bytes()
    assert curl("-o", "/dev/null", "-w", "%{http_code}", server.url("/nowhere")) == b"404"
    assert curl("-o", "/dev/null", "-w", "%{http_code}", "-X", "DELETE", server.url()) == b"405"
    assert curl("-d", "x" * 1000, "-o", "/dev/null", "-w", "%{http_code}", server.url()) == b"405"
    assert b"Content-Length: 108" in curl("-I", server.url())
    # Two requests, one connection.
    assert curl("-w", "%{num_connects} ", "-o", "/dev/null", server.url(), "-o", "/dev/null", server.url()) == b"1 0 "


def test_balloons_come_from_the_root_it_is_given(tmp_path):
    with running("--root", str(tmp_path), "--wait-ms", "0") as server, server.connect() as connection:
        connection.sendall(b"GET /balloons HTTP/1.1\r\n\r\n")
        assert read_answers(connection, 1)[0][0] == 404
        (tmp_path / "balloons.txt").write_text("red")
        connection.sendall(b"GET /balloons?again HTTP/1.1\r\n\r\n")
        assert read_answers(connection, 1) == [(200, b"red")]


def test_hey_at_16_connections_finds_every_request_answered_and_none_waiting_for_another(server):
    result = subprocess.run(["hey", "-n", "192", "-c", "16", server.url()], capture_output=True, text=True,
                            timeout=PATIENCE_S, check=True).stdout
    assert "[200]\t192 responses" in result, result
    # 192 requests one after the other would take 3.84 s; 16 at a time 0.24 s. Wide, because machines are slow.
    assert float(re.search(r"Total:\s+([\d.]+) secs", result)[1]) < 1.9


@pytest.mark.skipif(not shutil.which("wrk"), reason="wrk is not installed")
def test_wrk_without_a_wait(server):
    with running("--wait-ms", "0") as fast:
        result = subprocess.run(["wrk", "-t1", "-c32", "-d1s", fast.url()], capture_output=True, text=True,
                                timeout=PATIENCE_S, check=True).stdout
        assert "Non-2xx" not in result and "Socket errors" not in result, result


def test_every_request_waits_and_the_loop_does_not(server):
    start = time.monotonic()
    connections = [server.connect() for _ in range(100)]
    for connection in connections:
        connection.sendall(LAST_GET)
    for connection in connections:
        assert status_of(read_to_end(connection)) == 200
        connection.close()
    assert 0.02 <= time.monotonic() - start < 1.9  # 2 s would be one after the other
    eventually(lambda: server.sockets() == 0)


def test_pipelined_requests_are_answered_in_order(server):
    with server.connect() as connection:
        connection.sendall(GET + b"GET /balloons HTTP/1.1\r\n\r\n" + b"GET /nowhere HTTP/1.1\r\n\r\n" + GET)
        answers = read_answers(connection, 4)
    assert [status for status, _ in answers] == [200, 200, 404, 200]
    assert b"lucky" in answers[1][1]


def test_http_1_0_closes_unless_asked(server):
    with server.connect() as connection:
        connection.sendall(b"GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n")
        assert read_answers(connection, 1)[0][0] == 200
        connection.sendall(b"GET / HTTP/1.0\r\n\r\n")
        assert status_of(read_to_end(connection)) == 200


# ---- clients that misbehave ----


def test_one_byte_at_a_time(server):
    with server.connect() as connection:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for byte in b"POST / HTTP/1.1\r\nContent-Length: 5\r\n\r\nhello" + LAST_GET:
            connection.send(bytes([byte]))
        answers = read_to_end(connection)
    assert re.findall(rb"HTTP/1.1 (\d+)", answers) == [b"405", b"200"]


@pytest.mark.parametrize("garbage, status", [
    (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", 400),  # a TLS client
    (b"\xff\xfe\xfd", 400),
    (b"\r\n", 400),
    (b"get / HTTP/1.1\r\n\r\n", 400),
    (b"GET\r\n", 400),
    (b"GET /\r\n", 400),
    (b"GET  HTTP/1.1\r\n\r\n", 400),
    (b"GET x HTTP/1.1\r\n\r\n", 400),
    (b"GET /\x01 HTTP/1.1\r\n\r\n", 400),
    (b"GET / HTTP/1.1\r\nno colon\r\n\r\n", 400),
    (b"GET / HTTP/1.1\r\nHost : x\r\n\r\n", 400),
    (b"GET / HTTP/1.1\r\n folded: x\r\n\r\n", 400),
    (b"GET / HTTP/1.1\r\nContent-Length: -1\r\n\r\n", 400),
    (b"GET / HTTP/1.1\r\nContent-Length: 1x\r\n\r\n", 400),
    (b"GET / HTTP/1.1\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n", 400),
    (b"GET / HTTP/1.1\r\nContent-Length: 99999999999999999999999\r\n\r\n", 413),
    (b"GET / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n", 501),
    (b"GET / HTTP/2.0\r\n\r\n", 505),
])
def test_garbage_is_refused_and_the_connection_closed(server, garbage, status):
    with server.connect() as connection:
        connection.sendall(garbage)
        assert status_of(read_to_end(connection)) == status
    eventually(lambda: server.sockets() == 0)


@pytest.mark.parametrize("head", [b"POST / HTTP/1.1\r\nContent-Length: 1048576\r\n\r\n", b"GET / HTTP/1.1\r\nX: ",
                                  b"GET /"], ids=["body", "header", "target"])
def test_a_request_of_one_megabyte_is_answered_413_although_the_client_is_still_sending(server, head):
    with server.connect() as connection:
        connection.sendall(head + b"x" * (1 << 20))
        assert status_of(read_to_end(connection)) == 413
    eventually(lambda: server.sockets() == 0)


def test_a_client_that_shut_its_side_gets_its_answers(server):
    with server.connect() as connection:
        connection.sendall(GET + GET)
        connection.shutdown(socket.SHUT_WR)
        answers = read_to_end(connection)
    assert re.findall(rb"HTTP/1.1 (\d+)", answers) == [b"200", b"200"]
    eventually(lambda: server.sockets() == 0)


def test_a_client_that_leaves_in_the_middle_of_a_request(server):
    for part in (b"", b"GET / HT", b"POST / HTTP/1.1\r\nContent-Length: 10\r\n\r\nabc"):
        with server.connect() as connection:
            connection.sendall(part)
    eventually(lambda: server.sockets() == 0)


def test_resets_at_every_stage_leave_nothing_behind():
    with running("--wait-ms", "60") as server:
        for part in (b"", b"GET / HT", GET, GET * 50):
            connection = server.connect()
            connection.sendall(part)
            eventually(lambda: server.sockets() == 1)
            # Linger of 0 s: close sends RST. The request may be waiting for its timer just now.
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            connection.close()
            eventually(lambda: server.sockets() == 0)
        with server.connect() as connection:
            connection.sendall(GET)
            assert read_answers(connection, 1)[0][0] == 200


def test_a_client_that_sends_and_never_reads_is_made_to_wait(server):
    """Backpressure: the server's memory stays bounded, and others are served."""
    with running("--wait-ms", "0") as fast, fast.connect() as greedy:
        greedy.setblocking(False)
        sent, deadline = 0, time.monotonic() + PATIENCE_S
        quiet_since = time.monotonic()
        while time.monotonic() - quiet_since < 0.3:
            assert time.monotonic() < deadline and sent < 256 << 20, "the server never stopped reading"
            try:
                sent += greedy.send(GET * 1000)
                quiet_since = time.monotonic()
            except BlockingIOError:
                time.sleep(0.01)
        with fast.connect() as polite:
            polite.sendall(GET)
            assert read_answers(polite, 1)[0][0] == 200
        cpu = fast.cpu_s()
        time.sleep(0.3)  # an interval to measure over, not a wait for anything
        assert fast.cpu_s() - cpu < 0.1, "it spins"


def test_half_closed_and_waiting_does_not_spin():
    with running("--wait-ms", "500") as server, server.connect() as connection:
        connection.sendall(LAST_GET)
        connection.shutdown(socket.SHUT_WR)
        before = server.cpu_s()
        assert status_of(read_to_end(connection)) == 200
        assert server.cpu_s() - before < 0.1


# ---- limits and ends ----


def test_out_of_descriptors_it_pauses_and_recovers():
    with running("--wait-ms", "0", descriptors=16) as server:
        held = [server.connect() for _ in range(40)]  # the kernel accepts them into the queue
        eventually(lambda: len(os.listdir(f"/proc/{server.pid}/fd")) == 16)
        before = server.cpu_s()
        time.sleep(0.5)  # an interval to measure over, not a wait for anything
        assert server.cpu_s() - before < 0.2, "it spins"
        for connection in held:
            connection.sendall(LAST_GET)
        # As each one ends, another of the queue is accepted: all 40 are served.
        for connection in held:
            assert status_of(read_to_end(connection)) == 200
            connection.close()


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_it_with_connections_in_every_state(how):
    with running("--wait-ms", "2000") as server:
        connections = [server.connect() for _ in range(3)]
        connections[0].sendall(GET)
        connections[1].sendall(b"GET / HT")
        eventually(lambda: server.sockets() == 3)
        server.process.send_signal(how)
        assert server.process.wait(PATIENCE_S) == 0
        for connection in connections:
            connection.close()


def test_the_ready_line_names_the_descriptors(server):
    links = {fd: os.readlink(f"/proc/{server.pid}/fd/{fd}") for fd in (server.listener, server.epoll)}
    assert links[server.listener].startswith("socket:") and links[server.epoll] == "anon_inode:[eventpoll]"
    with open(f"/proc/{server.pid}/fdinfo/{server.epoll}") as info:
        assert re.search(rf"tfd:\s+{server.listener} ", info.read())


@pytest.mark.parametrize("options", [["--port", "x"], ["--port", "70000"], ["--nonsense"], ["word"], ["--wait-ms"]])
def test_wrong_usage_is_2(options):
    result = subprocess.run([SERVER, *options], capture_output=True, timeout=PATIENCE_S)
    assert result.returncode == 2 and result.stderr


def test_an_address_in_use_is_1_and_named(server):
    result = subprocess.run([SERVER, "--port", str(server.port)], capture_output=True, text=True, timeout=PATIENCE_S)
    assert result.returncode == 1
    assert f"127.0.0.1:{server.port}" in result.stderr and "in use" in result.stderr
