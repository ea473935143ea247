"""What a reader raises, as one line that names the file, the place in it, and the way out."""

from __future__ import annotations

import errno
import os
import re
from pathlib import PurePosixPath

import pyarrow as pa

import dspreview
from dspreview import errors
from dspreview.extract.files.fetch import Origin
from dspreview.extract.hub.failures import chain, first_line, translate
from dspreview.extract.hub.fence import PrivateAddressError
from dspreview.settings import Settings

PACKAGE = re.compile(r"(?:install|No module named) ['\"]?([\w.-]+)|and \"([\w.-]+)\" to be installed", re.IGNORECASE)
ROW_IN_BLOCK = re.compile(r" in row \d+")  # counted within a block of the reader: of no use to anybody
MESSAGE_LENGTH = 400
OUT_OF_MEMORY = re.compile(r"\bout of memory\b|std::bad_alloc")
"""How readers in C say it."""
PASSING = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EMFILE, errno.ENFILE, errno.EROFS})
BUGS = (KeyError, AttributeError, TypeError, IndexError, AssertionError, NameError)
PACKAGE_FOLDER = os.path.dirname(os.path.abspath(dspreview.__file__)) + os.sep
SPLIT_FORMATS = re.compile(r"NamedSplit\('([^']+)'\): \('(\w+)'")
"""What `datasets` says of splits whose files are of different formats."""
EXTRAS = {"hdf5": "h5py", "Bio": "biopython", "lance": "pylance", "vortex": "vortex-data"}
"""Packages whose names are not those of their modules: on the package index these belong to others."""


def explain(error: BaseException, where: str, source: Origin, settings: Settings) -> errors.PreviewError:  # noqa: PLR0911 - one case a line, each simple
    """The failure to tell, whatever a reader raised. A bug of ours is raised again as it is.

    Args:
        where: the dataset, or the dataset with config and split, as the user knows it.

    """
    if isinstance(error, errors.PreviewError):
        return error
    if is_bug(error):
        raise error
    translated = translate(error, source.asked, settings)
    if isinstance(translated, errors.PreviewError):
        return translated
    for link in chain(error):
        if isinstance(link, errors.PreviewError):
            return link
        if isinstance(link, ImportError):
            return missing_package(link, where)
        if isinstance(link, PrivateAddressError):
            return errors.UnsafePathError(f"{where}: {first_line(link)}")
        if isinstance(link, ConnectionError):
            return errors.HubError(f"{where}: the network failed: {first_line(link)}; try again later")
        if isinstance(link, PermissionError):
            return errors.AccessError(f"{where}: {link.filename or 'a file'} may not be read by this user")
        if isinstance(link, MemoryError) or OUT_OF_MEMORY.search(str(link)):
            return errors.TooLargeError(
                f"{placed(where, error, source)}: reading it takes more memory than JOB_MAX_MEMORY allows"
                f" ({settings.job_max_memory:,} bytes); raise that, or cut it into smaller rows"
            )
        if isinstance(link, OSError) and link.errno in PASSING:
            return errors.StoreFullError(f"{where}: this machine is short of something: {first_line(link)}")
    kind = errors.NotTextError if isinstance(error, UnicodeDecodeError) else errors.UnreadableDataError
    return kind(f"{placed(where, error, source)}: {reason(error)}")


def placed(where: str, error: BaseException, source: Origin) -> str:
    """The dataset, and the file and line that a reader noted."""
    notes = list(dict.fromkeys(note for link in chain(error) for note in getattr(link, "__notes__", ())))[:2]
    return ": ".join([where, *(", ".join([shorten(notes[0], source), *notes[1:]]) for _ in notes[:1])])


def is_bug(error: BaseException) -> bool:
    """Whether an exception comes from a line of ours, and of a kind that data does not cause there."""
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    ours = trace is not None and trace.tb_frame.f_code.co_filename.startswith(PACKAGE_FOLDER)
    return ours and isinstance(error, BUGS)


def missing_package(error: ImportError, where: str) -> errors.MissingPackageError:
    """Which package a format needs."""
    found = PACKAGE.search(str(error))
    name = (found[1] or found[2]) if found else (error.name or "another package")
    package = EXTRAS.get(name, name)
    return errors.MissingPackageError.of(f"{where}: this format", package)


IN_WORDS = (
    ("Column() changed from object to", 'a line is no object: in JSON Lines each line is one row, as in {"a": 1}'),
    ("was specified twice", "a key stands twice in an object; rename one of them"),
    (
        "surrogate pair in string is invalid",
        "half of a letter, an escape such as \\ud83d alone, which is no text; remove it",
    ),
)
"""What readers say, and what it means."""
YAML_TRUTHS = frozenset({"no", "yes", "on", "off", "y", "n", "true", "false"})


def reason(error: BaseException) -> str:  # noqa: PLR0911 - one case a line, each simple
    """Why the data cannot be read, in the words of whoever read it, made short."""
    line = ROW_IN_BLOCK.sub("", ": ".join(str(error).strip().splitlines()[:2])) or type(error).__name__
    name = type(error).__name__
    if ragged := re.search(r"Expected (\d+) fields in line (\d+), saw (\d+)", str(error)):
        return f"line {ragged[2]} has {ragged[3]} fields, expected {ragged[1]}"
    if unclosed := re.search(r"EOF inside string starting at row (\d+)", str(error)):
        return f"a quote is opened in line {int(unclosed[1]) + 1} and never closed"
    if two := SPLIT_FORMATS.findall(str(error)):
        return f"its splits are of different formats ({', '.join(' '.join(one) for one in two)}); list each as a config in the README"
    if isinstance(error, EOFError) or "end-of-stream" in line or "end of stream" in line:
        return f"the file is cut off ({line})"
    if "Parquet magic bytes not found" in line or "Couldn't deserialize thrift" in line or "Not a Parquet" in line:
        return f"not a Parquet file, or a damaged one ({line.rstrip('.')})"
    if name == "HfUriError":
        return "its id has no owner, and today's clients of the Hub read only owner/name; ask its author to move it"
    if name == "EmptyDataError" or "StopIteration" in line:
        return "the file is empty"
    if isinstance(error, UnicodeDecodeError):
        return f"not text in UTF-8 ({error.reason})"
    if told := next((words for sign, words in IN_WORDS if sign in line), ""):
        return told
    if label := re.search(r"Invalid string class label (.*?)(?: \(|$)", line):
        hint = (
            "; YAML takes no, yes, on and off for true and false unless they stand in quotes"
            if label[1].lower() in YAML_TRUTHS
            else ""
        )
        return f"the class label {label[1]!r} is none of those that are declared{hint}"
    return f"{line[:MESSAGE_LENGTH]} ({name})" if line != name else name


def is_cast(error: BaseException) -> bool:
    """Whether values are not of the types that somebody declared; a text that is not its format's is another matter."""
    from datasets.table import CastError

    kinds = (CastError, pa.ArrowInvalid, pa.ArrowTypeError, pa.ArrowNotImplementedError)
    return isinstance(error, kinds) and "parse error" not in str(error)


def shorten(file: str, source: Origin) -> str:
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
