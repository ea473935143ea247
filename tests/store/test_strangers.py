"""A cache file that somebody else wrote: what it names is checked, and nothing outside the asset folder is ever touched."""

from __future__ import annotations

import json
import os
import sqlite3
import tempfile
from collections.abc import Callable
from pathlib import Path

import pytest

from dspreview import errors
from dspreview.settings import Settings
from dspreview.store import Store
from dspreview.store.about import About
from dspreview.store.private import LEASE_SECONDS, host, is_left_behind, new_name, remove_below
from dspreview.store.verify import litter, verify
from tests.support.data import picture, write
from tests.support.program import Program

Make = Callable[..., Settings]
ABOUT = About("parquet", "d", "r", "default", "train")


@pytest.fixture
def kept(tmp_path: Path) -> Path:
    """A folder of the user's that nothing may touch, with files of the names that ours have."""
    folder = tmp_path / "kept"
    for name in ("0.png", "about.json", "x/y.txt"):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text("mine")
    return folder


def contents(folder: Path) -> dict[str, str]:
    """All files below a folder."""
    return {str(path.relative_to(folder)): path.read_text() for path in folder.rglob("*") if path.is_file()}


NAMES = [
    "../../../kept", "{kept}", "..", ".", "", "a/../../../../kept", "0" * 31, "0" * 41, "Z" * 40, "0" * 8 + "-" * 32,
]  # fmt: skip


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("column", ["folder", "file"])
def test_names_of_a_database_lead_nowhere(
    name: str, column: str, kept: Path, tmp_path: Path, dspreview: Program
) -> None:
    folder = write(tmp_path / "d", {"a.png": picture(), "b.png": picture()})
    assert dspreview("rows", folder, "--json").code == 0
    word = name.format(kept=kept)
    with sqlite3.connect(dspreview.database) as connection:
        if column == "folder":
            connection.execute("UPDATE rows SET asset_folder = ?", (word,))
        else:
            word = f"{word}/0.png"
            connection.execute("UPDATE assets SET file = ?", (word,))
    before = contents(kept)
    found = dspreview("cache", "verify", "--json")
    assert found.code == 1
    codes = {finding["code"] for finding in found.json["findings"]}
    assert codes & ({"name"} if word else {"name", "missing"})
    saved = dspreview("rows", folder, "--row", "0", "--save", tmp_path / "out.png")
    assert saved.code != 0
    assert not (tmp_path / "out.png").exists()
    (folder / "c.png").write_bytes(picture())
    for words in (
        ("rows", folder, "--json"),
        ("cache", "verify", "--repair"),
        ("cache", "remove", folder),
        ("cache", "clean", "--yes"),
    ):
        assert dspreview(*words).code == 0, words
    assert contents(kept) == before
    assert dspreview("cache", "verify").code == 0


def test_links_in_the_asset_folder_are_not_followed(kept: Path, settings: Make) -> None:
    with Store(settings()) as store:
        name = store.assets.owner + "ab" * 16
        root = store.assets.root
        (kept / name).mkdir()
        (kept / name / "0.png").write_text("mine")
        (kept / (store.assets.owner + "c" * 40)).mkdir()
        (kept / (store.assets.owner + "c" * 40) / "about.json").write_text(json.dumps(ABOUT._asdict()))
        before = contents(kept)
        root.mkdir(parents=True)
        (root / "ab").symlink_to(kept)
        (root / ".derived").symlink_to(kept)
        (root / ".staging").symlink_to(kept)
        store.assets.remove(name)
        assert store.assets.find(name, "0.png") is None
        assert store.assets.folders() == set()
        assert store.derived.entries() == []
        assert store.derived.clean() == 0
        assert store.derived.keep_to_limit(0) == 0
        verify(store, repair=True)
        with store.assets.staging() as staging:
            assert root not in staging.assets.parents
            assert kept not in staging.assets.parents
        with pytest.raises(errors.StoreFullError, match="link"), store.derived.lock(ABOUT, lambda: None):
            pass
        (root / "ab").unlink()
        (root / "ab").mkdir()
        (root / "ab" / name).symlink_to(kept)
        store.assets.remove(name)
        remove_below(root, "ab", name, "x")
        assert contents(kept) == before


def test_a_derived_folder_names_files_in_itself_only(tmp_path: Path, kept: Path, dspreview: Program) -> None:
    folder = write(tmp_path / "d", {"a.csv": "a\n1\n2\n"})
    secret = write(tmp_path / "outside", {"b.csv": "a\n77\n"})
    for place in (folder, secret):
        assert dspreview("filter", place, "--where", "a > 0", "--json").code == 0
    one, two = sorted(
        (json.loads(path.read_text())["dataset"], path.parent)
        for path in (dspreview.assets / ".derived").glob("*/about.json")
    )
    foreign = next(file for file in two[1].glob("*.parquet"))
    table = json.loads((one[1] / "table.json").read_text())
    table[0] = [[str(foreign), 1, foreign.stat().st_size]]
    (one[1] / "table.json").write_text(json.dumps(table))
    about = json.loads((one[1] / "about.json").read_text())
    about["files"].pop("table.json")
    (one[1] / "about.json").write_text(json.dumps(about))
    answer = dspreview("filter", folder, "--where", "a > 0", "--json")
    assert "8675309" not in answer.out
    with sqlite3.connect(dspreview.database) as connection:
        connection.execute("DELETE FROM parquet")
        connection.execute(
            "INSERT INTO parquet SELECT s.id, d.revision, d.extractor, ? FROM splits s JOIN configs c ON c.id = s.config_id"
            " JOIN datasets d ON d.id = c.dataset_id WHERE d.name = ?",
            (json.dumps(table), str(folder)),
        )
    answer = dspreview("filter", folder, "--where", "a > 0", "--json")
    assert (answer.code, "8675309" in answer.out) == (0, False)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root gives files away")
def test_a_database_of_another_user_is_used_only_where_that_is_meant(tmp_path: Path, dspreview: Program) -> None:
    folder = write(tmp_path / "d", {"a.csv": "a\n1\n"})
    assert dspreview("rows", folder, "--json").code == 0
    os.chown(dspreview.database, 12345, 12345)
    for words in (("rows", folder, "--json"), ("cache", "stats", "--json"), ("queue", "stats", "--json")):
        refused = dspreview(*words)
        assert (refused.code, refused.json["exception"]) == (7, "StoreUntrustedError")
        assert "12345" in refused.err
        assert "--trust-database" in refused.err
        assert dspreview(*words, "--trust-database").code == 0
        assert dspreview(*words, TRUST_DATABASE="true").code == 0


@pytest.mark.parametrize("mode", [0o660, 0o606, 0o666])
def test_a_database_that_others_may_write_is_used_only_where_that_is_meant(
    mode: int, tmp_path: Path, dspreview: Program
) -> None:
    folder = write(tmp_path / "d", {"a.csv": "a\n1\n"})
    assert dspreview("rows", folder, "--json").code == 0
    dspreview.database.chmod(mode)
    refused = dspreview("rows", folder, "--json")
    assert (refused.code, refused.json["exception"]) == (7, "StoreUntrustedError")
    assert "chmod go-w" in refused.err
    assert dspreview("rows", folder, "--json", "--trust-database").code == 0
    dspreview.database.chmod(0o644)
    assert dspreview("rows", folder, "--json").code == 0


def test_a_database_whose_owner_is_no_name_of_ours(tmp_path: Path, dspreview: Program) -> None:
    folder = write(tmp_path / "d", {"a.csv": "a\n1\n"})
    assert dspreview("rows", folder, "--json").code == 0
    with sqlite3.connect(dspreview.database) as connection:
        connection.execute("UPDATE facts SET value = '../../..' WHERE name = 'owner'")
    assert dspreview("cache", "clean", "--yes", "--json").json["exception"] == "StoreCorruptError"


def test_staging_of_another_machine_is_left_alone_until_its_lease_has_ended(settings: Make) -> None:
    with Store(settings()) as store:
        parent = store.assets.root / ".staging"
        mine, theirs, old = (
            parent / f"999999999-1-{mark * 32}@{where}"
            for mark, where in (("a", host()), ("b", "elsewhere"), ("c", "elsewhere"))
        )
        for folder in (mine, theirs, old):
            (folder / "assets").mkdir(parents=True)
        long_ago = old.stat().st_mtime - LEASE_SECONDS - 1
        for place in (old / "assets", old):
            os.utime(place, (long_ago, long_ago))
        assert {is_left_behind(folder) for folder in (mine, old)} == {True}
        assert not is_left_behind(theirs)
        with store.assets.staging():
            assert theirs.exists()
            assert not mine.exists()
            assert not old.exists()


def test_what_a_kill_leaves_goes(settings: Make, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "tmp").mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "tmp"))
    with Store(settings()) as store:
        derived = store.derived.root
        derived.mkdir(parents=True)
        gone = f"999999999-1-{'0' * 8}"
        left = [
            derived / f"{store.derived.owner}{'a' * 40}.lock",
            derived / f"staged-{gone}",
            store.assets.root / ".staging" / gone,
            tmp_path / "tmp" / f"dspreview-{gone}",
        ]
        left[0].touch()
        for folder in left[1:]:
            folder.mkdir(parents=True)
        living = tmp_path / "tmp" / f"dspreview-{new_name().partition('@')[0]}"
        other = tmp_path / "tmp" / "dspreview-notes"
        for folder in (living, other):
            folder.mkdir()
        with store.derived.lock(ABOUT, lambda: None):
            found = litter(store, remove=False)
            assert sorted(one.code for one in found) == ["lock", "staging", "staging"]
            assert litter(store) == found
            assert not any(path.exists() for path in left)
            assert (derived / f"{store.derived.owner}{ABOUT.key}.lock").exists()
        assert litter(store) == []
        assert living.exists()
        assert other.exists()


def test_a_lock_of_what_could_not_be_made_does_not_stay(settings: Make) -> None:
    with Store(settings()) as store:
        with pytest.raises(RuntimeError), store.derived.lock(ABOUT, lambda: None):
            raise RuntimeError
        assert list(store.derived.root.iterdir()) == []


@pytest.fixture
def derived(tmp_path: Path, dspreview: Program) -> tuple[Path, Path]:
    """A CSV folder that was converted, and its derived folder."""
    folder = write(tmp_path / "d", {"a.csv": "a\n1\n2\n"})
    assert dspreview("filter", folder, "--where", "a > 0", "--json").code == 0
    (about,) = dspreview.assets.glob(".derived/*/about.json")
    return folder, about.parent


@pytest.mark.parametrize("how", ["file", "folder", "unlisted"])
def test_a_link_to_another_table_is_not_read(
    how: str, derived: tuple[Path, Path], tmp_path: Path, dspreview: Program
) -> None:
    import pyarrow as pa
    import pyarrow.parquet as pq

    folder, place = derived
    outside = tmp_path / "outside"
    outside.mkdir()
    pq.write_table(pa.table({"a": [8675309]}), outside / "p.parquet")
    if how == "folder":
        place.rename(outside / "whole")
        place.symlink_to(outside / "whole")
        pq.write_table(pa.table({"a": [8675309]}), outside / "whole" / "data.parquet")
    else:
        (place / "data.parquet").unlink()
        (place / "data.parquet").symlink_to(outside / "p.parquet")
        about = json.loads((place / "about.json").read_text())
        about["files"].pop("data.parquet")
        if how == "unlisted":
            del about["files"]
        (place / "about.json").write_text(json.dumps(about))
    answer = dspreview("filter", folder, "--where", "a > 0", "--json")
    assert "8675309" not in answer.out
    assert (outside / "p.parquet").exists()


@pytest.mark.parametrize("text", ["[" * 2_000, '{"x": 1}', "[]", "null", "no JSON"])
@pytest.mark.parametrize("name", ["about.json", "table.json"])
def test_a_damaged_text_of_a_derived_folder_is_made_anew(
    name: str, text: str, derived: tuple[Path, Path], dspreview: Program
) -> None:
    folder, place = derived
    about = json.loads((place / "about.json").read_text())
    (place / name).write_text(text)
    if name == "table.json":
        about["files"][name] = len(text)
        (place / "about.json").write_text(json.dumps(about))
    answer = dspreview("filter", folder, "--where", "a > 0", "--json")
    assert (answer.code, answer.row_values) == (0, [{"a": 1}, {"a": 2}])


def test_pipes_and_links_in_the_place_of_texts_are_not_waited_for(
    derived: tuple[Path, Path], kept: Path, dspreview: Program
) -> None:
    folder, place = derived
    before = (kept / "about.json").stat()
    (place / "about.json").unlink()
    (place / "about.json").symlink_to(kept / "about.json")
    assert dspreview("filter", folder, "--where", "a > 0", "--json").code == 0
    after = (kept / "about.json").stat()
    assert (after.st_mtime_ns, after.st_size) == (before.st_mtime_ns, before.st_size)
    (place / "about.json").unlink(missing_ok=True)
    os.mkfifo(place / "about.json")
    for words in (("cache", "stats"), ("cache", "verify", "--repair"), ("filter", folder), ("cache", "clean", "--yes")):
        assert dspreview(*words).code == 0, words


def test_what_is_kept_of_remote_files_is_written_through_no_link(tmp_path: Path) -> None:
    from dspreview.preview.blocks import Blocks, Traffic

    class Remote:
        size = 4

        def read_range(self, start: int, length: int) -> bytes:
            return b"data"[start : start + length]

        def read_tail(self, length: int) -> bytes:
            return b"data"[-length:]

    victim = tmp_path / "victim"
    victim.write_text("mine")
    folder = tmp_path / "derived"
    folder.mkdir()
    (folder / "data").symlink_to(victim)
    (folder / "spans.json").symlink_to(victim)
    blocks = Blocks(Remote(), folder, Traffic("d", agreed=True))
    assert blocks.read_at(0, 4) == b"data"
    blocks.close()
    assert victim.read_text() == "mine"


@pytest.mark.parametrize(
    ("statement", "words"),
    [
        ("UPDATE datasets SET error = 'xxx', status = 'ERROR'", ("rows",)),
        ("UPDATE datasets SET error = '7', status = 'ERROR'", ("rows",)),
        ("UPDATE datasets SET kind = 'other'", ("rows",)),
        ("UPDATE datasets SET status = 'other'", ("rows",)),
        ("UPDATE configs SET error = 'xxx'", ("splits",)),
        ("UPDATE splits SET status = 'other'", ("rows",)),
        ("UPDATE splits SET status = 'ERROR', error = 'xxx'", ("rows",)),
        ("UPDATE rows SET extra = '7'", ("rows",)),
        ("UPDATE rows SET rows = x'00'", ("rows",)),
        ("UPDATE rows SET rows = '{}'", ("rows",)),
        ("UPDATE rows SET columns = 'xxx'", ("rows",)),
        ("UPDATE rows SET features = '[]}' || char(10) || '{\"forged\":\"document\"'", ("rows",)),
        ("UPDATE datasets SET error = '7', status = 'ERROR'", ("cache", "report")),
    ],
)
def test_an_entry_that_no_dspreview_wrote_is_told(
    statement: str, words: tuple[str, ...], tmp_path: Path, dspreview: Program
) -> None:
    folder = write(tmp_path / "d", {"a.csv": "a\n1\n"})
    assert dspreview("rows", folder, "--json").code == 0
    with sqlite3.connect(dspreview.database) as connection:
        connection.execute(statement)
    rest = () if words[0] == "cache" else (folder, "--cached")
    result = dspreview(*words, *rest, "--json")
    assert (result.code, len(result.err.splitlines())) == (7, 1), result.err
    assert "forged" not in result.out
