"""What differs between the text files of a split without being refused: their columns, and texts that `datasets` writes anew."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from dspreview.check.findings import Finding, found
from dspreview.check.names import other_columns
from dspreview.check.reading import FileRows, Reading

NUMBERS = r"^\s*[-+]?(\d+(\.\d*)?|\.\d+)([eE][-+]?\d+)?\s*$"
TRUTHS = r"^(True|TRUE|true|False|FALSE|false)$"
MOMENTS = r"^\d{4}-\d\d-\d\d([ T]\d\d:\d\d(:\d\d)?)?$"
SAME = r"^-?(0|[1-9]\d{0,17})$|^(true|false)$"
"""What comes out as it went in: whole numbers among themselves, and truths as pyarrow writes them."""
DELIMITED, LINES = (NUMBERS, TRUTHS), (MOMENTS,)
"""What a file of CSV, or of JSON Lines, must hold for its texts to be taken for something else."""


class AcrossFiles:
    """Looks at the rows of one split, file by file."""

    def __init__(self, reading: Reading, place: dict[str, Any]) -> None:
        self.reading, self.place = reading, place
        self.keys: dict[str, set[str]] = {}
        """The columns of each file of JSON."""
        self.first = ""
        self.taken: dict[tuple[str, str], set[str]] = {}
        """By file and column of text: the patterns that all its values fit."""
        self.examples: dict[tuple[str, str], str] = {}
        """A value that does not come out as it went in."""
        self.bare: set[str] | None = None
        """The columns without a value in the first file of CSV: numbers, to `datasets`."""
        self.truths: dict[str, str] = {}
        """Those that hold truths later, and in which file."""

    @property
    def patterns(self) -> tuple[str, ...]:
        """What its texts could be taken for."""
        if self.reading.recognised is not None or self.reading.declares:
            return ()
        return DELIMITED if self.reading.format.is_delimited else LINES if self.reading.format.row_is_line else ()

    def look(self, part: FileRows) -> None:
        """Some rows of a file."""
        if self.reading.format.row_is_line and part.file:
            names = {name for name, _ in part.columns}
            self.keys.setdefault(part.file, set()).update(names)
        if self.reading.format.is_delimited and self.patterns:
            self.look_at_truths(part.file, part.table)
        self.look_at_texts(part.file, part.table)

    def look_at_truths(self, file: str, table: pa.Table) -> None:
        """Truths in columns that are without a value in the first file."""
        valued = {
            name
            for name, column in zip(table.column_names, table.columns, strict=True)
            if column.null_count < len(column)
        }
        if file == (self.first or file):
            self.bare = (set(table.column_names) if self.bare is None else self.bare) - valued
            return
        for name in (self.bare or set()) & valued:
            if pa.types.is_boolean(table.schema.field(name).type):
                self.truths.setdefault(name, file)

    def look_at_texts(self, file: str, table: pa.Table) -> None:
        """What the texts of a file, but for the first one, could be taken for: each file is guessed by itself."""
        self.first = self.first or file
        if file == self.first or not self.patterns:
            return
        for name, column in zip(table.column_names, table.columns, strict=True):
            key = (file, name)
            fits = self.taken.setdefault(key, set(self.patterns))
            if not fits or not (pa.types.is_string(column.type) or pa.types.is_large_string(column.type)):
                fits.clear()
                continue
            present = column.drop_null()
            present = present.filter(pc.not_equal(present, ""))
            for pattern in [*fits]:
                if not pc.all(pc.match_substring_regex(present, pattern)).as_py() and len(present):
                    fits.discard(pattern)
            if fits and key not in self.examples:
                odd = present.filter(pc.invert(pc.match_substring_regex(present, SAME)))
                if len(odd):
                    self.examples[key] = str(odd[0])

    def findings(self, refused: set[str]) -> Iterator[Finding]:
        """What was seen, but for files that are refused."""
        files = list(self.keys)
        for file in files[1:]:
            unlike = other_columns(sorted(self.keys[files[0]]), sorted(self.keys[file]))
            if file not in refused and unlike is not None:
                message = f"{unlike} (compared with {files[0]})"
                yield found("files-disagree", message, severity="warning", file=file, **self.place)
        for name, file in self.truths.items():
            if file not in refused:
                told = f"{name} has no value in {self.first}, which `datasets` takes for numbers: true is 1.0, and false 0.0"
                yield found("library-differs", told, file=file, column=name, **self.place)
        for (file, name), fits in self.taken.items():
            if fits and file not in refused and (file, name) in self.examples:
                kind = {NUMBERS: "numbers", TRUTHS: "true and false", MOMENTS: "dates"}[
                    min(fits, key=self.patterns.index)
                ]
                told = f"{name} is text in {self.first} and looks like {kind} here: `datasets` takes it for them, and writes {self.examples[file, name]!r} otherwise"
                yield found("library-differs", told, file=file, column=name, **self.place)
