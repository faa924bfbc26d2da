# SPDX-License-Identifier: Apache-2.0
"""`report`: what of a trace is told, and in which form. One recording of a loop that serves 23 connections."""
import functools
import json

from harness.each import each
from harness.environment import require_bpf
from harness.recorder import Recording, run
from harness.workload import Workload


@functools.cache
def accepts():
    """The trace of a workload and what it said, recorded once."""
    require_bpf()
    with Workload("accepts") as workload:
        with Recording("-p", workload.pid) as recording:
            workload.tell("go")
            trace = recording.stop()
        workload.finish()
    return trace, workload.truth


def asked(*options):
    return json.loads(run("report", accepts()[0].path, "--json", *options).stdout)


def told(*options):
    return run("report", accepts()[0].path, *options).stdout


def refused(*options):
    done = run("report", accepts()[0].path, *options, check=False)
    assert done.returncode not in (0, 1) or done.stderr, done
    assert done.returncode != 0 and len(done.stderr.strip().splitlines()) <= 3, done.stderr
    return done.stderr


def wakeups(report):
    return sum(row["bursts"]["count"] for row in report["loops"] if row["bursts"])


def test_sections_are_parts_of_the_whole():
    whole = told()
    for name in ("listeners", "loops", "coverage"):
        part = told("--section", name)
        assert 0 < len(part) < len(whole), name
    assert "is the listening socket" in told("--section", "listeners")
    assert "is the listening socket" not in told("--section", "coverage")
    assert "there is no section 'nonsense'" in refused("--section", "nonsense")


def test_two_parts_make_the_whole():
    trace, truth = accepts()
    calls = trace.accepts(pid=trace.header["target"][0])
    middle = calls[len(calls) // 2]
    whole, before, after = asked(), asked("--to", f"{middle['t']}ns"), asked("--from", f"{middle['t']}ns")
    listener = [[row["accepts"] for row in part["listeners"] if row["fd"] == truth["listener"]]
                for part in (whole, before, after)]
    assert listener == [[23], [len(calls) // 2], [23 - len(calls) // 2]], listener
    assert wakeups(before) + wakeups(after) == wakeups(whole), (wakeups(before), wakeups(after), wakeups(whole))
    assert before["window"] == {"from": None, "to": middle["t"]} and "window" not in whole


def test_a_part_may_be_named_by_records():
    trace, truth = accepts()
    calls = trace.accepts(pid=trace.header["target"][0])
    part = asked("--from", f"id={calls[3]['id']}", "--to", f"#{calls[9]['id']}")
    accepted, = [row["accepts"] for row in part["listeners"] if row["fd"] == truth["listener"]]
    assert accepted == 7, part["listeners"]


@each("words", ["--from yesterday", "--to 1h", "--from id=0", "--threshold nonsense=1", "--threshold repeated=soon",
                "--request-bytes 0", "--explain 0", "--explain 99999999"])
def test_what_makes_no_sense_is_refused(words):
    assert refused(*words.split()), words


def test_explain_names_the_burst_of_any_of_its_records():
    trace, _ = accepts()
    call = trace.accepts(pid=trace.header["target"][0])[5]
    explained = asked("--explain", call["id"])
    burst = explained["burst"]
    assert burst["t"] <= call["t"] and burst["id"] < call["id"], burst
    assert asked("--explain", burst["id"])["burst"]["id"] == burst["id"]
    text = told("--explain", call["id"])
    assert "accept" in text and str(burst["id"]) in text, text
    assert "reads the trace twice" in run("report", "-", "--explain", "5", check=False).stderr


def test_timeline_has_lanes_within_the_columns():
    text = told("--timeline")
    assert "accepted" in text and max(map(len, text.splitlines())) <= 200, text
    lanes = asked("--timeline")
    assert sum(sum(lane["accepts"]) for lane in lanes["listeners"]) == 23, lanes


def test_histograms_are_drawn_when_asked_for():
    assert told("--histogram").count("\n") > told().count("\n")


def test_thresholds_are_the_users():
    require_bpf()
    with Workload("causes") as workload:
        with Recording("-p", workload.pid) as recording:
            workload.tell("go")
            trace = recording.stop()
        workload.finish()
    for limit, found in (("1us", True), ("1s", False)):
        words = ("--threshold", f"long-iteration={limit}", "--threshold", "worth-warning=1us")
        findings = json.loads(run("report", trace.path, "--json", *words).stdout)["findings"]
        assert any(f["kind"] == "long iteration" for f in findings) == found, findings


def test_nothing_opened_says_so():
    text = told("--opened", "no-such-file.py")
    assert "no-such-file.py" in text, text
    assert asked("--opened", "no-such-file.py")["files"] == []


def test_the_summary_of_a_recording_is_its_report():
    require_bpf()
    with Workload("accepts") as workload:
        with Recording("-p", workload.pid) as recording:
            workload.tell("go")
            recording.stop()
        said = recording.err.text()
        workload.finish()
    assert "woke 23 times" in said or "wakeups" in said, said
    assert "burst" in said, said
