"""Formats that `datasets` has no reader for, told to it, so that their files are found as those of any other."""

from __future__ import annotations

from datasets import packaged_modules as known

from dspreview.extract.format import FORMATS, Format


def register(one: Format) -> None:
    """Let files with the extensions of a format be its files, in READMEs and folders alike."""
    endings = [form for extension in one.extensions for form in (f".{extension}", f".{extension.upper()}")]
    known._EXTENSION_TO_MODULE.update({ending: (one.name, {}) for ending in endings})  # noqa: SLF001 - there is no public way
    known._MODULE_TO_EXTENSIONS[one.name] = endings  # noqa: SLF001 - there is no public way
    known._MODULE_TO_METADATA_EXTENSIONS[one.name] = []  # noqa: SLF001 - there is no public way
    known._MODULE_TO_METADATA_FILE_NAMES[one.name] = []  # noqa: SLF001 - there is no public way
    known._ALL_ALLOWED_EXTENSIONS.extend(endings)  # noqa: SLF001 - there is no public way


known._EXTENSION_TO_MODULE.update({ending: ("csv", {"sep": "|"}) for ending in (".psv", ".PSV")})  # noqa: SLF001 - there is no public way
known._MODULE_TO_EXTENSIONS["csv"].extend([".psv", ".PSV"])  # noqa: SLF001 - there is no public way
known._ALL_ALLOWED_EXTENSIONS.extend([".psv", ".PSV"])  # noqa: SLF001 - there is no public way
for format_ in FORMATS.values():
    if format_.is_ours and format_.tables:
        register(format_)
