"""One split under the glass: its files, its columns, its rows."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import pyarrow as pa

from dspreview.arrow.values import to_python
from dspreview.check.across import AcrossFiles
from dspreview.check.columns import Watch, leaves
from dspreview.check.delimited import look_at_delimited, without_rows
from dspreview.check.failing import as_finding
from dspreview.check.findings import Finding, found
from dspreview.check.leaks.same import AllInputs, SampleInputs
from dspreview.check.library import LibraryCasts, Refusal
from dspreview.check.media import look_at_files
from dspreview.check.names import difference, look_at_names, odd_columns
from dspreview.check.reading import FileRows, Reading
from dspreview.check.rows import AllRows, SampleRows
from dspreview.check.textfiles.converted import ConvertedText
from dspreview.check.texts import spared
from dspreview.extract.files.fetch import Fetcher
from dspreview.extract.parquet.footers import Footer
from dspreview.extract.parquet.rowgroups import numbered
from dspreview.extract.parquet.schemafiles import is_remote
from dspreview.feature import TEXTS, Feature
from dspreview.models import FeatureTree, Kind

LARGE_GROUP = 300_000_000
FOOTERS = 1_000
REMOTE_FOOTERS = 20
"""Files of a split on the Hub whose ends are read, unless all rows are."""


class SplitOutcome(NamedTuple):
    """What is known of a split after a look at it."""

    findings: list[Finding]
    rows: int
    """Rows that were read."""
    total: int | None
    """Rows of the whole split, where they were counted."""
    columns: list[tuple[str, FeatureTree]] | None
    size: int | None
    """Bytes of its files, where they are known."""


class SplitCheck:
    """Looks at one split."""

    def __init__(
        self, reading: Reading, rows: SampleRows | AllRows, inputs: SampleInputs | AllInputs, sample: int | None, progress: Callable[[int], None],
        share: Callable[[float], None], library: LibraryCasts,
    ) -> None:  # fmt: skip
        """`sample` is how many rows are looked at; None is all of them. `progress` takes how many more were, or `share` which
        part of the split was. `library` is what `datasets` knows from the splits before.
        """
        self.library, self.inputs, self.share, self.progress = library, inputs, share, progress
        self.later, library.single = bool(library.first), None
        """Whether the types are those of a split before this one."""
        self.reading, self.compare, self.sample = reading, rows, sample
        self.place: dict[str, Any] = dict(zip(("config", "split"), reading.names, strict=True))
        self.findings: list[Finding] = []
        self.watches: dict[str, Watch] = {}
        self.columns: list[tuple[str, FeatureTree]] | None = None
        self.files: list[tuple[int, str, int]] = []
        """Where each file begins: the row of the split, its name, the row in it."""
        self.rows = 0
        self.ended = False
        self.starts_empty = False
        """Whether there is a Parquet file whose first row group has no rows."""
        self.refused: set[str] = set()
        """Files with rows that `datasets` does not load."""
        self.across = AcrossFiles(reading, self.place)
        self.schema: pa.Schema | None = None
        """Of the first file, where it is Parquet."""
        self.named: set[str] = set()
        """The files that cells name, by their names in the dataset."""

    def run(self) -> SplitOutcome:
        """Look. What is wrong with the data is a finding; raises PreviewError for what says nothing about it."""
        total, size = None, None
        try:
            total, size = self.look_at_files()
            self.look_at_rows()
            self.findings += self.across.findings(self.refused)
        except Exception as error:  # noqa: BLE001 - readers fail in a hundred ways; bugs of ours, and of the network, are raised again
            self.note_failure(error)
        if self.ended and total is None:
            total = self.rows
        if self.rows:
            self.findings += odd_columns(self.reading, self.columns, self.place)
            self.findings += without_rows(self.reading, self.files, self.place) if not self.later else ()
        if total == 0:
            self.findings = [one for one in self.findings if one.code != "library-refuses"]
            loads = self.reading.recognised is not None or (self.reading.format.is_parquet and not self.starts_empty)
            what = "its rows have no columns" if self.columns == [] else "there is no row"
            words = what if loads else f"{what}, and `datasets` does not load such a split"
            self.findings.append(found("empty-split", words, severity=None if loads else "error", **self.place))
        for watch in self.watches.values():
            if watch.name == "label" and self.reading.format.is_media_folder:
                continue  # made by the reader
            seen = watch.findings(self.place, whole=self.ended or total == self.rows)
            self.findings += [one for one in seen if one.code not in spared(self.reading.format)]
        self.findings = [self.located(one) for one in self.findings]
        return SplitOutcome(self.findings, self.rows, total, self.columns, size)

    def note_failure(self, error: Exception) -> None:
        """What broke, once for each file."""
        failure = as_finding(error, self.reading, self.place)
        if not any((one.code, one.file) == (failure.code, failure.file) for one in self.findings):
            self.findings.append(failure)

    def look_at_files(self) -> tuple[int | None, int | None]:
        """What the ends of Parquet files tell; how many rows and bytes there are."""
        reading = self.reading
        for path in reading.files[:FOOTERS] if reading.format.is_delimited else ():
            self.findings += look_at_delimited(reading, path, self.place)
        if not reading.format.is_parquet or any(
            "::" in path or ("://" in path and not is_remote(path)) for path in reading.files
        ):
            return None, None
        most = FOOTERS if reading.dataset.kind is Kind.LOCAL or self.sample is None else REMOTE_FOOTERS
        paths = reading.files[:most]
        first, total, size = None, 0, 0
        for path in paths:
            name = reading.shorten(path)
            try:
                footer = reading.footer(path)
            except (OSError, pa.ArrowException) as error:
                self.note_failure(error)
                reading.broken.add(path)
                continue
            total, size = total + footer.num_rows, size + footer.size
            if (largest := max(footer.groups, default=0)) > LARGE_GROUP:
                told = f"row group {footer.groups.index(largest)} has {largest:,} bytes"
                self.findings.append(found("large-row-group", told, file=name, **self.place))
            if first is None:
                first = (name, footer.schema)
                self.schema = footer.schema
                self.findings += look_at_names(footer.schema.names, self.place | {"file": name})
            refused = not self.loads(path, name, footer, total - footer.num_rows)
            unlike = difference(first[1], footer.schema)
            if not refused and unlike is not None:
                message = f"{unlike} (compared with {first[0]})"
                self.findings.append(found("files-disagree", message, severity="warning", file=name, **self.place))
        whole = len(paths) == len(reading.files) and not reading.broken
        return (total, size) if whole else (None, None)

    def loads(self, path: str, name: str, footer: Footer, before: int) -> bool:
        """Whether `datasets` loads a Parquet file into the types that it has by then; `before` it are so many rows."""
        if footer.starts_empty:
            self.starts_empty = True
            told = "its first row group has no rows, and `datasets` does not load it"
            self.findings.append(found("library-refuses", told, file=name, **self.place))
        schema = footer.stored
        if schema is None or len(set(schema.names)) < len(schema.names):
            return True
        if self.reading.declares and not self.library.first:
            self.library.declare(self.reading.plan.features)
        if not self.library.first:
            self.refuses_types(self.library.begin(schema, f"{name} ({self.reading.names[1]})"), name)
            return True
        known = self.library.schema
        if known is not None and self.reading.declares and not set(schema.names) <= set(known.names):
            return True  # that is told of the README
        if known is None or schema.remove_metadata().equals(known.remove_metadata()):
            return True
        refusal = self.library.first_refusal(self.reading.stored_tables(path))
        if refusal is None:
            return True
        told = f"`datasets` does not load it: {refusal.why}"
        row = before + refusal.row
        self.findings.append(found("files-disagree", told, file=name, row=row, **self.place))
        return False

    def refuses_types(self, refusal: Refusal | None, file: str) -> None:
        """Note types that `datasets` has no word for."""
        if refusal is not None:
            told = f"`datasets` does not load it: {refusal.why}"
            self.findings.append(found("library-refuses", told, file=file, column=refusal.column, **self.place))

    def look_at_rows(self) -> None:
        """The rows, as far as they are wanted."""
        if self.sample is None and self.look_with_sieve():
            return
        for part in self.reading.parts(whole=self.sample is None):
            self.look_at_types(part)
            if self.columns is None and not (self.reading.format.is_parquet or self.reading.format.is_delimited):
                self.findings += look_at_names([name for name, _ in part.columns], self.place)
            self.columns = part.columns
            self.across.look(part)
            count = part.table.num_rows  # more of a table without columns would be rows that are not there
            left = count if self.sample is None else min(count, self.sample - self.rows)
            self.look_at_part(part._replace(table=part.table.slice(0, left)))
            self.progress(part.table.num_rows)
            if self.sample is not None and self.rows >= self.sample:
                return
        self.ended = True

    def look_at_types(self, part: FileRows) -> None:
        """Whether `datasets` takes some rows into the types that it has by then."""
        if part.raw is None or self.reading.format.is_parquet or self.reading.declares:
            return
        if not self.library.first:
            stored = self.reading.stored_schema(self.reading.files[0]) if self.reading.files else None
            where = f"{part.file or 'the first rows'} ({self.reading.names[1]})"
            self.refuses_types(self.library.begin(part.raw.schema if stored is None else stored, where), part.file)
            self.library.unlike_single(part.raw)
        elif (refusal := self.refusal(part.raw)) is not None and part.file not in self.refused:
            if self.later and self.reading.loads_as(part.file, self.library.schema):
                return  # a reader that knows the types guesses none
            self.refused.add(part.file)
            told = f"`datasets` does not load it: {refusal.why}"
            self.findings.append(found("files-disagree", told, row=self.rows + refusal.row, **self.place))

    def refusal(self, raw: pa.Table) -> Refusal | None:
        """Why `datasets` does not load some rows."""
        single = self.library.unlike_single(raw) if self.reading.format.is_delimited else None
        return self.library.refusal(raw) or single

    def look_with_sieve(self) -> bool:
        """All rows of plain Parquet files on this machine; whether this is such a split."""
        from dspreview.check.sieving import sieved, some_columns

        text = None if self.reading.format.is_parquet else self.reading.converted
        if text is not None and not self.takes(text):
            return False
        known = sieved(self.reading, self.share)
        if known is None or not (isinstance(self.compare, AllRows) and isinstance(self.inputs, AllInputs)):
            return False
        files, self.watches, closer = known
        for part in some_columns(self.reading, closer):
            self.look_at_part(part, compared=True)
        self.compare.add_files(self.reading.names, files)
        self.inputs.add_files(self.reading.names, files)
        self.files, first = [], 0
        counts = files.rows if text is None else [text.counts[path] for path in self.reading.files]
        for path, rows in zip(self.reading.whole_files, counts, strict=True):
            self.files.append((first, self.reading.shorten(path), 0))
            first += rows
        if text is not None:
            self.columns = text.found.columns
            texts = [one for one in text.found.columns if Feature(one[1]).value in TEXTS] if len(text.files) > 1 else []
            for path, _, table in text.tables(texts) if texts else ():
                self.across.look_at_texts(self.reading.shorten(path), table)
            if not self.reading.format.is_delimited:
                self.findings += look_at_names(text.schema.names, self.place)
        self.rows, self.ended = sum(files.rows), True
        return True

    def takes(self, text: ConvertedText) -> bool:
        """Whether `datasets` takes text files, all of whose rows are of the types of the first ones, into those that it has by then."""
        if self.reading.format.is_delimited and list(text.counts.values()).count(1) > 1:
            return False  # files of one row, which are not cast
        if not self.library.first:
            where = f"{self.reading.shorten(self.reading.files[0])} ({self.reading.names.split})"
            return self.library.begin(text.schema, where) is None
        return self.library.schema is not None and text.schema.equals(self.library.schema)

    def look_at_part(self, part: FileRows, *, compared: bool = False) -> None:
        """Some rows; `compared` says that they are compared with others elsewhere."""
        first = self.rows
        if not self.files or self.files[-1][1] != part.file:
            self.files.append((first, part.file, part.file_row))
        if part.table.num_rows:
            table = numbered(part.table)
            for place, (name, tree) in enumerate(part.columns):
                values = table.column(place).combine_chunks()
                self.watches.setdefault(name, Watch(name, self.reading.spares)).look(tree, values, first)
                if Feature(tree).holds_assets():
                    self.look_at_media(name, tree, values, first)
            if not compared:
                self.compare.add(self.reading.names, first, table)
                self.inputs.add(self.reading.names, first, table, list(part.columns))
        self.rows += part.table.num_rows

    def look_at_media(self, name: str, tree: FeatureTree, values: pa.Array, first: int) -> None:
        """The files of a column."""
        fetch = Fetcher(self.reading.source, self.reading.settings, self.reading.folder)
        limit = self.reading.settings.asset_max_bytes
        for leaf in leaves(name, tree, values):
            if Feature(leaf.tree).holds_assets():
                if self.reading.format.is_media_folder:
                    paths = [value.get("path") for value in to_python(leaf.values) if isinstance(value, dict)]
                    self.named.update(self.reading.shorten(path) for path in paths if path)
                self.findings += look_at_files(leaf, first, fetch, limit, self.place)

    def located(self, finding: Finding) -> Finding:
        """A finding with the file of its row; and its line, where rows are lines."""
        if finding.row is None or finding.file is not None:
            return finding
        begins = [one for one in self.files if one[0] <= finding.row]
        if not begins or not begins[-1][1]:
            return finding
        start, file, in_file = begins[-1]
        return finding._replace(file=file, line=self.reading.line_of(file, finding.row - start + in_file))
