# SPDX-License-Identifier: Apache-2.0
"""A server in PID and network namespaces of its own, named by the PID that we see; and a recorder that itself lives in
a PID namespace."""
import os
import subprocess

from harness.environment import ROOT, require_bpf, require_program, require_root
from harness.model import Report, registered
from harness.processes import children_of
from harness.recorder import Recording
from harness.sockets import ss_listeners
from harness.workload import Workload

LOOPBACK_UP = ("sh", "-c", 'ip link set lo up && exec "$@"', "sh")


def test_other_pid_and_network_namespaces():
    require_bpf()
    require_root()
    prefix = [require_program("unshare"), "-p", "-f", "--mount-proc", "-n", "--kill-child", *LOOPBACK_UP]
    with Workload("accepts", prefix=prefix) as workload:
        pid, = children_of(workload.pid)
        netns, pidns = os.stat(f"/proc/{pid}/ns/net").st_ino, os.stat(f"/proc/{pid}/ns/pid").st_ino
        with Recording("-p", pid) as recording:
            truth = workload.tell("go")
            there = ss_listeners({pid}, prefix=["nsenter", "-t", str(pid), "-n"])
            trace = recording.stop()
        workload.finish()
    process = trace.of("process", pid=pid)[0]
    assert process["nspid"] == 1 and process["netns"] == netns and process["pidns"] == pidns, process
    assert {c["pid"] for c in trace.of("call")} == {pid}
    row = Report(trace).listener(pid, truth["listener"])
    assert {(pid, row["fd"], row["address"], row["inode"])} == there, (row, there)
    assert row["accepts"] == 23 and row["backlog"] == truth["backlog"], row
    assert registered(row, "epoll_ctl")["origin"] == "snapshot", row


def test_a_recorder_in_a_pid_namespace():
    require_bpf()
    require_root()
    inner = ["/usr/bin/python3", ROOT / "tests" / "harness" / "run_plain.py"]
    for file, word in (("test_listeners.py", "23_accepts"), ("test_lifecycle.py", "37_children"),
                       ("test_lifecycle.py", "not_the_leader"), ("test_epoll.py", "asleep"),
                       ("test_launch.py", "first_call")):
        done = subprocess.run([require_program("unshare"), "-p", "-f", "--mount-proc", "--kill-child", *inner,
                               ROOT / "tests" / "kernel" / file, "-k", word],
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False, timeout=120)
        assert done.returncode == 0 and "1 passed, 0 failed, 0 skipped" in done.stdout, done.stdout
