"""Stdout, the one place where answers go, and what must leave the terminal before they come."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable

from dspreview.errors import AnswerLostError, ReaderGoneError

OBEYED = re.compile("[\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]")
"""What a terminal or an editor obeys and JSON leaves as it is: C1 controls, marks that reorder a line, separators."""

drawn: list[Callable[[bool], None]] = []
"""Lines about progress: each is wiped before anything else is written; called with True, it does not come back."""


def wipe(*, for_good: bool) -> None:
    """Take lines about progress off the terminal."""
    for line in drawn:
        line(for_good)


def visible(text: str) -> str:
    """JSON, TOML or text of ours with such characters as their escapes: to who parses it, it is the same."""
    return OBEYED.sub(lambda found: f"\\u{ord(found[0]):04x}", text)


def write_text(text: str) -> None:
    """Text as UTF-8 whatever the locale says, with escapes for what would not be seen, and for a lone surrogate.

    Raises ReaderGoneError, AnswerLostError.
    """
    write_bytes(visible(text).encode("utf-8", "backslashreplace"))


def write_bytes(answer: bytes) -> None:
    """Bytes as they are.

    Raises ReaderGoneError where nobody reads any more, AnswerLostError where they do not all go out: a full disk, say.
    """
    wipe(for_good=True)
    data = memoryview(answer)
    try:
        while data:  # without a buffer (python -u) a call may take a part, and say so
            taken = sys.stdout.buffer.write(data)
            if taken is None:
                raise BlockingIOError(11, "it would have to wait for its reader")
            data = data[taken:]
        sys.stdout.buffer.flush()
    except BrokenPipeError as error:
        raise ReaderGoneError from error
    except (OSError, ValueError, AttributeError) as error:  # full, closed, or never there
        reason = error.strerror if isinstance(error, OSError) else "stdout is closed"
        raise AnswerLostError(f"the answer could not be written: {reason}") from error
