# SPDX-License-Identifier: Apache-2.0
"""Starting and ending the programs a measurement needs. Everything ends by the number we were given, never by name."""
import contextlib
import os
import pathlib
import select
import signal
import subprocess
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
BIN = pathlib.Path(os.environ.get("LOOPSCOPE_BIN", ROOT / "build/bin"))
TRACEFS = "/sys/kernel/tracing"


class Failed(Exception):
    """A measurement that could not be made, with the reason a person can act on."""


def end(process, how=signal.SIGTERM, patience_s=20):
    """Ends a process we started and returns its exit status."""
    if process.poll() is None:
        process.send_signal(how)
        try:
            process.wait(patience_s)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
    return process.returncode


@contextlib.contextmanager
def running(command, ends_by=signal.SIGTERM, **options):
    try:
        process = subprocess.Popen([str(word) for word in command], **options)
    except FileNotFoundError:
        raise Failed(f"{command[0]} is not installed") from None
    try:
        yield process
    finally:
        end(process, ends_by)


def wait_for_line(stream, wanted, patience_s=20):
    """Reads a pipe until a line contains `wanted`; the line is returned."""
    deadline = time.monotonic() + patience_s
    seen = b""
    descriptor = stream.fileno()
    while time.monotonic() < deadline:
        if not select.select([descriptor], [], [], 0.2)[0]:
            continue
        piece = os.read(descriptor, 4096)
        if not piece:
            break
        seen += piece
        for line in seen.splitlines():
            if wanted in line:
                return line.decode(errors="replace")
    raise Failed(f"no line with {wanted!r} appeared; seen: {seen[-500:]!r}")


@contextlib.contextmanager
def tracefs():
    """tracefs is mounted while it is needed, and left as it was found."""
    mounted_here = not os.path.exists(f"{TRACEFS}/events")
    if mounted_here:
        subprocess.run(["mount", "-t", "tracefs", "tracefs", TRACEFS], check=True)
    try:
        yield
    finally:
        if mounted_here:
            subprocess.run(["umount", TRACEFS], check=False)
