# SPDX-License-Identifier: Apache-2.0
"""Questions to `report --json`, with failures that show what it did say."""
import json

from harness.recorder import report


class Report:
    def __init__(self, trace):
        self.json = report(trace)

    def listener(self, pid, fd):
        rows = [row for row in self.json["listeners"] if row["pid"] == pid and row["fd"] == fd]
        assert len(rows) == 1, f"no one listener {pid}/{fd} in {json.dumps(self.json['listeners'], indent=1)}"
        return rows[0]

    def listeners_now(self):
        """Those that were open when the recording ended."""
        return [row for row in self.json["listeners"] if "closed_t" not in row]

    def loops(self, **members):
        return [row for row in self.json["loops"] if all(row.get(k) == v for k, v in members.items())]

    def loop(self, **members):
        rows = self.loops(**members)
        assert len(rows) == 1, f"no one loop {members} in {json.dumps(self.json['loops'], indent=1)}"
        return rows[0]

    def check_nothing_lost(self):
        assert self.json["loss"]["count"] == 0 and self.json["complete"] is True, self.json["loss"]


def registered(row, how, **members):
    """The one registration of a listener row that was made this way."""
    found = [r for r in row["registrations"]
             if r["how"] == how and all(r.get(name) == value for name, value in members.items())]
    assert len(found) == 1, f"no one {how} {members} in {json.dumps(row, indent=1)}"
    return found[0]
