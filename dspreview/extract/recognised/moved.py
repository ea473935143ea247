"""Opens the files of an Iceberg table whose metadata names them where the table once lay, and no file outside its folder."""

from __future__ import annotations

import os
from collections.abc import Callable

from pyiceberg.io.pyarrow import PyArrowFile, PyArrowFileIO

from dspreview import local

ROOT, BEFORE = "dspreview.root", "dspreview.location"
"""Properties that tell where the table lies, and where it lay."""


class MovedFiles(PyArrowFileIO):  # type: ignore[misc] # pyiceberg is followed by no checker here
    """The files of one table, read-only."""

    def new_input(self, location: str) -> PyArrowFile:
        """A file to be read. Raises UnsafePathError where it lies outside the table."""
        root = self.properties[ROOT]
        path = moved_path(self.properties[BEFORE], root)(location)
        local.guard(path, root, root)
        return super().new_input(path)


def moved_path(before: str, root: str) -> Callable[[str], str]:
    """What gives the path of a file by the name that the metadata has for it."""
    start = plain_path(before).rstrip("/") + "/"

    def path(location: str) -> str:
        name = plain_path(location)
        return os.path.join(root, name.removeprefix(start)) if name.startswith(start) else name

    return path


def plain_path(location: str) -> str:
    """A path without its scheme and host; what is percent-encoded in it is so in the names of files, too."""
    _, found, rest = location.partition("://")
    return "/" + rest.partition("/")[2] if found else location.removeprefix("file:")
