"""What a call says while it works."""

from __future__ import annotations

from collections.abc import Callable


class Telling:
    """How a long piece of work tells the user where it is."""

    def __init__(self, progress: Callable[[str, int, int | None], None], warn: Callable[[str], None]) -> None:
        """`progress` takes what is done, how much of it, and out of how much."""
        self.progress, self.warn = progress, warn
