"""Pictures that look nearly the same, and sounds that sound so: whatever their format, size or compression."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pyarrow as pa

from dspreview.check.leaks.pairs import ComparedSplit, NearPairs, Pair
from dspreview.check.leaks.thumbnails import SIDE, Grey, bands, similarity, thumbnail
from dspreview.errors import AccessError, HubError
from dspreview.page.cells import value_parts
from dspreview.query.engine.arrow import column_batches
from dspreview.settings import Settings

ALIKE = 0.97
"""The correlation of thumbnails from which on two are nearly the same."""
FILES_AT_ONCE = 50


class NearMedia(NearPairs):
    """Finds pairs of pictures, or of sounds, among several splits."""

    def __init__(
        self, folder: Path, settings: Settings, kind: str, progress: Callable[[str, int, int | None], None]
    ) -> None:
        """`kind` is Image or Audio."""
        super().__init__(folder, settings, progress)
        self.kind = kind
        self.connection.execute("CREATE TABLE thumbnails (split USMALLINT, place BIGINT, thumb BLOB, path VARCHAR)")

    def add(self, source: ComparedSplit) -> None:
        """Look at the files of a split. Raises AccessError, HubError: these say nothing of a file."""
        number, start = len(self.sources), 0
        self.sources.append(source)
        with source.opened() as engine:
            column = engine.table.names.index(source.columns[0])
            for table in column_batches(engine, [column], FILES_AT_ONCE):
                values = table.column(0).to_pylist()
                found = [
                    (start + place, self.look(value, source), path_in(value)) for place, value in enumerate(values)
                ]
                self.note(number, [(place, thumb, path) for place, thumb, path in found if thumb is not None])
                start += len(values)
                self.progress(f"comparing {source.columns[0]} of {source.told}", start, engine.table.num_rows)

    def look(self, value: object, source: ComparedSplit) -> Grey | None:
        """The thumbnail of a cell; None where its file is not there, or cannot be decoded: `check` tells that elsewhere."""
        if value is None:
            return None
        try:
            data, path = value_parts(value)
            if data is None and source.fetch is not None:
                data = source.fetch(path or "")
            return thumbnail(self.kind, data or b"")
        except (AccessError, HubError):
            raise
        except Exception:  # noqa: BLE001 - decoders fail in a hundred ways, and each is a finding of its own
            return None

    def note(self, number: int, found: list[tuple[int, Grey, str | None]]) -> None:
        """Keep some thumbnails."""
        if not found:
            return
        places = np.array([place for place, *_ in found], np.int64)
        self.insert(number, np.array([bands(thumb) for _, thumb, _ in found]), places)
        thumbs, paths = [thumb.tobytes() for _, thumb, _ in found], [path for *_, path in found]
        block = pa.table(
            {"place": places, "thumb": pa.array(thumbs, pa.binary()), "path": pa.array(paths, pa.string())}
        )
        self.connection.register("block", block)
        self.connection.execute(f"INSERT INTO thumbnails SELECT {number}, place, thumb, path FROM block")
        self.connection.unregister("block")

    def told(self, pair: Pair, source: ComparedSplit) -> str:
        """How alike a pair is, in words."""
        return f"{source.columns[0]}: {100 * pair.similarity:.0f} % alike"

    def file_of(self, split: int, row: int) -> str | None:
        """The file of a row, where it is one of a folder on this machine."""
        root = f"{self.sources[split].root}/"
        found = self.connection.execute(
            "SELECT path FROM thumbnails WHERE split = ? AND place = ?", [split, row]
        ).fetchone()
        path = found[0] if found is not None else None
        return str(path).removeprefix(root) if path and root != "/" and path.startswith(root) else None

    def similarities(self, pairs: list[tuple[int, int, int, int]]) -> Iterator[float]:
        """How alike the thumbnails of each pair are."""
        wanted = sorted({place for one in pairs for place in (one[:2], one[2:])})
        splits, places = zip(*wanted, strict=True)
        self.connection.register("wanted", pa.table({"split": splits, "place": places}))
        rows = self.connection.execute(
            "SELECT split, place, thumb FROM thumbnails JOIN wanted USING (split, place)"
        ).fetchall()
        self.connection.unregister("wanted")
        thumbs = {(split, place): np.frombuffer(thumb, np.uint8).reshape(SIDE, SIDE) for split, place, thumb in rows}
        for split, row, other_split, other_row in pairs:
            share = similarity(thumbs[split, row], thumbs[other_split, other_row])
            yield share if share >= ALIKE else -1


def path_in(value: object) -> str | None:
    """The path that a cell names."""
    path = value.get("path") if isinstance(value, dict) else None
    return path if isinstance(path, str) else None
