# SPDX-License-Identifier: Apache-2.0
"""`report -p`: the same answers about what is there from /proc and sock_diag alone, with nothing recorded."""
import json

from harness.each import each
from harness.model import registered
from harness.recorder import run
from harness.servers import SERVERS
from harness.sockets import ss_listeners


@each("name", SERVERS)
def test_report_of_a_running_server(name):
    with SERVERS[name]() as server:
        server.ask()
        there = ss_listeners(server.pids())
        told = json.loads(run("report", "-p", server.pid, "--json").stdout)
        accepting = server.accepting_pids()
    rows = [row for row in told["listeners"] if row["kind"] in ("tcp", "tcp6")]
    assert {(row["pid"], row["fd"], row["address"], row["inode"]) for row in rows} == there
    assert {row["origin"] for row in rows} == {"snapshot"}, rows
    for row in rows:
        if row["pid"] in accepting and row["address"].endswith(f":{server.port}"):
            assert registered(row, server.how)["origin"] == "snapshot", row
