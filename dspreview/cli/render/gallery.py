"""Pictures and sounds of a page, drawn between its lines."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from itertools import islice
from typing import NamedTuple

from dspreview.cli.render import images as pictures
from dspreview.cli.render.asset_files import AssetPaths
from dspreview.cli.render.layout import GAP
from dspreview.cli.render.table import Drawn, terminal_width
from dspreview.cli.render.terminal import Terminal
from dspreview.cli.render.waveform import waveform
from dspreview.documents.assets import FoundFile, asset, assets_in
from dspreview.documents.outlines import Outline
from dspreview.documents.words import sound_text
from dspreview.models import FeatureTree, Json

SMALL = (24, 4)
"""Most columns and lines of a picture in a table."""
LARGE = (100, 30)
"""And of one in a card."""
INDENT = 2
WAVE = 60
MOST = 6
"""Files of one cell that a card shows."""


class Gallery(NamedTuple):
    """Draws the files of a page on a terminal."""

    terminal: Terminal
    paths: AssetPaths
    width: int = SMALL[0]
    """What a column of pictures likes to have."""

    def rows(self, drawn: Drawn, rows: list[list[Json]], shown: list[tuple[int, FeatureTree, str] | None]) -> str:
        """A table with its pictures below the lines of their rows; a new line has begun at its end.

        Args:
            rows: the cells of each row, in the order of the dataset.
            shown: for each column of the table, which cell of a row it shows, its feature and column type.

        """
        lines = drawn.text.split("\n")
        heads = len(lines) - len(rows)
        starts = [sum(drawn.widths[:place]) + GAP * place for place in range(len(drawn.widths))]
        out, over = lines[:heads], ""
        for line, cells in zip(lines[heads:], rows, strict=True):
            out.append(over + line)
            over = ""
            found = []
            for column, start, width in zip(shown, starts, drawn.widths, strict=True):
                if column is not None:
                    place, feature, kind = column
                    picture = self.picture(asset(cells[place], feature, kind), (min(SMALL[0], width), SMALL[1]))
                    if picture is not None:
                        found.append((start, picture))
            if found:
                below, over = pictures.beside(found)
                out += below
        return "\n".join([*out, over])

    def picture(self, found: FoundFile | None, box: tuple[int, int]) -> pictures.Picture | None:
        """The picture in a cell, if there is one."""
        if found is None or found.kind != "Image":
            return None
        path = self.paths.path(found.facts["src"])
        return pictures.draw(path, self.terminal, box) if path is not None else None

    def card(
        self, value: Json, feature: FeatureTree, column_type: str, outlines: Sequence[Outline] = ()
    ) -> tuple[list[str], str]:
        """The pictures, with their outlines, and sounds of a cell, large; and what draws over these lines from the one below."""
        screen = shutil.get_terminal_size((80, 24))
        width = terminal_width() - 2 * INDENT
        box = (min(LARGE[0], width), max(4, min(LARGE[1], screen.lines - 8)))
        lines, over = list[str](), ""
        for kind, found in islice(assets_in(value, feature, column_type), MOST):
            path = self.paths.path(found["src"])
            if path is None:
                continue
            if kind == "Image" and (picture := pictures.draw(path, self.terminal, box, outlines)) is not None:
                below, after = pictures.beside([(INDENT, picture)])
                lines += [over + below[0], *below[1:]]
                over = after
            elif kind == "Audio" and (wave := waveform(path, min(WAVE, width - 20))) is not None:
                lines.append(over + " " * INDENT + f"{wave}  {sound_text(found)}".rstrip())
                over = ""
        return lines, over
