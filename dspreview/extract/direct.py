"""The direct path for what most datasets are: files of one kind on the Hub or in a folder here, and a plain README. It lists any, and
reads Parquet (the data's own, or the Hub's export of the same revision) and pictures in a folder.

No `datasets`, whose import takes 0.7 to 2 s, and no request but the description of a repository and the list of its files.
Whatever is not understood completely is None, and takes the way through `datasets`; the answers are the same to the byte
(`tests/hub/test_direct.py`, `tests/support/extraction.py`).
"""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import BinaryIO

from dspreview import local
from dspreview.errors import PreviewError
from dspreview.extract.hub.description import list_blobs
from dspreview.extract.layout.direct import DirectConfig, DirectSource, labelled, local_blobs
from dspreview.extract.layout.keys import key_of
from dspreview.models import ConfigListing, Kind, Listing, Page, SplitListing
from dspreview.settings import Settings

EXPORT_FILES = 10
"""Files of an export whose rows are counted; a larger one is not worth it for a page."""


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
                SplitListing(split, *sizes, data_key=key_of(config.format.name, {}, features, split, sizes, keyed))
            )
        configs.append(ConfigListing(name, tuple(splits)))
    return Listing(dataset, tuple(configs), source.default)


def direct_page(source: DirectSource, config: str, split: str, staging: Path, settings: Settings) -> Page | None:
    """The first rows of a split; its assets lie in `staging`. Raises PreviewError of the network, and what pyarrow raises."""
    chosen = source.configs.get(config)
    files = chosen.files.get(split) if chosen is not None else None
    if chosen is None or files is None:
        return None
    sizes = chosen.told.sizes.get(split, (None, None))
    page = None
    if chosen.format.is_parquet:
        paths = [f"{source.root}/{name}" for name in files]
        page = parquet_page(source, chosen, (config, split), paths, staging, settings, sizes[1])
    elif source.dataset.kind is Kind.LOCAL and chosen.format.is_media_folder and chosen.features is None:
        from dspreview.extract.formats.imagefolder import pictures_page

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

    from dspreview.extract.hub.export import exported
    from dspreview.extract.parquet.schemafiles import footer_there

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
    from dspreview.extract.formats.plain_pages import plain_page
    from dspreview.extract.parquet.rowgroups import parquet_tables
    from dspreview.extract.parquet.schemafiles import SchemaFiles, open_remote

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
    from dspreview.extract.parquet.rowgroups import row_count

    if len(paths) > FOOTERS_READ:
        return told
    total = 0
    for path in paths:
        with open_here(source, path) as file:
            total += row_count(pq.read_metadata(file))
    return total
