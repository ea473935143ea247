"""The page of a file of guessed types: by its head alone, else (JSON Lines) by pyarrow, else the long way."""

from __future__ import annotations

from pathlib import Path

from dspreview.extract.format import Format
from dspreview.extract.text.heads import here, page_of
from dspreview.local import open_regular
from dspreview.models import Page, Resolved, SplitId
from dspreview.settings import Settings


def text_page(
    kind: Format, path: str, dataset: Resolved, asked: str, split: SplitId, staging: Path, settings: Settings
) -> Page | None:
    """The page of a file, or of a split that begins with it; None for the long way."""
    if (read := kind.read_head()) is None:
        return None
    try:
        with open_regular(path) as file:
            head = read(here(file), settings.rows_max_number)
    except (OSError, MemoryError):  # told by the long way
        return None
    if head is not None:
        return page_of(head, dataset, asked, split, staging, settings)
    if not kind.row_is_line:
        return None
    from dspreview.extract.text.json_lines import json_page  # pyarrow, 70 ms

    return json_page(path, asked, dataset, split, staging, settings)
