#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""docs/trace.schema.json accepts what the writer writes and what the format page shows, and refuses what is wrong.

usage: schema_test.py SOURCE-FOLDER WRITE-SAMPLES-PROGRAM
"""
import json
import subprocess
import sys
import unittest

import jsonschema

from validate_trace import lines_of, problems_of

SOURCE, WRITE_SAMPLES = sys.argv[1:3]

CALL = {"type": "call", "id": 9, "t": 1, "dur": 2, "tid": 7, "call": "accept4", "args": {"sockfd": 6}, "ret": 12}
OTHERS = {
    "trace": {"type": "trace", "id": 1, "format": 1, "monotonic_ns": 5},
    "fd": {"type": "fd", "id": 3, "t": 1, "pid": 7, "fd": 5, "kind": "epoll"},
    "watch": {"type": "watch", "id": 4, "t": 1, "pid": 7, "epfd": 5, "fd": 6, "data": "0x6"},
    "exit": {"type": "exit", "id": 5, "t": 1, "tid": 7, "code": 0},
    "ring": {"type": "ring", "id": 6, "t": 1, "ring": 5},
    "sqe": {"type": "sqe", "id": 6, "t": 1, "ring": 5, "op": "ACCEPT", "user_data": "0x1"},
    "cqe": {"type": "cqe", "id": 6, "t": 1, "ring": 5, "sqe": 5, "res": 0},
    "cpu": {"type": "cpu", "id": 6, "t": 1, "pid": 7},
    "lost": {"type": "lost", "id": 6, "t": 1, "until": 2, "count": 3, "class": "io"},
    "end": {"type": "end", "id": 7, "t": 1, "events": 2, "lost": 0, "reason": "duration"},
}
WRONG = [
    (CALL, {"t": "1"}), (CALL, {"t": None}), (CALL, {"dur": 1.5}), (CALL, {"id": 0}), (CALL, {"id": "9"}),
    (CALL, {"tid": -1}), (CALL, {"call": ""}), (CALL, {"ret": "12"}), (CALL, {"args": []}),
    (CALL, {"args": {"sockfd": "6"}}), (CALL, {"args": {"flags": "SOCK_CLOEXEC"}}), (CALL, {"args": {"flags": []}}),
    (CALL, {"args": {"flags": ["sock_cloexec"]}}), (CALL, {"args": {"data": 6}}), (CALL, {"args": {"data": "6"}}),
    (CALL, {"args": {"mode": 420}}), (CALL, {"args": {"dirfd": "CWD"}}), (CALL, {"args": {"pathname": 7}}),
    (CALL, {"args": {"pathname_hex": "f"}}), (CALL, {"args": {"pipefd": [1]}}), (CALL, {"files": {"sockfd": 0}}),
    (CALL, {"ret": 0, "error": "EAGAIN"}), (CALL, {"ret": -1, "error": 11}), (CALL, {"ready": []}),
    (CALL, {"ready": [{"fd": 1, "fds": [1, 2], "ambiguous": True}]}), (CALL, {"ready": [{"fds": [1, 2]}]}),
    (CALL, {"ready": [{"data": "0x1"}] * 65}), (CALL, {"start_known": True}), (CALL, {"uncertain": False}),
    (CALL, {"killed": True}), (CALL, {"ret": -1, "error": "EINTR", "killed": False}),
    (OTHERS["trace"], {"format": 2}), (OTHERS["trace"], {"io": True}), (OTHERS["trace"], {"started": "today"}),
    (OTHERS["fd"], {"kind": "carrier pigeon"}), (OTHERS["fd"], {"state": "LISTEN"}), (OTHERS["fd"], {"file": -1}),
    (OTHERS["fd"], {"origin": "trace"}), (OTHERS["watch"], {"events": ["POLLIN"]}), (OTHERS["watch"], {"data": 6}),
    (OTHERS["exit"], {"signal": "SIGKILL"}), (OTHERS["lost"], {"class": "some"}), (OTHERS["lost"], {"count": -1}),
    (OTHERS["ring"], {"ring": 0}), (OTHERS["ring"], {"flags": []}), (OTHERS["ring"], {"origin": "trace"}),
    (OTHERS["sqe"], {"op": "accept"}), (OTHERS["sqe"], {"op": 13}), (OTHERS["sqe"], {"user_data": 1}),
    (OTHERS["sqe"], {"fd": 6, "slot": 1}), (OTHERS["sqe"], {"direct": "any"}), (OTHERS["sqe"], {"multishot": False}),
    (OTHERS["sqe"], {"error": "EINVAL?"}), (OTHERS["sqe"], {"poll": ["EPOLLIN"]}), (OTHERS["sqe"], {"args": []}),
    (OTHERS["cqe"], {"sqe": 0}), (OTHERS["cqe"], {"res": -11}), (OTHERS["cqe"], {"res": 1, "error": "EAGAIN"}),
    (OTHERS["cqe"], {"res": "0"}), (OTHERS["cqe"], {"overflow": 1}), (OTHERS["cqe"], {"armed": "1"}),
    (OTHERS["cpu"], {"threads": [{"tid": 7}]}), (OTHERS["exit"], {"cpu_ns": "1"}),
    (OTHERS["end"], {"reason": "bored"}), (OTHERS["end"], {"skipped": {"x": "y"}}),
]


class Schema(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        with open(f"{SOURCE}/docs/trace.schema.json", encoding="utf-8") as file:
            schema = json.load(file)
        jsonschema.Draft202012Validator.check_schema(schema)
        cls.validator = jsonschema.Draft202012Validator(schema)

    def test_accepts_the_examples_of_the_format_page(self):
        page = f"{SOURCE}/docs/trace-format.md"
        self.assertGreater(len(list(lines_of(page))), 10)
        self.assertEqual(list(problems_of(page, self.validator, ordered=True)), [])

    def test_accepts_the_first_format(self):
        for name in ["format-1.jsonl", "format-1-rings.jsonl", "format-1-off.jsonl", "format-1-queue.jsonl",
                     "format-1-peek.jsonl"]:
            golden = f"{SOURCE}/tests/data/{name}"
            self.assertEqual(list(problems_of(golden, self.validator, ordered=True)), [])

    def test_accepts_what_the_writer_writes(self):
        lines = subprocess.run([WRITE_SAMPLES], check=True, capture_output=True).stdout.decode("utf-8").split("\n")
        self.assertGreater(len(lines), 700)
        for line in filter(None, lines):
            errors = [error.message for error in self.validator.iter_errors(json.loads(line))]
            self.assertEqual(errors, [], line)

    def test_refuses_wrong_values(self):
        for record, change in WRONG:
            self.assertTrue(self.validator.is_valid(record), record)
            self.assertFalse(self.validator.is_valid({**record, **change}), change)

    def test_refuses_records_that_lack_a_member(self):
        for record in [CALL, *OTHERS.values()]:
            for member in set(record) - {"args"}:
                rest = {name: value for name, value in record.items() if name != member}
                self.assertFalse(self.validator.is_valid(rest), f"{record} without {member}")

    def test_is_open_to_what_comes_later(self):
        self.assertTrue(self.validator.is_valid({"type": "note", "id": 1, "ring": {"x": [1]}}))
        self.assertTrue(self.validator.is_valid({**CALL, "weather": "fine", "args": {"sockfd": 6, "later": None}}))


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1])
