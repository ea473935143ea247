"""Change notices: the early service's payload and the Hub's own, as what is to be done."""

from __future__ import annotations

import json
import re
from typing import NamedTuple

from dspreview.errors import UsageError
from dspreview.local import identify
from dspreview.models import Json
from dspreview.store import Store, report

PREFIX = "datasets/"
ID = re.compile(r"(?:\w[\w.-]*/)?\w[\w.-]*")
EVENTS = ("add", "update", "remove", "move")
SCOPES = ("repo", "repo.content", "repo.config")
ADD, REMOVE = "add", "remove"


class Change(NamedTuple):
    """One thing to do: look at a dataset again, or forget it."""

    action: str
    dataset: str


def read_notice(text: str) -> tuple[list[Change], str | None]:
    """What a payload asks for, in its order, and a note where it asks for nothing.

    Raises UsageError: no JSON, no object, an unknown event, an id without its `datasets/` prefix.
    """
    try:
        payload = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise UsageError(f"webhook: the payload is no JSON: {error}") from None
    if not isinstance(payload, dict):
        raise UsageError("webhook: the payload is no JSON object")
    if "event" in payload or "repo" in payload:
        return read_hub_notice(payload)
    unknown = [key for key in payload if key not in {"add", "update", "remove"}]
    if unknown:
        raise UsageError(f"webhook: unknown key {unknown[0]!r}; there are add, update, remove")
    changes = [
        Change(REMOVE if key == "remove" else ADD, dataset_id(payload[key], key))
        for key in ("add", "update", "remove")
        if payload.get(key) is not None
    ]
    return changes, None if changes else "the payload asks for nothing"


def apply(store: Store, changes: list[Change]) -> None:
    """Put the jobs of a notice into the queue, and take what is removed out of the cache. Raises PreviewError."""
    refs = [(change.action, identify(change.dataset)) for change in changes]
    for action, ref in refs:
        if action == REMOVE:
            report.remove(store, ref.name)
        else:
            store.enqueue(ref)


def dataset_id(value: Json, key: str) -> str:
    """The id behind its prefix, which is removed once. Raises UsageError."""
    if not isinstance(value, str) or not value.startswith(PREFIX):
        raise UsageError(f"webhook: {key}: {value!r} is not datasets/ID")
    return hub_id(value[len(PREFIX) :], key)


def hub_id(name: str, key: str) -> str:
    """An id of the Hub, and never a path of this machine. Raises UsageError."""
    if not ID.fullmatch(name):
        raise UsageError(f"webhook: {key}: {name!r} is not a Hub id")
    return name


def read_hub_notice(payload: dict[str, Json]) -> tuple[list[Change], str | None]:
    """The Hub's own form. Other repository types and discussions are ignored, with a note."""
    event, repo = payload.get("event"), payload.get("repo")
    action = event.get("action") if isinstance(event, dict) else event
    scope = event.get("scope") if isinstance(event, dict) else payload.get("scope")
    if action not in EVENTS:
        raise UsageError(f"webhook: unknown event {action!r}; there are {', '.join(EVENTS)}")
    if not isinstance(repo, dict) or not isinstance(repo.get("name"), str) or not repo["name"]:
        raise UsageError("webhook: the payload names no repository")
    if repo.get("type") != "dataset":
        return [], f"{repo['name']} is a {repo.get('type')}, no dataset; ignored"
    if not isinstance(scope, str) or not any(scope == one or scope.startswith(one + ".") for one in SCOPES):
        return [], f"scope {scope!r} changes no data; ignored"
    name = hub_id(repo["name"], "repo")
    if action == "remove":
        return [Change(REMOVE, name)], None
    if action == "move":
        moved = payload.get("movedTo")
        target = moved.get("name") if isinstance(moved, dict) else moved
        if not isinstance(target, str) or not target:
            raise UsageError("webhook: a move names no movedTo")
        return [Change(REMOVE, name), Change(ADD, hub_id(target, "movedTo"))], None
    return [Change(ADD, name)], None
