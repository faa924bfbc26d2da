# SPDX-License-Identifier: Apache-2.0
"""The sheet of the lab: every command in it runs, in both languages, as it stands there."""
import os
import re
import shutil
import subprocess
import tempfile

import pytest
from harness.environment import BIN, ROOT, require_bpf, require_program
from harness.servers import need
from harness.sockets import is_listening

SHEETS = ["sheet.en.md", "sheet.zh-Hant.md"]


def commands(sheet):
    return re.findall(r"^```sh\n(.*?)^```$", (ROOT / "docs" / "lab" / sheet).read_text(), re.M | re.S)


@pytest.mark.parametrize("sheet", SHEETS)
def test_every_command_of_the_sheet_runs(sheet):
    require_bpf()
    require_program("hey")
    need("tornado")
    assert not is_listening(8079) and not is_listening(8080)
    folder = tempfile.mkdtemp(prefix="loopscope-sheet-")
    script = "set -euo pipefail\n" + "\n".join(commands(sheet))
    try:
        # Debian's python3 is the one that has tornado.
        os.symlink("/usr/bin/python3", f"{folder}/python3")
        environment = {**os.environ, "PATH": f"{folder}:{BIN}:{os.environ['PATH']}", "LAB": str(ROOT / "lab")}
        done = subprocess.run(["timeout", "--kill-after=5", "90", "bash", "-c", script], cwd=folder, env=environment,
                              text=True, check=False, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        assert done.returncode == 0, done.stdout
        assert "is a listening socket" in done.stdout or "a listening socket" in done.stdout, done.stdout
        assert "balloons.py" in done.stdout and "c × 20" in done.stdout, done.stdout
        assert os.path.exists(f"{folder}/loopscope-lab.zip")
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def test_both_languages_have_the_same_commands():
    english, chinese = ([re.sub(r"'[^'\n]*[^\x00-\x7f][^'\n]*'|'your [^'\n]*'|'each [^'\n]*'", "''", block)
                         for block in commands(sheet)] for sheet in SHEETS)
    assert english == chinese
