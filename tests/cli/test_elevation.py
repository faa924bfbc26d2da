# SPDX-License-Identifier: Apache-2.0
"""`record` typed by an ordinary user goes through sudo. A sudo of ours stands in its place and writes down how it was
called: whether it may ask is what matters, not what the machine's own would say."""
import contextlib
import fcntl
import os
import pathlib
import shutil
import subprocess
import tempfile
import termios

from harness.environment import LOOPSCOPE, require_program
from harness.processes import LIMIT_S

# Where it may ask it says so and gives up; where it may not it says what sudo 1.9 says.
SUDO = """#!/bin/sh
echo "$*" > "{folder}/called"
case $1 in
-n) echo 'sudo: a password is required' >&2 ;;
*) echo 'password for you: ' >&2 ;;
esac
exit 1
"""


def ordinary():
    """A prefix that makes a command an ordinary user's."""
    if os.geteuid() != 0:
        return []
    return [require_program("setpriv"), "--reuid=65534", "--regid=65534", "--clear-groups", "--"]


@contextlib.contextmanager
def elsewhere():
    """A folder an ordinary user may write to, with a copy of the program (the build folder may be out of reach) and
    our sudo in front of PATH."""
    with tempfile.TemporaryDirectory(prefix="loopscope-test-") as name:
        there = pathlib.Path(name)
        there.chmod(0o777)
        shutil.copy(LOOPSCOPE, there / "loopscope")
        sudo = there / "sudo"
        sudo.write_text(SUDO.format(folder=there))
        sudo.chmod(0o755)
        yield there


def record(there, **options):
    """Records a process of its own user's: a sleep."""
    environment = {k: v for k, v in os.environ.items() if k != "SUDO_ASKPASS"}
    environment["PATH"] = f"{there}:{environment['PATH']}"
    with subprocess.Popen([*ordinary(), "sleep", "1000"]) as target:
        try:
            return subprocess.run([*ordinary(), there / "loopscope", "record", "-p", str(target.pid)], cwd=there,
                                  env=environment, check=False, timeout=LIMIT_S, **options)
        finally:
            target.kill()


def test_without_a_terminal_sudo_does_not_ask():
    with elsewhere() as there:
        done = record(there, start_new_session=True, stdin=subprocess.DEVNULL, capture_output=True, text=True)
        called = (there / "called").read_text()
    assert called.startswith("-n -- "), called
    assert done.returncode == 1
    attaching, failed = done.stderr.splitlines()  # and not a line of sudo's between them
    assert attaching.startswith("loopscope: attaching"), done.stderr
    assert failed.startswith("loopscope: ") and "terminal" in failed and "a password is required" in failed, failed
    assert f"sudo setcap cap_bpf,cap_perfmon,cap_sys_ptrace,cap_dac_read_search+ep {there}/loopscope" in failed, failed


def on_terminal(there, **options):
    """As `record`, in the session of a terminal. Gives what was written to it as well."""
    front, back = os.openpty()
    try:
        done = record(there, start_new_session=True, stdin=back, stdout=back, stderr=back,
                      preexec_fn=lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0), **options)
        os.set_blocking(front, False)
        return done, os.read(front, 65536).decode()
    finally:
        os.close(front)
        os.close(back)


def test_on_a_terminal_sudo_may_ask():
    with elsewhere() as there:
        done, said = on_terminal(there)
        called = (there / "called").read_text()
    assert called.startswith("-- "), called
    assert done.returncode == 1 and "password for you" in said and "sudo setcap" in said, said


def test_doctor_knows_that_recording_goes_through_sudo():
    if not os.path.exists("/sys/kernel/btf/vmlinux"):
        return  # then sudo would not help
    with elsewhere() as there:
        says = {}
        for path in (f"{there}:{os.environ['PATH']}", "/nonexistent"):
            done = subprocess.run([*ordinary(), there / "loopscope", "doctor"], cwd=there, env={**os.environ, "PATH": path}, text=True,
                                  capture_output=True, check=False, timeout=LIMIT_S)
            says[path] = done.stdout.split("\n\n")[-1]
        with_sudo, without = says.values()
    assert with_sudo.startswith("Recording goes through sudo here"), with_sudo
    assert without.startswith("Recording is not possible here, for want of: CAP_BPF"), without


def test_nothing_is_left_behind_where_sudo_refused():
    with elsewhere() as there:
        record(there, start_new_session=True, stdin=subprocess.DEVNULL, capture_output=True)
        left = sorted(entry.name for entry in there.iterdir())
    assert left == ["called", "loopscope", "sudo"], left
