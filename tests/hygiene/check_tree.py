#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""What every file of the tree has to keep to, whatever it says: check_tree.py ROOT.

One complaint a line; exit code 1 when there is one. `check_tree.py --self-test` breaks each rule on purpose.
"""
import pathlib
import re
import subprocess
import sys
import tempfile

CODE_SUFFIXES = {".c", ".h", ".cpp", ".py", ".sh", ".cmake", ".js"}
CODE_FOLDERS = ("bpf", "trace-model", "exchange", "load", "tracer", "viewer", "sample-servers", "lab", "bench", "tests", "scripts")
MOST_LINES = 400
# File → why it may be longer.
LONGER_WITH_REASON = {}

BPF_LICENCE = "GPL-2.0-only OR BSD-2-Clause"  # of C in a folder of this name
# A folder of somebody's machine. /home/user and the like in an example are no one's.
MACHINE_PATH = re.compile(r"(?<![\w.])/(?:work/|home/(?!user\b|you\b|me\b)\w+|Users/|root/(?!\.))[\w./-]*")
CONFLICT = re.compile(r"^(<<<<<<< |>>>>>>> )", re.M)


def tracked(root):
    listed = subprocess.run(["git", "ls-files", "-co", "--exclude-standard"], cwd=root, capture_output=True, text=True,
                            check=True).stdout.splitlines()
    return [pathlib.PurePosixPath(name) for name in listed if (root / name).is_file()]


def is_code(path, text):
    return path.suffix in CODE_SUFFIXES or path.name == "CMakeLists.txt" or text.startswith("#!")


def licence_complaint(path, text):
    head = "\n".join(text.splitlines()[:3])
    found = re.search(r"SPDX-License-Identifier: ([\w. -]+\w)", head)
    if not found:
        return "no SPDX line in its first three lines"
    wanted = BPF_LICENCE if "bpf" in path.parts[:-1] and path.suffix in (".c", ".h") else "Apache-2.0"
    if found.group(1) != wanted:
        return f"is under {found.group(1)}, not {wanted}"
    return None


def complaints(path, text):
    if is_code(path, text):
        if complaint := licence_complaint(path, text):
            yield complaint
        lines = text.count("\n")
        if path.parts[0] in CODE_FOLDERS and lines > MOST_LINES and str(path) not in LONGER_WITH_REASON:
            yield f"has {lines} lines; one subject rarely needs more than {MOST_LINES}"
    if path.parts[0] != "LICENSES" and (found := MACHINE_PATH.search(text)):
        yield f"names a folder of one machine: {found.group()}"
    if CONFLICT.search(text):
        yield "has a merge conflict in it"
    if text and not text.endswith("\n"):
        yield "does not end in a newline"


def check(root):
    found = []
    for path in tracked(root):
        data = (root / path).read_bytes()
        if b"\0" in data[:4096] or path.parts[0] == "traces" or path.suffix == ".zst":
            continue
        text = data.decode("utf-8", "replace")
        found += [f"{path}: {complaint}" for complaint in complaints(path, text)]
    return found


BAD = {
    "tracer/no_licence.cpp": "int x;\n",
    "bpf/wrong_licence.c": "// SPDX-License-Identifier: Apache-2.0\n",
    "tracer/long.cpp": "// SPDX-License-Identifier: Apache-2.0\n" + "int x;\n" * MOST_LINES,
    "docs/path.md": "see /" + "home/alice/loopscope\n",
    "docs/conflict.md": "<<<<<<" + "< HEAD\n",
    "docs/newline.md": "no newline",
}
GOOD = {"tracer/good.cpp": "// SPDX-License-Identifier: Apache-2.0\n// reads /proc and /home/user/x\n"}


def self_test():
    with tempfile.TemporaryDirectory() as folder:
        root = pathlib.Path(folder)
        subprocess.run(["git", "init", "-q", folder], check=True)
        for name, text in (BAD | GOOD).items():
            (root / name).parent.mkdir(exist_ok=True)
            (root / name).write_text(text)
        said = check(root)
        assert sorted(line.split(":")[0] for line in said) == sorted(BAD), said


def main(arguments):
    if arguments == ["--self-test"]:
        self_test()
        return 0
    found = check(pathlib.Path(arguments[0]))
    print("\n".join(found) or "nothing to complain of")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
