"""What a reader raises, as one line that names the file, the place in it, and the way out."""

from __future__ import annotations

import re
from pathlib import PurePosixPath

from dspreview import errors
from dspreview.extract.hub import chain, first_line, translate
from dspreview.extract.source import Source
from dspreview.settings import Settings

PACKAGE = re.compile(r"(?:install|No module named) '?([\w.-]+)'?", re.IGNORECASE)
EXTRAS = {"h5py": "h5py", "hdf5": "h5py", "nibabel": "nibabel", "lxml": "lxml", "Bio": "biopython"}


def explain(error: BaseException, where: str, source: Source, settings: Settings) -> errors.PreviewError:
    """The failure to tell, whatever was raised; bugs of ours are not caught here.

    Args:
        where: the dataset, or the dataset with config and split, as the user knows it.

    """
    if isinstance(error, errors.PreviewError):
        return error
    translated = translate(error, source.asked, settings)
    if isinstance(translated, errors.PreviewError):
        return translated
    for link in chain(error):
        if isinstance(link, errors.PreviewError):
            return link
        if isinstance(link, ImportError):
            return missing_package(link, where)
        if isinstance(link, ConnectionError):
            return errors.HubError(f"{where}: the network failed: {first_line(link)}; try again later")
    file = next((shorten(note, source) for link in chain(error) for note in getattr(link, "__notes__", ())), "")
    place = f"{where}: {file}" if file else where
    return errors.UnreadableDataError(f"{place}: {reason(error)}")


def missing_package(error: ImportError, where: str) -> errors.MissingPackageError:
    """Which package a format needs."""
    found = PACKAGE.search(str(error))
    name = found[1] if found else (error.name or "another package")
    package = EXTRAS.get(name, name)
    return errors.MissingPackageError(f"{where}: this format needs the package {package}; run: pip install {package}")


def reason(error: BaseException) -> str:
    """Why the data cannot be read, in the words of whoever read it, made short."""
    line = first_line(error)
    name = type(error).__name__
    ragged = re.search(r"Expected (\d+) fields in line (\d+), saw (\d+)", str(error))
    if ragged:
        return f"line {ragged[2]} has {ragged[3]} fields, expected {ragged[1]}"
    if isinstance(error, EOFError) or "end-of-stream" in line or "end of stream" in line:
        return f"the file is cut off ({line})"
    if "Parquet magic bytes not found" in line or "Couldn't deserialize thrift" in line or "Not a Parquet" in line:
        return f"not a Parquet file, or a damaged one ({line.rstrip('.')})"
    if name == "HfUriError":
        return "its id has no owner, and today's clients of the Hub read only owner/name; ask its author to move it"
    if isinstance(error, UnicodeDecodeError):
        return f"not text in UTF-8 (byte {error.start}: {error.reason})"
    return f"{line} ({name})" if line != name else name


def shorten(file: str, source: Source) -> str:
    """A file's name inside its dataset."""
    inner = file.rsplit("::", maxsplit=1)[-1]
    if inner.startswith(source.root + "/"):
        return inner[len(source.root) + 1 :]
    return PurePosixPath(inner).name


def both(failures: list[errors.PreviewError]) -> errors.PreviewError:
    """The failures of streaming and of the normal mode as one."""
    first, last = failures[0], failures[-1]
    if str(first) == str(last):
        return first
    told = type(last)(f"{first}; downloading it whole failed too: {last}")
    told.__cause__ = last.__cause__
    return told
