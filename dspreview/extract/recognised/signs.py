"""What tells a kind of dataset: names of files, and where these are not enough the first bytes of one."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from dspreview.extract.format import FORMATS, Format
from dspreview.extract.recognised.folder import Folder

FORMAT_OF = {extension: one for one in FORMATS.values() for extension in one.extensions}
DATASETS_KNOWS = frozenset({
    "csv", "tsv", "json", "jsonl", "ndjson", "parquet", "geoparquet", "gpq", "arrow", "txt", "tar", "xml", "hdf5", "h5", "eval", "lance", "vortex",
    "tsfile", "conll", "conllu", "fasta", "fastq", "pdb", "cif", "zip", "jpg", "jpeg", "png", "gif", "webp", "bmp", "tif", "tiff", "wav", "mp3", "flac",
    "ogg", "opus", "mp4", "mkv", "webm", "avi", "mov", "pdf", "nii", "glb", "gltf", "ply", "stl",
})  # fmt: skip
"""Extensions that count as data for `datasets` 5.2, as far as people have them."""
BESIDE = frozenset({"txt", "md", "toml"})
"""Extensions of what lies beside data."""


def kinds_of(names: Iterable[str]) -> Counter[str]:
    """How many files of each kind there are: of formats that are read here by their names, of all others together."""
    found: Counter[str] = Counter()
    for name in names:
        if any(part.startswith((".", "__")) for part in name.split("/")):
            continue
        kind = name.rpartition("/")[2].rpartition(".")[2].lower()
        one = FORMAT_OF.get(kind)
        if one is not None and one.is_ours:
            found[one.name] += 1
        elif kind in DATASETS_KNOWS and kind not in BESIDE:
            found[kind] += 1
    return found


def first_of(names: Iterable[str], kind: Format) -> str:
    """The first file of a format."""
    return min(name for name in names if FORMAT_OF.get(name.rpartition(".")[2].lower()) is kind)


def delta(folder: Folder) -> str | None:
    """A Delta table has a log."""
    logs = [
        name
        for name in folder.names
        if name.startswith("_delta_log/") and name.endswith((".json", ".checkpoint.parquet"))
    ]
    return f"its log {max(logs)}" if logs else None


def files_of(names: Iterable[str], kind: Format) -> list[str]:
    """The files of a format, sorted."""
    return sorted(
        name
        for name in names
        if FORMAT_OF.get(name.rpartition("/")[2].rpartition(".")[2].lower()) is kind
        and not any(part.startswith((".", "__")) for part in name.split("/"))
    )
