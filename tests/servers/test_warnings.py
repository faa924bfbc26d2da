# SPDX-License-Identifier: Apache-2.0
"""What is warned of in real servers: nothing under ordinary load, and the handler that holds up the loop by name."""
import concurrent.futures
import http.client
import time

from harness.each import each
from harness.environment import require_bpf
from harness.model import Report
from harness.recorder import Recording
from harness.servers import APPS, PYTHON, SERVERS, Server, need

HOLD_NS = 200_000_000
WAITING = 3


class Holding(Server):
    def command(self):
        need("tornado")
        return [PYTHON, APPS / "holding_app.py", str(self.port), str(self.folder / "slow.fifo")]


def warnings(trace):
    return [finding for finding in Report(trace).json["findings"] if finding["severity"] == "warning"]


@each("name", ["nginx", "redis", "node", "aiohttp", "tornado"])
def test_nothing_is_wrong_under_ordinary_load(name):
    require_bpf()
    with SERVERS[name]() as server:
        for _ in range(4):
            server.ask()
        with Recording("-p", server.pid) as recording:
            with concurrent.futures.ThreadPoolExecutor(4) as clients:
                list(clients.map(lambda _: server.ask(), range(60)))
            trace = recording.stop(check=False)
    assert not warnings(trace), [finding["text"] for finding in warnings(trace)]


def ask(connection, path):
    connection.request("GET", path)
    return connection.getresponse().read()


def held_up(path):
    """Three clients that are connected ask for a page while a fourth has the loop held up."""
    require_bpf()
    with Holding() as server:
        clients = [http.client.HTTPConnection("127.0.0.1", server.port, timeout=20) for _ in range(WAITING + 1)]
        for client in clients:
            ask(client, "/")
        with Recording("-p", server.pid) as recording:
            clients[0].request("GET", path)
            time.sleep(HOLD_NS / 1e9 / 4)  # the loop is in the handler by now
            for client in clients[1:]:
                client.request("GET", "/")
            for client in clients:
                assert client.getresponse().read()
            trace = recording.stop(check=False)
        for client in clients:
            client.close()
        return trace, server.pid


@each("path, kind, words", [
    ("/compute", "long iteration", "on the CPU"),
    ("/sleep", "blocking call", "outside recorded calls"),
    ("/fifo", "blocking call", "slow.fifo"),
])
def test_a_handler_that_holds_up_the_loop(path, kind, words):
    trace, pid = held_up(path)
    found = [finding for finding in warnings(trace) if finding["kind"] == kind]
    assert len(found) == 1, [finding["text"] for finding in Report(trace).json["findings"]]
    finding, = found
    assert finding["tid"] == pid and words in finding["text"], finding
    assert f"{WAITING} connections that were ready waited" in finding["text"], finding
