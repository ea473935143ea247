"""Rows of a split from any place on: from the stored page where it has them, else computed."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import TYPE_CHECKING

from dspreview.models import DatasetRef
from dspreview.page.row_lines import RowLines
from dspreview.preview import PageAnswer

if TYPE_CHECKING:
    from dspreview.preview.queries import Queries


def omitted_columns(answer: PageAnswer) -> int:
    """How many columns ROWS_MAX_BYTES left out of a page."""
    return int(json.loads(answer.page.extra).get("omitted_columns", 0))


def holds(answer: PageAnswer, offset: int, length: int, *, full: bool) -> bool:
    """Whether a stored page has these rows, as far as there are any, and (`full`) has them whole."""
    page = answer.page
    if full:
        if omitted_columns(answer) or RowLines.parse(page.rows).select(offset, length).is_cut:
            return False
    elif offset == 0:
        return True  # the first page is what the limits allow
    end = offset + length
    return (end if page.num_rows_total is None else min(end, page.num_rows_total)) <= page.num_rows


def rows_from(
    found: PageAnswer, ref: DatasetRef, offset: int, length: int, ask: Callable[[Callable[[Queries], PageAnswer]], PageAnswer],
    *, whole: bool = False,
) -> PageAnswer:  # fmt: skip
    """So many rows of a split from one on. Raises PreviewError.

    Args:
        found: the first page of the split.
        ask: puts a question about the whole split, where that page does not hold them.
        whole: whole cells, whatever the limits say.

    """
    if holds(found, offset, length, full=whole):
        return found
    return ask(lambda queries: queries.window(ref, found.config, found.split, offset, length, whole=whole))
