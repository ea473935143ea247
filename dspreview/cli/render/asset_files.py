"""The files behind the cells of an answer: where they lie, to be drawn, opened or saved."""

from __future__ import annotations

import json
import os
import re
from pathlib import Path
from typing import NamedTuple
from urllib.parse import unquote

from dspreview import errors
from dspreview.cli.call import Call
from dspreview.cli.render import output
from dspreview.cli.render.output import Answer
from dspreview.cli.viewer import show
from dspreview.documents.assets import assets_in
from dspreview.documents.newfile import write_file
from dspreview.documents.page import Selection, narrowed
from dspreview.documents.stdout import write_bytes
from dspreview.page.media import VIDEO_TYPES
from dspreview.page.pictures import IMAGE_SHOWN
from dspreview.page.sounds import AUDIO_TYPES
from dspreview.preview import PageAnswer
from dspreview.store import Store
from dspreview.store.asset_lookup import find_asset

OPENED = frozenset({*IMAGE_SHOWN.values(), *AUDIO_TYPES, *VIDEO_TYPES, ".pdf"})
"""Extensions that the extraction gives to what it has looked into; anything else might run."""
STDOUT = frozenset({"-", "/dev/stdout", "/dev/fd/1"})
MOST_OPENED = 10


class CellFile(NamedTuple):
    """A file of a cell."""

    row_idx: int
    column: str
    kind: str
    path: Path

    name: str
    """The one that the dataset knows it by, without folders."""


class AssetPaths:
    """Where the assets of a store lie."""

    def __init__(self, store: Store) -> None:
        self.store = store

    def path(self, src: str) -> Path | None:
        """The file behind a relative URL; None where it is not kept."""
        found = find_asset(self.store.connection, src)
        return self.store.assets.find(found.folder, found.file) if found is not None else None

    def of(self, answer: PageAnswer, selection: Selection) -> list[CellFile]:
        """The files of the selected cells. Raises NotFoundError, StoreFullError where they are not kept."""
        features = {one["name"]: one["type"] for one in json.loads(answer.page.features)}
        types = {one["name"]: one["type"] for one in json.loads(answer.page.columns)}
        selection.check(list(features))
        found = []
        for row in selection.rows(answer):
            for name in selection.columns or features:
                for kind, asset in assets_in(row["row"].get(name), features[name], types[name]):
                    path = self.path(asset["src"])
                    if path is None:
                        why = (
                            self.store.lost or f"{asset['src']}: its file is gone; run: dspreview cache verify --repair"
                        )
                        raise errors.StoreFullError(str(why))
                    known = unquote(str(asset["src"]).rpartition("/")[2])
                    found.append(CellFile(row["row_idx"], name, kind, path, known))
        if not found:
            raise errors.NotFoundError(nothing(answer, selection))
        return found


def nothing(answer: PageAnswer, selection: Selection) -> str:
    """Why there is no file to open."""
    where = f"{answer.asked} {answer.config}/{answer.split}, row {selection.offset}"
    if not len(selection.rows(answer)):
        return f"{answer.asked} {answer.config}/{answer.split} has no row {selection.offset}"
    notes = narrowed(json.loads(answer.page.extra), answer, selection).get("cell_errors")
    if notes:
        return f"{where}: {notes[0]['column']} cannot be shown: {notes[0]['message']}"
    return f"{where}: no cell of it is a file" + (" in these columns" if selection.columns else "")


def open_files(call: Call, files: list[CellFile]) -> None:
    """Show files with the system's viewer. Raises UsageError."""
    if len(files) > MOST_OPENED:
        raise errors.UsageError(f"--open: that would open {len(files)} files; choose a column with --columns")
    for file in files:
        if file.path.suffix not in OPENED:
            raise errors.UsageError(
                f"--open shows images, audio, video and PDF; {file.name} may be saved with --save FILE"
            )
    for file in files:
        if not show(str(file.path)):
            raise errors.UsageError(f"--open: no viewer here shows {file.name}; --save FILE writes it")
    tell(call, "opened", files, [str(file.path) for file in files])


def save_files(call: Call, files: list[CellFile], target: str) -> None:
    """Write files: to stdout (`-`), into a folder, or one file under a name. Raises UsageError, AnswerLostError."""
    if not target:
        raise errors.UsageError("--save: name a file")
    folder = os.path.isdir(target) or target.endswith("/")
    if len(files) > 1 and not folder:
        raise errors.UsageError(
            f"--save {target}: that is {len(files)} files; name a folder that exists, or one column with --columns"
        )
    if target in STDOUT:
        write_bytes(files[0].path.read_bytes())
        return
    written = []
    for file in files:
        column = re.sub(r"[^\w.() +@=-]+", "_", file.column, flags=re.ASCII)[:60].strip(". ") or "file"
        path = Path(target) / f"{file.row_idx}-{column}-{file.name}" if folder else Path(target)
        number = 1
        while str(path) in written:
            path = path.with_stem(f"{path.stem}-{number}")
            number += 1
        write_file(path, file.path.read_bytes(), f"--save {target}")
        written.append(str(path))
        own, asked = file.path.suffix.lower(), path.suffix.lower().replace(".jpeg", ".jpg")
        if asked not in {own, ""} and not folder:
            call.warn(f"{path} is a {own} file: the dataset's own, or what it was converted to")
    tell(call, "saved", files, written)


def tell(call: Call, what: str, files: list[CellFile], paths: list[str]) -> None:
    """What was done with which file."""
    records = [
        {"row_idx": file.row_idx, "column": file.column, "file": path} for file, path in zip(files, paths, strict=True)
    ]
    text = "".join(f"{what} {path}\n" for path in paths)
    output.write(call, Answer.of({what: records}, ["row_idx", "column", "file"], records, lambda: text))
