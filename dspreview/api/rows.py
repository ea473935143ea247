"""The rows of an answer as Python values, and what may be asked for."""

from __future__ import annotations

from os import PathLike, fspath

from dspreview import errors
from dspreview.local import LOCAL_STARTS


def path_of(dataset: PathLike[str]) -> str:
    """A path as one would type it: a bare name is a path, too."""
    text = fspath(dataset)
    return text if text.startswith(LOCAL_STARTS) else f"./{text}"


def checked(offset: int, length: int, most: int | None = None) -> None:
    """Refuse places and numbers of rows that there are not. Raises UsageError."""
    if offset < 0 or length < 0 or (most is not None and length > most):
        told = f"from 0 to {most}" if most is not None else "0 or more"
        raise errors.UsageError(
            f"offset {offset}, length {length}: an offset of 0 or more and a length {told} were expected"
        )
