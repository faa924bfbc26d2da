# SPDX-License-Identifier: Apache-2.0
"""How a test of more than the buffer holds knows, from the file as it grows, that the recorder has caught up."""
import re

MARKER = re.compile(rb'"call":"read","args":\{"fd":\d+,"count":1\}')

DOUBTS = re.compile(rb'"type":"lost"[^\n]*"class":"(call|lifecycle)"')


def marked(workload, path):
    """Has the workload make one more marker call; true when one of them is in the file: what came after the burst has
    room again."""
    workload.tell("mark")
    return MARKER.search(path.read_bytes()) is not None


def resynced(path):
    """The state has been read again since the last loss that put it in doubt."""
    data = path.read_bytes()
    losses = [loss.start() for loss in DOUBTS.finditer(data)]
    return bool(losses) and data.rfind(b'"type":"snapshot_end"') > losses[-1]


def doubts(trace):
    """The losses that put the table of descriptors in doubt."""
    return [gap for gap in trace.of("lost") if gap["class"] in ("call", "lifecycle")]
