"""The door to the extraction: whoever imports this pays for `datasets` on the first call, and not before."""

from __future__ import annotations

import gc
import warnings
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from dspreview.extract.local import may_be_quick
from dspreview.models import DatasetRef, Json, Listing, Page, Resolved
from dspreview.settings import Settings
from dspreview.store.assets import Staging

if TYPE_CHECKING:
    from dspreview.extract.source import Plan, Source


class Extractor:
    """Computes listings and pages; a dataset that was opened for one is open for the other."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.sources: dict[tuple[str, str], Source] = {}
        self.ready = False

    def prepare(self) -> None:
        """Set up the libraries before their first import."""
        if not self.ready:
            warnings.simplefilter("ignore")  # of libraries about data; what matters is told as a failure or a note
            from dspreview.extract.hub import prepare  # huggingface_hub, 0.2 s

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
            from dspreview.extract.quick import quick_listing  # pyarrow, 0.1 s

            if (listing := quick_listing(ref)) is not None:
                return listing
        self.prepare_reading()
        from dspreview.extract.splits import list_splits, open_dataset  # datasets, 0.7 to 2 s

        source = open_dataset(ref, self.settings)
        self.sources[source.dataset.name, source.dataset.revision] = source
        return list_splits(source, self.settings)

    def page(
        self, ref: DatasetRef, dataset: Resolved, config: str, split: str, staging: Staging,
        *, offset: int = 0, length: int | None = None, whole: bool = False,
    ) -> Page:  # fmt: skip
        """The first rows of a split, or (with `length`) any rows of it; `whole` cells, or cut ones. Raises PreviewError."""
        if (
            length is None
            and not whole
            and (found := self.quick_page(ref, dataset, (config, split), staging)) is not None
        ):
            return found
        source, plan = self.plan(ref, dataset, config)
        from dspreview.extract.rows import Window, read_rows

        window = Window(offset, length, whole=whole)
        return read_rows(source, plan, split, staging.assets, staging.work, self.settings, window)

    def quick_page(self, ref: DatasetRef, dataset: Resolved, names: tuple[str, str], staging: Staging) -> Page | None:
        """The first rows of one plain file; None where it takes `datasets` to read it, or to tell why not."""
        if not may_be_quick(dataset.kind, dataset.name):
            return None
        import pyarrow as pa  # 0.1 s

        if dataset.name.endswith(".parquet"):
            from dspreview.extract.quick import quick_page as page
        else:
            from dspreview.extract.quickjson import quick_json_page as page
        try:
            return page(ref.asked, dataset, names, staging.assets, self.settings)
        except (OSError, UnicodeDecodeError, pa.ArrowException):  # read again the long way, which tells what is wrong
            return None

    def plan(self, ref: DatasetRef, dataset: Resolved, config: str) -> tuple[Source, Plan]:
        """A dataset at a revision, and how a config of it is read. Raises PreviewError."""
        self.prepare_reading()
        from dspreview.extract.source import make_plan
        from dspreview.extract.splits import find_config, open_dataset

        source = self.sources.get((dataset.name, dataset.revision))
        if source is None:
            source = open_dataset(ref, self.settings, dataset)
            self.sources[dataset.name, dataset.revision] = source
        plan = source.plans.get(config)
        if plan is None:
            plan = source.plans[config] = make_plan(source, find_config(source, config))
        return source, plan

    def current_revision(self, ref: DatasetRef, seconds: float) -> Resolved:
        """Ask the Hub, in `seconds` all in all, which revision a dataset has now. Raises PreviewError."""
        self.prepare()
        from dspreview.extract.hub import describe_within

        return describe_within(ref, self.settings, seconds)

    def ping(self) -> None:
        """Ask the Hub for nothing in particular. Raises HubError."""
        self.prepare()
        from dspreview.extract.hub import ping

        ping(self.settings)

    def list_hub(
        self, *, author: str | None = None, search: str | None = None, tags: Sequence[str] = (),
        sort: str | None = None, limit: int | None = None, details: bool = False,
    ) -> Iterator[dict[str, Json]]:  # fmt: skip
        """The public datasets of the Hub that fit: id and commit, or more `details`. Raises HubError."""
        self.prepare()
        from dspreview.extract.listing import list_hub

        return list_hub(self.settings, author=author, search=search, tags=tags, sort=sort, limit=limit, details=details)
