# SPDX-License-Identifier: Apache-2.0
"""The sheet of the lab: every command in it runs as it stands there, and what it promises comes of it."""
import csv
import json
import os
import re
import shutil
import subprocess
import tempfile
import textwrap

import pytest
from harness.environment import BIN, ROOT, require_bpf, require_program
from harness.servers import need
from harness.sockets import is_listening

SHEETS = ["sheet.en.md", "sheet.zh-Hant.md"]
LIMIT_S = 240
# A person's answer, which the sheet cannot hold: without one there is nothing to hand in.
ANSWER = "loopscope lab thousand-chats --answer 'an event loop: an idle connection costs it an entry in a list, and no thread'"


def commands(sheet):
    text = (ROOT / "docs" / "lab" / sheet).read_text()
    return [textwrap.dedent(block) for _, block in re.findall(r"^( *)```sh\n(.*?)^\1```$", text, re.M | re.S)]


def without_texts(block):
    """What a student writes is in the student's language."""
    return re.sub(r"(--predict|--name|--because) '[^'\n]*'", r"\1 ''", block)


@pytest.fixture(scope="module")
def followed():
    """The English sheet's commands, from the first to the last, in one shell, and what they left."""
    require_bpf()
    require_program("hey")
    require_program("strace")
    need("tornado")
    assert not is_listening(8079) and not is_listening(8080)
    prepare, *rest = commands(SHEETS[0])
    assert prepare == "./lab/prepare\n"
    # It builds into the folder of its own tree; another's, or a build that is not tested here, is left alone.
    if BIN == ROOT / "build" / "bin" and (ROOT / "build").stat().st_uid == os.getuid():
        rest.insert(0, prepare)
    rest.insert(-1, ANSWER + "\n")
    folder = tempfile.mkdtemp(prefix="loopscope-sheet-")
    try:
        # Debian's python3 is the one that has tornado.
        os.symlink("/usr/bin/python3", f"{folder}/python3")
        script = "set -euo pipefail\n" + "".join(rest).replace("$PWD/build/bin:", f"{folder}:{BIN}:")
        done = subprocess.run(["timeout", "--kill-after=5", str(LIMIT_S), "bash", "-c", script], cwd=ROOT, text=True, check=False,
                              env={**os.environ, "HOME": folder, "LANG": "C.UTF-8"}, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        assert done.returncode == 0, done.stdout[-6000:]
        yield done.stdout, f"{folder}/event-loop-lab"
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def test_every_command_of_the_sheet_runs(followed):
    said, folder = followed
    for words in ("a listening socket", "balloons.py", "waits in epoll", "Latency distribution", "THEORY", "1000 idle", "Slowest:",
                  "thousand-chats         A thousand chats  [answered]"):
        assert words in said, (words, said)
    # No exercise is asked of a trace that lacks what it needs, and ss names the socket that the trace does.
    assert not re.search("Nothing in this trace|was dropped in this trace|This is no trace", said), said
    fd, = set(re.findall(r'"python3",pid=\d+,fd=(\d+)', said))
    assert f"listen({fd}<tcp 127.0.0.1:8079>, " in said
    assert os.path.exists(f"{folder}/loopscope-lab.zip") and os.path.exists(f"{folder}/latencies.svg")


def test_its_table_is_what_bench_measured(followed):
    _, folder = followed
    with open(f"{folder}/table.csv", encoding="utf-8") as file:
        rows = {(row["server"][0], int(row["clients"])): row for row in csv.DictReader(file)}
    assert set(rows) == {(server, clients) for server in "ABC" for clients in (4, 16)}
    for key, row in rows.items():
        assert 0.9 < float(row["median_s"]) / float(row["theory_s"]) < 1.6, (key, row)
    with open(f"{folder}/loopscope-lab.json", encoding="utf-8") as file:
        asked = json.load(file)["exercises"]
    assert set(asked) == {path.stem for path in (ROOT / "lab" / "exercises").iterdir()}  # the sheet leaves none out


def test_both_languages_have_the_same_commands():
    english, chinese = ([without_texts(block) for block in commands(sheet)] for sheet in SHEETS)
    assert english == chinese and len(english) > 15
