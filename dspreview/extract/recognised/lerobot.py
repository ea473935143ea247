"""LeRobot datasets, versions 2 and 3: frames as rows of one config, episodes with their videos as rows of another."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from dspreview.errors import UnreadableDataError
from dspreview.extract.folder import Configs, Folder, NamedTable, SplitRows
from dspreview.extract.format import PARQUET
from dspreview.extract.formats.values import array_of
from dspreview.extract.plain import FILE, Columns
from dspreview.extract.recognised.files import read_files
from dspreview.extract.recognised.whole import columns_of
from dspreview.feature import asset_tree

INFO = "meta/info.json"
PLACE = re.compile(r"\{(\w+)(?::0?(\d)d)?\}")
"""Where a number or a name stands in the template of a path."""
TOLD_ELSEWHERE = re.compile(r"stats/|meta/|data/|videos/(?!.*/(?:from|to)_timestamp$)")
"""What is said of an episode that its other columns, its frames and its videos show themselves."""
EPISODE = "episode_index"


def lerobot_configs(folder: Folder) -> Configs:
    """Frames and episodes, each in the splits that the dataset tells."""
    with folder.open(INFO) as stream:
        info = json.load(stream)
    frames = tuple(sorted(name for name in folder.below("data") if name.endswith(".parquet")))
    if not isinstance(info, dict) or not frames:
        raise UnreadableDataError(f"{folder.asked}: {INFO} tells of a LeRobot dataset, and data/ has no Parquet file")
    total = info.get("total_frames")
    read = partial(read_files, folder, PARQUET, frames)
    rows = SplitRows(frames, read, total if isinstance(total, int) else None)
    episodes = episode_rows(folder, info)
    ranges = split_ranges(info)
    if len(ranges) <= 1:
        return {"frames": {"train": rows}, "episodes": {"train": episodes}}
    lengths = lengths_of(folder)
    return {
        "frames": {split: within(rows, part, split, lengths) for split, part in ranges.items()},
        "episodes": {split: within(episodes, part, split) for split, part in ranges.items()},
    }


def lengths_of(folder: Folder) -> dict[int, int]:
    """How many frames each episode has, as far as that is told."""
    told = [one for name in episode_files(folder) for one in read_episodes(folder, name)]
    return {
        one[EPISODE]: one["length"]
        for one in told
        if isinstance(one.get(EPISODE), int) and isinstance(one.get("length"), int)
    }


def split_ranges(info: dict[str, Any]) -> dict[str, range]:
    """The numbers of the episodes of each split: `{"train": "0:40", "test": "40:50"}`; none where they are told otherwise."""
    told = info.get("splits")
    found = {}
    for split, text in told.items() if isinstance(told, dict) else ():
        if not isinstance(text, str) or (part := re.fullmatch(r"(\d+):(\d+)", text)) is None:
            return {}
        found[str(split)] = range(int(part[1]), int(part[2]))
    return found


def within(rows: SplitRows, episodes: range, split: str, lengths: dict[int, int] | None = None) -> SplitRows:
    """The rows of some episodes; how many there are is known where the length of each is, else when they are read."""
    told = [(lengths or {}).get(number) for number in episodes]
    known = [one for one in told if one is not None]
    total = sum(known) if known and len(known) == len(told) else None
    return rows._replace(read=partial(read_within, rows.read, episodes), num_rows=total, origin=f"{split} {episodes}")


def read_within(read: Callable[[int], Iterator[NamedTable]], episodes: range, batch: int) -> Iterator[NamedTable]:
    """Their tables."""
    for name, table in read(batch):
        if EPISODE not in table.column_names:
            raise UnreadableDataError(f"{name}: no column {EPISODE}, and {INFO} tells splits by it")
        number = table[EPISODE]
        kept = pc.and_(pc.greater_equal(number, episodes.start), pc.less(number, episodes.stop))
        yield name, table.filter(kept)


def episode_rows(folder: Folder, info: dict[str, Any]) -> SplitRows:
    """The episodes, and a column for the video of each camera; where several share one, when each begins and ends in it."""
    files = episode_files(folder)
    episodes = [one for name in files for one in read_episodes(folder, name)]
    template = info.get("video_path")
    cameras = [
        name
        for name, one in (info.get("features") or {}).items()
        if isinstance(one, dict) and one.get("dtype") == "video"
    ]
    columns = {
        key: [one.get(key) for one in episodes] for one in episodes for key in one if TOLD_ELSEWHERE.match(key) is None
    }
    arrays = {name: array_of(values) for name, values in columns.items()}
    table = pa.table(arrays)
    rows = SplitRows((), partial(read_table, table))
    known: Columns = columns_of(rows, table.schema)
    videos = []
    for camera in cameras if isinstance(template, str) else ():
        names = [video_name(str(template), one, camera, int(info.get("chunks_size") or 1_000)) for one in episodes]
        videos += [name for name in names if name in folder.known]
        cells = [{"bytes": None, "path": f"{folder.root}/{name}"} for name in names]
        table = table.append_column(camera, pa.array(cells, FILE))
        known = [*known, (camera, asset_tree("Video"))]
    return SplitRows((*files, *dict.fromkeys(videos)), partial(read_table, table), table.num_rows, known)


def read_table(table: pa.Table, batch: int) -> Iterator[NamedTable]:
    """A table that is there."""
    del batch
    yield "", table


def episode_files(folder: Folder) -> list[str]:
    """The files that tell of episodes."""
    return sorted(name for name in folder.below("meta") if re.search(r"/episodes(\.jsonl|/.*\.parquet)$", name))


def read_episodes(folder: Folder, name: str) -> list[dict[str, Any]]:
    """What is said of episodes."""
    if name.endswith(".jsonl"):
        with folder.open(name) as stream:
            return [json.loads(line) for line in stream if line.strip()]
    return [one for _, table in read_files(folder, PARQUET, (name,), 1 << 14) for one in table.to_pylist()]


def video_name(template: str, episode: dict[str, Any], camera: str, chunk: int) -> str:
    """The video of an episode, of version 2 or 3: there several episodes lie in one file."""
    number = int(episode.get(EPISODE) or 0)
    told = {
        "video_key": camera, "episode_index": number, "episode_chunk": number // chunk,
        "chunk_index": episode.get(f"videos/{camera}/chunk_index") or 0, "file_index": episode.get(f"videos/{camera}/file_index") or 0,
    }  # fmt: skip
    return PLACE.sub(lambda found: padded(told.get(found[1], ""), int(found[2] or 0)), template)


def padded(value: Any, width: int) -> str:
    """A number with so many digits; a text as it is."""
    return f"{value:0{width}d}" if isinstance(value, int) and width else str(value)
