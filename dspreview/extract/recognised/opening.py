"""Whether a dataset is of a kind that is read here: by the names of its files, before anything that costs is imported."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from dspreview.errors import CardError, UnsafePathError
from dspreview.extract.folder import Folder
from dspreview.extract.layout.readme import local_card
from dspreview.extract.reader import NOT_MINE, NotMine, Opening
from dspreview.extract.recognised.layouts import recognise
from dspreview.models import Kind

if TYPE_CHECKING:
    from dspreview.extract.recognised.reader import Recognised


def open_recognised(opening: Opening) -> Recognised | NotMine:
    """A dataset of a kind that is told by its files. Raises PreviewError."""
    description = opening.describe()
    dataset, card = description.dataset, description.card
    names = opening.names()
    if names is None or card.get("configs"):
        return NOT_MINE
    folder = Folder(dataset, opening.ref.asked, opening.settings, names)
    if (found := recognise(folder)) is None:
        return NOT_MINE
    if dataset.kind is Kind.LOCAL and os.path.isdir(dataset.name):
        try:
            card = local_card(dataset.name, opening.ref.asked)
        except (CardError, UnsafePathError):  # told by who reads it
            return NOT_MINE
    if card.get("configs"):
        return NOT_MINE
    from dspreview.extract.recognised.reader import Recognised  # pyarrow, 70 ms

    return Recognised(opening, folder, found)
