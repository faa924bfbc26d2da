# SPDX-License-Identifier: Apache-2.0
"""`record -- COMMAND`: from the first system call on, as the caller, with its streams."""
import os
import signal

from harness.environment import BIN, require_bpf
from harness.model import Report, registered
from harness.processes import parse_line
from harness.recorder import Recording


def test_a_launched_program_is_seen_from_its_first_call():
    require_bpf()
    with Recording("--", BIN / "tests" / "accepts") as recording:
        truth = parse_line(recording.out.next(), "accepts")
        recording.send_line("go")
        truth.update(parse_line(recording.out.next(), "accepts"))
        recording.send_line("quit")
        trace = recording.finished()
    assert trace.end["reason"] == "command exited", trace.end
    pid = trace.header["target"][0]
    first = trace.of("exec", pid=pid)[0]
    assert first["exe"].endswith("/accepts"), first
    row = Report(trace).listener(pid, truth["listener"])
    assert row["accepts"] == 23 and row["origin"] == "bind", row
    how = registered(row, "epoll_ctl")
    assert how["origin"] == "trace", how
    steps = [trace.calls("socket", pid=pid)[0], trace.calls("bind", pid=pid)[0], trace.calls("listen", pid=pid)[0],
             trace.calls("epoll_ctl", pid=pid)[0], trace.accepts(pid=pid)[0]]
    assert [s["t"] for s in steps] == sorted(s["t"] for s in steps), steps
    assert (row["bind_t"], row["listen_t"], how["t"]) == (steps[1]["t"], steps[2]["t"], steps[3]["t"]), (row, how)
    assert all(s.get("start_known", True) for s in steps), steps
    gone, = trace.of("exit", pid=pid, last=True)
    assert gone["code"] == 0, gone


def test_nothing_of_the_recorder_leaks_into_the_command():
    require_bpf()
    with Recording("--", "/bin/sh", "-c", "ls -1 /proc/self/fd; env; umask; grep -E '^(Sig|Cap|No)' /proc/self/status",
                   env={"PATH": os.environ["PATH"], "WORD": "unchanged"}) as recording:
        trace = recording.finished()
        said = recording.out.text().splitlines()
    # 0, 1, 2 and the one that ls reads the folder by.
    assert [line for line in said if line.isdigit() and len(line) <= 2] == ["0", "1", "2", "3"], said
    assert "WORD=unchanged" in said and not [line for line in said if "LOOPSCOPE" in line], said
    with open("/proc/self/status") as status:
        ours = dict(line.rstrip("\n").split(":\t", 1) for line in status if ":\t" in line)
    theirs = dict(line.split(":\t", 1) for line in said if ":\t" in line)
    for name in ("CapInh", "CapPrm", "CapEff", "CapBnd", "SigBlk", "SigIgn", "NoNewPrivs"):
        if name != "SigIgn":  # Python ignores SIGPIPE and SIGXFSZ; its children do not
            assert theirs[name] == ours[name], (name, theirs[name], ours[name])
    assert trace.of("exec")[0]["exe"].endswith(("sh", "dash", "bash")), trace.of("exec")


def test_the_exit_of_the_command_is_told():
    require_bpf()
    with Recording("--", "/bin/sh", "-c", "exit 43") as recording:
        trace = recording.finished()
    gone, = trace.of("exit", last=True)
    assert gone["code"] == 43 and trace.end["reason"] == "command exited", (gone, trace.end)


def test_ctrl_c_goes_to_the_command_and_the_recording_ends_after_it():
    require_bpf()
    with Recording("--", "/bin/sh", "-c", "trap 'echo caught; exit 7' INT; echo ready; while :; do read line; done",
                   start_new_session=True) as recording:
        assert recording.out.find(lambda line: line == "ready")
        os.killpg(recording.pid, signal.SIGINT)  # what the terminal does: everyone in the foreground
        recording.send_line("")
        trace = recording.finished()
        assert "caught" in recording.out.text()
    gone = trace.of("exit", last=True)
    assert gone[-1]["code"] == 7, gone
