"""How the options of a command are told: its own first, then what all commands have, in sections, and none that means nothing to it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

OWN, ARGUMENTS = "Options", "Arguments"
SECTIONS = {
    "Output": ("format_", "as_json", "safe_csv", "color", "no_pager", "no_progress", "quiet", "verbose", "help"),
    "Cache and network": (
        "cached", "offline", "revision", "database", "assets_directory", "trust_database", "no_folder_settings",
    ),
}  # fmt: skip
"""What all commands have, in the order in which it is told."""
SECTION_OF = {name: title for title, names in SECTIONS.items() for name in names}
OF_DATA = frozenset({"cached", "offline", "revision"})
OF_TABLES = frozenset({"format_", "as_json", "safe_csv", "color", "no_pager"})
MEANS_NOTHING = {
    "cache": OF_DATA,
    "doctor": frozenset({"cached", "revision"}),
    "hub": frozenset({"revision"}),
    "mcp": OF_TABLES | {"revision"},
    "queue": frozenset({"cached"}),
    "queue cancel": OF_DATA,
    "queue clean": OF_DATA,
    "queue list": OF_DATA,
    "queue stats": OF_DATA,
    "schema": OF_DATA | OF_TABLES,
    "serve-assets": OF_TABLES | {"revision"},
    "settings": OF_DATA,
    "skill": OF_DATA | OF_TABLES,
    "webhook": OF_DATA,
}
"""Options that a command takes, as all do, and has no use for: its help does not tell them."""


def write_options(command: Any, name: str, ctx: Any, formatter: Any) -> None:
    """Write arguments and options of a command."""
    unused = MEANS_NOTHING.get(name) or MEANS_NOTHING.get(name.partition(" ")[0]) or frozenset()
    told: dict[str, list[tuple[str, str]]] = {title: [] for title in (ARGUMENTS, OWN, *SECTIONS)}
    for title, record in records(command, ctx, unused):
        told[title].append(record)
    for title, lines in told.items():
        if lines:
            with formatter.section(title):
                formatter.write_dl(lines)


def records(command: Any, ctx: Any, unused: frozenset[str]) -> Iterator[tuple[str, tuple[str, str]]]:
    """The section of each argument and option that is told, with its words; an option of the command's own is among its own."""
    for parameter in command.get_params(ctx):
        record = parameter.get_help_record(ctx)
        if record is None or parameter.name in unused:
            continue
        is_argument = parameter.param_type_name == "argument"
        yield ARGUMENTS if is_argument else SECTION_OF.get(parameter.name, OWN), record
