# SPDX-License-Identifier: Apache-2.0
"""Every line of a trace against docs/trace.schema.json, by a validator that is not ours (python3-jsonschema).

The validator takes a fraction of a millisecond a line. Lines that differ in digits alone are the same to it, so each
such shape is validated once; that keeps a trace of a million lines within seconds.
"""
import functools
import json
import re

from harness.environment import SCHEMA

try:
    import jsonschema
except ImportError:  # a guest kernel's root file system may hold Python's own library alone
    jsonschema = None

DIGITS = re.compile(r"\d+")
_seen = set()


@functools.lru_cache(None)
def _validator():
    with open(SCHEMA) as file:
        schema = json.load(file)
    jsonschema.Draft202012Validator.check_schema(schema)
    return jsonschema.Draft202012Validator(schema)


def validate(lines):
    if jsonschema is None:
        return
    for line in lines:
        shape = DIGITS.sub("0", line)
        if shape in _seen:
            continue
        errors = [f"{'/'.join(map(str, e.absolute_path))}: {e.message[:300]}"
                  for e in _validator().iter_errors(json.loads(line))]
        assert not errors, f"not what the schema says: {errors} in {line[:2000]}"
        _seen.add(shape)
