"""Kinds of datasets that are known and not read: who has one is told what reads it, and is shown nothing else in its place."""

from __future__ import annotations

from collections.abc import Sequence

from dspreview.errors import UnreadableDataError
from dspreview.extract.folder import Configs, Folder


def refusal(folder: Folder, kind: str, way: str) -> UnreadableDataError:
    """What is said of a kind of dataset."""
    return UnreadableDataError(f"{folder.asked} is {kind}, which dspreview does not read; {way}")


def mosaic_configs(folder: Folder) -> Configs:
    """None: shards of MosaicML Streaming. Raises UnreadableDataError."""
    raise refusal(
        folder,
        "a MosaicML Streaming dataset",
        "read it with streaming.StreamingDataset (package mosaicml-streaming), and write Parquet",
    )


def litdata_configs(folder: Folder) -> Configs:
    """None: chunks of LitData. Raises UnreadableDataError."""
    raise refusal(
        folder, "a LitData dataset", "read it with litdata.StreamingDataset (package litdata), and write Parquet"
    )


def lance_configs(folder: Folder) -> Configs:
    """None: a Lance table whose data files are not there. Raises UnreadableDataError."""
    raise UnreadableDataError(
        f"{folder.asked} has a Lance table whose versions are there, and none of the files in its folder data;"
        f" copy the table with all of its folders"
    )


def tfrecord_configs(folder: Folder, names: Sequence[str]) -> Configs:
    """None: records of TensorFlow, whose columns no file tells. Raises UnreadableDataError."""
    raise refusal(
        folder,
        f"a TFRecord dataset ({names[0]})",
        "read it with tensorflow_datasets or the package tfrecord, and write Parquet",
    )


def mcap_configs(folder: Folder, names: Sequence[str]) -> Configs:
    """None: recordings of robots. Raises UnreadableDataError."""
    raise refusal(
        folder,
        f"a recording in MCAP ({names[0]})",
        "read it with the command mcap or the package of that name, and write Parquet",
    )
