# SPDX-License-Identifier: Apache-2.0
"""Sockets and epoll through rings: connections that one operation accepts, messages that one operation receives, sockets
without descriptors, interest lists that no epoll_ctl ever changed."""
from harness.each import each
from harness.environment import require_bpf
from harness.identity import check_identities
from harness.interest import in_kernel, in_trace
from harness.recorder import Recording
from harness.uring import MORE, Journal, has
from harness.workload import Workload, observe


def record(name, *arguments):
    truth, trace = observe(name, *arguments)
    trace.check_nothing_lost()
    check_identities(trace)
    journal = Journal(trace, truth["ring"])
    journal.check_enters()
    return truth, trace, journal


def check_connections(truth, pairs, count=23, which=0):
    connections = [c for s, c in pairs if c["res"] >= 0 and s["fd"] == truth["listeners"][which]]
    assert len(connections) == count, connections
    assert {c["local"] for c in connections} == {f"127.0.0.1:{truth['ports'][which]}"}, connections
    assert {c["backlog"] for c in connections} == {37} and {c["kind"] for c in connections} == {"tcp"}, connections
    for member in ("peer", "inode", "file"):
        assert len({c[member] for c in connections}) == count, (member, connections)
    assert all("woken" in c for c in connections), connections


@each("mode", ["plain", "armed", "defer"])
def test_one_operation_accepts_23_connections(mode):
    truth, trace, journal = record("uring_accept", mode)
    accept = journal.sqes[0]
    assert accept["op"] == "ACCEPT" and accept["fd"] == truth["listeners"][0] and accept["multishot"] is True, accept
    assert ("origin" in accept) == (mode == "armed"), accept
    listener = trace.of("fd", fd=truth["listeners"][0], origin="snapshot")[0]
    assert accept["file"] == listener["file"] and listener["inode"] == truth["inode"], (accept, listener)
    pairs = journal.of("ACCEPT")
    check_connections(truth, pairs)
    assert [has(c, MORE) for _, c in pairs] == [True] * 23 + [False] and pairs[-1][1]["error"] == "ECANCELED", pairs
    assert not trace.calls("accept", "accept4")
    closes = [c for c in trace.calls("close") if c["files"].get("fd") in {c["file"] for _, c in pairs[:-1]}]
    assert len(closes) == 23


def test_two_that_accept_under_one_name():
    truth, _, journal = record("uring_accept", "two")
    pairs = journal.of("ACCEPT")
    for which in range(2):
        check_connections(truth, pairs, which=which)
        mine = [c for s, c in pairs if s["fd"] == truth["listeners"][which]]
        assert len(mine) == 24 and mine[-1]["error"] == "ECANCELED", mine


@each("mode", ["plain", "armed"])
def test_one_operation_receives_13_messages(mode):
    truth, _, journal = record("uring_recv", mode)
    assert len(journal.cqes) == truth["messages"] + 1 == 14
    assert [c["buffer"] for c in journal.cqes[:-1]] == [i % 5 for i in range(13)]
    end = journal.cqes[-1]
    assert end["res"] == 0 and not has(end, MORE) and "buffer" not in end, end
    receive, = journal.sqes
    assert receive["fd"] == truth["near"][0] and receive["multishot"] is True, receive
    assert ("origin" in receive) == (mode == "armed"), receive
    assert all("woken" in c for c in journal.cqes), journal.cqes


def test_out_of_provided_buffers():
    _, _, journal = record("uring_recv", "scarce")
    assert [c["buffer"] for c in journal.cqes[:-1]] == [0, 1, 2, 3, 4]
    assert journal.cqes[-1]["error"] == "ENOBUFS" and not has(journal.cqes[-1], MORE), journal.cqes[-1]


def test_three_that_receive_under_one_name():
    truth, _, journal = record("uring_recv", "three")
    for which in range(3):
        mine = [c["res"] for s, c in journal.pairs() if s["fd"] == truth["near"][which]]
        assert mine == [10 * (which + 1)] * 13 + [0], mine


def test_sockets_without_descriptors():
    truth, trace, journal = record("uring_direct", "plain")
    assert truth["descriptors"] == truth["descriptors_before"]
    accepts = journal.of("ACCEPT")
    assert [s["direct"] for s, _ in accepts] == [5] * 3 + ["alloc"] * 7, accepts
    made = [c["file"] for _, c in accepts]
    assert len(set(made)) == 10 and not {r["file"] for r in trace.of("fd")} & set(made), accepts
    assert {c["local"] for _, c in accepts} == {f"127.0.0.1:{truth['port']}"}, accepts
    assert len({c["peer"] for _, c in accepts}) == 10, accepts
    for op in ("RECV", "SEND", "CLOSE"):
        used = [s.get("file", c.get("on")) for s, c in journal.of(op)]
        assert used == (made if op == "CLOSE" else made[:5]), (op, used, made)
    assert not trace.calls("accept", "accept4", "recvfrom", "sendto")


def test_sockets_without_descriptors_from_an_operation_that_was_armed():
    truth, trace, journal = record("uring_direct", "armed")
    accept, = [s for s in journal.sqes if s["op"] == "ACCEPT"]
    assert accept["origin"] == "snapshot" and accept["direct"] == "alloc" and accept["fd"] == truth["listener"], accept
    made = [c["file"] for _, c in journal.of("ACCEPT")]
    assert len(set(made)) == 5 and not {r["file"] for r in trace.of("fd")} & set(made), made
    assert [s.get("file", c.get("on")) for s, c in journal.of("CLOSE")] == made, journal.of("CLOSE")


def test_a_descriptor_for_a_slot():
    truth, trace, journal = record("uring_direct", "install")
    (_, accepted), = journal.of("ACCEPT")
    (installed, given), = journal.of("FIXED_FD_INSTALL")
    assert given["file"] == accepted["file"], (installed, given, accepted)
    read, = trace.calls("read", fd=given["res"])
    assert read["files"]["fd"] == accepted["file"], (read, accepted)
    (_, made), = journal.of("SOCKET")
    assert made["kind"] == "unix" and made["res"] == 0, made
    assert truth["descriptors"] == truth["descriptors_before"]


@each("mode", ["plain", "same"])
def test_zero_copy_completes_twice(mode):
    truth, _, journal = record("uring_zerocopy", mode)
    sends = [s for s in journal.sqes if s["op"] == "SEND_ZC"]
    assert len(sends) == truth["sends"] + 1 == 8 and len(journal.of("NOP")) == 35
    notices = [(s, c) for s, c in journal.pairs() if has(c, "IORING_CQE_F_NOTIF")]
    assert [s["id"] for s, _ in notices[:7]] == [s["id"] for s in reversed(sends[:7])], notices
    assert not any(has(c, MORE) for _, c in notices), notices


@each("mode", ["ring", "syscall"])
def test_a_server_without_system_calls(mode):
    truth, trace, journal = record("uring_server", mode)
    forbidden = {"socket", "bind", "listen", "accept", "accept4", "connect", "epoll_ctl", "close", "sendto", "recvfrom",
                 "shutdown"} | ({"epoll_wait", "epoll_pwait"} if mode == "ring" else set())
    assert not forbidden & trace.counts().keys(), trace.counts()
    (_, bound), = journal.of("BIND")
    assert bound["local"] == f"127.0.0.1:{truth['port']}", bound
    (_, listens), = journal.of("LISTEN")
    assert listens["backlog"] == 29 and listens["inode"] == truth["inode"], listens
    accepts = journal.of("ACCEPT")
    assert len(accepts) == truth["accepts"] == 13 and {s["fd"] for s, _ in accepts} == {truth["listener"]}
    assert {c["local"] for _, c in accepts} == {f"127.0.0.1:{truth['port']}"}, accepts
    connects = [c for _, c in journal.of("CONNECT")]
    assert [c["local"] for c in connects] == [c["peer"] for _, c in accepts], (connects, accepts)
    assert len(journal.of("SOCKET")) == 14 and {c["kind"] for _, c in journal.of("SOCKET")} == {"tcp"}
    check_server_waits(truth, trace, journal, accepts)


def check_server_waits(truth, trace, journal, accepts):
    """Of three waits, the first finds the listener, the others the connection."""
    waits = [c for _, c in journal.of("EPOLL_WAIT")] or trace.waits(epfd=truth["epfd"])
    assert len(waits) == truth["waits"] == 39
    listener = journal.of("LISTEN")[0][0]["file"]
    for i, wait in enumerate(waits):
        entry, = wait["ready"]
        fd, file = (truth["listener"], listener) if i % 3 == 0 else (accepts[i // 3][1][k] for k in ("res", "file"))
        assert entry == {"events": ["EPOLLIN"], "data": hex(0x1000 + fd), "fd": fd, "file": file}, (i, wait)


@each("mode", ["plain", "sqpoll"])
def test_an_interest_list_changed_through_a_ring(mode):
    require_bpf()
    with Workload("uring_epoll", mode) as workload:
        with Recording("-p", workload.pid) as recording:
            truth = workload.tell("go")
            kernel = in_kernel(workload.pid, truth["epfd"])
            trace = recording.stop()
        workload.finish()
    trace.check_nothing_lost()
    check_identities(trace)
    row, = trace.of("ring")
    journal = Journal(trace, truth["ring"], sq_thread=row.get("sq_thread"))
    assert not trace.calls("epoll_ctl") and len(journal.of("EPOLL_CTL")) == 13
    instance = trace.of("fd", fd=truth["epfd"])[0]["file"]
    assert in_trace(trace, instance) == kernel and len(kernel) == 4, (in_trace(trace, instance), kernel)
    files = {r["fd"]: r["file"] for r in trace.of("fd", origin="snapshot")}
    assert all(s["files"]["fd"] == files[s["args"]["fd"]] for s in journal.sqes if s["args"]["fd"] != 999)
    waits = trace.waits(epfd=truth["epfd"])
    assert [w["ret"] for w in waits] == [1, 1, 1, 4], waits
    for wait, (fd, data) in zip(waits, truth["left"]):
        assert wait["ready"] == [{"events": ["EPOLLIN"], "data": data, "fd": fd, "file": files[fd]}], wait
    last = {(e["fd"], e["data"]) for e in waits[-1]["ready"]}
    assert last == {*map(tuple, truth["left"]), (truth["pipe"], "0x919e")}, waits[-1]
