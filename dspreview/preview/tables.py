"""Where the Parquet of a split lies: its own files, the Hub's export, or files converted here, once."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from dspreview import errors, local
from dspreview.extract.extractor import Extractor
from dspreview.models import EXTRACTOR_VERSION, DatasetRef, Kind, Resolved, SplitId
from dspreview.preview.blocks import Traffic
from dspreview.preview.keeping import Keeper
from dspreview.preview.opening import Means, Opener, SplitTable
from dspreview.preview.telling import Telling
from dspreview.query.table import Part, Table, TableColumn
from dspreview.settings import Settings
from dspreview.slices import is_slice, parse
from dspreview.store import Store
from dspreview.store.about import About
from dspreview.store.entries import DatasetEntry, SplitEntry
from dspreview.store.private import read_own

if TYPE_CHECKING:
    from dspreview.extract.parquet.footers import ParquetSplit
    from dspreview.extract.reader import WholeTables

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
        self.lossy: set[int] = set()
        """Splits of which it was said that they have text that is not UTF-8."""

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
        if is_slice(split.split):
            with self.open_slice(ref, entry, split, convert=convert) as slice_of:
                yield slice_of
            return
        opener = Opener(Means(self.store, self.settings, self.extractor), ref, entry, split, agreed=self.agreed)
        try:
            table = self.find(ref, entry, split, opener, convert=convert)
            if table is None:
                yield None
                return
            opener.table = table
            if table.lossy:
                self.tell_lossy(ref, split)
            found = SplitTable(table, opener.open, opener.traffic)
            yield found
            found.check(opener.where)
        except errors.RefusedTextError:
            self.refuse(entry, split)
            raise
        except errors.UnreadableDataError:
            opener.forget()
            raise
        finally:
            opener.close()

    @contextmanager
    def open_slice(
        self, ref: DatasetRef, entry: DatasetEntry, split: SplitEntry, *, convert: bool
    ) -> Iterator[SplitTable | None]:
        """The table of a slice, put together from those of its splits. Raises PreviewError."""
        from dspreview.preview.pieces import Pieces, same_columns, splits_of

        where = f"{ref.asked} {split.config}/{split.split}"
        pieces, opened = Pieces(self.derive, entry, split, where), dict[str, SplitTable]()
        with ExitStack() as stack:
            for name in splits_of(split.split):
                base = self.store.cache.find_split(entry, split.config, name)
                found = base and stack.enter_context(self.open_known(ref, entry, base, convert=convert))
                if found is None:
                    yield None
                    return
                opened[name] = found
            if len({one.table.origin == "derived" for one in opened.values()}) > 1:  # they store some types in two ways
                for name, one in opened.items():
                    if one.table.origin != "derived":
                        base = self.store.cache.find_split(entry, split.config, name)
                        if base is None or not convert:
                            yield None
                            return
                        opened[name] = stack.enter_context(self.open_converted(ref, entry, base))
            same_columns({name: one.table for name, one in opened.items()}, where)
            for wanted in parse(split.split):
                pieces.add(opened[wanted.split], wanted)
            first = next(iter(opened.values()))
            found = SplitTable(pieces.table(first), pieces.open, first.traffic)
            yield found
            found.check(where)

    @contextmanager
    def open_converted(self, ref: DatasetRef, entry: DatasetEntry, split: SplitEntry) -> Iterator[SplitTable]:
        """The converted table of a split, whatever Parquet of its own it has. Raises PreviewError."""
        about = self.about(entry, split)
        opener = Opener(Means(self.store, self.settings, self.extractor), ref, entry, split, agreed=self.agreed)
        try:
            opener.table = self.derived(about) or self.converted(ref, entry, about)
            yield SplitTable(opener.table, opener.open, opener.traffic)
        finally:
            opener.close()

    def find(
        self, ref: DatasetRef, entry: DatasetEntry, split: SplitEntry, opener: Opener, *, convert: bool
    ) -> Table | None:
        """The table, from the cache or made."""
        about = self.about(entry, split)
        if (known := self.known(entry, split)) is not None:
            return known
        if not self.is_refused(entry, split):
            found = self.extractor.parquet(ref, entry.dataset, SplitId(split.config, split.split), opener)
            if found is not None:
                return self.remembered(entry, split, as_table(found))
        return self.converted(ref, entry, about) if convert and not self.at_hand else None

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

    def tell_lossy(self, ref: DatasetRef, split: SplitEntry) -> None:
        """Say once that null stands for text that is not UTF-8."""
        if split.id not in self.lossy:
            self.lossy.add(split.id)
            look = errors.command("check", ref.asked, "--all-rows")
            self.telling.warn(
                f"{ref.asked} {split.config}/{split.split}: text that is not UTF-8 counts as missing (null); for its places run: {look}"
            )

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

    def converted(self, ref: DatasetRef, entry: DatasetEntry, about: About) -> Table:
        """The split converted; whoever comes second waits for the first."""
        from dspreview.extract.conversion import convert

        split = SplitId(about.config, about.split)
        where, dataset = f"{ref.asked} {split}", entry.dataset
        number, size = self.extractor.weight(ref, dataset, split)
        if number > (most := self.settings.parquet_max_files):
            raise errors.QueryLimitError(
                f"{where} has {number:,} files, and each takes some milliseconds to convert: raise PARQUET_MAX_FILES ({most:,})"
            )
        if dataset.is_remote and not self.agreed:
            Traffic(where, agreed=False).add(min(size or 0, self.settings.parquet_max_bytes))

        def make(folder: Path) -> None:
            def use(whole: WholeTables) -> Table:
                found = convert(
                    whole, folder, self.settings.parquet_max_bytes,
                    lambda done: self.telling.progress(f"converting {where}", done, size),
                )  # fmt: skip
                part = Part(found.path.name, found.num_rows, found.path.stat().st_size)
                columns = tuple(TableColumn(*one) for one in found.columns)
                return Table((part,), columns, "derived", found.partial, found.declared, lossy=found.lossy)

            with self.store.assets.staging(elsewhere=not self.store.writable) as staging:
                table = self.extractor.whole(ref, dataset, split, str(staging.work), use)
                (folder / TABLE).write_text(table.as_json(), encoding="utf-8")
            if dataset.kind is Kind.LOCAL and local.fingerprint(dataset.name) != dataset.revision:
                raise errors.ChangedDataError(f"{where}: the data changed while it was converted; try again")

        self.derive(about, make, f"{where}: another dspreview converts it; waiting")
        found = self.derived(about)
        if found is None:
            raise errors.StoreFullError(
                f"{self.store.derived.root}: the converted files were removed at once because of DERIVED_MAX_BYTES; raise it"
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
    if dataset.is_remote:
        start = f"{dataset.name}#/" if dataset.kind is Kind.WEB else f"hf://datasets/{dataset.name}@"
        return path.startswith(start) and ".." not in path.split("/")
    try:
        local.guard(path, dataset.name, dataset.name)
    except errors.UnsafePathError:
        return False
    return True


def not_here(*names: str) -> errors.NotCachedError:
    """What is said of a split whose Parquet would have to be made first."""
    where, command = " ".join(names), errors.command("stats", *names)
    return errors.NotCachedError(f"{where}: its Parquet is not on this machine; run: {command}")


def as_table(found: ParquetSplit) -> Table:
    """Parquet files as a table."""
    parts = tuple(Part(one.path, one.num_rows, one.size) for one in found.footers)
    return Table(parts, tuple(TableColumn(*one) for one in found.features), found.origin)
