"""Files by their addresses, wherever they lie: of a repository, on the web, in a store."""

from __future__ import annotations

from dspreview.extract.hub.description import Description
from dspreview.extract.hub.objects import ObjectRange, describe_object
from dspreview.extract.hub.ranges import RemoteFile
from dspreview.extract.hub.website import WebRange, describe_web
from dspreview.local import STORES, WEB
from dspreview.models import DatasetRef
from dspreview.settings import Settings


def describe_file(ref: DatasetRef, settings: Settings, seconds: float | None = None) -> Description:
    """A dataset that is one file elsewhere, as it is now, in `seconds` all in all. Raises PreviewError."""
    look = describe_object if ref.name.startswith(STORES) else describe_web
    return look(ref, settings, seconds)


def remote_file(address: str, asked: str, settings: Settings, size: int = -1) -> RemoteFile:
    """A file that is read by ranges."""
    kind = WebRange if address.startswith(WEB) else ObjectRange if address.startswith(STORES) else RemoteFile
    return kind(address, asked, settings, size)
