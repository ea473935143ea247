"""What a dataset is made of, before any row is read: names, patterns, files that nobody uses or nobody should have."""

from __future__ import annotations

import os
import re
from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from typing import NamedTuple

from dspreview import local
from dspreview.check.findings import Finding, found
from dspreview.errors import UnsafePathError
from dspreview.extract.format import BY_EXTENSION, FORMATS
from dspreview.extract.hub.description import Description, read_readme
from dspreview.extract.layout.globs import expression, names_below, names_of
from dspreview.extract.layout.readme import front_matter, parse_yaml, plain_patterns
from dspreview.extract.layout.split_files import SPLIT, matches, plain
from dspreview.models import Json, Kind, Listing
from dspreview.settings import Settings

SHARD = re.compile(r"(.*)-(\d{4,6})-of-(\d{4,6})((?:-[0-9a-f]+)?\.[\w.]+)")
"""A file of a numbered set: what it is called, its number, how many there are, and what follows."""
MOST_SHARDS = 1_000_000
README = "README.md"
MOST_CONFIGS, MOST_SPLITS = 4_000, 30
BAD_IN_NAME = re.compile(r"[<>:/\\|?*\x00-\x1f\x7f]")
BESIDE = frozenset({
    "", "md", "rst", "txt", "yaml", "yml", "toml", "json", "py", "ipynb", "sh", "cff", "bib", "html", "css", "js", "svg", "lock", "cfg", "ini",
})  # fmt: skip
"""Kinds of files that describe data, or work on it."""
LANCE = ".lance/"
"""In the names of all files of a Lance table: who reads one of them reads those that the table has."""
SQLITES = ("-wal", "-shm", "-journal")
"""How files end that SQLite keeps beside its own, and reads with it."""
PICKLES = re.compile(r"\.(?:pkl|pickle|joblib|pt|pth)$", re.IGNORECASE)
ALWAYS_DATA = frozenset(
    extension for one in FORMATS.values() for extension in (one.extensions if one.is_ours else one.data_anywhere)
)


class Made(NamedTuple):
    """The parts of a dataset."""

    description: Description
    names: tuple[str, ...] | None
    """All of its files; None where these were not looked at."""
    readme: tuple[str, ...]
    """The lines of its README, where it lies on this machine."""

    def line(self, *words: str) -> int | None:
        """The first line of the README that holds all of these words, from 1."""
        return next((number for number, line in enumerate(self.readme, 1) if all(word in line for word in words)), None)


def made_of(description: Description, settings: Settings) -> Made:
    """The parts of a dataset, its README and the names of its files. Raises CardError, UnsafePathError, HubError."""
    dataset = description.dataset
    if dataset.is_remote:
        lines: tuple[str, ...] = ()
        if README in description.files and not description.card:  # the Hub tells nothing of YAML that it cannot read
            lines = tuple(read_readme(dataset, settings).splitlines())
            parse_yaml(front_matter(f"{line}\n" for line in lines), README)
        return Made(description, tuple(sorted(description.files)), lines)
    if not os.path.isdir(dataset.name):
        alone = None if os.path.isfile(dataset.name) else names_of(description)
        return Made(description, None if alone is None else tuple(sorted(alone)), ())
    below = names_below(dataset.name)
    lines = ()
    readme = os.path.join(dataset.name, README)
    if os.path.isfile(readme):
        local.guard(readme, dataset.name, dataset.name)
        with open(readme, encoding="utf-8", errors="surrogateescape") as file:
            lines = tuple(file.read().splitlines())
    return Made(description, None if below is None else tuple(sorted(below)), lines)


def look_at_structure(
    made: Made, card: dict[str, Json], listing: Listing | None, used: Collection[str]
) -> Iterator[Finding]:
    """What is not in order before any row is read.

    Args:
        listing: the configs and splits, where they can be listed.
        used: the files that a config uses.

    """
    yield from look_at_encoding(made)
    yield from look_at_configs(made, card)
    if listing is not None:
        yield from look_at_limits(listing)
    if made.names is not None:
        yield from look_at_shards(made.names)
        yield from look_at_names(made, made.names, used if listing is not None else None, named_files(card))
        if listing is not None:
            yield from look_at_unread(made.names, used)


def look_at_shards(names: Sequence[str]) -> Iterator[Finding]:
    """Sets of files that say how many they are, and are fewer."""
    sets: dict[tuple[str, str, str], set[int]] = {}
    for name in names:
        if (told := SHARD.fullmatch(name)) is not None:
            sets.setdefault((told[1], told[3], told[4]), set()).add(int(told[2]))
    for (start, total, ending), numbers in sets.items():
        first = next((number for number in range(min(int(total), MOST_SHARDS)) if number not in numbers), None)
        if first is not None:
            why = f"{len(numbers)} of {int(total)} files of this set are there: {start}-{first:0{len(total)}}-of-{total}{ending} is not"
            there = f"{start}-{min(numbers):0{len(total)}}-of-{total}{ending}"
            yield found("missing-shard", why, file=there)


def look_at_configs(made: Made, card: dict[str, Json]) -> Iterator[Finding]:
    """The configs of a README: their names, and the patterns of their files."""
    configs = card.get("configs")
    names: set[str] = set()
    for item in configs if isinstance(configs, list) else ():
        if not isinstance(item, dict) or "config_name" not in item:
            continue  # told by whoever reads it
        name = str(item["config_name"])
        if not isinstance(item["config_name"], str):
            kind = {bool: "true or false", int: "a number", float: "a number", type(None): "nothing"}.get(
                type(item["config_name"]), "no text"
            )
            told = f"the config_name {name} is {kind} in YAML, and `datasets` refuses it: put it in quotes"
            yield found(
                "bad-name",
                told,
                config=name,
                file=README,
                line=made.line("config_name", name) or made.line("config_name"),
            )
        if name in names:
            told = f"two configs are called {name!r}: the last one counts, the others are left out"
            yield found("bad-name", told, config=name, file=README, line=made.line("config_name", name))
        names.add(name)
        if not name or BAD_IN_NAME.search(name):
            told = f"the config {name!r} has a letter in its name that no config may have"
            yield found("bad-name", told, config=name, file=README, line=made.line("config_name", name))
        data_files = item.get("data_files")
        splits = (
            [one["split"] for one in data_files if isinstance(one, dict) and "split" in one]
            if isinstance(data_files, list)
            else []
        )
        for split in splits:
            if str(split) == "all":
                told = f"the split of config {name!r} is called 'all', which `datasets` keeps for all splits together"
                yield found("bad-name", told, config=name, split="all", file=README, line=made.line("split", "all"))
            if not SPLIT.match(str(split)):
                told = f"the split {split!r} of config {name!r} may hold letters, digits, underscores and dots only"
                yield found(
                    "bad-name", told, config=name, split=str(split), file=README, line=made.line("split", str(split))
                )
        patterns = plain_patterns(data_files) if data_files is not None else None
        folder = str(item.get("data_dir") or "").removeprefix("./").strip("/")
        if made.names is not None:
            yield from look_at_patterns(made, made.names, name, folder, patterns or {})


def look_at_patterns(
    made: Made, names: tuple[str, ...], config: str, folder: str, patterns: dict[str, list[str]]
) -> Iterator[Finding]:
    """Patterns that match nothing."""
    prefix = f"{folder}/" if folder else ""
    within = [name.removeprefix(prefix) for name in names if name.startswith(prefix)]
    for split, group in patterns.items():
        fits = {pattern: bool(matches(pattern, within)) for pattern in group if plain(pattern)}
        for pattern, fit in fits.items():
            if not fit:
                told = f"no file matches {pattern!r}, and `datasets` loads none of the others"
                told = told if any(fits.values()) else f"no file matches {pattern!r}"
                yield found(
                    "pattern-without-files", told, config=config, split=split, file=README, line=made.line(pattern)
                )  # fmt: skip


def look_at_encoding(made: Made) -> Iterator[Finding]:
    """A README in another encoding than UTF-8, which `datasets` does not open."""
    for number, line in enumerate(made.readme, 1):
        if not line.isascii() and any("\udc80" <= letter <= "\udcff" for letter in line):
            told = "the README is not UTF-8, and `datasets` does not load such a dataset; write it as UTF-8"
            yield found("readme-unreadable", told, file=README, line=number)
            return


def look_at_limits(listing: Listing) -> Iterator[Finding]:
    """More than the Hub's viewer shows."""
    if len(listing.configs) > MOST_CONFIGS:
        yield found("viewer-limit", f"{len(listing.configs):,} configs, over {MOST_CONFIGS:,}")
    for config in listing.configs:
        if len(config.splits) > MOST_SPLITS:
            told = f"{len(config.splits):,} splits, over {MOST_SPLITS}"
            yield found("viewer-limit", told, config=config.config)


def named_files(card: dict[str, Json]) -> dict[str, list[str]]:
    """The patterns that a README has for the files of each config."""
    configs = card.get("configs")
    found: dict[str, list[str]] = {}
    for item in configs if isinstance(configs, list) else ():
        if isinstance(item, dict) and item.get("data_files") is not None and not item.get("data_dir"):
            patterns = plain_patterns(item["data_files"]) or {}
            found[str(item.get("config_name"))] = [one for group in patterns.values() for one in group if plain(one)]
    return found


def look_at_names(
    made: Made, names: tuple[str, ...], used: Collection[str] | None, named: dict[str, list[str]]
) -> Iterator[Finding]:
    """Files that nobody uses, that run code, or that lie elsewhere; `named` are the patterns of each config."""
    root = made.description.dataset.name
    kinds = ALWAYS_DATA | {kind_of(name) for name in used or ()}
    tables = tuple({f"{name.partition(LANCE)[0]}{LANCE}" for name in used or () if LANCE in name})
    for name in names:
        if made.description.dataset.kind is Kind.LOCAL and os.path.islink(os.path.join(root, name)):
            try:
                local.guard(os.path.join(root, name), root, root)
            except UnsafePathError:
                yield found("outside-file", f"{name} is a link to a file outside the dataset", file=name)
                continue
        hidden = any(part.startswith((".", "__")) for part in name.split("/"))
        if PICKLES.search(name):
            yield found("pickle", f"{name} can run code when it is loaded", severity="warning", file=name)
        elif name.startswith(tables):
            continue
        elif used is not None and name not in used and not hidden and kind_of(name) in kinds and is_data(name):
            config = next(
                (one for one, patterns in named.items() if any(matches(each, [name]) for each in patterns)), None
            )
            if config is None:
                yield found("unused-file", f"no config uses {name}", file=name)
            else:
                told = f"the README names {name} among files of another format, and `datasets` reads all files of a config as one"
                yield found("files-disagree", told, config=config, file=name)


def look_at_unread(names: Collection[str], used: Collection[str]) -> Iterator[Finding]:
    """Files of kinds that nothing reads, by kind: what was not looked at is not in order."""
    kinds: Counter[str] = Counter()
    for name in set(names) - {f"{one}{ending}" for one in used for ending in SQLITES}:
        hidden = any(part.startswith((".", "__")) for part in name.split("/"))
        if (
            name not in used
            and not hidden
            and kind_of(name) not in BESIDE
            and not is_data(name)
            and not PICKLES.search(name)
        ):
            kinds[kind_of(name)] += 1
    if kinds:
        listed = ", ".join(f"{number:,} .{kind}" for kind, number in kinds.most_common(10))
        yield found("unread-files", f"no config reads these files: {listed}")


def kind_of(name: str) -> str:
    """The extension of a file."""
    return os.path.splitext(name)[1].lower().lstrip(".")


def is_data(name: str) -> bool:
    """Whether a file may be data at all: descriptions have names of their own."""
    known = kind_of(name) in ALWAYS_DATA or kind_of(name) in BY_EXTENSION
    return known and not expression("**/*requirements*.txt").match(name) and os.path.basename(name).upper() not in {
        "LICENSE.TXT", "README.TXT", "DATASET_INFO.JSON", "DATASET_INFOS.JSON", "CONFIG.JSON", "STATE.JSON", "DATASET_DICT.JSON",
    }  # fmt: skip
