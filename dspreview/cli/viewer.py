"""The system's viewer: what shows a file or an address."""

from __future__ import annotations

import subprocess
import sys

from dspreview.extract.memory import unbounded

PATIENCE_SECONDS = 1.0
"""How long a viewer has to say that it cannot; most stay, or end at once."""


def show(what: str) -> bool:
    """Have a file or an address shown; False where nothing here does. Its output is not ours, and it outlives us."""
    try:
        with unbounded():
            viewer = subprocess.Popen(
                ["open" if sys.platform == "darwin" else "xdg-open", what],
                stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True,
            )  # fmt: skip
    except OSError:
        return False
    try:
        return viewer.wait(PATIENCE_SECONDS) == 0
    except subprocess.TimeoutExpired:
        return True
