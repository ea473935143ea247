"""What tells a kind of dataset: names of files, and where these are not enough the first bytes of one."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import IO

from dspreview.errors import UnreadableDataError, UnsafePathError
from dspreview.extract.folder import Folder
from dspreview.extract.format import FORMATS, Format
from dspreview.extract.layout.harness import HEAD, Harness, harness_in

FORMAT_OF = {extension: one for one in FORMATS.values() for extension in one.extensions}
PACKINGS = {"gz": "gzip", "bz2": "bz2", "xz": "xz", "zst": "zstd"}
"""The protocols of compressed files by their extensions."""
OURS = frozenset(extension for extension, one in FORMAT_OF.items() if one.is_ours) | PACKINGS.keys()
"""What the names of files end with that may be read here."""
DATASETS_KNOWS = frozenset(
    """
    3g2 3gp afa aiff apng arrow asf au avi avr blp bmp bufr bw caf cif csv cur dcx dds dib emf ent eps f4v fa faa fasta fastq ffn fit fits flac flc fli
    flv fna fq frn ftc ftu gb gbk gbr genbank geoparquet gif glb gltf gpq grib h5 hdf5 htk icb icns ico iim im ircam j2c j2k jfif jp2 jpc jpe jpeg jpf jpg
    jpx json jsonl lance m4v mat4 mat5 mkv mmcif mov mp3 mp4 mpc2k mpeg mpg msp mxf ndjson nii nist nut ogg ogm opus paf parquet pbm pcd pcx pdb pdf pgm
    ply png pnm ppm ps psd pvf pxr ras raw rf64 rgb rgba sd2 sds sgi stl svx tar tga tif tiff tsfile tsv vda voc vortex vst w64 wav wavex webm webp wma
    wmf wmv wve xbm xi xml xpm zip
    """.split()  # noqa: SIM905 - one a line would be two pages
)
"""Extensions that count as data for `datasets` 5.2, but those that are read here, and texts; a test compares."""
PICTURES = frozenset({"jpg", "jpeg", "png", "webp", "bmp", "tif", "tiff"})
PEEK = 1 << 16
LOOKED_AT = 5
"""Files that are looked at for sessions."""
TABLE_NAME = re.compile(r"train|test|valid|dev|eval|data|part|shard|\d{5}-of-\d{5}", re.IGNORECASE)
BESIDE = frozenset({"txt", "md", "toml"})
"""Extensions of what lies beside data."""


def kinds_of(names: Iterable[str]) -> Counter[str]:
    """How many files of each kind there are: of formats that are read here by their names, of all others together."""
    found: Counter[str] = Counter()
    for name in names:
        if any(part.startswith((".", "__")) for part in name.split("/")):
            continue
        kind, is_packed = kind_of(name)
        one = FORMAT_OF.get(kind)
        if one is not None and one.is_ours and is_packed and not one.goes_through:
            continue
        if one is not None and one.is_ours:
            found[one.name] += 1
        elif kind in DATASETS_KNOWS and kind not in BESIDE:
            found[kind] += 1
    return found


def first_of(names: Iterable[str], kind: Format) -> str:
    """The first file of a format."""
    return files_of(names, kind)[0]


def files_of(names: Iterable[str], kind: Format) -> list[str]:
    """The files of a format, sorted."""
    told = ((name, *kind_of(name)) for name in names)
    return sorted(
        name
        for name, extension, is_packed in told
        if FORMAT_OF.get(extension) is kind
        and (kind.goes_through or not is_packed)
        and not any(part.startswith((".", "__")) for part in name.split("/"))
    )


def kind_of(name: str) -> tuple[str, bool]:
    """The extension of a file in lower case, without that of its compression; and whether it has one."""
    last = name.rpartition("/")[2].lower()
    kind = last.rpartition(".")[2]
    return (last.split(".")[-2], True) if kind in PACKINGS and last.count(".") > 1 else (kind, False)


@contextmanager
def opened(name: str, stream: IO[bytes]) -> Iterator[IO[bytes]]:
    """What a file holds, as its reader takes it. Raises UnreadableDataError where it is not packed as its name says, or cut off."""
    packing = PACKINGS.get(name.rpartition(".")[2].lower())
    if packing is None:
        yield stream
        return
    from dspreview.extract.files.archives import is_damage, unpacked  # fsspec, 30 ms

    try:
        with unpacked(packing, stream) as plain:
            yield plain
    except Exception as error:
        if not is_damage(error):
            raise
        raise UnreadableDataError(f"{name}: not the {packing} data that its name says, or cut off: {error}") from error


def lerobot(folder: Folder) -> str | None:
    """A LeRobot dataset describes itself."""
    return (
        "its meta/info.json"
        if "meta/info.json" in folder.known and begins(folder, "meta/info.json", b'"codebase_version"')
        else None
    )


def sessions(folder: Folder) -> str | None:
    """Sessions of coding agents: JSON Lines with the marks of a harness, in more of the files looked at than not."""
    if "jsonl" not in folder.endings and not PACKINGS.keys() & folder.endings:
        return None
    kinds = kinds_of(folder.names)
    if kinds["jsonl"] < max(kinds.values(), default=0):
        return None
    names = [name for name in folder.names if is_lines(name) and not name.startswith(".")]
    if folder.dataset.is_remote:  # each look is a request: usual names of tables are not looked at
        names = [name for name in names if not TABLE_NAME.search(name.rpartition("/")[2])]
    step = max(1, len(names) // LOOKED_AT)
    looked_at = names[::step][:LOOKED_AT]
    found = {name: harness for name in looked_at if (harness := written_by(folder, name)) is not None}
    if not found or 2 * len(found) < len(looked_at):
        return None
    name, harness = next(iter(found.items()))
    return f"the lines of {name} are those of {harness}"


def is_lines(name: str) -> bool:
    """Whether a file holds JSON Lines, packed or not, by its name."""
    return kind_of(name)[0] == "jsonl"


def written_by(folder: Folder, name: str) -> Harness | None:
    """Who wrote a file; None where it is no session, or tells nothing."""
    try:
        with folder.open(name, HEAD) as stream, opened(name, stream) as plain:
            return harness_in(plain)
    except (
        FileNotFoundError,
        PermissionError,
        UnsafePathError,
        UnreadableDataError,
    ):  # who reads it says what is wrong
        return None


def mosaic(folder: Folder) -> str | None:
    """Shards of MosaicML Streaming."""
    if "index.json\n" not in folder.text:
        return None
    found = [name for name in folder.names if name.rpartition("/")[2] == "index.json"]
    return f"its {found[0]}" if found and begins(folder, found[0], b'"shards"', b'"mds"', b'"raw_data"') else None


def litdata(folder: Folder) -> str | None:
    """Chunks of LitData."""
    if "index.json\n" not in folder.text:
        return None
    found = [name for name in folder.names if name.rpartition("/")[2] == "index.json"]
    return f"its {found[0]}" if found and begins(folder, found[0], b'"chunks"', b'"config"') else None


def begins(folder: Folder, name: str, *words: bytes) -> bool:
    """Whether the beginning of a file, or its end, has the first of these words, and one of the others where there are some."""
    text = peek(folder, name, end=True)
    return text is not None and words[0] in text and (len(words) == 1 or any(word in text for word in words[1:]))


def peek(folder: Folder, name: str, *, end: bool = False) -> bytes | None:
    """The beginning of a file, and its end where that is wanted; None where it tells nothing: who reads the data says what is wrong."""
    try:
        with folder.open(name) as stream:
            text = stream.read(PEEK)
            if end and len(text) == PEEK:
                stream.seek(-PEEK, 2)
                text += stream.read(PEEK)
    except (FileNotFoundError, PermissionError, UnsafePathError):
        return None
    return text
