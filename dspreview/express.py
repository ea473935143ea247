"""The call that is made most, `rows DATASET [CONFIG [SPLIT]] --json [--cached]`, without Typer, which is half of a cached answer.

It answers where all goes well: the entry is there, fresh, and in order, or the data is one Parquet, CSV or JSON Lines file on this machine. At
anything else it gives up before a word is written, and the long way answers, or tells what is wrong.
"""

from __future__ import annotations

import os
import sys
from typing import NoReturn

from dspreview.documents.page import Selection, page_document
from dspreview.documents.stdout import write_text
from dspreview.extract.extractor import Extractor
from dspreview.local import identify, is_one_file
from dspreview.models import DatasetRef, Kind
from dspreview.preview import PageAnswer, Preview
from dspreview.settings import resolve
from dspreview.store import Store
from dspreview.store.entries import DatasetEntry, SplitEntry, StoredPage

FLAGS = frozenset({"--json", "--cached"})
LONG_WAY = "_DSPREVIEW_LONG_WAY"
"""Set where a call has been given up here once."""


class LongWayError(Exception):
    """A call that is none for the short way."""


class ReadyExtractor(Extractor):
    """One without the Hub and without `datasets`."""

    def prepare(self) -> NoReturn:
        """Give up. Raises LongWayError."""
        raise LongWayError


class ReadyPreview(Preview):
    """A preview that computes nothing but the rows of one such file, and asks nobody."""

    def list_again(self, ref: DatasetRef, entry: DatasetEntry | None, *, force: bool = False) -> DatasetEntry:
        """List one file."""
        check_quick(ref)
        return super().list_again(ref, entry, force=force)

    def compute_page(
        self, ref: DatasetRef, entry: DatasetEntry, split: SplitEntry, *, force: bool = False
    ) -> StoredPage:
        """Read one file."""
        check_quick(ref)
        return super().compute_page(ref, entry, split, force=force)


def check_quick(ref: DatasetRef) -> None:
    """Raise LongWayError for all that takes long enough to say so."""
    if not is_one_file(ref.kind, ref.name):
        raise LongWayError
    if ref.name.endswith(".parquet") and may_start_anew():
        import_lean_pyarrow()


def import_lean_pyarrow() -> None:
    """Import pyarrow without numpy, which is half of its 0.1 s: it can do without, where nobody asks for arrays of numpy."""
    if "pyarrow" not in sys.modules:
        sys.modules["numpy"] = None  # type: ignore[assignment]
        import pyarrow.parquet  # noqa: F401

        del sys.modules["numpy"]


def is_lean() -> bool:
    """Whether pyarrow was imported without numpy."""
    return "pyarrow" in sys.modules and may_start_anew()


def may_start_anew() -> bool:
    """Whether this process is this program, and nothing else: called by its name, or with `-m`."""
    spec = getattr(sys.modules["__main__"], "__spec__", None)
    called = os.path.basename(sys.argv[0]) == "dspreview" or (spec is not None and spec.name == "dspreview.__main__")
    return called and bool(sys.executable) and "multiprocessing" not in sys.modules


def start_anew() -> NoReturn:
    """Take the long way in this process's place: it reads with `datasets`, which needs numpy."""
    os.environ[LONG_WAY] = "1"
    os.execv(sys.executable, [sys.executable, *sys.orig_argv[1:]])  # noqa: S606 - this very program


def give_up(_: str) -> NoReturn:
    """Whatever there is to say, the long way does it."""
    raise LongWayError


def answer(arguments: list[str]) -> bool:
    """Answer a call, if it is one of these; whether it was. Raises ReaderGoneError, AnswerLostError."""
    words = [word for word in arguments[1:] if word not in FLAGS]
    if (
        os.environ.pop(LONG_WAY, None)
        or arguments[:1] != ["rows"]
        or "--json" not in arguments
        or not 1 <= len(words) <= 3
    ):
        return False
    if sys.stdout is None or any(not word or word.startswith("-") for word in words):
        return False
    try:
        text = document(words, cached="--cached" in arguments)
    except Exception:  # noqa: BLE001 - none is hidden: the long way meets it again, and tells it
        if is_lean():
            start_anew()
        return False
    write_text(text)
    return True


def document(words: list[str], *, cached: bool) -> str:
    """The page as JSON. Raises LongWayError, or what goes wrong."""
    settings = resolve({"STORE_TIMEOUT_SECONDS": 0})  # where somebody writes, the long way waits
    if settings.ignored:
        raise LongWayError  # there is something to say
    ref = identify(words[0])
    if "://" in words[0] or (ref.kind is Kind.HUB and os.path.exists(words[0])):
        raise LongWayError  # there is a hint to give
    with Store(settings) as store:
        extractor = ReadyExtractor(settings)
        preview = ReadyPreview(store, settings, cached=cached, warn=give_up, extractor=extractor)
        found: PageAnswer = preview.page(ref, *words[1:])
    if found.page.stalled:
        raise LongWayError
    return page_document(found, Selection(None, 0, None), {}, max_bytes=settings.rows_max_bytes) + "\n"
