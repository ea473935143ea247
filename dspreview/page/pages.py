"""Values of rows to a page: converted cell by cell, cut to the budget, with assets. No pyarrow and no `datasets`."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from dspreview.feature import Feature
from dspreview.models import Asset, Column, FeatureTree, Page, Resolved, dump
from dspreview.page.cells import AssetLimits, CellWriter
from dspreview.page.columns import is_url_column, make_column
from dspreview.page.row_lines import RowLines
from dspreview.page.truncation import Budget, Row, early_cut, fit, row_size, size
from dspreview.settings import Settings


class Cells(NamedTuple):
    """A column of a page before its cells are JSON: a value per row."""

    name: str
    feature: FeatureTree
    values: list[Any]
    plain: bool
    """Whether the values are JSON as they are."""
    declared: bool
    """Whether the feature is the data's own, and no guess from the values."""


class PageMaker:
    """Makes the pages of one split."""

    def __init__(
        self, dataset: Resolved, asked: str, config: str, split: str, settings: Settings, staging: Path,
        fetch: Callable[[str, int], bytes],
    ) -> None:  # fmt: skip
        """`staging` takes the assets; `fetch` gives the bytes of a file that a cell names."""
        self.dataset, self.asked, self.config, self.split, self.settings = dataset, asked, config, split, settings
        limits = AssetLimits(settings.asset_max_bytes, settings.page_assets_max_bytes)
        self.writer = CellWriter(dataset, config, split, staging, fetch, limits)

    def make(self, cells: list[Cells], places: Sequence[int], *, whole: bool) -> Page:
        """The page of some rows.

        Args:
            cells: the columns, a value per row.
            places: the row index of each row.
            whole: cells in full, whatever the limits say.

        """
        budget = None if whole else self.budget()
        columns, rows = self.rows(cells, places, budget)
        omitted = 0
        if budget is not None:
            rows, omitted = fit(rows, protected_columns(columns, cells, rows), budget)
        kept = {row.row_idx for row in rows}
        extra: dict[str, Any] = {"omitted_columns": omitted} if omitted else {}
        for key, notes in (("cell_errors", self.writer.errors), ("special_cells", self.writer.special)):
            if found := [note for note in notes if note["row_idx"] in kept]:
                extra[key] = found
        return Page(
            features=[
                {"feature_idx": number, "name": one.name, "type": one.feature} for number, one in enumerate(cells)
            ],
            columns=tuple(columns),
            rows=RowLines([row.line() for row in rows]).text,
            num_rows=len(rows),
            num_rows_total=None,
            extra=extra,
            assets=self.keep_assets(rows),
        )

    def rows(self, cells: list[Cells], places: Sequence[int], budget: Budget | None) -> tuple[list[Column], list[Row]]:
        """The columns, and the rows as JSON values; no more of them than can matter."""
        columns = [make_column(one.name, one.feature, declared=one.declared, values=one.values) for one in cells]
        pictures = [
            column.type == "RELATIVE_IMAGE_URL" and not Feature(one.feature).asset
            for column, one in zip(columns, cells, strict=True)
        ]
        features = [Feature(one.feature) for one in cells]
        rows: list[Row] = []
        used = 1
        for number, row_idx in enumerate(places):
            row = Row(row_idx, {})
            for one, feature, picture in zip(cells, features, pictures, strict=True):
                value = one.values[number]
                if budget is not None and (begins := early_cut(value, feature, budget.max_bytes)) is not None:
                    value, row.is_long = begins, True
                    row.truncated.append(one.name)
                elif picture or not one.plain:
                    value = self.writer.write(value, feature, row_idx, one.name, as_pixels=picture)
                row.cells[one.name] = value
            rows.append(row)
            if budget is not None:
                used += row_size(row, budget) + (budget.max_bytes if row.is_long else 0)
                if used > budget.max_bytes and len(rows) >= budget.min_rows:
                    break
        return columns, rows

    def budget(self) -> Budget:
        """What the page may cost. An answer repeats the name as asked; the longest one known is counted."""
        dataset = max(self.asked, self.dataset.name, key=len)
        prefix = size(dump({"dataset": dataset, "config": self.config, "split": self.split})) - 1
        return Budget(self.settings.rows_max_bytes, self.settings.rows_min_number, prefix)

    def keep_assets(self, rows: list[Row]) -> tuple[Asset, ...]:
        """The assets that the kept rows still refer to; the others leave the disk."""
        if not self.writer.assets:
            return ()
        text = "".join(row.line() for row in rows)
        kept = []
        for asset in self.writer.assets:
            if dump(asset.url) in text:
                kept.append(asset)
            else:
                (self.writer.staging / asset.file).unlink()
        return tuple(kept)


def protected_columns(columns: list[Column], cells: list[Cells], rows: list[Row]) -> set[str]:
    """Columns of files or web addresses: a part of one is worth nothing."""
    return {
        column.name
        for column, one in zip(columns, cells, strict=True)
        if Feature(one.feature).holds_assets()
        or column.type == "RELATIVE_IMAGE_URL"
        or is_url_column(column, [row.cells[column.name] for row in rows])
    }
