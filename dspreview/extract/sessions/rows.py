"""Files of sessions as rows, with the columns that `datasets` 5.2 gives them with its extra package."""

from __future__ import annotations

import gc
import json
import sys
from codecs import BOM_UTF8
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from io import BytesIO

import pyarrow as pa

from dspreview.errors import UnreadableDataError
from dspreview.extract.folder import Configs, Flaw, Folder, NamedTable, SplitRows
from dspreview.extract.formats.values import as_json, json_array, json_text
from dspreview.extract.layout.harness import Harness, harness_in
from dspreview.extract.layout.split_files import splits_of
from dspreview.extract.plain import Columns
from dspreview.extract.recognised.signs import is_lines, opened
from dspreview.extract.sessions.claude import claude_session
from dspreview.extract.sessions.codex import codex_session
from dspreview.extract.sessions.conversation import Line, Session
from dspreview.extract.sessions.droid import droid_session
from dspreview.extract.sessions.hermes import hermes_session
from dspreview.extract.sessions.pi import pi_session, traces_session
from dspreview.feature import json_tree, list_tree, value_tree

TEXT = value_tree("string")
COLUMNS: Columns = [
    ("harness", TEXT), ("session_id", TEXT), ("prompt", TEXT), ("messages", list_tree(json_tree())), ("tools", list_tree(json_tree())),
    ("metadata", json_tree()), ("sent_at", TEXT), ("num_user_messages", value_tree("int64")), ("num_tool_calls", value_tree("int64")),
    ("trace", json_tree()), ("file_path", TEXT),
]  # fmt: skip
BROKEN = "broken_lines"
"""Where the metadata names the lines that are no JSON."""
AT_ONCE = 32
"""Sessions that are held at a time: each may have megabytes."""


def session_configs(folder: Folder) -> Configs:
    """One config of the files that hold sessions. Raises UnreadableDataError."""
    names = session_names(folder)
    return {
        "default": {
            split: SplitRows(
                group,
                partial(read_sessions, folder, group, sys.maxsize),
                columns=COLUMNS,
                glance=partial(partial, read_sessions, folder, group),
            )
            for split, group in splits_of(names).items()
        }
    }


def session_names(folder: Folder) -> list[str]:
    """The files that hold sessions; of those on the Hub, all that may."""
    found = [
        name
        for name in folder.names
        if is_lines(name) and not any(part.startswith((".", "__")) for part in name.split("/"))
    ]
    return found if folder.dataset.is_remote else [name for name in found if holds_session(folder, name)]


def holds_session(folder: Folder, name: str) -> bool:
    """Whether a file begins as a session does; one that cannot be read is told of when it is."""
    try:
        with folder.open(name) as stream, opened(name, stream) as plain:
            return harness_in(plain) is not None
    except (OSError, UnreadableDataError):
        return True


def read_sessions(folder: Folder, names: Sequence[str], most: int, batch: int) -> Iterator[NamedTable]:
    """The sessions of files, in order; a file without any has no row. Traces and messages of more than `most` bytes may end behind them."""
    waiting: list[Session] = []
    yield "", table_of([])
    for name in names:
        try:
            with folder.open(name) as stream, opened(name, stream) as plain:
                body = plain.read()
        except OSError as error:
            error.add_note(f"{folder.root}/{name}")
            raise
        for session in sessions_of(folder, name, body, most):
            waiting.append(session)
            if len(waiting) >= min(batch, AT_ONCE):
                yield name, table_of(waiting, most)
                waiting = []
        if waiting:
            yield name, table_of(waiting, most)
            waiting = []


def sessions_of(folder: Folder, name: str, body: bytes, most: int) -> Iterator[Session]:
    """The sessions of a file; a trace may end behind so many bytes. Raises UnreadableDataError where it holds other JSON Lines."""
    harness = harness_in(BytesIO(body))
    if harness is None:  # other JSON Lines beside sessions
        return
    with uncollected():
        lines, broken = lines_of(body)
    told: Line = {BROKEN: broken} if broken else {}
    if harness is Harness.HERMES:
        for line in lines:
            session = hermes_session(line, name)
            session.metadata |= told
            yield session
        return
    trace = body[:most].decode("utf-8", "replace")
    with uncollected():
        if harness is Harness.DROID:
            session = droid_session(lines, trace, name, beside(folder, f"{name.rpartition('.jsonl')[0]}.settings.json"))
        else:
            session = BY_HARNESS[harness](lines, trace, name)
    session.metadata |= told
    yield session


BY_HARNESS = {
    Harness.CLAUDE: claude_session, Harness.CODEX: codex_session, Harness.PI: pi_session, Harness.TRACES: traces_session,
}  # fmt: skip


@contextmanager
def uncollected() -> Iterator[None]:
    """Make objects that all stay, and no search for garbage among them, which takes as long as to make them."""
    was = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was:
            gc.enable()


def lines_of(body: bytes) -> tuple[list[Line], list[int]]:
    """The objects of the lines, and the numbers of those that are none: one that is being written, say."""
    found, broken = [], []
    for number, line in enumerate(BytesIO(body), 1):
        if not line.strip():
            continue
        try:
            value = json.loads(line.removeprefix(BOM_UTF8).decode("utf-8", "replace"))
        except (ValueError, RecursionError):
            value = None
        if isinstance(value, dict) and isinstance(value.get("type", ""), str):
            found.append(value)
        else:
            broken.append(number)
    return found, broken


def beside(folder: Folder, name: str) -> bytes | None:
    """A file beside, if there is one."""
    if name not in folder.known:
        return None
    with folder.open(name) as stream:
        return stream.read()


def table_of(sessions: list[Session], most: int = sys.maxsize) -> pa.Table:
    """Sessions as a table; their messages may end behind so many bytes."""
    texts: dict[str, list[str | None]] = {
        "harness": [str(one.harness) for one in sessions], "session_id": [one.session_id for one in sessions],
        "prompt": [one.conversation.prompt for one in sessions], "sent_at": [one.conversation.sent_at for one in sessions],
        "file_path": [one.file_path for one in sessions],
    }  # fmt: skip
    numbers = {
        "num_user_messages": [one.conversation.typed for one in sessions],
        "num_tool_calls": [len(one.conversation.called) for one in sessions],
    }
    arrays = {name: pa.array(map(seen, values), pa.string()) for name, values in texts.items()}
    arrays |= {name: pa.array(values, pa.int64()) for name, values in numbers.items()}
    arrays["messages"] = lists([json_texts(one.conversation.messages, most) for one in sessions])
    arrays["tools"] = lists([json_texts(one.conversation.tools) for one in sessions])
    arrays["metadata"] = as_json([one.metadata for one in sessions])
    arrays["trace"] = as_json([one.trace for one in sessions])
    return pa.table([arrays[name] for name, _ in COLUMNS], names=[name for name, _ in COLUMNS])


def seen(text: str | None) -> str | None:
    """A text with the sign for what cannot be read in place of lone surrogates."""
    return None if text is None else text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def json_texts(values: Sequence[Line], most: int = sys.maxsize) -> list[str]:
    """Values as JSON, as long as those before them have no more than so many bytes."""
    found, size = list[str](), 0
    for value in values:
        if size > most:
            break
        found.append(json_text(value))
        size += len(found[-1])
    return found


def lists(texts: list[list[str]]) -> pa.Array:
    """Lists of JSON."""
    places = [0]
    for one in texts:
        places.append(places[-1] + len(one))
    return pa.ListArray.from_arrays(pa.array(places, pa.int32()), json_array([text for one in texts for text in one]))


def session_flaws(folder: Folder) -> Iterator[Flaw]:
    """Lines of sessions that are no JSON objects: of each file the first, and how many there are."""
    for name in session_names(folder):
        with folder.open(name) as stream, opened(name, stream) as plain:
            _, broken = lines_of(plain.read())
        if broken:
            more = f"; there are {len(broken):,} such lines" if len(broken) > 1 else ""
            yield Flaw(
                "broken-line", name, f"it is no JSON object, and the session is shown without it{more}", broken[0]
            )
