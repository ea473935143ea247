"""Whether JSON is nested so deep that the stack of a parser would not hold it."""

from __future__ import annotations

import re

DEPTH = 1_000
TOKEN = re.compile(rb'"(?:[^"\\]|\\.)*"|[\[\]{}]', re.DOTALL)


def is_deep(data: bytes) -> bool:
    """Whether a line of JSON goes more than DEPTH levels down. Most are cleared by counting brackets."""
    if data.count(b"[") + data.count(b"{") <= DEPTH:
        return False
    return any(
        len(line) > DEPTH and line.count(b"[") + line.count(b"{") > DEPTH and depth(line) > DEPTH
        for line in data.split(b"\n")
    )


def depth(line: bytes) -> int:
    """The most levels that are open at once, strings left out."""
    deepest = level = 0
    for token in TOKEN.finditer(line):
        if token[0] in {b"[", b"{"}:
            level += 1
            deepest = max(deepest, level)
        elif token[0] in {b"]", b"}"}:
            level -= 1
    return deepest
