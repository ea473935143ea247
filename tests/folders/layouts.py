"""The thirty layouts, in the order in which docs/formats.md shows them."""

from __future__ import annotations

from tests.folders.books import BOOKS
from tests.folders.case import Layout
from tests.folders.logs import LOGS
from tests.folders.media import MEDIA
from tests.folders.statistics import STATISTICS
from tests.folders.stores import STORES
from tests.folders.tables import TABLES
from tests.folders.texts import TEXTS

LAYOUTS: tuple[Layout, ...] = (*TABLES, *BOOKS, *TEXTS, *STORES, *MEDIA, *LOGS, *STATISTICS)
