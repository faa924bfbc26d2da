# SPDX-License-Identifier: Apache-2.0
"""10 000 connections of which almost all are idle: a loop serves them all. What that costs: bench/idle-connections."""
import contextlib
import resource
import subprocess

import pytest
from servers_harness import LAST_GET, PATIENCE_S, Program, eventually, read_to_end, running, status_of

IDLE = 10_000
DESCRIPTORS = IDLE + 200  # of the clients, and of the server


@pytest.fixture
def many_descriptors():
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if hard != resource.RLIM_INFINITY and hard < DESCRIPTORS:
        pytest.skip(f"{IDLE} connections need {DESCRIPTORS} descriptors, and this process may have no more than {hard}")
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, DESCRIPTORS), hard))
    yield
    resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


@pytest.mark.parametrize("program", [Program("poll-server"), Program("epoll-server")], ids=str)
def test_with_ten_thousand_connections_everybody_is_served(program, many_descriptors):
    # The backlog: we connect faster than a busy machine lets the server accept, and a client that is dropped loses 1 s.
    with running(program, "--backlog", "10000", descriptors=DESCRIPTORS) as server, contextlib.ExitStack() as clients:
        idle = [clients.enter_context(server.connect()) for _ in range(IDLE)]
        eventually(lambda: server.connections() == IDLE)
        output = subprocess.run(["hey", "-n", "200", "-c", "16", server.url()], capture_output=True, text=True,
                                timeout=PATIENCE_S, check=True).stdout
        assert "[200]\t192 responses" in output, output  # hey makes as many for each of 16 clients
        for connection in idle:
            connection.sendall(LAST_GET)
        for connection in idle:
            assert status_of(read_to_end(connection)) == 200
        eventually(lambda: server.connections() == 0)
