# SPDX-License-Identifier: Apache-2.0
"""The man pages say all that --help says, and are well formed."""
import re
import subprocess

import pytest
from harness.environment import ROOT, require_program
from harness.recorder import run

MAN = ROOT / "docs" / "man"
COMMANDS = ["record", "watch", "report", "show", "compare", "lab", "view", "list", "doctor", "import", "export", "bench"]

SUBCOMMANDS = {("import",): ("strace",)}  # whose options a command's page lists


def options_in_help(*command):
    """What --help offers: names like -p and --pid at the beginning of a line."""
    said = run(*command, *SUBCOMMANDS.get(command, ()), "--help").stdout
    heads = re.findall(r"^\s+((?:-\w,)?-{1,2}[\w-]+(?:,-{1,2}[\w-]+)*)", said, re.M)
    return {name for head in heads for name in head.split(",")}


def options_in_page(name):
    """-p from `.It Fl p , -pid Ar PID`, --pid from the same."""
    listed = re.findall(r"^\.It ((?:Fl|Ar) .*)$", (MAN / name).read_text(), re.M)
    words = [w for line in listed for w in line.replace(r"\&", "").split() if w not in ("Fl", ",")]
    return {"-" + word for word in words}


@pytest.mark.parametrize("command", COMMANDS)
def test_every_option_of_help_has_its_place_in_the_man_page(command):
    offered = options_in_help(command)
    assert "--help" in offered
    assert offered <= options_in_page(f"loopscope-{command}.1")


def test_the_general_page_has_the_general_options_and_every_command():
    assert options_in_help() <= options_in_page("loopscope.1")
    page = (MAN / "loopscope.1").read_text()
    said = run("--help").stdout
    commands = re.findall(r"^  ([a-z]+)  ", said[said.lower().index("subcommands"):], re.M)
    assert commands
    for command in commands:
        assert f".It Xr loopscope-{command} 1" in page


def test_no_man_page_promises_an_option_that_is_not_there():
    for command in COMMANDS:
        named = {o for o in options_in_page(f"loopscope-{command}.1") if re.fullmatch(r"--?[a-z][a-z-]*", o)}
        assert named <= options_in_help(command)


@pytest.mark.parametrize("page", sorted(p.name for p in MAN.glob("*.[15]")))
def test_pages_are_well_formed(page):
    done = subprocess.run([require_program("mandoc"), "-T", "lint", "-W", "warning", MAN / page],
                          capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout
