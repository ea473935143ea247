"""The door to the extraction: whoever imports this pays for `datasets` on the first call, and not before."""

from __future__ import annotations

import gc
import warnings
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from dspreview.extract.memory import bound
from dspreview.local import may_be_quick
from dspreview.models import DatasetRef, Json, Kind, Listing, Page, Resolved
from dspreview.page.staging import Staging
from dspreview.settings import Settings

if TYPE_CHECKING:
    from dspreview.extract.hub.description import Description
    from dspreview.extract.layout.direct import DirectSource
    from dspreview.extract.library.source import Plan, Source


class Extractor:
    """Computes listings and pages; a dataset that was opened for one is open for the other."""

    def __init__(self, settings: Settings) -> None:
        bound(settings.job_max_memory)
        self.settings = settings
        self.sources: dict[tuple[str, str], Source] = {}
        self.described: dict[tuple[str, str], Description] = {}
        self.directs: dict[tuple[str, str], DirectSource | None] = {}
        self.ready = False

    def prepare(self) -> None:
        """Set up the libraries before their first import."""
        if not self.ready:
            warnings.simplefilter("ignore")  # of libraries about data; what matters is told as a failure or a note
            from dspreview.extract.hub.description import prepare  # huggingface_hub, 0.2 s

            prepare(self.settings)
            self.ready = True

    def prepare_reading(self) -> None:
        """Import what reads data: 0.7 to 2 s, a sixth less while no garbage is looked for."""
        self.prepare()
        import datasets  # noqa: F401

        if not gc.isenabled():
            gc.freeze()
            gc.enable()

    def list(self, ref: DatasetRef) -> Listing:
        """The configs and splits of a dataset, as it is now. Raises PreviewError."""
        if may_be_quick(ref.kind, ref.name):
            from dspreview.extract.formats.parquet_file import quick_listing  # pyarrow, 0.1 s

            if (listing := quick_listing(ref)) is not None:
                return listing
        description = self.describe(ref)
        direct = self.direct(ref, description)
        if direct is not None:
            from dspreview.extract.direct import direct_listing

            if (listing := direct_listing(direct, self.settings)) is not None:
                return listing
        self.prepare_reading()
        from dspreview.extract.library.splits import list_splits, open_dataset  # datasets, 0.7 to 2 s

        source = open_dataset(ref, self.settings, description=description)
        self.sources[source.dataset.name, source.dataset.revision] = source
        return list_splits(source, self.settings)

    def describe(self, ref: DatasetRef, at: Resolved | None = None) -> Description:
        """A dataset as it is now, or `at` a revision, asked for once. Raises PreviewError."""
        if at is not None and (known := self.described.get((at.name, at.revision))) is not None:
            return known
        if ref.kind is Kind.HUB:
            self.prepare()
        from dspreview.extract.hub.description import describe

        found = describe(ref, self.settings, at)
        self.described[found.dataset.name, found.dataset.revision] = found
        return found

    def direct(self, ref: DatasetRef, description: Description) -> DirectSource | None:
        """A dataset that can be read without `datasets`; else None."""
        key = (description.dataset.name, description.dataset.revision)
        if key not in self.directs:
            from dspreview.extract.layout.direct import open_direct

            self.directs[key] = open_direct(ref.asked, description)
        return self.directs[key]

    def page(
        self, ref: DatasetRef, dataset: Resolved, config: str, split: str, staging: Staging,
        *, offset: int = 0, length: int | None = None, whole: bool = False,
    ) -> Page:  # fmt: skip
        """The first rows of a split, or (with `length`) any rows of it; `whole` cells, or cut ones. Raises PreviewError."""
        first = length is None and not whole
        if first and (found := self.page_without_datasets(ref, dataset, (config, split), staging)) is not None:
            return found
        source, plan = self.plan(ref, dataset, config)
        from dspreview.extract.library.rows import Window, read_rows

        window = Window(offset, length, whole=whole)
        return read_rows(source, plan, split, staging.assets, staging.work, self.settings, window)

    def page_without_datasets(
        self, ref: DatasetRef, dataset: Resolved, names: tuple[str, str], staging: Staging
    ) -> Page | None:
        """The first rows of plain files; None where it takes `datasets` to read them, or to tell why not.

        Raises PreviewError of the network.
        """
        if dataset.name.endswith(".parquet") and may_be_quick(dataset.kind, dataset.name):
            from dspreview.extract.formats.parquet_file import quick_page

            return quick_page(ref.asked, dataset, names, staging.assets, self.settings)
        if may_be_quick(dataset.kind, dataset.name):
            from dspreview.extract.formats.json_lines import quick_json_page

            return quick_json_page(ref.asked, dataset, names, staging.assets, self.settings)
        if (dataset.name, dataset.revision) in self.sources:
            return None
        direct = self.direct(ref, self.describe(ref, dataset))
        if direct is None:
            return None
        from dspreview.extract.direct import direct_page

        return direct_page(direct, *names, staging.assets, self.settings)

    def plan(self, ref: DatasetRef, dataset: Resolved, config: str) -> tuple[Source, Plan]:
        """A dataset at a revision, and how a config of it is read. Raises PreviewError."""
        self.prepare_reading()
        from dspreview.extract.library.failures import explain
        from dspreview.extract.library.source import make_plan
        from dspreview.extract.library.splits import find_config, open_dataset

        source = self.sources.get((dataset.name, dataset.revision))
        if source is None:
            source = open_dataset(ref, self.settings, description=self.describe(ref, dataset))
            self.sources[dataset.name, dataset.revision] = source
        plan = source.plans.get(config)
        if plan is None:
            try:
                plan = source.plans[config] = make_plan(source, find_config(source, config))
            except Exception as error:  # as in a listing: `explain` raises bugs of ours again
                failure = explain(error, ref.asked, source, self.settings)
                raise failure from (None if failure is error else error)
        return source, plan

    def current_revision(self, ref: DatasetRef, seconds: float) -> Resolved:
        """Ask the Hub, in `seconds` all in all, which revision a dataset has now. Raises PreviewError."""
        self.prepare()
        from dspreview.extract.hub.description import describe_within

        return describe_within(ref, self.settings, seconds)

    def ping(self) -> None:
        """Ask the Hub for nothing in particular. Raises HubError."""
        self.prepare()
        from dspreview.extract.hub.description import ping

        ping(self.settings)

    def list_hub(
        self, *, author: str | None = None, search: str | None = None, tags: Sequence[str] = (),
        sort: str | None = None, limit: int | None = None, details: bool = False,
    ) -> Iterator[dict[str, Json]]:  # fmt: skip
        """The public datasets of the Hub that fit: id and commit, or more `details`. Raises HubError."""
        self.prepare()
        from dspreview.extract.hub.listing import list_hub

        return list_hub(self.settings, author=author, search=search, tags=tags, sort=sort, limit=limit, details=details)
