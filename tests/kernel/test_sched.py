# SPDX-License-Identifier: Apache-2.0
"""When threads do not run, and what made them run again."""
import signal

from harness.environment import require_bpf
from harness.processes import until
from harness.recorder import Recording
from harness.workload import Workload, observe


def tells_context(trace):
    return "missing" not in trace.records[0]["probes"]["off-CPU"]


def check_interval(off, t, dur):
    assert 0 < off["dur"] <= dur, (off, dur)
    if "woken" in off:
        assert t <= off["woken"] <= off["woken"] + off["delay"] <= t + dur and off["delay"] >= 0, (off, t, dur)
        assert off.get("intervals", 1) > 1 or off["delay"] <= off["dur"], off


def slept(off):
    """Its last interval may be a moment on the way back in which another thread had the CPU."""
    assert off["state"] == "S" or off.get("intervals", 1) > 1, off
    return off["state"] == "S"


def times_off(trace, truth):
    """How often the main thread stopped within what it counted itself, before and after which all is quiet; also the
    times that were not recorded, for which the end has a number."""
    began, ended = (truth[name] - trace.header["monotonic_ns"] for name in ("from_ns", "to_ns"))
    unseen = sum(n for what, n in trace.end.get("skipped", {}).items() if what.startswith("times off the CPU"))
    rows = [(r["t"], r) for r in trace.of("off", tid=truth["pid"])]
    rows += [(c["t"], c["off"]) for c in trace.calls(tid=truth["pid"]) if "off" in c]
    return unseen + sum(off.get("intervals", 1) for t, off in rows if began <= t <= ended)


def test_no_interval_is_missed():
    truth, trace = observe("sched")
    trace.check_nothing_lost()
    assert times_off(trace, truth) == truth["switches"] >= truth["naps"] + truth["polls"]


def test_what_was_lost_is_counted_and_puts_nothing_in_doubt():
    require_bpf()
    with Workload("sched", 2003) as workload:
        with Recording("-p", workload.pid, "--buffer", "64K") as recording:
            recording.send(signal.SIGSTOP)
            workload.tell("go")
            recording.send(signal.SIGCONT)
            until(lambda: '"type":"lost"' in recording.path.read_text(), "the loss is written")
            workload.tell("more")
            trace = recording.stop()
        workload.finish()
    truth = {**workload.truth, "pid": workload.pid}
    assert trace.lost("sched") > 0 and truth["switches"] >= 2003
    assert times_off(trace, truth) + trace.lost("sched") == truth["switches"]
    assert {g["class"] for g in trace.of("lost")} <= {"sched", "io"}, trace.of("lost")
    assert not trace.of("snapshot_end", origin="resync")


def test_already_asleep_when_the_recording_begins():
    """What woke it is known all the same; how long it slept, from then on."""
    require_bpf()
    with Workload("sched", 1) as workload:
        with Recording("-p", workload.pid) as recording:
            workload.tell("go")
            workload.tell("more")
            trace = recording.stop()
        workload.finish()
    read = trace.calls("read", tid=workload.pid, fd=0)[0]
    assert read["start_known"] is False, read
    check_interval(read["off"], read["t"], read["dur"])
    assert "woken" in read["off"] and read["off"]["by"]["comm"], read


def test_who_wrote_what_the_reader_waited_for():
    truth, trace = observe("sched")
    trace.check_nothing_lost()
    reads = trace.calls("read", tid=truth["pid"], fd=truth["from"])
    assert len(reads) == truth["reads"] == 7
    writes = trace.calls("write", tid=truth["waker"])
    for read, write in zip(reads, writes):
        off = read["off"]
        check_interval(off, read["t"], read["dur"])
        if slept(off):
            assert off["by"]["tid"] == truth["waker"] and off["by"]["pid"] == truth["pid"], (read, truth)
            assert off["by"]["comm"] == "sched" and write["t"] <= off["woken"] <= write["t"] + write["dur"], (off, write)
            assert off.get("context") == ("task" if tells_context(trace) else None), off
    assert sum(slept(read["off"]) for read in reads) > 0


def test_sleep_that_is_no_recorded_call_is_a_record_of_its_own():
    truth, trace = observe("sched")
    naps = [r for r in trace.of("off", tid=truth["pid"]) if r["state"] == "S" and r["dur"] >= truth["nap_ns"]]
    assert len(naps) == truth["naps"] == 5, trace.of("off")
    for nap in naps:
        check_interval(nap, nap["t"], nap["dur"])
        assert "woken" in nap and nap["pid"] == truth["pid"], nap
        assert nap.get("context") in (("hardirq", "softirq") if tells_context(trace) else (None,)), nap


def test_time_out():
    truth, trace = observe("sched")
    polls = [c for c in trace.calls("poll", "ppoll", tid=truth["pid"]) if c["ret"] == 0]
    assert len(polls) == truth["polls"] == 3
    for poll in polls:
        check_interval(poll["off"], poll["t"], poll["dur"])
        assert poll["off"]["dur"] >= truth["poll_ns"] * 0.9, poll
        if slept(poll["off"]):
            assert poll["off"].get("context") in (("hardirq", "softirq") if tells_context(trace) else (None,)), poll


def test_left_out():
    with Workload("sched") as workload:
        with Recording("-p", workload.pid, "--no-sched") as recording:
            workload.tell("go")
            trace = recording.stop()
        workload.finish()
    assert trace.records[0]["probes"]["off-CPU"] == "off: left out"
    assert not trace.of("off") and not [c for c in trace.of("call") if "off" in c]
