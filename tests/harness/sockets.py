# SPDX-License-Identifier: Apache-2.0
"""Listening sockets as `ss` names them, and ports to use."""
import re
import socket
import subprocess

from harness.environment import require_program
from harness.processes import until

LISTEN_STATE = "0A"  # include/net/tcp_states.h: TCP_LISTEN is 10


def free_port():
    """A port nobody has right now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def is_listening(port):
    wanted = f"0100007F:{port:04X}"
    with open("/proc/net/tcp") as table:
        return any(row.split()[1] == wanted and row.split()[3] == LISTEN_STATE for row in table if wanted in row)


def await_listening(port):
    until(lambda: is_listening(port), f"someone listens on port {port}")


def ss_listeners(pids, prefix=()):
    """{(pid, fd, address, inode)} of the TCP listeners that these processes hold, as `ss -ltnpe` prints them."""
    text = subprocess.run([*prefix, require_program("ss"), "-Hltnpe"], stdout=subprocess.PIPE, check=True,
                          text=True).stdout
    found = set()
    for line in text.splitlines():
        address, inode = line.split()[3], int(re.search(r"\bino:(\d+)", line)[1])
        for pid, fd in re.findall(r"pid=(\d+),fd=(\d+)", line):
            if int(pid) in pids:
                found.add((int(pid), int(fd), address, inode))
    return found
