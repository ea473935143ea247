"""A file that the user named, written whole or not at all."""

from __future__ import annotations

import contextlib
import errno
import os
import stat
import tempfile
from pathlib import Path

from dspreview import errors


def write_file(path: Path, data: bytes, option: str) -> None:
    """A file, whole or not at all; what is no regular file (a pipe, a device) is written to. Raises UsageError, AnswerLostError.

    Args:
        option: the words that named it, for messages.

    """
    staged = ""
    try:
        place = os.path.realpath(path)  # a link stays, and what it leads to is written
        if os.path.exists(place) and not os.access(place, os.W_OK):
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))
        if os.path.exists(path) and (str(path).startswith("/dev/") or not os.path.isfile(place)):
            with open(path, "wb") as device:
                device.write(data)
            return
        mode = stat.S_IMODE(os.stat(place).st_mode) if os.path.exists(place) else 0o666 & ~current_umask()
        handle, staged = tempfile.mkstemp(prefix=".dspreview-", dir=os.path.dirname(place))
        with os.fdopen(handle, "wb") as file:
            file.write(data)
        os.chmod(staged, mode)
        os.replace(staged, place)
    except OSError as error:
        with contextlib.suppress(OSError):
            os.unlink(staged)
        if error.errno in {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}:
            raise errors.AnswerLostError(f"{option}: {error.strerror}") from error
        raise errors.UsageError(f"{option}: {error.strerror}") from error
    except BaseException:  # Ctrl-C too leaves nothing half written
        with contextlib.suppress(OSError):
            os.unlink(staged)
        raise


def current_umask() -> int:
    """The permissions that this user takes from new files."""
    mask = os.umask(0o077)
    os.umask(mask)
    return mask
