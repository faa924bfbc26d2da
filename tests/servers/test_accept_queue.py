# SPDX-License-Identifier: Apache-2.0
"""More clients than a server's backlog holds: how full its accept queue was and what the kernel dropped, against what the
server itself found out (SO_MEMINFO) and what `ss` says."""
import contextlib
import json
import re
import socket
import subprocess

from harness.environment import BIN, require_bpf, require_program
from harness.model import Report
from harness.processes import Child, until
from harness.recorder import Recording, report, run
from harness.sockets import await_listening, free_port

BACKLOG, FITS = 5, 6  # the kernel lets one more in than the backlog says
GET = b"GET / HTTP/1.1\r\nHost: x\r\n\r\n"


class BlockingServer(Child):
    def __init__(self, port, *options):
        super().__init__([BIN / "blocking-server", "--port", str(port), "--backlog", str(BACKLOG), *options])
        self.port = port
        await_listening(port)

    def drops(self):
        text = subprocess.run([require_program("ss"), "-Hltnm", f"sport = :{self.port}"], stdout=subprocess.PIPE, check=True,
                              text=True).stdout
        return int(re.search(r"skmem:\(.*,d(\d+)\)", text)[1])


def queue_of(trace, server):
    rows = [row for row in Report(trace).json["listeners"] if row["address"].endswith(f":{server.port}")]
    assert len(rows) == 1, rows
    return rows[0]["accept_queue"]


def test_16_clients_of_a_backlog_of_5():
    require_bpf()
    hey = require_program("hey")
    with BlockingServer(free_port()) as server:
        with Recording("-p", server.pid) as recording:
            url = f"http://127.0.0.1:{server.port}/"
            out = subprocess.run([hey, "-n", "64", "-c", "16", url], stdout=subprocess.PIPE, check=True, text=True).stdout
            trace = recording.stop()
        dropped = server.drops()
    assert "[200]\t64 responses" in out, out
    assert dropped > 0, "nothing was dropped; nothing was tested"
    queue = queue_of(trace, server)
    assert queue["dropped"] == dropped and queue["backlog"] == BACKLOG and BACKLOG <= queue["max"] <= FITS, (queue, dropped)
    words = run("report", trace.path).stdout
    assert f"accept queue: at most {queue['max']} of {BACKLOG}; {dropped} connection attempts dropped" in words, words


def test_a_server_that_accepts_nothing():
    """Only who looks from outside sees its queue."""
    require_bpf()
    with BlockingServer(free_port()) as server, contextlib.ExitStack() as clients:

        def connect():
            client = clients.enter_context(socket.socket())
            client.setblocking(False)
            client.connect_ex(("127.0.0.1", server.port))
            return client

        connect()  # says nothing: the server waits for its request
        with Recording("-p", server.pid) as recording:
            before = server.drops()
            for _ in range(FITS + 2):
                connect()
            until(lambda: server.drops() >= before + 2, "two clients were turned away")
            until(lambda: f'"queue":{FITS},"backlog":{BACKLOG}' in recording.path.read_text(), "the queue is in the file")
            trace = recording.stop()
        after = server.drops()
    rows = trace.of("queue")
    assert {row["file"] for row in rows} == {row["file"] for row in report(trace)["listeners"]}, rows
    assert len({(row["queue"], row["backlog"], row["drops"]) for row in rows}) == len(rows) > 0, "a row that says nothing new"
    queue = queue_of(trace, server)
    assert queue["max"] == FITS and before + 2 <= before + queue["dropped"] <= after, (queue, before, after)
    assert trace.header["probes"]["queues"] == "iter/task_file", json.dumps(trace.header["probes"])
