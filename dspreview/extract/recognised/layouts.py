"""The table of kinds of datasets that are told by their files, in the order in which they are tried."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from functools import partial
from typing import NamedTuple

from dspreview.extract.folder import Configs, Flaw, Folder
from dspreview.extract.format import FORMATS, named
from dspreview.extract.recognised import annotated, hdf5_file, signs, stores
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
    owns: Callable[[str], bool] | None = None
    """Whether a file is its own, by its name: it says itself which of them hold rows."""
    flaws: str = ""
    """`module:function` that looks for what its files hold and its rows do not show; empty where these show all."""
    store: stores.StoreKind | None = None
    """What its stores are: tables or arrays, each in a folder that is all its own."""
    is_log: bool = False
    """Whether a program wrote down what happened: its values are as they were, and nobody mends them."""


class Recognition(NamedTuple):
    """What a dataset was taken for."""

    name: str
    reason: str
    opened: Callable[[Folder], Configs]
    package: str = ""
    library: str = ""
    owns: Callable[[str], bool] | None = None
    is_log: bool = False
    has_labels: bool = False
    flaws: Callable[[Folder], Iterator[Flaw]] | None = None
    """Looks for what its files hold and its rows do not show."""
    about: Callable[[Folder], list[Json]] | None = None
    """Tells what its files say of themselves beside their rows."""

    @property
    def article(self) -> str:
        """What stands before its name; a word of capitals is spelt: an SPSS file."""
        return "an" if re.match("[AEIO]|[FHLMNRSX][^AEIOUa-z]", self.name) else "a"


HERE = "dspreview.extract.recognised"
ALL_PARQUET = "reads all Parquet files of the folder, those that the table has removed too"


def is_any(name: str) -> bool:
    """Every file is its own."""
    return bool(name)


def is_no_picture(name: str) -> bool:
    """All but pictures: one that no split names is told."""
    return not annotated.is_picture(name)


KINDS = (
    DatasetKind("Delta table", partial(stores.sign_of, kind=stores.DELTA), f"{HERE}.delta:delta_configs", "deltalake", ALL_PARQUET, store=stores.DELTA),
    DatasetKind("Iceberg table", partial(stores.sign_of, kind=stores.ICEBERG), f"{HERE}.iceberg:iceberg_configs", "pyiceberg[pyarrow]", ALL_PARQUET,
                store=stores.ICEBERG),
    DatasetKind("Lance table without its data", stores.lance_without_data, f"{HERE}.refused:lance_configs", library="shows its version as the data"),
    DatasetKind("Zarr store", partial(stores.sign_of, kind=stores.ZARR), f"{HERE}.zarr:zarr_configs", "zarr", "shows its metadata as the data",
                store=stores.ZARR),
    DatasetKind("LeRobot dataset", signs.lerobot, f"{HERE}.lerobot:lerobot_configs", library="mixes its frames with its metadata", owns=is_any),
    DatasetKind("COCO dataset", annotated.coco, f"{HERE}.coco:coco_configs", library="drops its annotations", flaws=f"{HERE}.coco:coco_flaws"),
    DatasetKind("YOLO dataset", annotated.yolo, f"{HERE}.yolo:yolo_configs", library="drops its labels", owns=is_no_picture,
                flaws=f"{HERE}.yolo:yolo_flaws"),
    DatasetKind("set of agent sessions", signs.sessions, "dspreview.extract.sessions.rows:session_configs",
                library="needs its extra package teich for it, and differs where docs/conversations.md says", is_log=True, flaws="dspreview.extract.sessions.rows:session_flaws"),
    DatasetKind("HDF5 file of several lengths", hdf5_file.hdf5, f"{HERE}.hdf5:hdf5_configs", "h5py", "refuses datasets of several lengths in one file"),
    DatasetKind("MosaicML Streaming dataset", signs.mosaic, f"{HERE}.refused:mosaic_configs"),
    DatasetKind("LitData dataset", signs.litdata, f"{HERE}.refused:litdata_configs"),
)  # fmt: skip


def recognise(folder: Folder) -> Recognition | None:
    """What a dataset is; None where `datasets` has a reader for it, or nobody knows."""
    for kind in KINDS:
        if (reason := kind.sign(folder)) is not None:
            opened, owns = named(kind.reader), kind.owns
            if kind.store is not None:
                roots = tuple(f"{root}/" if root else "" for root in stores.stores_in(folder, kind.store))
                opened = partial(stores.store_configs, kind=kind.store, read=opened)
                owns = partial(stores.is_below, roots)
            looked = named(kind.flaws)
            return Recognition(kind.name, reason, opened, kind.package, kind.library, owns, kind.is_log, flaws=looked)
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
        has_labels=best.has_labels,
        about=named(best.about) if best.about else None,
    )
