"""Where the files of a page lie until it is stored."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple


class Staging(NamedTuple):
    """The private folders of one extraction."""

    assets: Path
    """What becomes the assets of a page."""
    work: Path
    """What is downloaded or unpacked on the way."""
