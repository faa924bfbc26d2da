# SPDX-License-Identifier: Apache-2.0
"""Strings from the target never reach a terminal as they are."""
import tempfile

from harness.each import each
from harness.recorder import run
from harness.environment import require_bpf
from harness.recorder import Recording
from harness.workload import Workload


@each("words", ["report", "show"])
def test_escape_codes_in_paths_are_escaped(words):
    require_bpf()
    with tempfile.TemporaryDirectory() as folder, Workload("paths", folder) as workload:
        with Recording("-p", workload.pid) as recording:
            workload.tell("go")
            recording.stop()
            command, *options = words.split()
            done = run(command, recording.path, *options)
        workload.finish()
    text = done.stdout
    assert text.strip()
    wrong = {c for c in text if ord(c) < 0x20 and c != "\n" or 0x7f <= ord(c) < 0xa0 or c in "\u202e\u202d\u2066\u2067"}
    assert not wrong, f"reaches the terminal: {sorted(map(hex, map(ord, wrong)))}"
    if command == "show":
        assert "balloons.py" in text
        names = [line for line in text.splitlines() if "openat(" in line and "newline" in line]
        assert len(names) == 1 and "tab" in names[0], names
