"""One object of a store (S3, Google Cloud Storage, Azure) as a dataset: through fsspec's package for it, by byte ranges.

The address, the credentials and the endpoint are those of the user; no token of the Hub goes along.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from importlib import import_module
from typing import Any, TypeVar
from urllib.parse import urlsplit

from dspreview.errors import (
    AccessError,
    ChangedDataError,
    DatasetNotFoundError,
    HubError,
    MissingPackageError,
    OfflineError,
    PreviewError,
    UnsafePathError,
)
from dspreview.extract.hub.description import Description
from dspreview.extract.hub.failures import chain, first_line
from dspreview.extract.hub.fence import Fence, PrivateAddressError, within
from dspreview.extract.hub.ranges import RemoteFile
from dspreview.extract.hub.website import described
from dspreview.models import DatasetRef
from dspreview.settings import Settings

T = TypeVar("T")
GOOGLE, AZURE = ("gcsfs", "GCSFileSystem"), ("adlfs", "AzureBlobFileSystem")
PACKAGES = {"s3": ("s3fs", "S3FileSystem"), "gs": GOOGLE, "gcs": GOOGLE, "az": AZURE, "abfs": AZURE}
"""What reads a scheme: a package, and its file system."""
CREDENTIALS = ("http://169.254.169.254", "http://169.254.170.2")
"""Where the machines of clouds give their programs credentials; asked by the packages of the stores alone."""
ENDPOINTS = ("AWS_ENDPOINT_URL", "AWS_ENDPOINT_URL_S3", "STORAGE_EMULATOR_HOST")
"""Variables that name a store of the user's own, which may lie in a private network."""


def describe_object(ref: DatasetRef, settings: Settings, seconds: float | None = None) -> Description:
    """An object as its store has it now, in `seconds` all in all. Raises NotFoundError, AccessError, HubError."""

    def ask() -> Description:
        told = asking(ref.asked, settings, lambda: store_of(ref.name, ref.asked).info(ref.name))
        return described(ref.name, hashlib.sha256(repr(stamp(told)).encode()).hexdigest()[:40])

    found = ask() if seconds is None else within(seconds, ask)
    if found is None:
        raise HubError(f"{ref.asked}: its store did not answer in {seconds:g} s")
    return found


def stamp(told: dict[str, Any]) -> tuple[Any, ...]:
    """What changes with an object: its tag, else its date; and its size."""
    names = ("ETag", "etag", "md5Hash", "crc32c", "LastModified", "last_modified", "mtime", "updated")
    return next((str(told[name]) for name in names if told.get(name)), ""), told.get("size")


def store_of(url: str, asked: str) -> Any:
    """The file system of a store. Raises MissingPackageError."""
    scheme = urlsplit(url).scheme
    for address in [*CREDENTIALS, *(os.environ[name] for name in ENDPOINTS if os.environ.get(name))]:
        Fence.let(address)
    try:
        return opened(scheme, has_credentials(scheme))
    except ImportError as error:
        raise MissingPackageError.of(f"{asked}: {scheme}://", PACKAGES[scheme][0]) from error


@lru_cache(maxsize=4)
def opened(scheme: str, known: bool) -> Any:  # noqa: FBT001 - of a cache
    """The file system, made once; without credentials it asks for what everybody may read."""
    package, name = PACKAGES[scheme]
    options: dict[str, Any] = {}
    if scheme == "s3":
        options = {
            "anon": not known,
            "config_kwargs": {"retries": {"max_attempts": 1}, "connect_timeout": 5, "read_timeout": 10},
        }
    found = getattr(import_module(package), name)(use_listings_cache=False, skip_instance_cache=True, **options)
    vars(found)["retries"] = 1  # five, by default, and a pause before each
    return found


def has_credentials(scheme: str) -> bool:
    """Whether this user has credentials of S3; packages of other stores find that out themselves."""
    if scheme != "s3":
        return True
    from botocore.session import get_session

    return get_session().get_credentials() is not None


def asking(asked: str, settings: Settings, ask: Callable[[], T]) -> T:
    """What a store answers. Raises PreviewError."""
    if settings.hf_hub_offline:
        raise OfflineError(f"{asked} is not in the cache, and the network is off (--offline or HF_HUB_OFFLINE)")
    try:
        return ask()
    except PreviewError:
        raise
    except Exception as error:  # raised again, as what it is
        raise failure(error, asked) from error


def failure(error: Exception, asked: str) -> Exception:
    """What broke a question to a store, as one of ours; what is none of its failures comes back as it is."""
    for link in chain(error):
        match link:
            case PrivateAddressError():
                return UnsafePathError(f"{asked}: {first_line(link)}")
            case FileNotFoundError():
                return DatasetNotFoundError(f"{asked}: there is no such object")
            case PermissionError():
                return AccessError(f"{asked}: its store does not give it to this user ({first_line(link)})")
            case OSError():
                return HubError(f"{asked}: its store cannot be reached: {first_line(link)[:200]}; check the address")
            case _ if type(link).__module__.startswith(("botocore", "aiobotocore", "aiohttp", "gcsfs", "azure")):
                return HubError(f"{asked}: its store cannot be reached: {first_line(link)[:200]}; check the address")
            case _:
                continue
    return error


@dataclass(slots=True)
class ObjectRange(RemoteFile):
    """Parts of one object."""

    @property
    def url(self) -> str:
        """The object."""
        return self.address.partition("#")[0]

    def request(self, wanted: str, start: int | None, length: int) -> bytes:
        """The bytes of one range. Raises PreviewError; ChangedDataError where the object is shorter than it was."""
        del wanted
        store = store_of(self.url, self.asked)
        if self.size < 0:
            self.size = int(asking(self.asked, self.settings, lambda: store.info(self.url))["size"])
        self.is_ranged = True
        first = max(self.size - length, 0) if start is None else start
        end = min(first + length, self.size)
        if end <= first:
            return b""
        found = asking(self.asked, self.settings, lambda: store.cat_file(self.url, start=first, end=end))
        if len(found) != end - first:
            raise ChangedDataError(f"{self.asked}: the object changed while it was read; try again")
        return bytes(found)
