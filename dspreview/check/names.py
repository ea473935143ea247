"""The columns of a file by their names and types: what is wrong with them, and how they differ from another's."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from dspreview.check.findings import Finding, found
from dspreview.check.media import uneven_metadata
from dspreview.feature import Feature

if TYPE_CHECKING:
    from dspreview.check.reading import Reading
    from dspreview.extract.plain import Columns

ARCHIVES = (".zip", ".tar", ".tar.gz", ".tgz")
MOST_COLUMNS, LONGEST_NAME = 1_000, 500


def look_at_names(names: list[str], place: dict[str, Any]) -> Iterator[Finding]:
    """The names of columns."""
    for name, number in Counter(names).items():
        if number > 1:
            told = f"{number} columns are called {name!r}"
            yield found("duplicate-column", told, column=name, **place)
    folded: dict[str, str] = {}
    for name in dict.fromkeys(names):
        other = folded.setdefault(name.casefold(), name)
        if other != name:
            told = f"{other!r} and {name!r} differ only in case"
            yield found("similar-column", told, column=name, **place)
        if len(name) > LONGEST_NAME:
            told = f"the name of a column has {len(name):,} letters, over {LONGEST_NAME}"
            yield found("viewer-limit", told, column=name[:60], **place)
    if len(names) > MOST_COLUMNS:
        told = f"{len(names):,} columns, over {MOST_COLUMNS:,}"
        yield found("viewer-limit", told, **place)


def odd_columns(reading: Reading, columns: Columns | None, place: dict[str, Any]) -> Iterator[Finding]:
    """Columns that `datasets` does not make of what is there, such as classes that are folders inside an archive."""
    if reading.beyond_library:
        yield found("library-refuses", f"`datasets` does not load it: {reading.beyond_library}", **place)
    if reading.dropped:
        less = found("library-differs", f"`datasets` leaves something out: {reading.dropped}", **place)
        yield less._replace(remedy="give all samples the same members and keys, or declare the features in the README")
    if (uneven := uneven_metadata(reading)) is not None:
        yield found("library-differs", uneven, **place)
    if reading.format.is_media_folder and reading.declares:
        for name, tree in columns or ():
            said = getattr((reading.plan.features or {}).get(name), "names", None)
            if said and Feature(tree).labels and list(said) != list(Feature(tree).labels):
                told = f"the classes of {name} are its folders, {', '.join(Feature(tree).labels[:5])}, whatever the README declares ({', '.join(said[:5])})"
                yield found("library-differs", told, column=name, **place)
    made = reading.format.is_media_folder and not reading.declares and "label" in dict(columns or ())
    if made and reading.files[0].endswith(ARCHIVES):
        told = "the classes are folders inside an archive, and `datasets` looks for them outside: it raises 'Invalid string class label'"
        yield found("library-refuses", told, file=reading.shorten(reading.files[0]), column="label", **place)


def other_columns(mine: list[str], theirs: list[str]) -> str | None:
    """Which columns a file has not, or has beside those of another; None where they are the same."""
    missing = [name for name in mine if name not in theirs]
    more = [name for name in theirs if name not in mine]
    told = [f"missing {', '.join(missing[:5])}"] * bool(missing) + [f"extra {', '.join(more[:5])}"] * bool(more)
    return f"different columns: {'; '.join(told)}" if told else None


def difference(one: pa.Schema, other: pa.Schema) -> str | None:
    """How the columns of two files differ; None where they do not."""
    from dspreview.extract.parquet.footers import stored_type

    unlike = other_columns(one.names, other.names)
    if unlike is not None:
        return unlike
    for name in one.names if len(set(one.names)) == len(one.names) else ():
        mine, theirs = one.field(name).type, other.field(name).type
        if stored_type(mine) != stored_type(theirs) and not pa.types.is_null(theirs):
            return f"different types: {name} is {theirs}, not {mine}"
    return None
