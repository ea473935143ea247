"""How objects of Python come to the cache: each question opens it, and closes it again."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, NamedTuple, TypeVar

from dspreview.api.guest import GuestExtractor
from dspreview.extract.hub.fence import watched
from dspreview.models import DatasetRef, SplitId
from dspreview.preview import Preview
from dspreview.settings import Settings
from dspreview.store import Store

if TYPE_CHECKING:
    import pyarrow as pa

    from dspreview.preview.queries import Queries

T = TypeVar("T")


class Access(NamedTuple):
    """How the cache is asked."""

    settings: Settings
    cached: bool

    @contextmanager
    def preview(self) -> Iterator[Preview]:
        """The way to an answer, for one question."""
        with watched(), Store(self.settings) as store:
            yield Preview(
                store, self.settings, cached=self.cached, warn=warned, extractor=GuestExtractor(self.settings)
            )

    def ask(self, question: Callable[[Queries], T]) -> T:
        """The answer to a question about whole splits. Raises PreviewError."""
        with self.preview() as preview:
            return question(queries_of(preview))


def queries_of(preview: Preview) -> Queries:
    """What answers questions about whole splits, for one question."""
    from dspreview.preview.queries import Queries
    from dspreview.preview.telling import Telling

    return Queries(preview, Telling(lambda *_: None, warned), agreed=True)


def warned(message: str) -> None:
    """A hint or a warning."""
    warnings.warn(message, stacklevel=4)


def asked_table(
    access: Access, refs: Mapping[str, DatasetRef], statement: str, self_name: SplitId | None = None
) -> pa.Table:
    """What a statement gives as an Arrow table. Raises UsageError, PreviewError."""
    from dspreview.preview.statements import asked

    def ask(queries: Queries) -> pa.Table:
        with asked(queries, refs, statement, self_name) as found:
            return found.table()

    return access.ask(ask)
