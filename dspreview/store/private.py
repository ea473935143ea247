"""Folders that belong to one process while it works, and removing what lies below a folder of ours without following a link."""

from __future__ import annotations

import errno
import os
import re
import stat
import time
from collections.abc import Iterable, Iterator
from contextlib import suppress
from pathlib import Path

from dspreview.errors import StoreFullError
from dspreview.store.owners import start_time

TEMPORARY = "dspreview-"
LEASE_SECONDS = 86_400
"""How long another machine holds its folder after the last change in it: it may share the asset folder over a network."""
NAME = re.compile(r"(\d+)-([\d.]*)-[0-9a-f]{8,32}(?:@([\w.-]+))?")


def host() -> str:
    """The name of this machine, as it may stand in the name of a file."""
    return re.sub(r"[^\w.-]", "_", os.uname().nodename) or "_"


def new_name() -> str:
    """A name for a folder of this process: `pid-start-random@host`."""
    pid = os.getpid()
    return f"{pid}-{start_time(pid)}-{os.urandom(16).hex()}@{host()}"


def temporary_folder() -> Path:
    """A folder of this process in the system's folder for temporary files, its name short enough for sockets. Raises OSError."""
    import tempfile

    pid = os.getpid()
    folder = Path(tempfile.gettempdir()) / f"{TEMPORARY}{pid}-{start_time(pid)}-{os.urandom(4).hex()}"
    folder.mkdir(mode=0o700)
    return folder


def is_left_behind(folder: Path, prefix: str = "") -> bool:
    """Whether the process that made a folder is gone: seen on this machine, after its lease on another."""
    found = NAME.fullmatch(folder.name.removeprefix(prefix))
    if found is None or not folder.name.startswith(prefix):
        return False
    pid, start, machine = found.groups()
    if machine in {None, host()}:
        return start_time(int(pid)) != start
    return time.time() - last_change(folder) > LEASE_SECONDS


def last_change(folder: Path) -> float:
    """When something was last written below a folder, links not followed; now, where that cannot be seen."""
    try:
        found = os.lstat(folder).st_mtime
        for place, folders, files in os.walk(folder):
            for name in (*folders, *files):
                found = max(found, os.lstat(os.path.join(place, name)).st_mtime)
    except OSError:
        return time.time()
    return found


def left_in_temporary() -> list[Path]:
    """Folders of this user in the system's folder for temporary files whose process is gone."""
    import tempfile

    found = []
    with suppress(OSError), os.scandir(tempfile.gettempdir()) as entries:
        for entry in entries:
            if entry.name.startswith(TEMPORARY) and entry.is_dir(follow_symlinks=False):
                mine = entry.stat(follow_symlinks=False).st_uid == os.getuid()
                if mine and is_left_behind(Path(entry.path), TEMPORARY):
                    found.append(Path(entry.path))
    return found


def real_folders(root: Path) -> Iterator[Path]:
    """The folders in a folder; nothing where that is missing, and nothing that is a link. Raises StoreFullError."""
    try:
        with os.scandir(root) as entries:
            yield from (Path(entry.path) for entry in entries if entry.is_dir(follow_symlinks=False))
    except FileNotFoundError:
        return
    except OSError as error:
        raise StoreFullError(f"{root} cannot be read: {error.strerror}") from error


def remove_below(root: Path, *parts: str) -> None:
    """Remove a folder that lies below another; nothing where a link stands on the way, or it is none."""
    import shutil

    with suppress(OSError):
        here = os.open(root, os.O_RDONLY | os.O_DIRECTORY)
        try:
            for name in parts[:-1]:
                below = os.open(name, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW, dir_fd=here)
                os.close(here)
                here = below
            if stat.S_ISDIR(os.lstat(parts[-1], dir_fd=here).st_mode):
                shutil.rmtree(parts[-1], ignore_errors=True, dir_fd=here)
        finally:
            os.close(here)


def open_own(path: Path, flags: int = os.O_RDONLY) -> int:
    """Open a regular file of ours; a link, a pipe or a device in its place is refused, and not waited for. Raises OSError."""
    handle = os.open(path, flags | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC, 0o600)
    if not stat.S_ISREG(os.fstat(handle).st_mode):
        os.close(handle)
        raise OSError(errno.EINVAL, "not a regular file", str(path))
    return handle


def read_own(path: Path) -> str:
    """The text of a file of ours. Raises OSError, UnicodeDecodeError."""
    with os.fdopen(open_own(path), encoding="utf-8") as file:
        return file.read()


def write_own(path: Path, text: str) -> None:
    """Put a file of ours in its place, whole. Raises OSError."""
    new = path.with_name(f"{path.name}-{os.urandom(16).hex()}")
    with os.fdopen(open_own(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL), "w", encoding="utf-8") as file:
        file.write(text)
    new.replace(path)


def flush(places: Iterable[Path]) -> None:
    """Have the disk hold files, and what folders list, before anything refers to them. Raises OSError."""
    for place in places:
        handle = os.open(place, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
