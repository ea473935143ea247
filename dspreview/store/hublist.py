"""The Hub's public datasets as they were last listed whole, for whoever may not ask the Hub."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator

from dspreview.models import Json, dump
from dspreview.store import Store


def keep(store: Store, items: Iterable[dict[str, Json]]) -> None:
    """Replace the list, inside the caller's transaction."""
    store.connection.execute("DELETE FROM hub")
    store.connection.executemany("INSERT INTO hub VALUES (?, ?)", ((item["id"], dump(item)) for item in items))


def read(store: Store) -> Iterator[dict[str, Json]]:
    """Each dataset, by its id."""
    for (facts,) in store.connection.execute("SELECT facts FROM hub ORDER BY id"):
        yield json.loads(facts)


def names(store: Store) -> list[str]:
    """Their ids."""
    return [name for (name,) in store.connection.execute("SELECT id FROM hub ORDER BY id")]
