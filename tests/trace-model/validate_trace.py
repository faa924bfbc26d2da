#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Validates traces against docs/trace.schema.json with the jsonschema package, which knows nothing of our code.

usage: validate_trace.py SCHEMA FILE…   FILE may be Markdown: then the lines of its code blocks that begin with
{"type": are taken. Also checks what a schema cannot say: ids increase, completion times do not decrease.
"""
import json
import sys

import jsonschema


def lines_of(path):
    with open(path, encoding="utf-8", newline="\n") as file:
        for number, line in enumerate(file, 1):
            if not path.endswith(".md") or line.startswith('{"type":'):
                yield number, line


def completion(record):
    kind = record["type"]
    if kind == "call":
        return record["t"] + record["dur"]
    return record.get({"lost": "until", "pending": "seen"}.get(kind, "t"))


def problems_of(path, validator, ordered):
    last_id, last_time, count = 0, None, 0
    for number, line in lines_of(path):
        record = json.loads(line)
        count += 1
        for error in validator.iter_errors(record):
            where = "/".join(str(part) for part in error.absolute_path)
            yield f"{path}:{number}: {where}: {error.message}"
        if not ordered:
            continue
        if record["id"] <= last_id:
            yield f"{path}:{number}: id {record['id']} follows {last_id}"
        last_id = record["id"]
        time = completion(record)
        if time is not None and last_time is not None and time < last_time:
            yield f"{path}:{number}: completes at {time}, before {last_time}"
        last_time = time if time is not None else last_time
    if not count:
        yield f"{path}: no record found"


def main():
    arguments = [each for each in sys.argv[1:] if each != "--unordered"]
    with open(arguments[0], encoding="utf-8") as file:
        schema = json.load(file)
    jsonschema.Draft202012Validator.check_schema(schema)
    validator = jsonschema.Draft202012Validator(schema)
    failed = False
    for path in arguments[1:]:
        for problem in problems_of(path, validator, "--unordered" not in sys.argv):
            failed = True
            print(problem)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
