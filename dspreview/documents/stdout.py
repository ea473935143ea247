"""Stdout, the one place where answers go."""

from __future__ import annotations

import sys

from dspreview.errors import AnswerLostError, ReaderGoneError


def write_text(text: str) -> None:
    """Text as UTF-8 whatever the locale says; a lone surrogate becomes the escape that JSON has for it.

    Raises ReaderGoneError, AnswerLostError.
    """
    write_bytes(text.encode("utf-8", "backslashreplace"))


def write_bytes(answer: bytes) -> None:
    """Bytes as they are.

    Raises ReaderGoneError where nobody reads any more, AnswerLostError where they do not all go out: a full disk, say.
    """
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
