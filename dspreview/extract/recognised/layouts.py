"""The table of kinds of datasets that are told by their files, in the order in which they are tried."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import NamedTuple

from dspreview.extract.folder import Configs, Folder
from dspreview.extract.format import FORMATS, named
from dspreview.extract.recognised import signs
from dspreview.models import Json


class DatasetKind(NamedTuple):
    """A kind of dataset."""

    name: str
    """In words."""
    sign: Callable[[Folder], str | None]
    """What tells that a folder is one, in words; None where it is none."""
    reader: str
    """`module:function` that gives its configs."""
    package: str = ""
    """What it needs beside the declared dependencies."""
    library: str = ""
    """What `datasets` makes of it; empty where it has no reader for it."""
    owns: bool = False
    """Whether all files of its folder are its own: it says itself which of them hold rows."""
    is_log: bool = False
    """Whether a program wrote down what happened: its values are as they were, and nobody mends them."""


class Recognition(NamedTuple):
    """What a dataset was taken for."""

    name: str
    reason: str
    opened: Callable[[Folder], Configs]
    package: str = ""
    library: str = ""
    owns: bool = False
    is_log: bool = False
    about: Callable[[Folder], list[Json]] | None = None
    """Tells what its files say of themselves beside their rows."""

    @property
    def article(self) -> str:
        """What stands before its name; a word of capitals is spelt: an SPSS file."""
        return "an" if re.match("[AEIO]|[FHLMNRSX][^AEIOUa-z]", self.name) else "a"


HERE = "dspreview.extract.recognised"
KINDS = (
    DatasetKind("Delta table", signs.delta, f"{HERE}.delta:delta_configs", "deltalake",
                "reads all Parquet files of the folder, those that the table has removed too", owns=True),
    DatasetKind("Iceberg table", signs.iceberg, f"{HERE}.iceberg:iceberg_configs", "pyiceberg[pyarrow]",
                "reads all Parquet files of the folder, those that the table has removed too", owns=True),
    DatasetKind("Zarr store", signs.zarr, f"{HERE}.zarr:zarr_configs", "zarr", "shows its metadata as the data", owns=True),
    DatasetKind("LeRobot dataset", signs.lerobot, f"{HERE}.lerobot:lerobot_configs", library="mixes its frames with its metadata", owns=True),
    DatasetKind("COCO dataset", signs.coco, f"{HERE}.boxes:coco_configs", library="drops its annotations"),
    DatasetKind("YOLO dataset", signs.yolo, f"{HERE}.boxes:yolo_configs", library="drops its labels", owns=True),
    DatasetKind("set of agent sessions", signs.sessions, "dspreview.extract.sessions.rows:session_configs",
                library="needs its extra package teich for it, and differs where docs/conversations.md says", is_log=True),
    DatasetKind("MosaicML Streaming dataset", signs.mosaic, f"{HERE}.refused:mosaic_configs"),
    DatasetKind("LitData dataset", signs.litdata, f"{HERE}.refused:litdata_configs"),
)  # fmt: skip


def recognise(folder: Folder) -> Recognition | None:
    """What a dataset is; None where `datasets` has a reader for it, or nobody knows."""
    for kind in KINDS:
        if (reason := kind.sign(folder)) is not None:
            return Recognition(
                kind.name, reason, named(kind.reader), kind.package, kind.library, kind.owns, kind.is_log
            )
    return by_format(folder)


def by_format(folder: Folder) -> Recognition | None:
    """The format of most of its files, where that is one that is read here."""
    if not signs.OURS & folder.endings:
        return None
    kinds = signs.kinds_of(folder.names)
    ours = [one for one in FORMATS.values() if one.is_ours and kinds[one.name]]
    if not ours:
        return None
    best = max(ours, key=lambda one: kinds[one.name])
    others = sum(number for name, number in kinds.items() if name != best.name)
    if others >= kinds[best.name]:
        return None
    reason = (
        f"{kinds[best.name]} files of it" if kinds[best.name] > 1 else f"its file {signs.first_of(folder.names, best)}"
    )

    def opened(found: Folder) -> Configs:
        from dspreview.extract.recognised.files import file_configs

        return file_configs(found, best)

    return Recognition(
        best.title,
        reason,
        opened,
        best.extra,
        best.library,
        is_log=best.is_log,
        about=named(best.about) if best.about else None,
    )
