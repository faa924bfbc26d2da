# SPDX-License-Identifier: Apache-2.0
"""Where the programs under test are, what this machine allows, and how a test says that it cannot run here.

LOOPSCOPE_BIN          the folder with the programs; default build/bin of this checkout
LOOPSCOPE_REQUIRE_BPF  1: this machine has to be able to trace; a test that would skip for want of it fails instead
LOOPSCOPE_SCHEMA       the JSON Schema of the trace format; default docs/trace.schema.json of this checkout
"""
import os
import pathlib
import platform
import re
import shutil
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[2]
BIN = pathlib.Path(os.environ.get("LOOPSCOPE_BIN", ROOT / "build" / "bin"))
LOOPSCOPE = BIN / "loopscope"
SCHEMA = pathlib.Path(os.environ.get("LOOPSCOPE_SCHEMA", ROOT / "docs" / "trace.schema.json"))

CAP_SYS_ADMIN, CAP_PERFMON, CAP_BPF = 21, 38, 39


def skip(why):
    """Ends the test as skipped. pytest, unittest and run_plain.py all understand SkipTest."""
    raise unittest.SkipTest(why)


class Lacks(unittest.SkipTest):
    """The kernel is too old for what the test is about. Unlike other reasons to skip, nobody can do anything about it
    here."""


def kernel_version():
    return tuple(map(int, re.match(r"(\d+)\.(\d+)", platform.release()).groups()))


def lacks(what, since):
    """Ends the test: probing has found that the kernel lacks `what`, which came with version `since`. A newer one must
    have it: else the probe is wrong."""
    came = tuple(map(int, since.split(".")))
    assert kernel_version() < came, f"{platform.release()} must have {what}, which came with {since}, but refuses it"
    raise Lacks(f"{what} came with Linux {since}")


def effective_capabilities():
    for line in pathlib.Path("/proc/self/status").read_text().splitlines():
        if line.startswith("CapEff:"):
            return int(line.split()[1], 16)
    return 0


def why_no_bpf():
    """None when this process can trace, else the reason in words."""
    if not os.path.exists("/sys/kernel/btf/vmlinux"):
        return "the kernel has no BTF (/sys/kernel/btf/vmlinux)"
    have = effective_capabilities()
    if not have >> CAP_SYS_ADMIN & 1 and not (have >> CAP_BPF & 1 and have >> CAP_PERFMON & 1):
        return "this process lacks CAP_BPF and CAP_PERFMON"
    return None


def require_bpf():
    why = why_no_bpf()
    if why and os.environ.get("LOOPSCOPE_REQUIRE_BPF") == "1":
        raise AssertionError(f"LOOPSCOPE_REQUIRE_BPF=1, but {why}")
    if why:
        skip(why)


def require_root():
    if os.geteuid() != 0:
        skip("needs root")


def require_program(name):
    """The path of a program that a test compares with or drives."""
    path = shutil.which(name, path=os.environ.get("PATH", "") + ":/usr/sbin:/sbin")
    return path or skip(f"{name} is not installed")
