# SPDX-License-Identifier: Apache-2.0
"""The same servers launched under `record --`: socket, bind, listen, registration, accept, in order, with times."""
import os
import signal

from harness.each import each
from harness.environment import require_bpf
from harness.model import Report, registered
from harness.processes import until
from harness.recorder import Recording
from harness.servers import SERVERS, Plain
from harness.sockets import await_listening, is_listening

REQUESTS = 7


def first(calls, what):
    assert calls, f"no {what}"
    return calls[0]


@each("name", SERVERS)
def test_launched(name):
    require_bpf()
    server = SERVERS[name]()
    with server_folder(server), Recording("--", *server.command(), cwd=server.folder) as recording:
        server.child = recording
        if isinstance(server, Plain):
            server.started(recording)
        await_listening(server.port)
        for _ in range(REQUESTS):
            server.ask()
        os.kill(command_of(recording.pid, server.command()[0]), signal.SIGTERM)
        trace = recording.finished()
    trace.check_nothing_lost()
    assert trace.end["reason"] == "command exited", trace.end
    report = Report(trace)
    address = f"127.0.0.1:{server.port}"
    rows = [row for row in report.json["listeners"] if row["address"] == address]
    assert sum(row["accepts"] for row in rows) == REQUESTS == len(trace.accepts()), rows
    bind = first([c for c in trace.calls("bind") if c.get("local") == address and c["ret"] == 0], "bind")
    file = bind["files"]["sockfd"]
    made = first([c for c in trace.calls("socket") if c["files"].get("ret") == file], "socket")
    listen = first([c for c in trace.calls("listen") if c["files"]["sockfd"] == file and c["ret"] == 0], "listen")
    accepts = [c for c in trace.accepts() if c["files"]["sockfd"] == file]
    assert len(accepts) == REQUESTS
    used = [row for row in rows if row["accepts"]]
    how = min((registered(row, server.how) for row in used), key=lambda r: r["t"])
    assert how["origin"] == "trace", how
    times = [made["t"], bind["t"], listen["t"], how["t"]]
    assert times == sorted(times) and all(c.get("start_known", True) for c in (made, bind, listen)), times
    # A blocking accept is its own registration; any other comes before the accept.
    assert how["t"] <= min(c["t"] + c["dur"] for c in accepts), (how, accepts[0])
    assert {(row["bind_t"], row["listen_t"]) for row in rows} == {(bind["t"], listen["t"])}, rows


class server_folder:
    """Removes the folder of a server that somebody else runs."""

    def __init__(self, server):
        self.server = server

    def __enter__(self):
        return self.server

    def __exit__(self, *_):
        self.server.child = None
        self.server.__exit__()


def command_of(recorder, program):
    """The PID of the command below the recorder, by the program it executes: the topmost one."""
    wanted = os.path.realpath(program)

    def find():
        level = [recorder]
        while level:
            level = [child for pid in level for child in descend(pid)]
            for pid in level:
                if os.path.realpath(f"/proc/{pid}/exe") == wanted:
                    return pid
        return None

    return until(find, f"{program} runs below {recorder}")


def descend(pid):
    from harness.processes import children_of
    try:
        return children_of(pid)
    except FileNotFoundError:
        return []
