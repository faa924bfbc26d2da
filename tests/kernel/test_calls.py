# SPDX-License-Identifier: Apache-2.0
"""Every call a trace knows, with its arguments by name."""
import os
import signal
import tempfile

from harness.environment import require_bpf, skip
from harness.identity import check_identities
from harness.processes import state_of, until
from harness.recorder import Recording
from harness.workload import Workload, observe

# In the call table, but made by other workloads: they make processes, or only the kernel makes them.
ELSEWHERE = {"clone", "clone3", "fork", "vfork", "restart_syscall"}


def normal(value):
    """Lists of names are sets: their order is nobody's business."""
    if isinstance(value, list) and value and all(isinstance(word, str) for word in value):
        return sorted(value)
    if isinstance(value, list):
        return [normal(item) for item in value]
    if isinstance(value, dict):
        return {key: normal(item) for key, item in value.items() if item != []}
    return value


def shown(call):
    return {"call": call["call"], "ret": call["ret"], "error": call.get("error"), "args": normal(call.get("args", {}))}


def test_every_call_once():
    truth, trace = observe("every_call")
    trace.check_nothing_lost()
    check_identities(trace, at_least=60)
    # From the line "go" to the line with the truth. What follows that is a read, which the kernel may interrupt to
    # free the ring (io_ring_exit_work).
    recorded = trace.calls(pid=truth["pid"])
    recorded = recorded[1:[c["call"] == "write" and c["args"]["fd"] == 1 for c in recorded].index(True)]
    expected = [{"call": c["call"], "ret": c["ret"], "error": os_error(c["errno"]), "args": normal(c["args"])}
                for c in truth["calls"]]
    for got, want in zip(recorded, expected):
        assert shown(got) == want, f"\nrecorded {got}\nexpected {want}"
    assert len(recorded) == len(expected), (recorded[len(expected):], expected[len(recorded):])
    assert not [c for c in recorded if c.get("unreadable")]
    missing = set(trace.header["calls"]) - {c["call"] for c in recorded} - ELSEWHERE
    assert not missing, f"recorded by default, but not exercised here: {missing}"


def os_error(number):
    import errno
    return errno.errorcode[number] if number else None


def test_ready_of_poll_and_select():
    truth, trace = observe("every_call")
    poll, = trace.calls("poll")
    assert [(e["fd"], e["events"]) for e in poll["ready"]] == [(poll["args"]["fds"][1]["fd"], ["POLLOUT"])], poll
    select, = trace.calls("select")
    assert [(e["fd"], e["events"]) for e in select["ready"]] == [(select["args"]["writefds"][0], ["POLLOUT"])], select
    assert all("data" not in e for c in (poll, select) for e in c["ready"])
    for call in trace.calls("ppoll", "pselect6"):
        assert call["ret"] == 0 and "ready" not in call and call["dur"] >= 5_000_000, call


def test_no_io_leaves_the_io_out_and_keeps_the_table_true():
    _, trace = observe("every_call", options=("--no-io",))
    check_identities(trace)
    assert trace.header["io"] is False
    made = {c["call"] for c in trace.of("call")}
    left_out = {"read", "write", "pread64", "pwrite64", "readv", "writev", "preadv", "pwritev", "preadv2", "pwritev2",
                "recvfrom", "sendto", "sendmsg", "sendmmsg", "recvmsg", "recvmmsg", "sendfile", "splice"}
    assert not made & left_out, made & left_out
    assert {"close", "dup", "fcntl", "pipe2", "close_range", "pidfd_getfd"} <= made, made


def test_no_io_keeps_the_messages_that_bring_descriptors():
    truth, trace = observe("scm_rights", options=("--no-io",))
    received, = trace.calls("recvmsg")
    assert [r["fd"] for r in received["rights"]] == [truth["child_listener"], truth["child_event"]], received
    check_identities(trace)


def test_calls_lab_is_the_labs_calls_and_what_keeps_the_table_true():
    _, whole = observe("every_call")
    _, trace = observe("every_call", options=("--calls", "lab"))
    check_identities(trace)
    counted, lab = whole.counts(), trace.counts()
    for name in ("epoll_wait", "epoll_pwait", "epoll_pwait2", "epoll_ctl", "openat", "open", "listen", "accept",
                 "accept4", "bind", "epoll_create1", "close", "dup", "fcntl"):
        assert lab[name] == counted[name] > 0, (name, lab[name], counted[name])
    assert not set(lab) & {"read", "write", "poll", "select", "connect", "sendto"}, lab


def test_a_list_of_calls():
    _, trace = observe("every_call", options=("--calls", "epoll_wait,ppoll"))
    check_identities(trace)
    names = set(trace.counts())
    assert {"epoll_wait", "ppoll", "close", "openat"} <= names, names
    assert not names & {"read", "poll", "select", "epoll_pwait"}, names


def replaced(data):
    """What the format says of text that is not UTF-8: each offending byte becomes U+FFFD."""
    text, rest = "", data
    while rest:
        try:
            return text + rest.decode("utf-8")
        except UnicodeDecodeError as error:
            text += rest[:error.start].decode("utf-8") + "\ufffd" * (error.end - error.start)
            rest = rest[error.end:]
    return text


def test_paths_that_are_hard_to_write_down():
    with tempfile.TemporaryDirectory() as folder:
        truth, trace = observe("paths", folder)
    opens = trace.calls("openat", pid=truth["pid"])
    assert len(opens) == len(truth["opens"])
    for call, want in zip(opens, truth["opens"]):
        path, args = bytes.fromhex(want["hex"]), call["args"]
        assert (call["ret"], call.get("error")) == (want["ret"], os_error(want["errno"])), (call, want)
        if want["null"]:
            assert call["unreadable"] == ["pathname"] and "pathname" not in args, call
            continue
        if args.get("pathname_cut"):
            # The kernel itself takes no path of more than PATH_MAX bytes with its zero.
            assert len(path) > 4095 and path.decode().startswith(args["pathname"]), call
            continue
        assert len(path) <= 4095, f"{len(path)} bytes and not marked as cut: {call}"
        assert args["pathname"] == replaced(path), (call, path)
        if replaced(path).encode() == path:
            assert "pathname_hex" not in args, call
        else:
            assert bytes.fromhex(args["pathname_hex"]) == path, (call, path)
        assert ("mode" in args) == ("O_CREAT" in args["flags"]), call


def test_calls_that_a_stop_interrupts():
    require_bpf()
    with Workload("restart") as workload:
        with Recording("-p", workload.pid) as recording:
            workload.tell("go")
            waits_in(workload.pid, "poll")
            workload.send(signal.SIGSTOP)
            until(lambda: state_of(workload.pid) == "T", "stopped")
            workload.send(signal.SIGCONT)
            until(lambda: state_of(workload.pid) == "S", "asleep again")
            assert workload.tell("on")["state"] == "in epoll"
            waits_in(workload.pid, "poll")
            workload.send(signal.SIGUSR1)
            workload.hear()
            trace = recording.stop()
        workload.finish()
    poll, = trace.calls("poll")
    assert poll["ret"] == -1 and poll["error"] == "ERESTART_RESTARTBLOCK", poll
    restarted, = trace.calls("restart_syscall")
    assert restarted["continues"] == "poll" and restarted["ret"] == 1, restarted
    wait, = trace.waits()
    assert wait["ret"] == -1 and wait["error"] == "EINTR", wait


def waits_in(pid, function):
    """Until the process sleeps in this kernel function (or, where wchan is hidden, sleeps)."""
    def sleeping():
        with open(f"/proc/{pid}/wchan") as wchan:
            where = wchan.read()
        return state_of(pid) == "S" and (function in where or where in ("", "0"))
    until(sleeping, f"asleep in {function}")


def test_32_bit_calls_are_counted_and_not_mistaken():
    require_bpf()
    with Workload("compat_calls") as workload:
        if workload.truth["state"] == "skip":
            skip(workload.truth["why"])
        with Recording("-p", workload.pid) as recording:
            truth = workload.tell("go")
            trace = recording.stop()
        workload.finish()
    assert trace.end["skipped"].get("32-bit calls") == truth["calls"] == 7, trace.end
    assert trace.counts() == {"read": 1, "close": 7, "write": 1}, trace.counts()
