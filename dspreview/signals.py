"""Functions in whose middle Ctrl-C does not stop the program: it waits for their end."""

from __future__ import annotations

from collections.abc import Callable
from types import CodeType, FrameType
from typing import Any, TypeVar

F = TypeVar("F", bound=Callable[..., Any])
IMPORTER = "<frozen importlib._bootstrap>"
"""The file of Python's own import: in the middle of a library's set-up a signal may end the process."""
UNINTERRUPTED: set[CodeType] = set()


def uninterrupted(function: F) -> F:
    """Let no signal unwind a function half-way; of a generator, none of its steps."""
    UNINTERRUPTED.add(function.__code__)
    return function


def is_held(frame: FrameType | None) -> bool:
    """Whether what a signal came into must be done first: an import, or a function that is not interrupted."""
    while frame is not None:
        if frame.f_code.co_filename == IMPORTER or frame.f_code in UNINTERRUPTED:
            return True
        frame = frame.f_back
    return False
