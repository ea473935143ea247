"""The one door: what a dataset may name, and that no way leads around it."""

from __future__ import annotations

import ast
import gzip
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import datasets as hf
import fsspec
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from datasets.download import DownloadConfig
from datasets.utils import file_utils

import dspreview
from dspreview import errors
from dspreview.extract.files.door import HOP, Door
from dspreview.extract.library import doorway
from dspreview.models import Kind
from dspreview.settings import Settings
from tests.support.data import picture, write
from tests.support.extraction import Extracted, extract

Make = Callable[..., Settings]
SECRET = b"written by the test, outside of the dataset"


@pytest.fixture
def outside(tmp_path: Path) -> Path:
    """A file beside the dataset, not in it; and what its archive would be called."""
    (tmp_path / "outside").mkdir()
    place = tmp_path / "outside" / "note.txt"
    place.write_bytes(SECRET)
    with zipfile.ZipFile(place.with_suffix(".zip"), "w") as archive:
        archive.writestr("note.txt", SECRET)
    return place


@pytest.fixture
def door(tmp_path: Path, settings: Make) -> Door:
    """That of a folder with one file, an archive and a compressed file."""
    folder = write(tmp_path / "d", {"a.txt": "inside", "sub/b.txt": "below"})
    with zipfile.ZipFile(folder / "a.zip", "w") as archive:
        archive.writestr("in/c.txt", "in the archive")
        archive.writestr("in/d.txt.gz", gzip.compress(b"in both"))
    (folder / "e.txt.gz").write_bytes(gzip.compress(b"unpacked"))
    return Door(Kind.LOCAL, str(folder), "d", settings())


def ways(place: Path, protocol: str) -> list[str]:
    """A file outside in words that fsspec understands, with a protocol in each place of a chain."""
    return [
        f"{protocol}://{place}",
        f"{protocol}::{place}",
        f"{protocol}://::{place}",
        f"{protocol}://{place.name}::{place}",
        f"{protocol}://{place.name}::file://{place}",
        f"{protocol}://{place}::a.txt",
        f"zip://note.txt::{protocol}://{place.with_suffix('.zip')}",
        f"zip://note.txt::{protocol}::{place.with_suffix('.zip')}",
        f"zip://note.txt::{protocol}://::{place.with_suffix('.zip')}",
    ]


@pytest.mark.parametrize("protocol", sorted({*fsspec.available_protocols(), "", "file", "local", "hf", "zip"}))
def test_no_protocol_of_fsspec_reaches_a_file_outside(protocol: str, door: Door, outside: Path) -> None:
    for word in ways(outside, protocol):
        for address in (word, door.locate(word) if not refused(door, word) else word):
            with (
                pytest.raises((errors.UnsafePathError, OSError, zipfile.BadZipFile)) as caught,
                door.open(address) as stream,
            ):
                assert SECRET not in stream.read()
            assert SECRET.decode() not in str(caught.value)


def refused(door: Door, word: str) -> bool:
    """Whether a cell's word is refused before anything is opened."""
    try:
        door.locate(word)
    except errors.UnsafePathError:
        return True
    return False


@pytest.mark.parametrize("protocol", sorted({*fsspec.available_protocols(), "file", "local"}))
def test_no_protocol_is_reachable_through_the_readers_of_datasets(protocol: str, door: Door, outside: Path) -> None:
    config = DownloadConfig(token=False)
    openers: list[Callable[[str], Any]] = [
        lambda word: file_utils.xopen(word, "rb", download_config=config).read(),
        lambda word: file_utils.xlistdir(word, download_config=config),
        lambda word: file_utils.xglob(word, download_config=config),
        lambda word: list(file_utils.xwalk(word, download_config=config)),
        lambda word: file_utils.xgetsize(word, download_config=config),
        lambda word: file_utils._get_extraction_protocol(word, download_config=config),
        lambda word: hf.data_files.resolve_pattern(word, base_path=door.root, download_config=config),
    ]
    with door.entered():
        for word in ways(outside, protocol):
            if "::" not in word and "://" not in word:
                continue
            for ask in openers:
                try:
                    found = ask(word)
                except (
                    errors.UnsafePathError,
                    OSError,
                    ValueError,
                    NotImplementedError,
                    zipfile.BadZipFile,
                    IndexError,
                ):
                    continue
                assert SECRET.decode() not in repr(found)
                assert "note" not in repr(found).replace(repr(word), "") or not found


@pytest.mark.parametrize(
    ("word", "told"),
    [
        ("a.txt", "inside"),
        ("sub/b.txt", "below"),
        ("sub/../a.txt", "inside"),
        ("zip://in/c.txt::a.zip", "in the archive"),
        ("gzip://d.txt::zip://in/d.txt.gz::a.zip", "in both"),
        ("gzip://e.txt::e.txt.gz", "unpacked"),
    ],
)
def test_what_a_dataset_may_name(word: str, told: str, door: Door) -> None:
    with door.open(door.locate(word)) as stream:
        assert stream.read().decode() == told
    whole = door.locate(word)
    with door.entered(), file_utils.xopen(whole, "rb", download_config=DownloadConfig(token=False)) as stream:
        assert stream.read().decode() == told


@pytest.mark.parametrize("name", ["zip:", "a::b.txt", "file:", "x::file:"])
def test_a_file_whose_name_looks_like_an_address_is_a_file(name: str, door: Door) -> None:
    (Path(door.root) / name).write_text("odd")
    with door.open(door.locate(name)) as stream:
        assert stream.read() == b"odd"


def test_a_link_or_a_pipe_in_the_folder_is_no_way_out(door: Door, outside: Path) -> None:
    import os

    (Path(door.root) / "link").symlink_to(outside)
    (Path(door.root) / "folder").symlink_to(outside.parent)
    os.mkfifo(Path(door.root) / "pipe")
    for word in ("link", "folder/note.txt", "zip://note.txt::folder/note.zip"):
        with pytest.raises(errors.UnsafePathError):
            door.open(door.locate(word))
    with pytest.raises(OSError, match="not a regular file"):
        door.open(door.locate("pipe"))


def test_a_repository_reaches_itself_at_its_revision_and_no_path_of_this_machine(settings: Make, outside: Path) -> None:
    door = Door(Kind.HUB, "hf://datasets/a/b@123", "a/b", settings())
    assert door.locate("img/1.png") == "hf://datasets/a/b@123/img/1.png"
    assert door.locate("zip://1.png::x.zip") == "zip://1.png::hf://datasets/a/b@123/x.zip"
    for word in (
        str(outside), f"zip://note.txt::{outside.with_suffix('.zip')}", "../c@1/x.png", "hf://datasets/a/c@123/x",
        "hf://datasets/a/b@1234/x", "hf://datasets/a/b@123/../../c@1/x", "hf://buckets/a/b/x", "hf://a/b@123/x",
    ):  # fmt: skip
        with pytest.raises(errors.UnsafePathError):
            door.open(door.locate(word))


def test_an_iterator_of_one_dataset_does_not_open_the_door_of_another(settings: Make, tmp_path: Path) -> None:
    doors = [
        Door(Kind.LOCAL, str(write(tmp_path / name, {"a.txt": name})), name, settings()) for name in ("one", "two")
    ]

    def read(door: Door) -> Any:
        for _ in range(2):
            with file_utils.xopen(f"{door.root}/a.txt", "rb") as stream:
                yield stream.read().decode()

    both = zip(*(door.through(read(door)) for door in doors), strict=True)
    assert list(both) == [("one", "two"), ("one", "two")]
    with doors[0].entered(), pytest.raises(errors.UnsafePathError):
        file_utils.xopen(f"{doors[1].root}/a.txt", "rb")


def outcome(place: Path, settings: Settings) -> tuple[Extracted | None, str]:
    """The page of a dataset, or how it failed."""
    try:
        return extract(place / "d", settings, place / "s"), ""
    except errors.DatasetError as error:
        return None, str(error)


CELLS = [
    "{zip}", "zip://note.txt::{zip}", "zip://note.txt::file://{zip}", "file://{txt}", "filecache::{txt}", "dir::{txt}",
    "simplecache::file://{txt}", "blockcache::file://{txt}", "local://{txt}", "zip://x::file://{txt}", "../outside/note.txt",
    "reference::file://{txt}", "gzip://note.txt::{txt}",
]  # fmt: skip


@pytest.mark.parametrize("word", CELLS)
def test_a_cell_reads_nothing_outside(word: str, outside: Path, tmp_path: Path, settings: Make) -> None:
    word = word.format(txt=outside, zip=outside.with_suffix(".zip"))
    features = hf.Features({"x": hf.Image(), "n": hf.Value("int64")})
    rows = [{"bytes": picture(), "path": None}, {"bytes": None, "path": word}]
    table = pa.table({"x": pa.array(rows, features.arrow_schema.field("x").type), "n": [1, 2]}, features.arrow_schema)
    (tmp_path / "d").mkdir()
    pq.write_table(table, tmp_path / "d" / "a.parquet")
    found = extract(tmp_path / "d", settings(), tmp_path / "s")
    assert [row["x"] is None for row in found.rows] == [False, True]
    assert [row["n"] for row in found.rows] == [1, 2]
    assert len(found.page.assets) == 1
    (note,) = found.page.extra["cell_errors"]
    assert SECRET.decode() not in note["message"]


@pytest.mark.parametrize(
    "word",
    [*CELLS, "{txt}", "*.txt::file://{txt}", "{root}/::file://{txt}", "{root}/a.csv::file://{txt}", "a.csv::{txt}", "**/../../outside/*"],
)  # fmt: skip
def test_data_files_of_a_readme_read_nothing_outside(word: str, outside: Path, tmp_path: Path, settings: Make) -> None:
    folder = tmp_path / "d"
    word = word.format(txt=outside, zip=outside.with_suffix(".zip"), root=folder)
    readme = f"---\nconfigs:\n- config_name: default\n  data_files: '{word}'\n---\n"
    write(folder, {"README.md": readme, "a.csv": "a\n1\n"})
    with pytest.raises(errors.DatasetError) as caught:
        extract(folder, settings(), tmp_path / "s")
    assert SECRET.decode() not in str(caught.value)


@pytest.mark.parametrize("word", [word for word in CELLS if "::" in word or "://" in word or ".." in word])
def test_metadata_of_a_folder_of_pictures_reads_nothing_outside(
    word: str, outside: Path, tmp_path: Path, settings: Make
) -> None:
    word = word.format(txt=outside, zip=outside.with_suffix(".zip"))
    write(tmp_path / "d", {"a.png": picture(), "metadata.csv": f"file_name,n\na.png,1\n{word},2\n"})
    found, told = outcome(tmp_path, settings())
    assert SECRET.decode() not in told
    if found is None:
        return
    assert [row["image"] is None for row in found.rows] == [False, True]
    assert all(SECRET not in (tmp_path / "s" / asset.file).read_bytes() for asset in found.page.assets)


@pytest.mark.parametrize(
    "member", ["x::file://{txt}", "x::{txt}", "x::zip://note.txt", "../../outside/note.txt", "{txt}"]
)
def test_a_member_of_an_archive_is_no_address(member: str, outside: Path, tmp_path: Path, settings: Make) -> None:
    folder = write(tmp_path / "d", {".keep": ""})
    with zipfile.ZipFile(folder / "a.zip", "w") as archive:
        archive.writestr("fine.txt", "fine\n")
        archive.writestr(member.format(txt=outside), "a member\n")
    found, told = outcome(tmp_path, settings())
    assert SECRET.decode() not in told
    assert {row["text"] for row in (found.rows if found else [])} <= {"fine", "a member"}


def test_a_zip_is_listed_once_for_all_of_its_pictures(tmp_path: Path, settings: Make, monkeypatch: Any) -> None:
    folder = write(tmp_path / "d", {".keep": ""})
    with zipfile.ZipFile(folder / "a.zip", "w") as archive:
        for number in range(50):
            archive.writestr(f"{number}.png", picture())
    opened: list[Any] = []
    real = zipfile.ZipFile

    def counted(*arguments: Any, **options: Any) -> Any:
        opened.append(arguments)
        return real(*arguments, **options)

    monkeypatch.setattr(zipfile, "ZipFile", counted)
    found = extract(folder, settings(), tmp_path / "s")
    assert len(found.rows) == 50
    assert len(opened) <= 4


def test_nobody_else_asks_fsspec_what_a_word_means() -> None:
    """The names that open addresses stand in the door and the doorway alone."""
    root = Path(dspreview.__file__).parent
    words = {"xopen", "url_to_fs", "get_fs_token_paths", "xglob", "xwalk", "xlistdir", "cached_path"}
    found = set()
    for path in root.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            names = {getattr(node, "id", None), getattr(node, "attr", None)}
            names |= {alias.name for alias in getattr(node, "names", []) if isinstance(alias, ast.alias)}
            of_fsspec = isinstance(node, ast.Attribute) and getattr(node.value, "id", None) == "fsspec"
            if names & words or (of_fsspec and names & {"open", "filesystem"}):
                found.add(str(path.relative_to(root)))
    assert found == {"extract/library/doorway.py"}
    assert callable(doorway.url_to_fs)


def test_the_protocols_of_the_door_are_these() -> None:
    assert {one for one in fsspec.available_protocols() if HOP.fullmatch(f"{one}://x")} <= {
        "zip", "gzip", "bz2", "xz", "lz4", "zstd",
    }  # fmt: skip


def test_a_damaged_archive_costs_its_cell(tmp_path: Path, settings: Make) -> None:
    features = hf.Features({"x": hf.Image()})
    table = pa.table(
        {"x": pa.array([{"bytes": None, "path": "zip://a.png::b.zip"}], features.arrow_schema.field("x").type)}
    )
    write(tmp_path / "d", {"b.zip": "no archive", "data/a.parquet": b""})
    pq.write_table(table.cast(features.arrow_schema), tmp_path / "d" / "data" / "a.parquet")
    readme = "---\nconfigs:\n- {config_name: default, data_files: data/*.parquet}\n---\n"
    write(tmp_path / "d", {"README.md": readme})
    found = extract(tmp_path / "d", settings(), tmp_path / "s")
    assert found.rows == [{"x": None}]
    assert "zip" in found.page.extra["cell_errors"][0]["message"]


def test_bytes_beyond_the_limit_in_an_archive_are_no_asset(tmp_path: Path, settings: Make) -> None:
    data = picture()
    with zipfile.ZipFile(io_file := tmp_path / "a.zip", "w") as archive:
        archive.writestr("a.png", data)
    (tmp_path / "d").mkdir()
    io_file.rename(tmp_path / "d" / "a.zip")
    for limit, missing in ((len(data), False), (len(data) - 1, True)):
        found = extract(tmp_path / "d", settings(ASSET_MAX_BYTES=limit), tmp_path / f"s{limit}")
        assert (found.rows[0]["image"] is None) is missing


def test_a_dataset_of_one_file_has_no_other(tmp_path: Path, settings: Make) -> None:
    features = hf.Features({"x": hf.Image()})
    rows = [{"bytes": picture(), "path": None}, {"bytes": None, "path": "neighbour.png"}]
    table = pa.table({"x": pa.array(rows, features.arrow_schema.field("x").type)}, features.arrow_schema)
    write(tmp_path / "d", {"neighbour.png": picture()})
    pq.write_table(table, tmp_path / "d" / "a.parquet")
    alone = extract(tmp_path / "d" / "a.parquet", settings(), tmp_path / "s")
    assert [row["x"] is None for row in alone.rows] == [False, True]
    assert "outside" in alone.page.extra["cell_errors"][0]["message"]


def test_the_escaped_twin_of_a_folder_is_another_folder(tmp_path: Path, settings: Make) -> None:
    folder, twin = tmp_path / "d[1]", tmp_path / "d[[]1]"
    write(folder, {"train.csv": "a\n1\n"})
    write(twin, {"s.txt": SECRET})
    door = Door(Kind.LOCAL, str(folder), "d", settings())
    for word in (f"{twin}/s.txt", f"zip://x::{twin}/s.txt"):
        with pytest.raises(errors.UnsafePathError):
            door.open(word)
    assert extract(folder, settings(), tmp_path / "s").rows == [{"a": 1}]
