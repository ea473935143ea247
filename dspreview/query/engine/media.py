"""What only the media files of a column tell, as Parquet: sizes of pictures, lengths of sounds, a row per row."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from dspreview.errors import HubError
from dspreview.page.cells import value_parts
from dspreview.page.media import measure
from dspreview.page.media_file import UndecodableError
from dspreview.query.engine.arrow import column_batches
from dspreview.query.engine.engine import Engine

FACTS = {"Image": ("width", "height"), "Audio": ("duration",)}
"""What is known of each kind."""
DATA = "facts.parquet"
FILES_AT_ONCE = 50
"""Rows whose files are in memory together."""


def write_facts(
    engine: Engine, place: int, kind: str, fetch: Callable[[str], bytes], folder: Path, progress: Callable[[int], None]
) -> None:
    """Measure each file of a column. Raises PreviewError.

    Args:
        place: the number of the column.
        fetch: the bytes of a file that a cell names; raises OSError or UndecodableError.
        folder: takes `facts.parquet`, its first column the position of the row.
        progress: told how many rows were looked at.

    """
    whole = pa.int64() if kind == "Image" else pa.float64()
    schema = pa.schema([("fact_idx", pa.int64()), *[(name, whole) for name in FACTS[kind]]])
    row_idx = 0
    with pq.ParquetWriter(folder / DATA, schema) as out:
        for batch in column_batches(engine, [place], FILES_AT_ONCE):
            values = batch.column(0).to_pylist()
            found = [look_at(value, kind, fetch) for value in values]
            columns = {name: [facts.get(name) for facts in found] for name in FACTS[kind]}
            places = list(range(row_idx, row_idx + len(values)))
            out.write_table(pa.table({"fact_idx": places, **columns}, schema=schema))
            row_idx += len(values)
            progress(row_idx)


def look_at(value: Any, kind: str, fetch: Callable[[str], bytes]) -> dict[str, float | None]:
    """What the file of a cell tells; nothing where it cannot be read."""
    if value is None:
        return {}
    try:
        data, path = value_parts(value)
        if data is None:
            data = fetch(path or "")
    except HubError:
        raise
    except (UndecodableError, OSError):
        return {}
    return measure(kind, data)
