#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Runs test files without pytest, for a guest that has nothing but Python's own library.

    run_plain.py FILE… [-k WORD] [-x WORD]

-k keeps the tests with that word in their names, -x leaves those out.

One line a test: `ok`, `skip`, `old` (the kernel lacks what it is about) or `FAIL`, its name and its seconds; a failed
one is followed by what happened. Exit code 1 when one failed, or none ran.
"""
import contextlib
import importlib.util
import io
import pathlib
import sys
import time
import traceback
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
from harness.environment import Lacks  # pylint: disable=wrong-import-position


def tests_in(path):
    spec = importlib.util.spec_from_file_location(pathlib.Path(path).stem, path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    for name, test in list(vars(module).items()):
        if name.startswith("test_") and callable(test):
            for case in getattr(test, "cases", [{}]):
                label = f"{module.__name__}::{name}" + "".join(f"[{value}]" for value in case.values())
                yield label, lambda test=test, case=case: test(**case)


def run_one(label, test):
    said = io.StringIO()
    began = time.monotonic()
    outcome, detail = "ok", ""
    try:
        with contextlib.redirect_stdout(said):
            test()
    except Lacks as lacking:
        outcome, detail = "old", f": {lacking}"
    except unittest.SkipTest as skipped:
        outcome, detail = "skip", f": {skipped}"
    except Exception:  # pylint: disable=broad-except  (whatever it is, the next test has to run)
        outcome, detail = "FAIL", "\n" + traceback.format_exc() + said.getvalue()
    print(f"{outcome:4} {label} {time.monotonic() - began:.2f} s{detail}", flush=True)
    return outcome


def take_option(arguments, option, default):
    """The value of an option, which leaves the list."""
    if option not in arguments:
        return default
    at = arguments.index(option)
    value = arguments[at + 1]
    del arguments[at:at + 2]
    return value


def main(arguments):
    keep, leave_out = take_option(arguments, "-k", ""), take_option(arguments, "-x", None)
    outcomes = [run_one(label, test) for path in arguments for label, test in tests_in(path)
                if keep in label and not (leave_out and leave_out in label)]
    print(f"{outcomes.count('ok')} passed, {outcomes.count('FAIL')} failed, {outcomes.count('skip')} skipped, "
          f"{outcomes.count('old')} about what this kernel is too old for")
    return 1 if "FAIL" in outcomes or not outcomes else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
