"""Datasets that hypothesis writes: values, tables and READMEs that are in form and odd, and whole files after edits of its choice."""

from __future__ import annotations

import itertools
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import yaml
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st

from tests.fuzz.cases import BESIDE, WHOLE
from tests.support.data import write
from tests.support.program import Program

Files = dict[str, bytes | str]
AT_ONCE = 10
"""Datasets of one call: most of a call is its start."""
LEAVES = st.none() | st.booleans() | st.integers(-(2**70), 2**70) | st.floats() | st.text(max_size=8)
VALUES = st.recursive(
    LEAVES, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=4), inner, max_size=4), max_leaves=10
)  # fmt: skip
NAMES = st.sampled_from(["a", "b", "label", "file_name", "train", "", "a.b", "é"])
LINES = st.lists(st.dictionaries(NAMES, VALUES, max_size=4) | VALUES, max_size=6)
CELLS = st.text(st.sampled_from(list("ab1,\"'\n\r\t;\0é-. ")), max_size=6)
WORDS = st.sampled_from([
    "configs", "config_name", "data_files", "data_dir", "split", "path", "default", "dataset_info", "features", "name", "dtype",
    "struct", "list", "sequence", "class_label", "names", "splits", "num_bytes", "num_examples", "drop_labels", "sep", "license",
])  # fmt: skip
PLACES = st.sampled_from(
    ["train", "test", "a.csv", "*.csv", "../*", "/etc/*", "**", "int64", "string", "image", "x" * 300, "0", ""]
)
YAML = st.recursive(
    LEAVES | PLACES, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(WORDS, inner, max_size=5), max_leaves=14
)  # fmt: skip
EDITS = st.lists(st.tuples(st.floats(0, 1), st.integers(0, 40), st.binary(max_size=12)), min_size=1, max_size=3)


def begins_with_null(value: Any) -> bool:
    """Whether a JSON text would begin with null, at any depth of lists: pyarrow 26.0 ends the process on some of these."""
    while isinstance(value, list) and value:
        value = value[0]
    return value is None


def as_lines(values: list[Any]) -> str:
    """JSON Lines; NaN and infinities as Python writes them."""
    return "".join(json.dumps(value) + "\n" for value in values if not begins_with_null(value))


def readme_of(card: Any) -> str:
    """A README with that at its head."""
    return f"---\n{yaml.safe_dump(card)}---\n"


def edited(kind: str, edits: list[tuple[float, int, bytes]]) -> Files:
    """A whole file whose parts were replaced: where, how many bytes, and by what."""
    name, data = WHOLE[kind]
    room = len(data)
    if data.endswith(b"PAR1"):  # its footer stays whole, as in `mutate`
        room -= 60 + int.from_bytes(data[-8:-4], "little")
    for share, length, text in edits:
        place = int(share * max(room, 0))
        data = data[:place] + text + data[place + length :]
    return {name: data, **BESIDE.get(kind, {})}


DATASETS: st.SearchStrategy[Files] = st.one_of(
    LINES.map(lambda values: {"a.jsonl": as_lines(values)}),
    VALUES.filter(lambda value: not begins_with_null(value)).map(lambda value: {"a.json": json.dumps(value)}),
    st.lists(LINES.map(as_lines), min_size=2, max_size=3).map(lambda texts: {f"{n}.jsonl": text for n, text in enumerate(texts)}),
    st.lists(st.lists(CELLS, max_size=4).map(",".join), max_size=6).map(lambda rows: {"a.csv": "\n".join(rows)}),
    st.binary(max_size=200).map(lambda data: {"a.txt": data}),
    st.dictionaries(WORDS, YAML, max_size=4).map(lambda card: {"README.md": readme_of(card), "a.csv": "a,b\n1,2\n"}),
    st.builds(edited, st.sampled_from(sorted(WHOLE)), EDITS),
)  # fmt: skip


def search(folder: Path, number: int, examples: int, check: Callable[[Program, list[Path]], list[str]]) -> None:
    """Let hypothesis look for datasets that `check` says something of, from that seed; it shows the smallest it finds."""
    counted = itertools.count()

    @seed(number)
    @settings(
        max_examples=examples,
        deadline=None,
        database=None,
        suppress_health_check=list(HealthCheck),
        phases=[Phase.generate],
    )
    @given(st.lists(DATASETS, min_size=AT_ONCE, max_size=AT_ONCE))
    def look(batch: list[Files]) -> None:
        place = folder / str(next(counted))
        program = Program(place / "home")
        program.home.mkdir(parents=True)
        found = check(program, [write(place / f"d{n}", files) for n, files in enumerate(batch)])
        assert not found, "\n".join(found)

    look()
