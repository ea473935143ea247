"""A dataset and its splits, with the cache, the settings and the failures of the command line.

Each access opens the cache and closes it again: objects may be used by several threads, and there is nothing to close.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator, Sequence
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, TypeVar

from dspreview import errors
from dspreview.api.access import Access, asked_table, queries_of
from dspreview.api.guest import GuestExtractor
from dspreview.api.rows import checked, path_of
from dspreview.documents.rows import Row, features_of, rows_of
from dspreview.extract.hub.fence import watched
from dspreview.local import identify
from dspreview.models import PAGE_LENGTH, DatasetRef, Json, SplitId
from dspreview.preview import PageAnswer
from dspreview.settings import BY_NAME, resolve
from dspreview.slices import is_slice
from dspreview.suggestions import did_you_mean

if TYPE_CHECKING:
    import pandas as pd
    import polars as pl
    import pyarrow as pa

    from dspreview.check.dataset import Report
    from dspreview.export.files import Written
    from dspreview.preview.queries import Queries

T = TypeVar("T")


def open_dataset(
    dataset: str | PathLike[str], *, revision: str | None = None, cached: bool = False, **settings: Any
) -> Dataset:
    """Open a dataset: a Hub id, `id@REVISION`, or a path. Raises PreviewError; nothing is read before something is asked.

    Args:
        dataset: what names it on the command line.
        revision: a branch, tag or commit of the Hub.
        cached: answer from the cache alone.
        settings: any setting by its name, as `ROWS_MAX_NUMBER=20`.

    """
    flags = {name.upper(): str(value) for name, value in settings.items()}
    for name in flags:
        if name not in BY_NAME:
            raise errors.SettingsError(f"there is no setting {name}{did_you_mean(name, BY_NAME)}")
    return Dataset(
        identify(dataset if isinstance(dataset, str) else path_of(dataset), revision),
        Access(resolve(flags), cached=cached),
    )


class Dataset:
    """A dataset on the Hub or on this machine."""

    def __init__(self, ref: DatasetRef, access: Access) -> None:
        self.ref, self.access = ref, access

    @property
    def splits(self) -> list[SplitId]:
        """Its splits, each with its config, in the dataset's own order. Raises PreviewError."""
        with self.access.preview() as preview:
            listing = preview.splits(self.ref)
        return [SplitId(config.config, one.split) for config in listing.configs for one in config.splits]

    @property
    def configs(self) -> list[str]:
        """The names of its configs. Raises PreviewError."""
        return list(dict.fromkeys(config for config, _ in self.splits))

    def split(self, config: str | None = None, split: str | None = None) -> Split:
        """One of its splits; left out, the default config, and `train`, else the first. Raises NotFoundError."""
        from dspreview.choice import choose

        with self.access.preview() as preview:
            return Split(self, choose(preview.splits(self.ref), config, split, self.ref.asked).names)

    def sql(self, statement: str, **others: Dataset | str) -> pa.Table:
        """What a SELECT over its splits gives; `others` are datasets beside it, by the names they have there. Raises UsageError."""
        return asked_table(
            self.access,
            {"": self.ref}
            | {name: one.ref if isinstance(one, Dataset) else identify(str(one)) for name, one in others.items()},
            statement,
        )

    def check(self, *, sample: int | None = 100) -> Report:
        """What is not in order; `sample` rows of each split are looked at, None is all. Raises PreviewError."""
        from dspreview.check.dataset import DatasetCheck

        with watched(), tempfile.TemporaryDirectory(prefix="dspreview-") as folder:
            extractor = GuestExtractor(self.access.settings)
            return DatasetCheck(extractor, self.ref, Path(folder), sample=sample, progress=lambda *_: None).run()

    def report(self, path: str, *, sample: int | None = 100) -> Report:
        """Check it as `check` does, and write all that is known of it as one HTML file. Raises UsageError, PreviewError."""
        from dspreview.documents.newfile import write_file
        from dspreview.documents.report import report_html

        found = self.check(sample=sample)
        page = self.access.ask(lambda queries: report_html(queries, self.ref, found))
        write_file(Path(path), page.encode("utf-8", "backslashreplace"), path)
        return found

    def __repr__(self) -> str:
        return f"dspreview.open({self.ref.word!r})"


class Split:
    """One split of a dataset."""

    def __init__(self, dataset: Dataset, names: SplitId) -> None:
        self.dataset, self.config, self.name = dataset, *names
        self.access, self.ref = dataset.access, dataset.ref

    @property
    def features(self) -> dict[str, Json]:
        """The features of its columns, in the form of `datasets`. Raises PreviewError."""
        return features_of(self.first_page())

    @property
    def num_rows(self) -> int | None:
        """How many rows it has, where that is known without reading all of it. Raises PreviewError."""
        return self.first_page().page.num_rows_total

    def first_page(self) -> PageAnswer:
        """Its first rows. Raises PreviewError."""
        if is_slice(self.name):
            return self.access.ask(
                lambda queries: queries.window(self.ref, self.config, self.name, 0, PAGE_LENGTH, whole=False)
            )
        with self.access.preview() as preview:
            return preview.page(self.ref, self.config, self.name)

    def rows(self, offset: int = 0, length: int = PAGE_LENGTH) -> list[Row]:
        """Some rows, at most 100 of them. Raises UsageError, PreviewError."""
        from dspreview.preview.windows import rows_from

        checked(offset, length, PAGE_LENGTH)
        if is_slice(self.name):
            return self.found(
                lambda queries: queries.window(self.ref, self.config, self.name, offset, length, whole=False)
            )
        with self.access.preview() as preview:
            first = preview.page(self.ref, self.config, self.name)
            found = rows_from(first, self.ref, offset, length, lambda question: question(queries_of(preview)))
            return rows_of(preview.store, found, offset, length)

    def filter(self, where: str = "", orderby: str = "", offset: int = 0, length: int = PAGE_LENGTH) -> list[Row]:
        """Rows that match, in an order; the grammar is that of `dspreview filter`. Raises UsageError, PreviewError."""
        from dspreview.query.table import Request

        checked(offset, length)
        request = Request(where, orderby, offset, length)
        return self.found(lambda queries: queries.filter(self.ref, self.config, self.name, request))

    def search(
        self, text: str, *, match: str = "any", where: str = "", offset: int = 0, length: int = PAGE_LENGTH
    ) -> list[Row]:
        """Rows that hold the words of a text, best first; `match` is any, all or phrase. Raises PreviewError."""
        from dspreview.query.table import Request

        checked(offset, length)
        request = Request(where, "", offset, length)
        return self.found(lambda queries: queries.search(self.ref, self.config, self.name, text, match, request))

    def found(self, question: Callable[[Queries], PageAnswer]) -> list[Row]:
        """The rows of an answer."""
        return self.access.ask(lambda queries: rows_of(queries.store, question(queries)))

    def stats(self, *columns: str) -> list[dict[str, Json]]:
        """The statistics of all columns, or of some, in the form of `dspreview stats`. Raises PreviewError."""
        found = self.access.ask(lambda queries: queries.stats(self.ref, self.config, self.name, columns))
        return list(found[1]["statistics"])

    def sql(self, statement: str) -> pa.Table:
        """What a SELECT gives in which this split is the table `split`. Raises UsageError, PreviewError."""
        return asked_table(self.access, {"": self.ref}, statement, self_name=SplitId(self.config, self.name))

    def export(
        self, path: str, *, where: str = "", orderby: str = "", columns: Sequence[str] | None = None,
        compression: str | None = None, shards: int | None = None, media: Literal["bytes", "files"] = "bytes", force: bool = False,
    ) -> Written:  # fmt: skip
        """Write the rows that match to a file, whole or not at all; its ending tells the format. Raises PreviewError."""
        from dspreview.export.files import Form, export
        from dspreview.export.options import Options
        from dspreview.query.table import Request

        wanted, request = None if columns is None else tuple(columns), Request(where, orderby)
        return self.access.ask(
            lambda queries: export(
                queries,
                self.ref,
                self.config,
                self.name,
                path,
                request,
                columns=wanted,
                form=Form(Options(compression), shards, media == "files", force),
            )
        )

    def to_arrow(self, *, where: str = "", orderby: str = "", columns: Sequence[str] | None = None) -> pa.Table:
        """The rows that match as an Arrow table, with its files in it. Raises PreviewError."""
        import pyarrow as pa

        from dspreview.export.rows import exported
        from dspreview.preview.opening import again_converted
        from dspreview.query.table import Request

        wanted = None if columns is None else tuple(columns)

        @again_converted
        def read(queries: Queries) -> pa.Table:
            with exported(queries, self.ref, self.config, self.name, Request(where, orderby), wanted) as found:
                return pa.concat_tables(found.tables, promote_options="permissive")

        return self.access.ask(read)

    def to_pandas(self, *, where: str = "", orderby: str = "", columns: Sequence[str] | None = None) -> pd.DataFrame:
        """The same as a data frame of pandas. Raises PreviewError."""
        return self.to_arrow(where=where, orderby=orderby, columns=columns).to_pandas()

    def to_polars(self, *, where: str = "", orderby: str = "", columns: Sequence[str] | None = None) -> pl.DataFrame:
        """The same as a data frame of polars. Raises PreviewError, and MissingPackageError where polars is not installed."""
        try:
            import polars as pl
        except ImportError as error:
            raise errors.MissingPackageError.of("to_polars()", "polars") from error
        found = pl.from_arrow(self.to_arrow(where=where, orderby=orderby, columns=columns))
        assert isinstance(found, pl.DataFrame)
        return found

    def __iter__(self) -> Iterator[Row]:
        """All rows, one after the other, in constant memory; files are None. Raises PreviewError."""
        from dspreview.preview.streams import all_rows

        with self.access.preview() as preview:
            yield from all_rows(queries_of(preview), self.ref, self.config, self.name, 0, complete=False).rows

    def __repr__(self) -> str:
        return f"{self.dataset!r}.split({self.config!r}, {self.name!r})"

    def _repr_html_(self) -> str:
        from dspreview.documents.html import page_html

        answer = self.first_page()
        with self.access.preview() as preview:
            return page_html(f"{self.ref.asked} {self.config}/{self.name}", answer, rows_of(preview.store, answer))
