"""The direct path for what most datasets are: files of one kind on the Hub or in a folder here, and a plain README. It lists any, and
reads Parquet (the data's own, or the Hub's export of the same revision) and pictures in a folder.

No `datasets`, whose import takes 0.7 to 2 s, and no request but the description of a repository and the list of its files.
Whatever is not understood completely is None, and takes the way through `datasets`; the answers are the same to the byte
(`tests/hub/test_direct.py`, `tests/support/extraction.py`).
"""

from __future__ import annotations

import os
from functools import partial
from pathlib import Path
from typing import BinaryIO, NamedTuple

from dspreview.errors import CardError, PreviewError, UnsafePathError
from dspreview.extract import local
from dspreview.extract.globs import MANY_FILES, names_below, names_within
from dspreview.extract.hub import Description, list_blobs
from dspreview.extract.keys import key_of, local_key
from dspreview.extract.layout import find_layout, plain
from dspreview.extract.readme import PlainConfig, local_card, plain_configs
from dspreview.models import ConfigListing, FeatureTree, Kind, Listing, Page, Resolved, SplitListing
from dspreview.settings import Settings

EXPORT_FILES = 10
"""Files of an export whose rows are counted; a larger one is not worth it for a page."""


class DirectConfig(NamedTuple):
    """A config, and its files."""

    told: PlainConfig
    features: list[tuple[str, FeatureTree]] | None
    """Those that the README declares."""
    module: str
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
        hub = self.dataset.kind is Kind.HUB
        return (
            f"hf://datasets/{self.dataset.name}@{self.dataset.revision}" if hub else local.folder_of(self.dataset.name)
        )

    @property
    def download(self) -> None:
        """Nothing is downloaded through `datasets`."""


def open_direct(asked: str, description: Description) -> DirectSource | None:
    """The configs of a dataset with their files; None where one of them is not plain."""
    dataset = description.dataset
    card, names = description.card, sorted(description.files)
    if dataset.kind is Kind.LOCAL and dataset.name.endswith(".parquet") and os.path.isfile(dataset.name):
        name = os.path.basename(dataset.name)
        single = DirectConfig(PlainConfig("default"), None, "parquet", {"train": [name]})
        return DirectSource(dataset, asked, {"default": single}, "default", frozenset({name}))
    if dataset.kind is Kind.LOCAL:
        below = names_below(dataset.name) if os.path.isdir(dataset.name) else None
        if below is None:
            return None
        try:
            card, names = local_card(dataset.name, asked), below
        except (CardError, UnsafePathError):  # told by the long way
            return None
    if len(names) > MANY_FILES or f"{os.path.basename(dataset.name)}.py" in names:
        return None
    told = plain_configs(card)
    found = [open_config(one, names) for one in told or ()]
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
    return DirectConfig(told, features, found.module, files)


def direct_listing(source: DirectSource, settings: Settings) -> Listing | None:
    """The configs and splits. Raises PreviewError."""
    dataset = source.dataset
    blobs = local_blobs(source) if dataset.kind is Kind.LOCAL else list_blobs(dataset, source.asked, settings)
    if blobs is None or (dataset.kind is Kind.HUB and source.names != frozenset(blobs)):
        return None  # descriptions of very large repositories name a part of their files
    configs = []
    for name, config in source.configs.items():
        splits = []
        features = dict(config.features) if config.features is not None else None
        for split, files in config.files.items():
            if any(file not in blobs for file in files):
                return None
            sizes = config.told.sizes.get(split, (None, None))
            looked_at = [name for group in config.files.values() for name in group] if labelled(config) else files
            keyed = [(f"/{file}", blobs[file]) for file in looked_at]
            splits.append(
                SplitListing(split, *sizes, data_key=key_of(config.module, {}, features, split, sizes, keyed))
            )
        configs.append(ConfigListing(name, tuple(splits)))
    return Listing(dataset, tuple(configs), source.default)


def labelled(config: DirectConfig) -> bool:
    """Whether the names of all files matter to each split: folders name the classes."""
    return config.module == "imagefolder"


def local_blobs(source: DirectSource) -> dict[str, str] | None:
    """What changes with the content of each file; None where one may not be read."""
    root = source.root
    found = {}
    names = {name for config in source.configs.values() for files in config.files.values() for name in files}
    try:
        local.guard_all((f"{root}/{name}" for name in names), root, source.asked)
        for name in names:
            found[name] = local_key(f"{root}/{name}")
    except (OSError, UnsafePathError):  # told by the long way
        return None
    return found


def direct_page(source: DirectSource, config: str, split: str, staging: Path, settings: Settings) -> Page | None:
    """The first rows of a split; its assets lie in `staging`. Raises PreviewError of the network, and what pyarrow raises."""
    chosen = source.configs.get(config)
    files = chosen.files.get(split) if chosen is not None else None
    if chosen is None or files is None:
        return None
    sizes = chosen.told.sizes.get(split, (None, None))
    page = None
    if chosen.module == "parquet":
        paths = [f"{source.root}/{name}" for name in files]
        page = parquet_page(source, chosen, (config, split), paths, staging, settings, sizes[1])
    elif source.dataset.kind is Kind.LOCAL and chosen.module == "imagefolder" and chosen.features is None:
        from dspreview.extract.pictures import pictures_page

        page = pictures_page(source, chosen, (config, split), staging, settings)
    elif chosen.features is not None:  # else its types would be those that the export guessed
        page = exported_page(source, chosen, (config, split), staging, settings, sizes[1])
    return None if page is None else page._replace(num_bytes=sizes[0])


def exported_page(
    source: DirectSource, chosen: DirectConfig, names: tuple[str, str], staging: Path, settings: Settings,
    told: int | None,
) -> Page | None:  # fmt: skip
    """The first rows as the Hub's export has them; None where there is none, it fails, or has not as many as the README tells."""
    import pyarrow as pa

    from dspreview.extract.export import exported
    from dspreview.extract.schemafiles import footer_there

    try:
        paths = exported(source.dataset, *names, settings)
        if not paths or len(paths) > EXPORT_FILES:
            return None
        page = parquet_page(source, chosen, names, paths, staging, settings, None)
        if page is not None and page.num_rows_total is None:
            page = page._replace(
                num_rows_total=sum(footer_there(path, source.asked, settings).num_rows for path in paths)
            )
    except (PreviewError, OSError, pa.ArrowException):  # the data itself is read
        return None
    return page if page is not None and told in {None, page.num_rows_total} else None


def parquet_page(
    source: DirectSource, chosen: DirectConfig, names: tuple[str, str], files: list[str], staging: Path,
    settings: Settings, told: int | None,
) -> Page | None:  # fmt: skip
    """The first rows of Parquet files, the data's own or its export, of which the README tells that there are so many."""
    from dspreview.extract.plainpages import plain_page
    from dspreview.extract.rowgroups import parquet_tables
    from dspreview.extract.schemafiles import SchemaFiles, open_remote

    remote = source.dataset.kind is Kind.HUB
    opened = partial(open_remote, asked=source.asked, settings=settings) if remote else partial(open_here, source)
    tables = SchemaFiles(files, opened, parquet_tables, ahead=remote)
    count = (lambda: told) if remote else partial(count_rows, source, files, told)
    return plain_page(tables, chosen.features, source.asked, source.dataset, names, staging, settings, count)


def open_here(source: DirectSource, path: str) -> BinaryIO:
    """A file of a folder. Raises UnsafePathError, OSError."""
    local.guard(path, source.root, source.asked)
    return open(path, "rb")


def count_rows(source: DirectSource, paths: list[str], told: int | None) -> int | None:
    """The rows of files on this machine, by their footers; where these are many, as the README tells."""
    import pyarrow.parquet as pq

    from dspreview.extract.counting import FOOTERS_READ
    from dspreview.extract.rowgroups import row_count

    if len(paths) > FOOTERS_READ:
        return told
    total = 0
    for path in paths:
        with open_here(source, path) as file:
            total += row_count(pq.read_metadata(file))
    return total
