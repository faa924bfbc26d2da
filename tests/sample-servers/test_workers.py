# SPDX-License-Identifier: Apache-2.0
"""epoll-server --workers: three ways to share a listening socket."""
import os
import re
import subprocess

import pytest
from servers_harness import LAST_GET, Program, eventually, read_to_end, running, status_of

EPOLL_SERVER = Program("epoll-server")
EPOLLEXCLUSIVE = 1 << 28


def watchers(server):
    """epoll's fd → what it asked of each socket it watches, as fdinfo says: {fd: events}."""
    found = {}
    for fd, link in server.fd_links().items():
        if link == "anon_inode:[eventpoll]":
            with open(f"/proc/{server.pid}/fdinfo/{fd}") as info:
                found[fd] = {int(tfd): int(events, 16)
                             for tfd, events in re.findall(r"tfd:\s+(\d+) events:\s+([0-9a-f]+)", info.read())}
    return found


def listeners(server):
    listed = subprocess.run(["ss", "-Hltnp", f"sport = :{server.port}"], capture_output=True, text=True, check=True)
    return {int(fd) for pid, fd in re.findall(r"pid=(\d+),fd=(\d+)", listed.stdout) if int(pid) == server.pid}


@pytest.mark.parametrize("share, sockets, exclusive", [("reuseport", 3, False), ("exclusive", 1, True),
                                                       ("herd", 1, False)])
def test_how_the_workers_share(share, sockets, exclusive):
    with running(EPOLL_SERVER, "--workers", "3", "--share", share) as server:
        eventually(lambda: len(os.listdir(f"/proc/{server.pid}/task")) == 3)
        # Which thread's epoll watches which of the listening sockets.
        watched = [(fd, events) for loop in watchers(server).values() for fd, events in loop.items()
                   if fd in listeners(server)]
        assert len(watchers(server)) == 3 and len(watched) == 3
        assert len({fd for fd, _ in watched}) == sockets == len(listeners(server))
        assert all(bool(events & EPOLLEXCLUSIVE) == exclusive for _, events in watched)
        for _ in range(30):
            with server.connect() as connection:
                connection.sendall(LAST_GET)
                assert status_of(read_to_end(connection)) == 200


@pytest.mark.parametrize("share", ["reuseport", "exclusive", "herd"])
def test_hey_is_answered_by_all_of_them_together(share):
    with running(EPOLL_SERVER, "--workers", "4", "--share", share) as server:
        result = subprocess.run(["hey", "-n", "400", "-c", "16", "-disable-keepalive", server.url()],
                                capture_output=True, text=True, timeout=60, check=True).stdout
        assert "[200]\t400 responses" in result, result
        eventually(lambda: server.connections() == sockets_that_listen(share))


def sockets_that_listen(share):
    """connections() knows of one listening socket."""
    return 3 if share == "reuseport" else 0
