# SPDX-License-Identifier: Apache-2.0
"""The results of several parts as one table: a row for each question, a column for each tracer."""

COLUMNS = ("strace -f", "perf trace", "bpftrace printf", "empty programs", "minimal records", "loopscope")


class Row:
    """`values` by column; where a tracer has no value the cell stays empty. `goal` is a sentence."""

    def __init__(self, question, values, goal=""):
        self.question, self.values, self.goal = question, values, goal


def table(rows):
    lines = ["### In one table\n", "| | " + " | ".join(COLUMNS) + " | loopscope is to reach |",
             "|---" * (len(COLUMNS) + 2) + "|"]
    for row in rows:
        lines.append(f"| {row.question} | " + " | ".join(row.values.get(column, "") for column in COLUMNS)
                     + f" | {row.goal} |")
    return "\n".join(lines)
