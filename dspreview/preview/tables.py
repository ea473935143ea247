"""Where the Parquet of a split lies: its own files, the Hub's export, or files converted here, once."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from dspreview import errors, local
from dspreview.extract.extractor import Extractor
from dspreview.models import EXTRACTOR_VERSION, DatasetRef, Kind, Resolved
from dspreview.preview.blocks import Traffic
from dspreview.preview.keeping import Keeper
from dspreview.preview.opening import Means, Opener, SplitTable
from dspreview.preview.telling import Telling
from dspreview.query.table import Part, Table, TableColumn
from dspreview.settings import Settings
from dspreview.store import Store
from dspreview.store.about import About
from dspreview.store.entries import DatasetEntry, SplitEntry
from dspreview.store.private import read_own

if TYPE_CHECKING:
    from dspreview.extract.library.source import Plan, Source
    from dspreview.extract.parquet.footers import ParquetSplit

TABLE = "table.json"
CONVERT = Table((), (), "derived").as_json()
"""What the cache knows of a split whose own Parquet DuckDB refused once it was asked."""
PLAIN_NAME = re.compile(r"[\w-][\w.-]*")


class Tables:
    """Finds, and where need be makes, the Parquet of splits."""

    def __init__(
        self, store: Store, settings: Settings, extractor: Extractor, keeper: Keeper, telling: Telling,
        *, agreed: bool, at_hand: bool = False,
    ) -> None:  # fmt: skip
        self.store, self.settings, self.extractor, self.keeper = store, settings, extractor, keeper
        self.telling, self.agreed, self.at_hand = telling, agreed, at_hand
        self.refused: set[int] = set()
        """Splits whose own Parquet DuckDB refused, by their ids."""

    @contextmanager
    def open(self, ref: DatasetRef, entry: DatasetEntry, split: SplitEntry) -> Iterator[SplitTable]:
        """The table of a split, converted where need be; its files are opened as they are read. Raises PreviewError."""
        with self.open_known(ref, entry, split, convert=True) as found:
            if found is None and self.at_hand:
                raise not_here(ref.asked, split.config, split.split)
            if found is None:
                raise errors.DatasetError(f"{ref.asked} {split.config}/{split.split} cannot be read as a table")
            yield found

    @contextmanager
    def open_known(
        self, ref: DatasetRef, entry: DatasetEntry, split: SplitEntry, *, convert: bool
    ) -> Iterator[SplitTable | None]:
        """The same; None where the split would have to be converted, and `convert` says not to. Raises PreviewError."""
        opener = Opener(Means(self.store, self.settings, self.extractor), ref, entry, split, agreed=self.agreed)
        try:
            table = self.find(ref, entry, split, opener, convert=convert)
            if table is None:
                yield None
                return
            opener.table = table
            found = SplitTable(table, opener.open, opener.traffic)
            yield found
            found.check(opener.where)
        except errors.BrokenJsonError:
            self.refuse(entry, split)
            raise
        except errors.UnreadableDataError:
            opener.forget()
            raise
        finally:
            opener.close()

    def find(
        self, ref: DatasetRef, entry: DatasetEntry, split: SplitEntry, opener: Opener, *, convert: bool
    ) -> Table | None:
        """The table, from the cache or made."""
        about = self.about(entry, split)
        if (known := self.known(entry, split)) is not None:
            return known
        is_refused = self.is_refused(entry, split)
        if not is_refused and (table := quick_table(entry)) is not None:
            return self.remembered(entry, split, table)
        source, plan = self.extractor.plan(ref, entry.dataset, split.config)
        if not is_refused and (table := self.native(source, plan, split.split, opener)) is not None:
            return self.remembered(entry, split, table)
        return self.converted(source, plan, about) if convert and not self.at_hand else None

    def known(self, entry: DatasetEntry, split: SplitEntry) -> Table | None:
        """The table, where it was found or made before."""
        found = self.store.whole.read_parquet(split, entry.dataset.revision)
        if found is None or self.is_refused(entry, split):
            return self.derived(self.about(entry, split))
        try:
            table = Table.from_json(found)
        except (ValueError, TypeError):
            return None
        return table if all(belongs(part.path, entry.dataset) for part in table.parts) else None

    def refuse(self, entry: DatasetEntry, split: SplitEntry) -> None:
        """From now on the split is converted, whatever its own Parquet."""
        self.refused.add(split.id)
        self.keeper.write(lambda: self.store.whole.put_parquet(split, entry.dataset.revision, CONVERT))

    def is_refused(self, entry: DatasetEntry, split: SplitEntry) -> bool:
        """Whether DuckDB refused the split's own Parquet, in this call or before."""
        return split.id in self.refused or self.store.whole.read_parquet(split, entry.dataset.revision) == CONVERT

    def remembered(self, entry: DatasetEntry, split: SplitEntry, table: Table) -> Table:
        """A table, which the cache knows from now on."""
        self.keeper.write(lambda: self.store.whole.put_parquet(split, entry.dataset.revision, table.as_json()))
        return table

    def about(self, entry: DatasetEntry, split: SplitEntry) -> About:
        """What the converted files of a split are made from."""
        dataset = entry.dataset
        detail = f"{EXTRACTOR_VERSION} {self.settings.parquet_max_bytes}"
        return About("parquet", dataset.name, dataset.revision, split.config, split.split, detail)

    def derived(self, about: About) -> Table | None:
        """The table that was converted before."""
        folder = self.store.derived.find(about)
        if folder is None:
            return None
        table = derived_table(folder)
        if table is None:
            self.store.derived.discard(folder)
        return table

    def native(self, source: Source, plan: Plan, split: str, opener: Opener) -> Table | None:
        """The split's own Parquet, else the Hub's export of the same revision. Raises PreviewError."""
        from dspreview.extract.library.failures import explain
        from dspreview.extract.library.own_parquet import own_parquet

        try:
            found, origin = own_parquet(plan, split, opener.handle), "own"
        except Exception as error:  # readers fail in a hundred ways; `explain` raises bugs of ours again
            failure = explain(error, opener.where, source, self.settings)
            raise failure from (None if failure is error else error)
        if found is None and source.dataset.kind is Kind.HUB and not self.settings.hf_hub_offline:
            found, origin = self.exported(source, plan, split, opener), "export"
        return None if found is None else as_table(found, origin)

    def exported(self, source: Source, plan: Plan, split: str, opener: Opener) -> ParquetSplit | None:
        """The Hub's export of a split; None where it is not what the dataset says of itself, or cannot be read."""
        from dspreview.extract.hub.export import exported
        from dspreview.extract.library.failures import explain
        from dspreview.extract.library.own_parquet import parquet_of
        from dspreview.extract.library.rows import known_number

        names = exported(source.dataset, plan.config.name, split, self.settings)
        try:
            found = parquet_of(names or [], None, opener.handle)
        except (
            Exception
        ) as error:  # where the export fails the data itself is read; `explain` raises bugs of ours again
            failure = explain(error, opener.where, source, self.settings)
            if isinstance(failure, errors.HubSilentError):
                raise failure from (None if failure is error else error)
            opener.forget()
            opener.traffic.failure = None
            return None
        number = known_number(plan, split, "num_examples")
        if found is None or number not in {None, sum(one.num_rows for one in found.footers)}:
            return None
        return found if plan.features is None or list(plan.features) == [name for name, _ in found.features] else None

    def converted(self, source: Source, plan: Plan, about: About) -> Table:
        """The split converted; whoever comes second waits for the first."""
        from dspreview.extract.library.rows import file_bytes, worth_downloading
        from dspreview.extract.library.whole import WholeSplit
        from dspreview.preview.convert import convert

        where = f"{source.asked} {about.config}/{about.split}"
        number, most = len(plan.files.get(about.split, ())), self.settings.parquet_max_files
        if number > most:
            raise errors.QueryLimitError(
                f"{where} has {number:,} files, and each takes some milliseconds to convert: raise PARQUET_MAX_FILES ({most:,})"
            )
        size = file_bytes(source, plan, about.split)
        if source.dataset.kind is Kind.HUB and not self.agreed:
            Traffic(where, agreed=False).add(min(size or 0, self.settings.parquet_max_bytes))

        def make(folder: Path) -> None:
            with self.store.assets.staging(elsewhere=not self.store.writable) as staging:
                table = Table((), (), "derived")
                for streaming in (True, False):
                    whole = WholeSplit(source, plan, about.split, self.settings, str(staging.work), streaming=streaming)
                    try:
                        table = convert(
                            whole, folder, self.settings.parquet_max_bytes,
                            lambda done: self.telling.progress(f"converting {where}", done, size),
                        )  # fmt: skip
                        break
                    except errors.PreviewError as error:
                        if not streaming or not worth_downloading(error, source, plan, about.split, self.settings):
                            raise
                (folder / TABLE).write_text(table.as_json(), encoding="utf-8")
            if source.dataset.kind is Kind.LOCAL and local.fingerprint(source.dataset.name) != source.dataset.revision:
                raise errors.ChangedDataError(f"{where}: the data changed while it was converted; try again")

        self.derive(about, make, f"{where}: another dspreview converts it; waiting")
        found = self.derived(about)
        if found is None:
            raise errors.StoreFullError(
                f"{self.store.derived.root}: what was converted is gone again; raise DERIVED_MAX_BYTES"
            )
        return found

    def derive(self, about: About, make: Callable[[Path], None], waiting: str) -> Path:
        """A derived folder, made where it is not there; whoever comes second waits for the first.

        Where the asset folder cannot be written it is made for this call alone.
        """
        try:
            return self.made(about, make, waiting)
        except errors.StoreFullError as error:
            if self.store.temporary is not None:
                raise
            self.keeper.give_up(error)
        self.store.derive_elsewhere()
        return self.made(about, make, waiting)

    def made(self, about: About, make: Callable[[Path], None], waiting: str) -> Path:
        """The same, beside the assets or nowhere. Raises StoreFullError."""
        folders = self.store.derived
        if (found := folders.find(about)) is not None:
            return found
        with folders.lock(about, lambda: self.telling.warn(waiting)):
            if (found := folders.find(about)) is not None:
                return found
            with folders.making(about) as folder:
                make(folder)
        folders.drop(about.dataset, self.store.cache.revisions(about.dataset) | {about.revision})
        found = folders.find(about)
        folders.keep_to_limit(self.settings.derived_max_bytes)
        return found or folders.path(about)


def derived_table(folder: Path) -> Table | None:
    """The table of a derived folder; None where its text is damaged, or names files elsewhere."""
    try:
        table = Table.from_json(read_own(folder / TABLE))
        if not all(PLAIN_NAME.fullmatch(part.path) for part in table.parts):
            return None
    except (OSError, ValueError, TypeError, RecursionError):
        return None
    return table._replace(parts=tuple(part._replace(path=str(folder / part.path)) for part in table.parts))


def belongs(path: str, dataset: Resolved) -> bool:
    """Whether a file that the cache names is one that its dataset may have: the cache may be a stranger's."""
    if dataset.kind is Kind.HUB:
        return path.startswith(f"hf://datasets/{dataset.name}@") and ".." not in path.split("/")
    try:
        local.guard(path, dataset.name, dataset.name)
    except errors.UnsafePathError:
        return False
    return True


def not_here(*names: str) -> errors.NotCachedError:
    """What is said of a split whose Parquet would have to be made first."""
    where, command = " ".join(names), errors.command("stats", *names)
    return errors.NotCachedError(f"{where}: its Parquet is not on this machine; run: {command}")


def as_table(found: ParquetSplit, origin: str) -> Table:
    """Parquet files as a table."""
    parts = tuple(Part(one.path, one.num_rows, one.size) for one in found.footers)
    return Table(parts, tuple(TableColumn(*one) for one in found.features), origin)


def quick_table(entry: DatasetEntry) -> Table | None:
    """The table of a dataset that is one plain Parquet file; None where it takes `datasets` to know, or to tell why not."""
    dataset = entry.dataset
    if dataset.kind is not Kind.LOCAL or not dataset.name.endswith(".parquet"):
        return None
    import pyarrow as pa  # 0.1 s

    from dspreview.extract.formats.parquet_file import quick_parquet

    try:
        found = quick_parquet(dataset)
    except (OSError, pa.ArrowException):  # read again the long way, which tells what is wrong
        return None
    return None if found is None else as_table(found, "own")
