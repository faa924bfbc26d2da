# SPDX-License-Identifier: Apache-2.0
"""What every server does, with real clients and with clients that misbehave."""
import contextlib
import re
import shutil
import signal
import socket
import struct
import subprocess
import time

import pytest
from servers_harness import (BIN, BLOCKING, GET, KEEPING, LAST_GET, LOOPS, PATIENCE_S, SEVERAL, THREADPOOL,
                             THREADPOOL_KEEPS, eventually, log_lines, read_answers, read_to_end, running,
                             send_until_nobody_reads, status_of, statuses)


# ---- what it serves ----


def curl(*arguments):
    return subprocess.run(["curl", "-sS", *arguments], capture_output=True, timeout=PATIENCE_S, check=True).stdout


def test_curl_gets_the_pages(server):
    assert b"Balloons!" in curl(server.url())
    assert curl(server.url("/balloons")) == (BIN / "balloons.txt").read_bytes()
    assert curl("-o", "/dev/null", "-w", "%{http_code}", server.url("/nowhere")) == b"404"
    assert curl("-o", "/dev/null", "-w", "%{http_code}", "-X", "DELETE", server.url()) == b"405"
    assert curl("-d", "x" * 1000, "-o", "/dev/null", "-w", "%{http_code}", server.url()) == b"405"
    assert b"Content-Length: 108" in curl("-I", server.url())


@pytest.mark.parametrize("program, connects", [*((program, b"1 0 ") for program in KEEPING), (BLOCKING, b"1 1 "),
                                               (THREADPOOL, b"1 1 ")], ids=str)
def test_curl_makes_two_requests_on_one_connection_where_the_server_keeps_it(server, connects):
    assert curl("-w", "%{num_connects} ", "-o", "/dev/null", server.url(), "-o", "/dev/null", server.url()) == connects


@pytest.mark.parametrize("program", KEEPING, ids=str)
def test_balloons_come_from_the_root_it_is_given(program, tmp_path):
    with running(program, "--root", str(tmp_path), "--wait-ms", "0") as server, server.connect() as connection:
        connection.sendall(b"GET /balloons HTTP/1.1\r\n\r\n")
        assert read_answers(connection, 1)[0][0] == 404
        (tmp_path / "balloons.txt").write_text("red")
        connection.sendall(b"GET /balloons?again HTTP/1.1\r\n\r\n")
        assert read_answers(connection, 1) == [(200, b"red")]


@pytest.mark.parametrize("program", LOOPS, ids=str)
def test_hey_at_16_connections_finds_every_request_answered_and_none_waiting_for_another(server):
    result = subprocess.run(["hey", "-n", "192", "-c", "16", server.url()], capture_output=True, text=True,
                            timeout=PATIENCE_S, check=True).stdout
    assert "[200]\t192 responses" in result, result
    # 192 requests one after the other would take 3.84 s; 16 at a time 0.24 s. Wide, because machines are slow.
    assert float(re.search(r"Total:\s+([\d.]+) secs", result)[1]) < 1.9


@pytest.mark.skipif(not shutil.which("wrk"), reason="wrk is not installed")
def test_wrk_without_a_wait(program):
    with running(program, "--wait-ms", "0") as fast:
        result = subprocess.run(["wrk", "-t1", "-c32", "-d1s", fast.url()], capture_output=True, text=True,
                                timeout=PATIENCE_S, check=True).stdout
        assert "Non-2xx" not in result and "Socket errors" not in result, result


@pytest.mark.parametrize("program", LOOPS, ids=str)
def test_every_request_waits_and_the_loop_does_not(server):
    start = time.monotonic()
    connections = [server.connect() for _ in range(100)]
    for connection in connections:
        connection.sendall(LAST_GET)
    for connection in connections:
        assert status_of(read_to_end(connection)) == 200
        connection.close()
    assert 0.02 <= time.monotonic() - start < 1.9  # 2 s would be one after the other
    eventually(lambda: server.connections() == 0)


@pytest.mark.parametrize("program", KEEPING, ids=str)
def test_pipelined_requests_are_answered_in_order(server):
    with server.connect() as connection:
        connection.sendall(GET + b"GET /balloons HTTP/1.1\r\n\r\n" + b"GET /nowhere HTTP/1.1\r\n\r\n" + GET)
        answers = read_answers(connection, 4)
    assert [status for status, _ in answers] == [200, 200, 404, 200]
    assert b"lucky" in answers[1][1]


@pytest.mark.parametrize("program", KEEPING, ids=str)
def test_a_thousand_pipelined_requests_are_all_answered(program):
    with running(program, "--wait-ms", "0") as server, server.connect() as connection:
        connection.sendall(GET * 1000)
        assert [status for status, _ in read_answers(connection, 1000)] == [200] * 1000


@pytest.mark.parametrize("program", [*LOOPS, THREADPOOL_KEEPS], ids=str)
def test_whoever_leaves_the_others_are_served(program):
    with running(program, "--wait-ms", "0") as server:
        connections = [server.connect() for _ in range(8)]
        eventually(lambda: server.connections() == 8)
        for leaves in (0, 6, 2, 2, 3, 0, 1, 0):  # the first, the last, and some in between
            connections.pop(leaves).close()
            eventually(lambda: server.connections() == len(connections))
            for connection in connections:
                connection.sendall(GET)
                assert read_answers(connection, 1)[0][0] == 200


@pytest.mark.parametrize("program", KEEPING, ids=str)
def test_http_1_0_closes_unless_asked(server):
    with server.connect() as connection:
        connection.sendall(b"GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n")
        assert read_answers(connection, 1)[0][0] == 200
        connection.sendall(b"GET / HTTP/1.0\r\n\r\n")
        assert status_of(read_to_end(connection)) == 200


# ---- clients that misbehave ----


@pytest.mark.parametrize("program", KEEPING, ids=str)
def test_one_byte_at_a_time(server):
    with server.connect() as connection:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for byte in b"POST / HTTP/1.1\r\nContent-Length: 5\r\n\r\nhello" + LAST_GET:
            connection.send(bytes([byte]))
        answers = read_to_end(connection)
    assert statuses(answers) == [405, 200]


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
    eventually(lambda: server.connections() == 0)


@pytest.mark.parametrize("head", [b"POST / HTTP/1.1\r\nContent-Length: 1048576\r\n\r\n", b"GET / HTTP/1.1\r\nX: ",
                                  b"GET /"], ids=["body", "header", "target"])
def test_a_request_of_one_megabyte_is_answered_413_although_the_client_is_still_sending(server, head):
    with server.connect() as connection:
        connection.sendall(head + b"x" * (1 << 20))
        assert status_of(read_to_end(connection)) == 413
    eventually(lambda: server.connections() == 0)


def test_a_refused_client_that_does_not_close_is_closed(server):
    with server.connect() as connection:
        connection.sendall(b"garbage")
        assert status_of(read_to_end(connection)) == 400
        eventually(lambda: server.connections() == 0)


@pytest.mark.parametrize("program", KEEPING, ids=str)
def test_a_client_that_shut_its_side_gets_its_answers(server):
    with server.connect() as connection:
        connection.sendall(GET + GET)
        connection.shutdown(socket.SHUT_WR)
        answers = read_to_end(connection)
    assert statuses(answers) == [200, 200]
    eventually(lambda: server.connections() == 0)


def test_a_client_that_leaves_in_the_middle_of_a_request(server):
    for part in (b"", b"GET / HT", b"POST / HTTP/1.1\r\nContent-Length: 10\r\n\r\nabc"):
        with server.connect() as connection:
            connection.sendall(part)
    eventually(lambda: server.connections() == 0)


def test_resets_at_every_stage_leave_nothing_behind(program):
    with running(program, "--wait-ms", "60") as server:
        for part in (b"", b"GET / HT", GET, GET * 50):
            connection = server.connect()
            connection.sendall(part)
            eventually(lambda: server.connections() == 1)
            # Linger of 0 s: close sends RST. The request may be waiting for its timer just now.
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            connection.close()
            eventually(lambda: server.connections() == 0)
        with server.connect() as connection:
            connection.sendall(GET)
            assert read_answers(connection, 1)[0][0] == 200


@pytest.mark.parametrize("program", LOOPS, ids=str)
def test_a_reset_is_noticed_while_the_request_waits(program):
    with running(program, "--wait-ms", "60000") as server:
        connection = server.connect()
        connection.sendall(GET)
        eventually(lambda: server.connections() == 1)
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        connection.close()
        eventually(lambda: server.connections() == 0)


# With --sqpoll each of its 16,000 answers needs two threads in turn: on a busy machine that takes minutes.
@pytest.mark.parametrize("program", [loop for loop in [*LOOPS, THREADPOOL_KEEPS] if "--sqpoll" not in loop.options], ids=str)
def test_a_client_that_sends_and_never_reads_is_made_to_wait(program):
    """Backpressure: the server's memory stays bounded, and others are served."""
    with running(program, "--wait-ms", "0") as fast, fast.connect(receive_buffer_bytes=4096) as greedy:
        send_until_nobody_reads(greedy)
        with fast.connect() as polite:
            polite.sendall(GET)
            assert read_answers(polite, 1)[0][0] == 200
        eventually(fast.is_at_rest)  # never, if it spins; not at once, as it may have much to answer still


def test_half_closed_and_waiting_does_not_spin(program):
    with running(program, "--wait-ms", "500") as server, server.connect() as connection:
        connection.sendall(LAST_GET)
        connection.shutdown(socket.SHUT_WR)
        before = server.cpu_s()
        assert status_of(read_to_end(connection)) == 200
        assert server.cpu_s() - before < 0.1


def test_half_closed_reset_and_answered_all_the_same(program):
    """The answer goes to a socket whose client reset it after it had shut its side: EPIPE, and SIGPIPE for who asks."""
    with running(program, "--wait-ms", "60") as server:
        connection = server.connect()
        connection.sendall(GET)
        connection.shutdown(socket.SHUT_WR)
        eventually(lambda: server.connections() == 1)
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        connection.close()
        eventually(lambda: server.connections() == 0)
        with server.connect() as another:
            another.sendall(GET)
            assert read_answers(another, 1)[0][0] == 200


@pytest.mark.parametrize("program", LOOPS, ids=str)
def test_a_slow_reader_gets_all_of_a_large_file(program, tmp_path):
    content = bytes(range(256)) * 40_000  # 10 MB: more than the sockets hold
    (tmp_path / "balloons.txt").write_bytes(content)
    with running(program, "--root", str(tmp_path), "--wait-ms", "0") as server:
        with server.connect(receive_buffer_bytes=4096) as slow:
            slow.sendall(b"GET /balloons HTTP/1.1\r\n\r\n")
            assert slow.recv(1)
            with server.connect() as quick:
                quick.sendall(b"GET /balloons HTTP/1.1\r\n\r\n")
                assert read_answers(quick, 1) == [(200, content)]
            slow.sendall(LAST_GET)
            rest = read_to_end(slow)
        assert content in rest and statuses(rest[-1000:]) == [200]


@pytest.mark.parametrize("part", [b"GET / HT", LAST_GET], ids=["receiving", "waiting"])
def test_stopped_and_continued_it_goes_on(program, part):
    with running(program, "--wait-ms", "1000") as server, server.connect() as connection:
        connection.sendall(part)
        eventually(lambda: server.connections() == 1 and server.unread_bytes() == 0 and server.is_asleep())
        server.process.send_signal(signal.SIGSTOP)
        eventually(lambda: server.state() == "T")
        server.process.send_signal(signal.SIGCONT)
        connection.sendall(LAST_GET[len(part):])
        assert status_of(read_to_end(connection)) == 200


# ---- limits and ends ----


# With --fixed-files connections take no descriptors: test_io_uring_server.py.
@pytest.mark.parametrize("program", [loop for loop in SEVERAL if "--fixed-files" not in loop.options], ids=str)
def test_out_of_descriptors_it_pauses_and_recovers(program, tmp_path):
    log = tmp_path / "log"
    with running(program, "--wait-ms", "0", "--log", str(log), descriptors=16) as server:
        held = [server.connect() for _ in range(40)]  # the kernel accepts them into the queue
        eventually(lambda: log_lines(log, "cannot accept, pausing"))
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
@pytest.mark.parametrize("program", SEVERAL, ids=str)
def test_a_signal_ends_it_with_connections_in_every_state(program, how):
    with running(program, "--wait-ms", "2000") as server:
        connections = [server.connect() for _ in range(3)]
        connections[0].sendall(GET)
        connections[1].sendall(b"GET / HT")
        eventually(lambda: server.connections() == 3)
        server.process.send_signal(how)
        assert server.process.wait(PATIENCE_S) == 0
        for connection in connections:
            connection.close()


@pytest.mark.parametrize("options", [["--port", "x"], ["--port", "70000"], ["--nonsense"], ["word"], ["--wait-ms"]])
def test_wrong_usage_is_2(program, options):
    result = subprocess.run([program.path, *options], capture_output=True, timeout=PATIENCE_S)
    assert result.returncode == 2 and result.stderr


def test_an_address_in_use_is_1_and_named(program, server):
    result = subprocess.run([program.path, "--port", str(server.port)], capture_output=True, text=True, timeout=PATIENCE_S)
    assert result.returncode == 1
    assert f"127.0.0.1:{server.port}" in result.stderr and "in use" in result.stderr


@pytest.mark.parametrize("program", SEVERAL, ids=str)
def test_it_can_be_started_again_at_once_on_its_port(program):
    port = 0
    for _ in range(10):
        with running(program, "--wait-ms", "2000", port=port) as server:
            port = server.port
            with server.connect() as talking, server.connect() as silent:
                talking.sendall(GET)
                eventually(lambda: server.connections() == 2)
                server.process.send_signal(signal.SIGTERM)
                server.process.wait(PATIENCE_S)


def test_the_ready_line_names_the_listening_socket(server):
    assert server.fd_links()[server.listener].startswith("socket:")
