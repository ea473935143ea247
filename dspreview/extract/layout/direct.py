"""Datasets whose configs are plain: which files they have, by their names and a plain README, without `datasets`.

Whatever is not understood completely is None, and takes the way through `datasets`.
"""

from __future__ import annotations

import os
from collections.abc import Collection
from typing import NamedTuple

from dspreview import local
from dspreview.errors import CardError, UnsafePathError
from dspreview.extract.format import BY_EXTENSION, Format
from dspreview.extract.hub.description import Description
from dspreview.extract.layout.globs import MANY_FILES, names_within
from dspreview.extract.layout.keys import key_of_status
from dspreview.extract.layout.readme import OLDER_INFOS, PlainConfig, local_card, plain_configs
from dspreview.extract.layout.split_files import find_layout, plain
from dspreview.models import FeatureTree, Kind, Resolved

ALL_FILES = PlainConfig("default", patterns={"train": ["**"]})
"""What a pattern of files is: one split of all that it matches."""


class DirectConfig(NamedTuple):
    """A config, and its files."""

    told: PlainConfig
    features: list[tuple[str, FeatureTree]] | None
    """Those that the README declares."""
    format: Format
    files: dict[str, list[str]]
    """Of each split, by their names in the dataset."""


class DirectSource(NamedTuple):
    """A dataset at one revision, every config of it plain."""

    dataset: Resolved
    asked: str
    configs: dict[str, DirectConfig]
    default: str | None
    names: frozenset[str]
    """All of its files."""

    @property
    def root(self) -> str:
        """Its folder, or `hf://datasets/ID@SHA`: no file outside it is read."""
        return local.root_of(self.dataset)

    @property
    def download(self) -> None:
        """Nothing is downloaded through `datasets`."""


def find_source(asked: str, description: Description, below: Collection[str] | None) -> DirectSource | None:
    """The configs of a dataset with their files; None where one of them is not plain.

    Args:
        below: the names of its files, where it was looked for them.

    """
    dataset = description.dataset
    card, names = description.card, sorted(below or ())
    if local.is_one_file(dataset.kind, dataset.name) and os.path.isfile(dataset.name):
        name = os.path.basename(dataset.name)
        kind = BY_EXTENSION[name.rpartition(".")[2]]
        single = DirectConfig(PlainConfig("default"), None, kind, {"train": [name]})
        return DirectSource(dataset, asked, {"default": single}, "default", frozenset({name}))
    pattern = dataset.kind is Kind.LOCAL and local.is_pattern(dataset.name)
    if dataset.kind is Kind.LOCAL and not pattern:
        if below is None or not os.path.isdir(dataset.name):
            return None
        try:
            card = local_card(dataset.name, asked)
        except (CardError, UnsafePathError):  # told by the long way
            return None
    if len(names) > MANY_FILES or f"{os.path.basename(dataset.name)}.py" in names:
        return None
    told = [ALL_FILES] if pattern else plain_configs(card)
    found = [open_config(one, names) for one in told or ()]
    if OLDER_INFOS in names and any(one.features is None for one in told or ()):
        return None  # it may declare them
    configs = [config for config in found if config is not None]
    if len(configs) < len(found) or not configs:
        return None
    marked = [config.told.name for config in configs if config.told.default or len(configs) == 1]
    return DirectSource(
        dataset, asked, {one.told.name: one for one in configs}, marked[0] if marked else None, frozenset(names)
    )


def open_config(told: PlainConfig, names: list[str]) -> DirectConfig | None:
    """One config; None where it is not plain."""
    folder = told.folder
    if folder and (not plain(folder) or "*" in folder):
        return None
    features = None
    if told.features is not None:
        from dspreview.extract.plain import described  # pyarrow, 0.1 s

        if (features := described(told.features)) is None:
            return None
    within = names_within(names, folder)
    found = find_layout(within, told.patterns) if within is not None else None
    if found is None:
        return None
    prefix = f"{folder}/" if folder else ""
    files = {split: [prefix + name for name in group] for split, group in found.files.items()}
    return DirectConfig(told, features, found.format, files)


def labelled(config: DirectConfig) -> bool:
    """Whether the names of all files matter to each split: folders name the classes."""
    return config.format.is_media_folder


def local_blobs(source: DirectSource) -> dict[str, str] | None:
    """What changes with the content of each file; None where one may not be read."""
    root = source.root
    names = list({name for config in source.configs.values() for files in config.files.values() for name in files})
    try:
        statuses = local.guarded([f"{root}/{name}" for name in names], root, source.asked)
        return {name: key_of_status(status) for name, status in zip(names, statuses, strict=True)}
    except (OSError, UnsafePathError):  # told by the long way
        return None
