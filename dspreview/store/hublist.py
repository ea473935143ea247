"""The Hub's public datasets as they were last listed whole, for whoever may not ask the Hub."""

from __future__ import annotations

from collections.abc import Iterable

from dspreview.models import Json, dump
from dspreview.store import Store


def keep(store: Store, items: Iterable[dict[str, Json]]) -> None:
    """Replace the list, inside the caller's transaction."""
    store.connection.execute("DELETE FROM hub")
    store.connection.executemany("INSERT INTO hub VALUES (?, ?)", ((item["id"], dump(item)) for item in items))


def read(store: Store, after: str, length: int) -> list[tuple[str, str]]:
    """Some of the datasets behind an id, in the order of their ids: id, and what is known of it as JSON."""
    return store.connection.execute(
        "SELECT id, facts FROM hub WHERE id > ? ORDER BY id LIMIT ?", (after, length)
    ).fetchall()


def names(store: Store) -> list[str]:
    """Their ids."""
    return [name for (name,) in store.connection.execute("SELECT id FROM hub ORDER BY id")]
