"""Streamed, and where that fails and it may help, downloaded first."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import TypeVar

from dspreview import errors
from dspreview.extract.library.failures import both
from dspreview.extract.library.source import Plan, Source
from dspreview.models import Kind
from dspreview.settings import Settings

T = TypeVar("T")


def streamed_or_downloaded(use: Callable[[bool], T], source: Source, plan: Plan, split: str, settings: Settings) -> T:
    """What `use` makes of a split, told whether to stream it. Raises PreviewError; where both failed, it tells both causes."""
    try:
        return use(True)
    except errors.PreviewError as error:
        if not worth_downloading(error, source, plan, split, settings):
            raise
        first = error
    try:
        return use(False)
    except errors.PreviewError as second:
        told = both([first, second])
        raise told from told.__cause__


def worth_downloading(error: errors.PreviewError, source: Source, plan: Plan, split: str, settings: Settings) -> bool:
    """Whether the normal mode may do better than streaming: the size is known and small enough."""
    if type(error) not in {errors.UnreadableDataError, errors.NotTextError}:
        return False
    if source.dataset.kind is Kind.LOCAL and not isinstance(error.__cause__, NotImplementedError):
        return False  # what lies here is read alike in both modes, but for archives that cannot be streamed
    known = split_size(source, plan, split)
    return known is not None and known < settings.max_size_fallback


def split_size(source: Source, plan: Plan, split: str) -> int | None:
    """Bytes of a split: as its README says, or as its files weigh."""
    info = plan.config.info
    if info is not None and info.size_in_bytes:
        return int(info.size_in_bytes)
    return file_bytes(source, plan, split)


def file_bytes(source: Source, plan: Plan, split: str) -> int | None:
    """What the files of a split weigh; None where that is not known."""
    if source.dataset.is_remote:
        found = [source.door.file_system(name) for name in plan.files[split]]
        sizes = [
            system.info(path).get("size") for system, path in found
        ]  # of the Hub from the listing, still in memory
        return sum(int(one or 0) for one in sizes) if None not in sizes else None
    return sum(os.path.getsize(name) for name in plan.files[split] if os.path.exists(name))
