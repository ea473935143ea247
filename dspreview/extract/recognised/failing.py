"""What a reader of a recognised dataset raises, as a failure that says what to do."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from dspreview.errors import DatasetError, MissingPackageError, PreviewError
from dspreview.extract.folder import Folder
from dspreview.extract.recognised.layouts import Recognition


@contextmanager
def told(where: str, folder: Folder, kind: Recognition) -> Iterator[None]:
    """Raise what its readers raise as PreviewError."""
    try:
        yield
    except PreviewError as error:
        of_data = isinstance(error, (DatasetError, MissingPackageError))  # others have more to them than their words
        if not of_data or str(error).startswith((where, folder.asked)):
            raise
        from dspreview.extract.library.failures import placed

        raise type(error)(f"{placed(where, error, folder)}: {error}") from error.__cause__
    except ImportError as error:
        raise missing(where, kind, error.name) from error
    except Exception as error:  # noqa: BLE001 - readers fail in a hundred ways; `explain` raises bugs of ours again
        from dspreview.extract.library.failures import explain

        failure = explain(error, where, folder, folder.settings)
        raise failure from (None if failure is error else error)


def missing(where: str, kind: Recognition, module: str | None) -> MissingPackageError:
    """Which extra a kind of dataset needs; of a format without one, the module that the installation itself lacks."""
    return MissingPackageError.of(f"{where}: {kind.article} {kind.name} ({kind.reason})", kind.package or str(module))
