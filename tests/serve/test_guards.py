"""Guards of what serves assets: each of these conditions could once be left out, and no test noticed."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterator
from pathlib import Path, PurePath

import pytest

from dspreview.models import Asset, ConfigListing, DatasetRef, Kind, Listing, Page, Resolved, SplitListing
from dspreview.serve import files
from dspreview.serve.files import File, OpenFiles, walk
from dspreview.settings import Settings
from dspreview.store import Store
from dspreview.store.asset_lookup import FoundAsset, find_asset
from dspreview.store.database import transaction
from tests.support.data import picture

Make = Callable[..., Settings]
URL = "assets/a/b/--/default/train/0/image/a.png"
HANDLES = "/dev/fd"


@pytest.fixture
def served(settings: Make) -> Iterator[tuple[OpenFiles, FoundAsset, Path]]:
    """The files of a cache with one asset, what is stored of that, and where it lies."""
    chosen, ref = settings(), DatasetRef("a/b", Kind.HUB, "a/b")
    dataset = Resolved(Kind.HUB, "a/b", "r")
    with Store(chosen) as store:
        with store.assets.staging() as staging:
            (staging.assets / "0.png").write_bytes(picture())
            folder = store.assets.publish(staging)
        page = Page([], (), "[]", 1, 1, assets=(Asset(URL, "0.png", 0, "image", len(picture())),))
        with transaction(store.connection):
            store.cache.put_listing(
                ref, Listing(dataset, (ConfigListing("default", (SplitListing("train"),)),), "default")
            )
            entry = store.cache.find_dataset(ref)
            assert entry is not None
            split = store.cache.find_split(entry, "default", "train")
            assert split is not None
            store.cache.put_page(split, page, revision="r", limits="l", folder=folder)
        found = find_asset(store.connection, URL)
        assert found is not None
        path = store.assets.path(found.folder, found.file)
    opened = OpenFiles(chosen)
    yield opened, found, path
    opened.store.close()


def test_no_handle_stays_open_of_a_file_that_was_read(served: tuple[OpenFiles, FoundAsset, Path]) -> None:
    here, found, path = served
    missing = found._replace(file="9.png")
    resized = found._replace(size=found.size + 1)
    assert here.read(found) is not None
    before = len(os.listdir(HANDLES))
    for _ in range(50):
        read = here.read(found)
        assert read is not None
        assert read.data == picture()
        assert here.read(missing) is here.read(resized) is None
        with pytest.raises(OSError):
            walk(here.root, PurePath("no folder") / path.name)
    assert len(os.listdir(HANDLES)) < before + 25  # what else runs in this process may open a few


def test_a_pipe_in_the_place_of_an_asset_is_not_waited_for(served: tuple[OpenFiles, FoundAsset, Path]) -> None:
    here, found, path = served
    path.unlink()
    os.mkfifo(path)
    answers: list[File | None] = []
    assert here.store.writable  # opened by this thread, which closes it
    thread = threading.Thread(target=lambda: answers.append(here.read(found)), daemon=True)
    thread.start()
    thread.join(10)
    waits = thread.is_alive()
    if waits:
        os.close(os.open(path, os.O_WRONLY))  # let it go
        thread.join()
    assert (waits, answers) == (False, [None])


def test_what_is_kept_in_memory_has_a_limit_and_the_oldest_goes(
    settings: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(files, "KEPT_MAX_BYTES", 1_000)
    here = OpenFiles(settings())
    for number in range(10):
        found = FoundAsset("folder", f"{number}.png", 400, on_hub=False, restricted=False)
        here.keep(b"/%d" % number, File(found, f"/{number}", (number, 0, 400), b"x" * 400))
        assert sum(file.size for file in here.kept.values()) == here.bytes <= 1_000
    assert list(here.kept) == [b"/8", b"/9"]
