"""Every expected failure, with its exit code and HTTP status: the table of section "Exit codes" in the README.

A message says what failed, on which dataset, why, and what to do next, in one line.
"""

from __future__ import annotations

from typing import Any, ClassVar

EXIT_OK = 0
EXIT_NO = 1
EXIT_BUG = 70
EXIT_INTERRUPTED = 130

EXIT_ORDER = (EXIT_INTERRUPTED, EXIT_BUG, 7, 2, 5, 4, 8, 6, 3, EXIT_NO, EXIT_OK)
"""Which code wins when several datasets of one call end differently: the first that is present."""


class PreviewError(Exception):
    """A failure that a user can meet; the class says how the program ends."""

    exit_code: ClassVar[int] = EXIT_BUG
    status_code: ClassVar[int] = 500
    cacheable: ClassVar[bool] = False
    """True where the failure is a fact about the data, worth remembering until the data changes."""
    stored: dict[str, Any] | None = None
    """Its JSON as it was first told, where it comes from the cache."""
    dataset: Any = None
    """The dataset (`models.Resolved`) that it is a fact about, where that was known before it failed."""


class UsageError(PreviewError):
    """The command line is not valid."""

    exit_code = 2
    status_code = 422


class SettingsError(UsageError):
    """A setting cannot be read."""


class QueryLimitError(UsageError):
    """A query asks for more time, memory or bytes than its limits allow."""


class ConsentError(UsageError):
    """More than 1 GB would be read over the network, and this was not confirmed with `--yes`."""


class NotFoundError(PreviewError):
    """What was asked for does not exist."""

    exit_code = 3
    status_code = 404


class DatasetNotFoundError(NotFoundError):
    """No dataset of that name or path."""


class RevisionNotFoundError(NotFoundError):
    """The dataset has no such branch, tag or commit."""


class ConfigNotFoundError(NotFoundError):
    """The dataset has no such config."""


class SplitNotFoundError(NotFoundError):
    """The config has no such split."""


class UnseenDataError(NotFoundError):
    """A machine of a cluster does not have the same data at the path of a local dataset."""


class NotCachedError(NotFoundError):
    """`--cached` was asked for, and the answer is not in the cache."""


class AccessError(PreviewError):
    """The dataset exists, but may not be read."""

    exit_code = 4
    status_code = 403


class GatedError(AccessError):
    """The dataset is gated."""


class PrivateError(AccessError):
    """The dataset is private, and private datasets are not enabled."""


class TokenError(AccessError):
    """The Hub refuses the token."""

    status_code = 401


class HubError(PreviewError):
    """The Hub or the network failed."""

    exit_code = 5
    status_code = 503


class HubSilentError(HubError):
    """The Hub does not answer, or answers too slowly."""


class OfflineError(HubError):
    """The answer needs the network, but the network is off (`--offline` or HF_HUB_OFFLINE)."""


class RateLimitedError(HubError):
    """The Hub limits the rate of requests (429)."""

    retry_after: float | None = None
    """Seconds it asks for."""


class ClusterError(PreviewError):
    """The cluster does not answer, or cannot run these jobs."""

    exit_code = 5
    status_code = 503


class DatasetError(PreviewError):
    """The dataset is erroneous: its data cannot be read."""

    exit_code = 6
    status_code = 400
    cacheable = True


class ChangedDataError(DatasetError):
    """The data changed while it was read."""

    cacheable = False


class EmptyDatasetError(DatasetError):
    """There is no data file."""


class NoMatchError(EmptyDatasetError):
    """A pattern of the README matches no file."""


class PickleError(DatasetError):
    """The data is a pickle, which can run code."""


class ScriptDatasetError(DatasetError):
    """The dataset is a loading script, which is never run."""


class UnreadableDataError(DatasetError):
    """A data file is damaged, or in a format that dspreview cannot read."""


class NotTextError(UnreadableDataError):
    """A text file is not UTF-8."""


class RefusedTextError(UnreadableDataError):
    """A Parquet column contains text that is not UTF-8, or not JSON where its type says so: DuckDB reads no such file."""


class TooLargeError(DatasetError):
    """Reading the data takes more than the limits allow."""

    cacheable = False


class DisagreeingFilesError(DatasetError):
    """Two files of one split have different columns or types."""


class DeclaredTypesError(DisagreeingFilesError):
    """The data does not have the columns or types that its README declares."""


class UnsafePathError(DatasetError):
    """The dataset points outside itself."""


class CardError(DatasetError):
    """The README's description of the dataset cannot be used."""


class MissingPackageError(PreviewError):
    """A package that the data needs is not installed here."""

    exit_code = 8
    status_code = 501

    @classmethod
    def of(cls, what: str, package: str) -> MissingPackageError:
        """The failure of what needs a package, by the name that it is installed by."""
        return cls(f"{what} needs the package {package}, which is not installed; run: pip install {package}")


class StoreError(PreviewError):
    """The database or the asset folder cannot be used."""

    exit_code = 7
    status_code = 507


class StoreLockedError(StoreError):
    """Another program holds the database for too long."""


class StoreCorruptError(StoreError):
    """The database file is damaged, or is not a dspreview database."""


class StoreGoneError(StoreError):
    """The database was deleted or replaced while it was used."""


class StoreUntrustedError(StoreError):
    """The database belongs to another user, or can be written by other users."""


class StoreTooNewError(StoreError):
    """The database was written by a newer dspreview."""


class StoreFullError(StoreError):
    """The disk is full, or the store is read-only."""


class AnswerLostError(StoreError):
    """The answer could not be written to stdout."""


class ReaderGoneError(Exception):
    """Whoever read stdout has had enough (`| head`): no failure, but nothing more to do."""


def command(*words: str) -> str:
    """A call of this program, to be copied into a shell as it stands."""
    import shlex  # that only a hint pays

    return f"dspreview {shlex.join(words)}"


def find_class(name: str) -> type[PreviewError] | None:
    """The failure class of that name, so that a stored failure ends like a fresh one."""
    found = globals().get(name)
    return found if isinstance(found, type) and issubclass(found, PreviewError) else None


def worst_exit(codes: list[int]) -> int:
    """The exit code of a call over many datasets."""
    return next((code for code in EXIT_ORDER if code in codes), EXIT_BUG if codes else EXIT_OK)


def as_json(error: BaseException) -> dict[str, Any]:
    """The six keys of a failure; the last three are null where it has no cause."""
    cause = error.__cause__
    lines = None
    if cause is not None:
        import traceback  # 4 ms that only a failure pays

        lines = traceback.format_exception(cause)
    return {
        "status_code": error.status_code if isinstance(error, PreviewError) else 500,
        "exception": type(error).__name__,
        "message": str(error),
        "cause_exception": type(cause).__name__ if cause is not None else None,
        "cause_message": str(cause) if cause is not None else None,
        "cause_traceback": lines,
    }


def restore(stored: dict[str, Any]) -> PreviewError:
    """The exception that `stored` (see `as_json`) was made from."""
    error = (find_class(str(stored.get("exception"))) or DatasetError)(str(stored.get("message")))
    error.stored = stored
    return error


def describe(error: BaseException) -> dict[str, Any]:
    """The JSON of a failure, the stored one word for word where there is one."""
    stored = error.stored if isinstance(error, PreviewError) else None
    return stored if stored is not None else as_json(error)
