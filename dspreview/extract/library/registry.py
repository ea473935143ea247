"""Formats that `datasets` has no reader for, told to it, so that their files are found as those of any other."""

from __future__ import annotations

from collections.abc import Iterable

from datasets import packaged_modules as known

from dspreview.extract.format import CSV, FORMATS


def register(name: str, extensions: Iterable[str], options: dict[str, str]) -> None:
    """Let files with some extensions be files of a format, read with these options, in READMEs and folders alike."""
    endings = [form for extension in extensions for form in (f".{extension}", f".{extension.upper()}")]
    known._EXTENSION_TO_MODULE.update(dict.fromkeys(endings, (name, options)))  # noqa: SLF001 - there is no public way
    known._MODULE_TO_EXTENSIONS.setdefault(name, []).extend(endings)  # noqa: SLF001 - there is no public way
    known._MODULE_TO_METADATA_EXTENSIONS.setdefault(name, [])  # noqa: SLF001 - there is no public way
    known._MODULE_TO_METADATA_FILE_NAMES.setdefault(name, [])  # noqa: SLF001 - there is no public way
    known._ALL_ALLOWED_EXTENSIONS.extend(endings)  # noqa: SLF001 - there is no public way


register(CSV.name, ("psv",), {"sep": "|"})
for format_ in FORMATS.values():
    if format_.is_ours and format_.tables:
        register(format_.name, format_.extensions, {})
