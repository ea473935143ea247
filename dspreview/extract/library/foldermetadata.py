"""Folders of pictures and sounds with several metadata files: their columns together, in the order of their paths.

`datasets` 5.2 keeps these files in a set, and takes the columns of whichever comes first: which one that is changes from process to
process, and the columns of the others are lost.
"""

from __future__ import annotations

import os
from typing import Any

from datasets import ClassLabel, Features


def settle(builder: Any, arguments: dict[str, Any], *, declared: bool) -> None:
    """Put the metadata files of a split in order, and their columns together unless they are `declared`. Raises what readers raise."""
    files = sorted(arguments.get("metadata_files") or (), key=str)
    if not files:
        return
    arguments["metadata_files"] = files
    if declared or len(files) < 2 or not arguments["add_metadata"]:
        return
    made = {
        name: feature for name, feature in builder.info.features.items() if isinstance(feature, builder.BASE_FEATURE)
    }
    known = dict(made)
    for original, _, local in files:
        ending = os.path.splitext(original or local)[-1]
        table = next(builder._read_metadata(local, metadata_ext=ending), None)  # noqa: SLF001 - the readers' own step
        for name, feature in Features.from_arrow_schema(table.schema).items() if table is not None else ():
            if not is_file_name(name):
                known.setdefault(name, feature)
    if not set(known) <= set(builder.info.features):
        builder.info.features = Features(known)


def is_file_name(name: str) -> bool:
    """Whether a column names the files of a row."""
    return name in {"file_name", "file_names"} or name.endswith(("_file_name", "_file_names"))


def own_classes(features: Features | None, builder: Any) -> Features | None:
    """Declared features with the classes that the reader takes: those of the folders, whatever a README calls them."""
    made = builder.info.features
    if features is None or made is None:
        return features
    classes = {name: one for name, one in made.items() if isinstance(one, ClassLabel) and name in features}
    return Features({**features, **classes})
